// Fourier transforms and what goes with them: windows, short-time spectra, the mel scale.
#include <numbers>

#include "onnx/import.h"
#include "ops/dft/dft.h"
#include "ops/gather/gather.h"
#include "ops/mel_weight_matrix/mel_weight_matrix.h"
#include "ops/range/range.h"
#include "ops/shape/shape.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::onnx {

namespace {

// Operand i, one number, as i64 of rank 0; refuses what is known to be below `least`.
Value& single(NodeImport& n, int i, const char* what, int64_t least) {
  const TensorType type = n.tensor(n.in(i));
  check(integer_types.contains(type.element) && type.rank() <= 1 && count(type.shape).is(1), ErrorId::onnx_invalid,
        "the ", what, " is ", type, ", expected one integer");
  if (Weights known = n.constant(i)) {
    int64_t number = load_scalar(known->data, known->element).i;
    check(number >= least, ErrorId::onnx_invalid, "the ", what, " is ", number, ", the least is ", least);
  }
  Value& number = n.cast(n.in(i), ElementType::i64);
  return type.rank() == 0 ? number : n.reshape(number, {});
}

Value& up_to(NodeImport& n, Value& limit) {  // 0, 1 … limit - 1
  return n.add(RangeOf(), {&n.integer_value(0, ElementType::i64), &limit, &n.integer_value(1, ElementType::i64)});
}

// a - b cos(2πk / size) + c cos(4πk / size); a symmetric window ends where a periodic one would begin anew.
void window(NodeImport& n, double a, double b, double c) {
  constexpr ElementType wide = ElementType::f64;
  ElementType type = element_of(int32_t(n.integer("output_datatype", 1)));
  bool periodic = n.integer("periodic", 1);
  Value &size = single(n, 0, "size", 0), &places = n.cast(up_to(n, size), wide);
  Value& whole = n.binary("sub", n.cast(size, wide), n.number(periodic ? 0 : 1, wide));
  auto wave = [&](double turns) -> Value& {
    Value& angle = n.binary("div", n.binary("mul", places, n.number(turns * 2 * std::numbers::pi, wide)), whole);
    return n.unary("cos", angle);
  };
  Value* y = &n.binary("sub", n.number(a, wide), n.binary("mul", wave(1), n.number(b, wide)));
  if (c != 0) y = &n.binary("add", *y, n.binary("mul", wave(2), n.number(c, wide)));
  n.out(n.cast(*y, type));
}

// The axis is an attribute until opset 19.
void dft(NodeImport& n) {
  Dft op;
  op.inverse = n.integer("inverse", 0);
  op.one_sided = n.integer("onesided", 0);
  op.with_length = n.has(1);
  bool operand = n.opset() >= 20;
  Value& axis = operand && n.has(2) ? n.in(2) : n.integer_value(operand ? -2 : n.integer("axis", 1), ElementType::i64);
  n.out(n.add(op, op.with_length ? std::vector{&n.in(0), &axis, &n.in(1)} : std::vector{&n.in(0), &axis}));
}

// The signal cut into overlapping frames, each weighted by the window and transformed.
void stft(NodeImport& n) {
  Value& x = n.in(0);
  const TensorType type = n.tensor(x);
  check(type.rank() == 3, ErrorId::onnx_invalid, "the signal is ", type, ", expected [batch,length,1 or 2]");
  Value &step = single(n, 1, "frame_step", 1), &signal = n.reshape(n.add(ShapeOf(1, 2), {&x}), {});
  Value* length = n.has(3) ? &single(n, 3, "frame_length", 1) : &signal;
  if (n.has(2)) {
    const TensorType w = n.tensor(n.in(2));
    check(w.rank() == 1, ErrorId::onnx_invalid, "the window is ", w, ", expected a list");
    if (!n.has(3)) length = &n.reshape(n.add(ShapeOf(0, 1), {&n.in(2)}), {});
    Weights given = n.has(3) ? n.constant(3) : nullptr;
    check(!given || !w.shape[0].known() || w.shape[0].is(load_scalar(given->data, given->element).i),
          ErrorId::unsupported, "a window whose size, ", w.shape[0], ", is not the frame's is not supported");
  }
  Value &one = n.integer_value(1, ElementType::i64), &room = n.binary("sub", signal, *length);
  Value& frames = n.binary("add", n.binary("floor_div", room, step), one);
  Value& starts = n.add(Unsqueeze({1}), {&n.binary("mul", up_to(n, frames), step)});
  Value* cut = &n.add(Gather(1), {&x, &n.binary("add", starts, up_to(n, *length))});
  if (n.has(2)) cut = &n.binary("mul", *cut, n.add(Unsqueeze({1}), {&n.in(2)}));
  Dft op;
  op.one_sided = n.integer("onesided", 1);
  n.out(n.add(op, {cut, &n.integer_value(2, ElementType::i64)}));
}

void mel_weight_matrix(NodeImport& n) {
  MelWeightMatrix op;
  op.type = element_of(int32_t(n.integer("output_datatype", 1)));
  n.out(n.add(op, {&n.in(0), &n.in(1), &n.in(2), &n.in(3), &n.in(4)}));
}

const Import table[] = {
    {"HannWindow", [](NodeImport& n) { window(n, 0.5, 0.5, 0); }, 17},
    {"HammingWindow", [](NodeImport& n) { window(n, 25. / 46, 21. / 46, 0); }, 17},
    {"BlackmanWindow", [](NodeImport& n) { window(n, 0.42, 0.5, 0.08); }, 17},
    {"DFT", dft, 17},
    {"STFT", stft, 17},
    {"MelWeightMatrix", mel_weight_matrix, 17},
};

}  // namespace

const Imports import_signal = table;

}  // namespace tenon::onnx
