#include "ops/unary/unary.h"

#include <algorithm>
#include <array>

#include "ops/pointwise.h"

namespace tenon {

namespace {

struct Row {
  const char* name;
  ElementSet types;
  Term (*f)(Term x, double alpha, double beta);
  const char* alpha = nullptr;  // names of the parameters the row takes
  const char* beta = nullptr;
  double alpha_default = 0, beta_default = 0;
};

constexpr ElementSet numbers = number_types, floats = float_types;
constexpr ElementSet bools = ElementType::boolean;
using O = Opcode;

Term sigmoid(Term x) { return 1 / (1 + exp(-x)); }
Term positive(Term x) { return number(x, 0) < x; }
Term relu(Term x) { return max(x, 0); }
Term clip(Term x, double low, double high) {
  if (unsigned_types.contains(x.type())) low = std::max(low, 0.), high = std::max(high, 0.);  // a cast would wrap
  return min(max(x, low), high);
}

// A new activation is a new row; kernels, epilogues and clusters follow from its expression.
// Definitions: the ONNX operator of the same name (opset 22) or nvinfer1's UnaryOperation and ActivationType.
constexpr Row rows[] = {
    {"abs", numbers, [](Term x, double, double) { return abs(x); }},
    {"neg", numbers, [](Term x, double, double) { return -x; }},
    {"sign", numbers, [](Term x, double, double) { return unary(O::sign, x); }},
    {"exp", floats, [](Term x, double, double) { return exp(x); }},
    {"log", floats, [](Term x, double, double) { return log(x); }},
    {"sqrt", floats, [](Term x, double, double) { return sqrt(x); }},
    {"recip", floats, [](Term x, double, double) { return 1 / x; }},
    {"sin", floats, [](Term x, double, double) { return unary(O::sin, x); }},
    {"cos", floats, [](Term x, double, double) { return unary(O::cos, x); }},
    {"tan", floats, [](Term x, double, double) { return unary(O::tan, x); }},
    {"sinh", floats, [](Term x, double, double) { return unary(O::sinh, x); }},
    {"cosh", floats, [](Term x, double, double) { return unary(O::cosh, x); }},
    {"asin", floats, [](Term x, double, double) { return unary(O::asin, x); }},
    {"acos", floats, [](Term x, double, double) { return unary(O::acos, x); }},
    {"atan", floats, [](Term x, double, double) { return unary(O::atan, x); }},
    {"asinh", floats, [](Term x, double, double) { return unary(O::asinh, x); }},
    {"acosh", floats, [](Term x, double, double) { return unary(O::acosh, x); }},
    {"atanh", floats, [](Term x, double, double) { return unary(O::atanh, x); }},
    {"ceil", numbers, [](Term x, double, double) { return unary(O::ceil, x); }},
    {"floor", numbers, [](Term x, double, double) { return unary(O::floor, x); }},
    {"round", numbers, [](Term x, double, double) { return unary(O::round, x); }},
    {"erf", floats, [](Term x, double, double) { return erf(x); }},
    {"not", bools, [](Term x, double, double) { return unary(O::logical_not, x); }},
    {"relu", numbers, [](Term x, double, double) { return relu(x); }},
    {"sigmoid", floats, [](Term x, double, double) { return sigmoid(x); }},
    {"tanh", floats, [](Term x, double, double) { return tanh(x); }},
    {"leaky_relu", floats, [](Term x, double a, double) { return select(x < number(x, 0), x * a, x); }, "alpha",
     nullptr, 0.01},
    {"elu", floats, [](Term x, double a, double) { return select(positive(x), x, (exp(min(x, 0)) - 1) * a); }, "alpha",
     nullptr, 1},
    {"selu", floats, [](Term x, double a, double b) { return b * select(positive(x), x, (exp(min(x, 0)) - 1) * a); },
     "alpha", "beta", 1.67326319217681884765625, 1.05070102214813232421875},
    {"celu", floats, [](Term x, double a, double) { return relu(x) + min((exp(x / a) - 1) * a, 0); }, "alpha", nullptr,
     1},
    {"softsign", floats, [](Term x, double, double) { return x / (1 + abs(x)); }},
    {"softplus", floats, [](Term x, double a, double b) { return a * (relu(x * b) + log(1 + exp(-abs(x * b)))); },
     "alpha", "beta", 1, 1},
    {"clip", numbers, clip, "alpha", "beta", 0, 6},
    {"hard_sigmoid", floats, [](Term x, double a, double b) { return max(min(x * a + b, 1), 0); }, "alpha", "beta", 0.2,
     0.5},
    {"hard_swish", floats, [](Term x, double, double) { return x * max(min(x / 6 + 0.5, 1), 0); }},
    {"scaled_tanh", floats, [](Term x, double a, double b) { return a * tanh(x * b); }, "alpha", "beta", 1, 1},
    {"thresholded_relu", floats, [](Term x, double a, double) { return select(number(x, a) < x, x, number(x, 0)); },
     "alpha", nullptr, 1},
    {"gelu_erf", floats, [](Term x, double, double) { return x * 0.5 * (1 + erf(x * 0.70710678118654752440)); }},
    {"gelu_tanh", floats,
     [](Term x, double, double) { return x * 0.5 * (1 + tanh((x + x * x * x * 0.044715) * 0.79788456080286535588)); }},
    {"silu", floats, [](Term x, double, double) { return x * sigmoid(x); }},
    {"mish", floats, [](Term x, double, double) { return x * tanh(relu(x) + log(1 + exp(-abs(x)))); }},
    {"is_nan", floats, [](Term x, double, double) { return unary(O::is_nan, x); }},
    {"is_inf", floats,
     [](Term x, double a, double b) {  // alpha: count -inf, beta: count +inf
       Term hit = unary(O::is_inf, x), low = x < number(x, 0);
       if (a == 0) hit = select(low, number(hit, 0), hit);
       return b == 0 ? select(low, hit, number(hit, 0)) : hit;
     },
     "alpha", "beta", 1, 1},
};

constexpr bool answers(const Row& row) { return std::string_view(row.name).starts_with("is_"); }

constexpr auto infos = [] {
  std::array<OpInfo, std::size(rows)> list{};
  for (size_t i = 0; i < list.size(); ++i)
    list[i] = {rows[i].name, [](int row) -> std::unique_ptr<Op> { return std::make_unique<Unary>(row); }, int(i)};
  return list;
}();

}  // namespace

extern const OpInfos unary_ops;
const OpInfos unary_ops = infos;

Unary::Unary(int r) : row(r), alpha(rows[r].alpha_default), beta(rows[r].beta_default) {}

const OpInfo& Unary::info() const { return infos[size_t(row)]; }

void Unary::fields(FieldVisitor& v) {
  if (rows[row].alpha) v(rows[row].alpha, alpha, rows[row].alpha_default);
  if (rows[row].beta) v(rows[row].beta, beta, rows[row].beta_default);
}

Types Unary::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, rows[row].types, "x");
  return {TensorType{answers(rows[row]) ? ElementType::boolean : in[0].element, in[0].shape}};
}

std::optional<Contents> Unary::contents(const Inputs& in) const {
  const Contents* x = in.contents(0);
  if (!x || std::string_view(info().name) != "neg") return {};
  Contents result;
  for (const Dim& d : *x) result.push_back(Dim(0) - d);
  return result;
}

std::optional<Term> Unary::pointwise(Terms in) const {
  Term x = cast(in[0], compute_type(in[0].type())), y = rows[row].f(x, alpha, beta);
  return answers(rows[row]) ? y : cast(y, in[0].type());
}

void Unary::evaluate(ConstViews in, Views out) const { evaluate_pointwise(*this, in, out[0]); }

}  // namespace tenon
