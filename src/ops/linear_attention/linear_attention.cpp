#include "ops/linear_attention/linear_attention.h"

#include <algorithm>
#include <cmath>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(LinearAttention, linear_attention)

constexpr ElementSet admitted = half_types | ElementType::f32;

void LinearAttention::fields(FieldVisitor& v) {
  static const char* const rules[] = {"linear", "gated", "delta", "gated_delta"};
  v("rule", rule, rules);
  v("q_heads", q_heads);
  v("heads", heads);
  v("scale", scale, 0.0);
  v("with_state", with_state, false);
}

// The size of one head in the last axis of operand i.
static Dim head_size(const Inputs& in, int i, int64_t heads, const char* what) {
  const Shape& shape = in[i].shape;
  check(shape.size() == 3, what, " is ", in[i], ", expected [B,T,heads*size]");
  check(!shape[2].known() || shape[2].value() % heads == 0, what, " is ", in[i], ", which does not fall into ", heads,
        " heads");
  return floor_div(shape[2], heads);
}

static void check_equal(const Dim& a, const Dim& b, const char* what, const TensorType& found, const Shape& expected) {
  check(!a.known() || !b.known() || a == b, what, " is ", found, ", expected ", expected);
}

Types LinearAttention::infer(const Inputs& in) const {
  int operands = 3 + with_state + gated() + delta();
  in.check_count(operands, operands);
  in.check_element(0, admitted, "q");
  check(heads >= 1 && q_heads >= 1 && q_heads % heads == 0, q_heads, " heads of q do not share ", heads, " of k");
  Dim size = head_size(in, 0, q_heads, "q"), width = head_size(in, 2, heads, "v");
  const Dim &batch = in[0].shape[0], &steps = in[0].shape[1];
  check_equal(head_size(in, 1, heads, "k"), size, "k", in[1], {batch, steps, size * heads});
  for (int i = 1; i < operands; ++i) {
    bool state = with_state && i == 3;
    if (state) in.check_element(i, admitted, "the state");
    else in.check_same_element(0, i);
    check(in[i].rank() == (state ? 4 : 3), "operand ", i, " is ", in[i]);
    check_equal(in[i].shape[0], batch, "an operand", in[i], {batch});
    if (!state) check_equal(in[i].shape[1], steps, "an operand", in[i], {batch, steps});
  }
  Shape state{batch, heads, size, width};
  for (size_t d = 0; with_state && d < 4; ++d) check_equal(in[3].shape[d], state[d], "the state", in[3], state);
  if (gated()) {
    const TensorType& g = in[3 + with_state];
    check(g.shape[2].is(heads) || !g.shape[2].known() || !size.known() || g.shape[2] == size * heads, "the decay is ",
          g, ", expected ", heads, " or ", size * heads, " numbers for each step");
  }
  if (delta()) {
    const TensorType& beta = in[operands - 1];
    check(!beta.shape[2].known() || beta.shape[2].is(heads) || beta.shape[2].is(1), "beta is ", beta, ", expected ",
          heads, " numbers for each step, or 1");
  }
  return {TensorType{in[0].element, {batch, steps, width * q_heads}},
          TensorType{with_state ? in[3].element : in[0].element, state}};
}

namespace {

// All steps of one head of k and v, for one batch; `state` is [size][width].
struct Head {
  int64_t size, width;
  std::vector<double> state, key, value;

  void decay(int64_t row, double by) {
    for (int64_t j = 0; j < width; ++j) state[size_t(row * width + j)] *= by;
  }
  double read(const std::vector<double>& x, int64_t column) const {  // (Sᵀx)[column]
    double sum = 0;
    for (int64_t i = 0; i < size; ++i) sum += state[size_t(i * width + column)] * x[size_t(i)];
    return sum;
  }
  void write() {
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < width; ++j) state[size_t(i * width + j)] += key[size_t(i)] * value[size_t(j)];
  }
};

}  // namespace

void LinearAttention::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView &q = in[0], &k = in[1], &v = in[2], &beta = in[in.size() - 1], none{};
  const ConstView& decay = gated() ? in[with_state ? 4 : 3] : none;
  int64_t steps = q[1], size = out[1][2], width = out[1][3], share = q_heads / heads, state_count = size * width;
  double factor = scale != 0 ? scale : 1 / std::sqrt(double(std::max<int64_t>(size, 1)));
  auto number = [](const ConstView& from, int64_t i) {
    return load_scalar(from.as<std::byte>() + i * size_bytes(from.element), from.element).f;
  };
  dispatch(q.element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t at = 0; at < q[0] * heads; ++at) {
        int64_t batch = at / heads, h = at % heads;
        Head head{size, width, std::vector<double>(size_t(state_count)), std::vector<double>(size_t(size)),
                  std::vector<double>(size_t(width))};
        for (int64_t i = 0; with_state && i < state_count; ++i)
          head.state[size_t(i)] = number(in[3], at * state_count + i);
        std::vector<double> query(static_cast<size_t>(size));
        for (int64_t row = batch * steps; row < (batch + 1) * steps; ++row) {
          for (int64_t i = 0; i < size; ++i) head.key[size_t(i)] = double(k.as<T>()[(row * heads + h) * size + i]);
          for (int64_t j = 0; j < width; ++j) head.value[size_t(j)] = double(v.as<T>()[(row * heads + h) * width + j]);
          for (int64_t i = 0; gated() && i < size; ++i) {
            bool each = decay[2] != heads;
            head.decay(i, std::exp(double(decay.as<T>()[each ? (row * heads + h) * size + i : row * heads + h])));
          }
          for (int64_t j = 0; delta() && j < width; ++j) {
            double rate(beta.as<T>()[beta[2] == 1 ? row : row * heads + h]);
            head.value[size_t(j)] = rate * (head.value[size_t(j)] - head.read(head.key, j));
          }
          head.write();
          for (int64_t s = h * share; s < (h + 1) * share; ++s) {
            for (int64_t i = 0; i < size; ++i) query[size_t(i)] = double(q.as<T>()[(row * q_heads + s) * size + i]);
            for (int64_t j = 0; j < width; ++j)
              out[0].as<T>()[(row * q_heads + s) * width + j] = T(factor * head.read(query, j));
          }
        }
        for (int64_t i = 0; i < state_count; ++i) {
          Scalar s{};
          s.f = head.state[size_t(i)];
          ElementType to = out[1].element;
          store_scalar(out[1].as<std::byte>() + (at * state_count + i) * size_bytes(to), to,
                       cast_scalar(s, ElementType::f64, to));
        }
      }
  });
}

double LinearAttention::work(ConstViews in, Views out) const {
  return double(in[0].count()) * double(out[1][3]) + 3 * double(in[0][1]) * double(out[1].count());
}

}  // namespace tenon
