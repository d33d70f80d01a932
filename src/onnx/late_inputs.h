// Inputs whose values decide types: until they are there, no network follows from the model.
#pragma once
#include "onnx/import.h"

namespace tenon::onnx {

// Lists and single numbers among the inputs without whose values import_model refuses with `not_known`, and with which
// it goes on. Empty: there are none, or they do not help.
std::vector<std::string> late_inputs(const Model& model, const Stop& stop);

constexpr int64_t max_late_count = 1024;  // elements of one of them

}  // namespace tenon::onnx
