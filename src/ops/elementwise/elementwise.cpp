#include "ops/elementwise/elementwise.h"

#include <array>

#include "ops/pointwise.h"

namespace tenon {

namespace {

struct Row {
  const char* name;
  ElementSet types;
  Term (*f)(Term a, Term b);
  bool answers = false;                                     // the result is bool
  Dim (*on_extents)(const Dim& a, const Dim& b) = nullptr;  // for shape arithmetic
  std::optional<bool> (*decided)(const Dim& a, const Dim& b) = nullptr;
};

constexpr ElementSet numbers = number_types, computed = computed_types;
constexpr ElementSet bools = ElementType::boolean;
using O = Opcode;
using D = const Dim&;

std::optional<bool> is_less(D a, D b) {
  if (surely_at_least(b, a + 1)) return true;
  if (surely_at_least(a, b)) return false;
  return {};
}
std::optional<bool> is_less_equal(D a, D b) { return is_less(a, b + 1); }
std::optional<bool> is_equal(D a, D b) {
  if (a == b) return true;
  if (is_less(a, b) == true || is_less(b, a) == true) return false;
  return {};
}

Term zero_or(Term a, Term b, Term r) {  // integer remainder: 0 where the divisor is
  return float_types.contains(a.type()) ? r : select(equal(b, number(b, 0)), number(b, 0), r);
}

// Definitions: the ONNX operator of the same name (opset 22) or nvinfer1's ElementWiseOperation.
// Integer division by 0 gives 0; max and min are NaN if either operand is; floor_div rounds down.
constexpr Row rows[] = {
    {"add", numbers, [](Term a, Term b) { return a + b; }, false, [](D a, D b) { return a + b; }},
    {"sub", numbers, [](Term a, Term b) { return a - b; }, false, [](D a, D b) { return a - b; }},
    {"mul", numbers, [](Term a, Term b) { return a * b; }, false, [](D a, D b) { return a * b; }},
    {"div", numbers, [](Term a, Term b) { return a / b; }},
    {"floor_div", numbers, [](Term a, Term b) { return binary(O::floor_div, a, b); }},
    {"fmod", numbers, [](Term a, Term b) { return zero_or(a, b, binary(O::fmod, a, b)); }},
    {"mod", numbers,
     [](Term a, Term b) {  // sign of the divisor
       Term r = binary(O::fmod, a, b);
       if (unsigned_types.contains(a.type())) return zero_or(a, b, r);
       Term zero = number(r, 0), differs = binary(O::logical_xor, r < zero, b < zero);
       return zero_or(a, b, select(equal(r, zero), r, select(differs, r + b, r)));
     }},
    {"pow", numbers, [](Term a, Term b) { return binary(O::pow, a, b); }},
    {"max", numbers, [](Term a, Term b) { return max(a, b); }, false, [](D a, D b) { return max(a, b); }},
    {"min", numbers, [](Term a, Term b) { return min(a, b); }, false, [](D a, D b) { return min(a, b); }},
    {"and", bools, [](Term a, Term b) { return binary(O::logical_and, a, b); }},
    {"or", bools, [](Term a, Term b) { return binary(O::logical_or, a, b); }},
    {"xor", bools, [](Term a, Term b) { return binary(O::logical_xor, a, b); }},
    {"equal", computed,
     [](Term a, Term b) {
       if (a.type() != ElementType::boolean) return equal(a, b);
       return unary(O::logical_not, binary(O::logical_xor, a, b));
     },
     true, nullptr, is_equal},
    {"less", numbers, [](Term a, Term b) { return a < b; }, true, nullptr, is_less},
    {"less_equal", numbers, [](Term a, Term b) { return a <= b; }, true, nullptr, is_less_equal},
    {"greater", numbers, [](Term a, Term b) { return b < a; }, true, nullptr, [](D a, D b) { return is_less(b, a); }},
    {"greater_equal", numbers, [](Term a, Term b) { return b <= a; }, true, nullptr,
     [](D a, D b) { return is_less_equal(b, a); }},
    {"prelu", numbers, [](Term a, Term b) { return select(a < number(a, 0), a * b, a); }},
};

constexpr auto infos = [] {
  std::array<OpInfo, std::size(rows)> list{};
  for (size_t i = 0; i < list.size(); ++i)
    list[i] = {rows[i].name, [](int row) -> std::unique_ptr<Op> { return std::make_unique<Elementwise>(row); }, int(i)};
  return list;
}();

}  // namespace

extern const OpInfos elementwise_ops;
const OpInfos elementwise_ops = infos;

const OpInfo& Elementwise::info() const { return infos[size_t(row)]; }

Types Elementwise::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, rows[row].types, "the first operand");
  in.check_same_element(0, 1);
  return {TensorType{rows[row].answers ? ElementType::boolean : in[0].element, broadcast_all(in)}};
}

std::optional<Contents> Elementwise::contents(const Inputs& in) const {
  const Contents *a = in.contents(0), *b = in.contents(1);
  if (!a || !b || in[0].rank() > 1 || in[1].rank() > 1) return {};
  size_t count = std::max(a->size(), b->size());
  if (std::min(a->size(), b->size()) == 0) return {};
  Contents result;
  auto is = [&](const char* name) { return std::string_view(rows[row].name) == name; };
  bool rounds_down = is("div") || is("floor_div");
  for (size_t i = 0; i < count; ++i) {
    const Dim &x = (*a)[a->size() == 1 ? 0 : i], &y = (*b)[b->size() == 1 ? 0 : i];
    if (rows[row].decided) {
      std::optional<bool> answer = rows[row].decided(x, y);
      if (!answer) return {};
      result.push_back(*answer ? 1 : 0);
    } else if (rows[row].on_extents) result.push_back(rows[row].on_extents(x, y));
    else if (rounds_down && y.known() && y.value() > 0 && (is("floor_div") || surely_at_least(x, 0)))
      result.push_back(floor_div(x, y));  // truncation and floor agree where nothing is negative
    else return {};
  }
  return result;
}

std::optional<Term> Elementwise::pointwise(Terms in) const {
  ElementType type = in[0].type(), compute = compute_type(type);
  Term y = rows[row].f(cast(in[0], compute), cast(in[1], compute));
  return rows[row].answers ? y : cast(y, type);
}

void Elementwise::evaluate(ConstViews in, Views out) const { evaluate_pointwise(*this, in, out[0]); }

}  // namespace tenon
