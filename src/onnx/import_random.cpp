// Drawn numbers, see ops/philox.h. Where the model gives no seed, nodes draw from streams of their own, by their places
// in the model: runs repeat.
#include <bit>

#include "onnx/import.h"
#include "ops/elementwise/elementwise.h"
#include "ops/expand/expand.h"
#include "ops/identity/identity.h"
#include "ops/multinomial/multinomial.h"
#include "ops/random/random.h"
#include "ops/select/select.h"
#include "ops/shape/shape.h"

namespace tenon::onnx {

namespace {

constexpr int64_t standard_seed = 0x54656e6f6e;

// The seed is a float, but for Dropout an integer; equal seeds draw equal numbers, wherever the nodes stand.
template <class Op>
void read_seed(NodeImport& n, Op& op, bool integer = false) {
  op.seed = standard_seed;
  op.stream = n.position();
  if (!n.has_attribute("seed")) return;
  op.seed = integer ? n.integer("seed", 0) : int64_t(std::bit_cast<uint32_t>(float(n.floating("seed", 0))));
  op.stream = 0;
}

ElementType read_type(NodeImport& n, ElementType standard) {
  return n.has_attribute("dtype") ? element_of(int32_t(n.integer("dtype", 1))) : standard;
}

void random(NodeImport& n, Distribution kind, bool like) {
  Random op;
  op.kind = kind;
  op.type = read_type(n, like ? n.tensor(n.in(0)).element : ElementType::f32);
  read_seed(n, op);
  if (kind == Distribution::normal) {
    op.shift = n.floating("mean", 0);
    op.scale = n.floating("scale", 1);
  } else {
    op.shift = n.floating("low", 0);
    op.scale = n.floating("high", 1) - op.shift;
  }
  check(like || n.has_attribute("shape"), ErrorId::onnx_invalid, "attribute shape is missing");
  n.out(n.add(op, {like ? &n.add(ShapeOf(), {&n.in(0)}) : &n.list(n.integers("shape"))}));
}

// One number in [0,1) for each element of x: f64 where x is, else f32, which has more steps than halves.
Value& uniform_like(NodeImport& n, Value& x, bool integer_seed) {
  Random op;
  op.type = n.tensor(x).element == ElementType::f64 ? ElementType::f64 : ElementType::f32;
  read_seed(n, op, integer_seed);
  return n.add(op, {&n.add(ShapeOf(), {&x})});
}

void bernoulli(NodeImport& n) {
  Value& p = n.in(0);
  ElementType type = n.tensor(p).element;
  check(float_types.contains(type), ErrorId::onnx_invalid, "the probabilities are ", n.tensor(p));
  Value& drawn = uniform_like(n, p, false);
  Value& hit = n.binary("less", drawn, n.cast(p, n.tensor(drawn).element));
  n.out(n.cast(hit, read_type(n, type)));
}

void multinomial(NodeImport& n) {
  Multinomial op;
  op.samples = n.integer("sample_size", 1);
  op.type = read_type(n, ElementType::i32);
  read_seed(n, op);
  n.out(n.add(op, {&n.in(0)}));
}

void keep_everything(NodeImport& n) {
  n.integer("seed", 0);
  n.out(n.add(Identity(), {&n.in(0)}));
  if (!n.wants(1)) return;
  ElementType type = n.opset() < 10 ? n.tensor(n.in(0)).element : ElementType::boolean;
  n.out(1, n.add(Expand(), {&n.number(1, type), &n.add(ShapeOf(), {&n.in(0)})}));
}

// y = x * mask / (1 - ratio) in training, and x otherwise. The ratio is an attribute until opset 11.
void dropout(NodeImport& n) {
  double standard_ratio = n.floating("ratio", 0.5);
  n.has(1);  // the ratio counts in training
  if (!n.has(2)) return keep_everything(n);
  check(n.tensor(n.in(2)).element == ElementType::boolean, ErrorId::onnx_invalid, "training_mode is ",
        n.tensor(n.in(2)));
  Weights known = n.constant(2);
  if (known && known->extents.count() == 1 && !*reinterpret_cast<const bool*>(known->data)) return keep_everything(n);
  Value& x = n.in(0);
  ElementType type = n.tensor(x).element;
  check(float_types.contains(type), ErrorId::onnx_invalid, "x is ", n.tensor(x));
  Value &drawn = uniform_like(n, x, true), &training = n.reshape(n.in(2), {});
  ElementType wide = n.tensor(drawn).element;
  Value &one = n.number(1, wide),
        &ratio = n.has(1) ? n.reshape(n.cast(n.in(1), wide), {}) : n.number(standard_ratio, wide);
  Value& dropping = n.add(Select(), {&training, &ratio, &n.number(0, wide)});
  Value& kept = n.binary("greater_equal", drawn, dropping);
  Value& scaled = n.binary("div", n.cast(x, wide), n.binary("sub", one, dropping));
  n.out(0, n.cast(n.binary("mul", scaled, n.cast(kept, wide)), type));
  if (n.wants(1)) n.out(1, kept);
}

constexpr Distribution uniform = Distribution::uniform, normal = Distribution::normal;

const Import table[] = {
    {"Bernoulli", bernoulli, 15},
    {"RandomNormal", [](NodeImport& n) { random(n, normal, false); }},
    {"RandomNormalLike", [](NodeImport& n) { random(n, normal, true); }},
    {"RandomUniform", [](NodeImport& n) { random(n, uniform, false); }},
    {"RandomUniformLike", [](NodeImport& n) { random(n, uniform, true); }},
    {"Multinomial", multinomial},
    {"Dropout", dropout},
};

}  // namespace

const Imports import_random = table;

}  // namespace tenon::onnx
