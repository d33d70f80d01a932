// Images and regions of them.
#include "onnx/import_window.h"
#include "ops/col2im/col2im.h"
#include "ops/concat/concat.h"
#include "ops/deform_conv/deform_conv.h"
#include "ops/expand/expand.h"
#include "ops/gather/gather.h"
#include "ops/matmul/matmul.h"
#include "ops/max_roi_pool/max_roi_pool.h"
#include "ops/max_unpool/max_unpool.h"
#include "ops/pad/pad.h"
#include "ops/range/range.h"
#include "ops/roi_align/roi_align.h"
#include "ops/shape/shape.h"
#include "ops/slice/slice.h"
#include "ops/transpose/transpose.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::onnx {

namespace {

// Places from -1 to 1 along one axis, of which there are `extent`: (2i + 1 - extent) / extent, or with their outermost
// on -1 and 1, / (extent - 1).
Value& places_along(NodeImport& n, Value& extent, bool align_corners) {
  constexpr ElementType counts = ElementType::i64, wide = ElementType::f64;
  Value &zero = n.integer_value(0, counts), &one = n.integer_value(1, counts), &two = n.integer_value(2, counts);
  Value& steps = n.binary("mul", n.add(RangeOf(), {&zero, &extent, &one}), two);
  Value& less = n.binary("sub", extent, one);
  Value& span = align_corners ? n.binary("max", less, one) : extent;
  return n.binary("div", n.cast(n.binary("sub", steps, less), wide), n.cast(span, wide));
}

// theta, [N,axes,axes+1], times all places of the image as columns (…, z, y, x, 1), last axis first.
void affine_grid(NodeImport& n) {
  Value &theta = n.in(0), &size = n.in(1);
  const TensorType type = n.tensor(theta), sizes = n.tensor(size);
  bool flat = type.rank() == 3 && type.shape[1].is(2) && type.shape[2].is(3);
  check(type.rank() != 3 || (type.shape[1].known() && type.shape[2].known()), ErrorId::unsupported, "theta is ", type,
        ", whether it is of 2 or 3 axes is not known");
  check(flat || (type.rank() == 3 && type.shape[1].is(3) && type.shape[2].is(4)), ErrorId::onnx_invalid, "theta is ",
        type, ", expected [N,2,3] or [N,3,4]");
  int axes = flat ? 2 : 3;
  check(sizes.rank() == 1 && (!sizes.shape[0].known() || sizes.shape[0].is(axes + 2)), ErrorId::onnx_invalid,
        "the size is ", sizes, ", expected ", axes + 2, " extents");
  if (Weights known = n.constant(1)) {
    int64_t batch = load_scalar(known->data, known->element).i;
    check(!type.shape[0].known() || type.shape[0].is(batch), ErrorId::onnx_invalid, "the size is of ", batch,
          " images, theta is ", type);
  }
  bool align_corners = n.integer("align_corners", 0);
  std::vector<Value*> extents, columns;
  for (int i = 0; i < axes; ++i) extents.push_back(&n.add(Gather(0), {&size, &n.list({i + 2})}));
  extents.push_back(&n.list({1}));
  Value& shape = n.add(Concat(0), extents);
  for (int i = axes - 1; i >= 0; --i) {
    std::vector<int64_t> behind;
    for (int k = 1; k <= axes - i; ++k) behind.push_back(k);
    Value& places = places_along(n, n.reshape(*extents[size_t(i)], {}), align_corners);
    columns.push_back(&n.add(Expand(), {&n.add(Unsqueeze(behind), {&places}), &shape}));
  }
  columns.push_back(&n.add(Expand(), {&n.number(1, ElementType::f64), &shape}));
  ElementType wide = half_types.contains(type.element) ? ElementType::f32 : type.element;
  Value& grid = n.cast(n.add(Concat(-1), columns), wide);
  Value* by = &n.add(Transpose({0, 2, 1}), {&n.cast(theta, wide)});
  by = &n.add(Unsqueeze(flat ? std::vector<int64_t>{1} : std::vector<int64_t>{1, 2}), {by});
  n.out(n.cast(n.add(MatMul(), {&grid, by}), type.element));
}

// What is too long is cut, what is too short filled up with zeros; where the amount is odd, the end has more of it.
void center_crop_pad(NodeImport& n) {
  constexpr ElementType counts = ElementType::i64;
  Value& x = n.in(0);
  const TensorType type = n.tensor(x), wanted = n.tensor(n.in(1));
  std::vector<int64_t> axes = n.integers("axes");
  for (int d = 0; !n.has_attribute("axes") && d < type.rank(); ++d) axes.push_back(d);
  for (int64_t& axis : axes) axis = axis_of(axis, type.rank());
  check(wanted.rank() == 1 && (!wanted.shape[0].known() || wanted.shape[0].is(int64_t(axes.size()))),
        ErrorId::onnx_invalid, "the shape is ", wanted, ", expected ", axes.size(), " extents");
  if (n.constant(1))
    for (int64_t extent : n.constant_list(1, "extents"))
      check(extent >= 0, ErrorId::onnx_invalid, "the shape holds ", extent);
  Value &shape = n.cast(n.in(1), counts), &along = n.list(axes), &two = n.integer_value(2, counts);
  Value& extents = n.add(Gather(0), {&n.add(ShapeOf(), {&x}), &along});
  Value& kept = n.binary("min", extents, shape);
  Value& first = n.binary("floor_div", n.binary("sub", extents, kept), two);
  Slice slice;
  slice.with_axes = true;
  Value& cut = n.add(slice, {&x, &first, &n.binary("add", first, kept), &along});
  Value &missing = n.binary("sub", shape, kept), &before = n.binary("floor_div", missing, two);
  Pad pad;
  pad.axes = axes;
  n.out(n.add(pad, {&cut, &n.add(Concat(0), {&before, &n.binary("sub", missing, before)})}));
}

void col2im(NodeImport& n) {
  Col2Im op;
  const Shape block = n.tensor(n.in(2)).shape;
  check(block.size() == 1 && block[0].known(), ErrorId::onnx_invalid, "the block's shape is ", n.tensor(n.in(2)));
  read_window(n, op, size_t(block[0].value()));
  n.out(n.add(op, {&n.in(0), &n.in(1), &n.in(2)}));
}

void deform_conv(NodeImport& n) {
  DeformConv op;
  const TensorType w = n.tensor(n.in(1));
  check_kernel_shape(n, w);
  read_window(n, op, size_t(w.rank()) - 2);
  op.groups = n.integer("group", 1);
  op.offset_groups = n.integer("offset_group", 1);
  op.with_bias = n.has(3);
  op.with_mask = n.has(4);
  std::vector<Value*> operands{&n.in(0), &n.in(1), &n.in(2)};
  for (int i : {3, 4})
    if (n.has(i)) operands.push_back(&n.in(i));
  n.out(n.add(op, operands));
}

// Until opset 15 there was only what is now called output_half_pixel.
void roi_align(NodeImport& n) {
  RoiAlign op;
  std::string mode = n.text("mode", "avg");
  check(mode == "avg" || mode == "max", ErrorId::onnx_invalid, "mode is '", mode, "'");
  op.mode = mode == "max" ? RoiMode::max : RoiMode::avg;
  op.height = n.integer("output_height", 1);
  op.width = n.integer("output_width", 1);
  op.sampling_ratio = n.integer("sampling_ratio", 0);
  op.spatial_scale = n.floating("spatial_scale", 1);
  std::string places = n.opset() < 16 ? "output_half_pixel" : n.text("coordinate_transformation_mode", "half_pixel");
  check(places == "half_pixel" || places == "output_half_pixel", ErrorId::onnx_invalid,
        "coordinate_transformation_mode is '", places, "'");
  op.half_pixel = places == "half_pixel";
  n.out(n.add(op, {&n.in(0), &n.in(1), &n.in(2)}));
}

void max_roi_pool(NodeImport& n) {
  MaxRoiPool op;
  std::vector<int64_t> shape = n.integers("pooled_shape");
  check(shape.size() == 2, ErrorId::onnx_invalid, "pooled_shape has ", shape.size(), " numbers, expected 2");
  op.height = shape[0];
  op.width = shape[1];
  op.spatial_scale = n.floating("spatial_scale", 1);
  n.out(n.add(op, {&n.in(0), &n.in(1)}));
}

void max_unpool(NodeImport& n) {
  MaxUnpool op;
  op.window = n.integers("kernel_shape");
  check(!op.window.empty(), ErrorId::onnx_invalid, "attribute kernel_shape is missing");
  read_window(n, op, op.window.size());
  op.with_shape = n.has(2);
  n.out(n.add(op, op.with_shape ? std::vector{&n.in(0), &n.in(1), &n.in(2)} : std::vector{&n.in(0), &n.in(1)}));
}

const Import table[] = {
    {"AffineGrid", affine_grid, 20}, {"CenterCropPad", center_crop_pad, 18},
    {"Col2Im", col2im, 18},          {"DeformConv", deform_conv, 19},
    {"RoiAlign", roi_align, 10},     {"MaxRoiPool", max_roi_pool},
    {"MaxUnpool", max_unpool, 9},
};

}  // namespace

const Imports import_vision = table;

}  // namespace tenon::onnx
