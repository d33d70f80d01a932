#include "ops/window.h"

namespace tenon {

namespace {

constexpr const char* auto_pad_names[] = {"explicit", "same_upper", "same_lower", "valid"};

int64_t or_default(const std::vector<int64_t>& list, int axis, int64_t standard) {
  return list.empty() ? standard : list[size_t(axis)];
}

// ceil(a / b), not below 0
int64_t steps_to(int64_t a, int64_t b) { return a > 0 ? (a - 1) / b + 1 : 0; }

}  // namespace

Slide::Steps Slide::outputs_of(int64_t k) const {
  int64_t behind = pad_begin - k * dilation;  // outputs start this far before the tap meets the input
  int64_t past = std::min(output, steps_to(input + behind, stride));
  return {std::min(steps_to(behind, stride), past), past};
}

Slide::Steps Slide::taps(int64_t o, int64_t low, int64_t high) const {
  int64_t start = o * stride - pad_begin, past = std::min(extent, steps_to(high - start, dilation));
  return {std::min(steps_to(low - start, dilation), past), past};
}

void Window::window_fields(FieldVisitor& v) {
  v("strides", strides, {});
  v("dilations", dilations, {});
  v("pads_begin", pads_begin, {});
  v("pads_end", pads_end, {});
  v("auto_pad", auto_pad, auto_pad_names);
}

void Window::check_axes(int axes) const {
  auto check_list = [&](const char* name, const std::vector<int64_t>& list, int64_t least) {
    check(list.empty() || int(list.size()) == axes, name, " has ", list.size(), " numbers for ", axes, " spatial axes");
    for (int64_t n : list) check(n >= least, name, " holds ", n, ", the least is ", least);
  };
  check_list("strides", strides, 1);
  check_list("dilations", dilations, 1);
  check_list("pads_begin", pads_begin, 0);
  check_list("pads_end", pads_end, 0);
}

Window::Axis Window::along(int axis, const Dim& input, const Dim& extent) const {
  check(!extent.known() || extent.value() > 0, "the window has extent ", extent, " along spatial axis ", axis);
  Dim stride = or_default(strides, axis, 1), covered = (extent - 1) * or_default(dilations, axis, 1) + 1;
  if (auto_pad == AutoPad::same_upper || auto_pad == AutoPad::same_lower) {
    Dim output = ceil_div(input, stride), pads = max((output - 1) * stride + covered - input, 0);
    Dim less = floor_div(pads, 2), more = pads - less;
    return auto_pad == AutoPad::same_upper ? Axis{output, less, more} : Axis{output, more, less};
  }
  bool pads = auto_pad == AutoPad::explicit_pads;
  Dim begin = pads ? or_default(pads_begin, axis, 0) : 0, end = pads ? or_default(pads_end, axis, 0) : 0;
  Dim room = input + begin + end - covered;
  Dim output = floor_div(room, stride) + 1;
  if (ceil) output = ceil_div(room, stride) + 1;
  if (ceil && !ceil_in_pads) output = min(output, ceil_div(input + begin, stride));
  check(!output.known() || output.value() > 0, "the window covers ", covered, " along spatial axis ", axis,
        ", the padded input is only ", input + begin + end);
  return {output, begin, end};
}

Slide Window::slide(int axis, int64_t input, int64_t extent) const {
  Axis a = along(axis, input, extent);
  return {input,
          a.output.value(),
          extent,
          or_default(strides, axis, 1),
          or_default(dilations, axis, 1),
          a.pad_begin.value(),
          a.pad_end.value()};
}

}  // namespace tenon
