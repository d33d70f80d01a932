// IPoolingLayer's fields as the operator pool.
#include <algorithm>

#include "objects/convert.h"
#include "objects/network.h"
#include "ops/pool/pool.h"

namespace tenon::objects {

namespace {

Dims repeated(int32_t n, int64_t value) {
  Dims dims;
  dims.n = n;
  for (int32_t i = 0; i < n && i < 8; ++i) dims.d[i] = value;
  return dims;
}

PoolKind kind_of(PoolingType type) {
  check(type != PoolingType::max_average_blend, ErrorId::unsupported, "pooling that blends maximum and average");
  return type == PoolingType::max ? PoolKind::max : PoolKind::average;
}

// Rounding up differs between here and the operator only where a last window would start in the padding at the end.
void check_round_up(const Pool& pool) {
  for (size_t i = 0; i < pool.window.size(); ++i)
    check(pool.pads_end[i] + pool.strides[i] <= pool.window[i], ErrorId::unsupported,
          "rounding up with so much padding at the end that a window could lie in it: padding ", pool.pads_end[i],
          ", stride ", pool.strides[i], ", window ", pool.window[i]);
}

}  // namespace

PoolingLayer::PoolingLayer(Network& n, PoolingType p, const Dims& w)
    : Layer(n, LayerType::pooling),
      pooling(p),
      window(w),
      stride(repeated(w.n, 1)),
      pre_padding(repeated(w.n, 0)),
      post_padding(pre_padding) {}

static Dims dims_of_list(const std::vector<int64_t>& list, size_t count, int64_t otherwise) {
  Dims dims = repeated(int32_t(count), otherwise);
  std::copy(list.begin(), list.end(), dims.d);
  return dims;
}

PoolingLayer::PoolingLayer(Network& n, const Pool& pool)
    : PoolingLayer(n, pool.kind == PoolKind::max ? PoolingType::max : PoolingType::average,
                   dims_of_list(pool.window, pool.window.size(), 1)) {
  stride = dims_of_list(pool.strides, pool.window.size(), 1);
  pre_padding = dims_of_list(pool.pads_begin, pool.window.size(), 0);
  post_padding = dims_of_list(pool.pads_end, pool.window.size(), 0);
  average_count_excludes_padding = !pool.count_pads;
  dilations = pool.dilations;
  if (pool.ceil) padding_mode = PaddingMode::caffe_round_up;
  if (pool.auto_pad == AutoPad::same_upper) padding_mode = PaddingMode::same_upper;
  if (pool.auto_pad == AutoPad::same_lower) padding_mode = PaddingMode::same_lower;
}

std::unique_ptr<Op> PoolingLayer::op() const {
  auto pool = std::make_unique<Pool>(kind_of(pooling), list_of(window));
  pool->strides = list_of(stride);
  pool->pads_begin = list_of(pre_padding);
  pool->pads_end = list_of(post_padding);
  pool->dilations = dilations;
  pool->count_pads = !average_count_excludes_padding;
  for (const auto* numbers : {&pool->strides, &pool->pads_begin, &pool->pads_end})
    check(numbers->size() == pool->window.size(), "'", name, "': stride and padding need ", pool->window.size(),
          " numbers as the window has, found ", numbers->size());
  switch (padding_mode) {
    case PaddingMode::explicit_round_down:
    case PaddingMode::caffe_round_down: break;
    case PaddingMode::explicit_round_up: check_round_up(*pool); [[fallthrough]];
    case PaddingMode::caffe_round_up: pool->ceil = true; break;
    case PaddingMode::same_upper: pool->auto_pad = AutoPad::same_upper; break;
    case PaddingMode::same_lower: pool->auto_pad = AutoPad::same_lower; break;
  }
  return pool;
}

}  // namespace tenon::objects
