// Parts of generated CUDA kernels: how elements are stored, loaded and computed with. Text alone: no CUDA here.
#pragma once
#include "base/expression.h"

namespace tenon::cuda {

const char* stored_type(ElementType element);    // "float", "Half"
const char* register_type(ElementType element);  // what arithmetic on it runs in: "float", "long long"
std::string prelude();                           // definitions that every kernel needs

// A device function `name(stored x0, stored x1, …)` that returns the expression's value as it is stored.
std::string body_of(const std::string& name, const Expression& e, std::span<const ElementType> stored_in,
                    ElementType stored_out);
// Why an expression has no such function; null: it has.
const char* body_refusal(const Expression& e);

}  // namespace tenon::cuda
