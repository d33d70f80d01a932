#include <cstring>

#include "devices/cpu/onednn.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "regions/onednn/conv.h"

namespace tenon::onednn {

namespace {

using dnnl::memory;
using tag = memory::format_tag;
using Descriptor = dnnl::convolution_forward::primitive_desc;

tag tag_of(Layout layout, int rank) {
  constexpr tag tags[][3] = {
      {tag::ncw, tag::nchw, tag::ncdhw}, {tag::nwc, tag::nhwc, tag::ndhwc}, {tag::nCw16c, tag::nChw16c, tag::nCdhw16c}};
  return tags[int(layout)][rank - 3];
}

// What does not depend on the batch: one image in, one image out.
struct Problem {
  const Conv& conv;
  Extents x, w, y;  // of one image; x[0] and y[0] are 1
  Format in, out;
  bool bias;
  dnnl::post_ops ops;
  bool depthwise() const { return conv.groups > 1 && w[1] == 1 && w[0] == x[1]; }
};

// Channels of one tile, as input and as output.
struct Range {
  int64_t x_first, x_count, y_first, y_count, groups;
  bool same_size(const Range& other) const {
    return x_count == other.x_count && y_count == other.y_count && groups == other.groups;
  }
};

// Four blocks of 16 output channels a tile where there are enough of them, else about two tiles.
int64_t channels_per_tile(int64_t channels) {
  int64_t blocks = (channels + 15) / 16;
  return 16 * (blocks >= 8 ? 4 : (blocks + 1) / 2);
}

std::vector<Range> ranges(const Problem& p) {
  std::vector<Range> list;
  int64_t groups = p.conv.groups, x_channels = p.x[1], y_channels = p.y[1];
  if (groups == 1 || p.depthwise()) {
    int64_t step = channels_per_tile(y_channels);
    for (int64_t c = 0; c < y_channels; c += step) {
      int64_t count = std::min(step, y_channels - c);
      list.push_back(groups == 1 ? Range{0, x_channels, c, count, 1} : Range{c, count, c, count, count});
    }
  } else {
    int64_t x_step = x_channels / groups, y_step = y_channels / groups;
    for (int64_t g = 0; g < groups; ++g) list.push_back({g * x_step, x_step, g * y_step, y_step, 1});
  }
  return list;
}

memory::dims dims_of(const Extents& e) { return memory::dims(e.begin(), e.end()); }

memory::dims weight_dims(const Problem& p, const Range& r) {
  memory::dims d{r.y_count, p.w[1]};
  if (r.groups > 1) d = {r.groups, r.y_count / r.groups, p.w[1]};
  d.insert(d.end(), p.w.begin() + 2, p.w.end());
  return d;
}

Descriptor describe(const Problem& p, const Range& r) {
  int rank = p.x.rank;
  memory::dims x = dims_of(p.x), y = dims_of(p.y), strides, dilates, begin, end;
  x[1] = r.x_count, y[1] = r.y_count;
  for (int i = 0; i < rank - 2; ++i) {
    Slide s = p.conv.slide(i, p.x[i + 2], p.w[i + 2]);
    strides.push_back(s.stride), dilates.push_back(s.dilation - 1), begin.push_back(s.pad_begin);
    end.push_back((s.output - 1) * s.stride + (s.extent - 1) * s.dilation + 1 - s.input - s.pad_begin);
  }
  auto f32 = memory::data_type::f32;
  memory::desc bias = p.bias ? memory::desc({r.y_count}, f32, tag::x) : memory::desc();
  dnnl::convolution_forward::desc d(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
                                    memory::desc(x, f32, tag_of(p.in.layout, rank)),
                                    memory::desc(weight_dims(p, r), f32, tag::any), bias,
                                    memory::desc(y, f32, tag_of(p.out.layout, rank)), strides, dilates, begin, end);
  dnnl::primitive_attr attr = attributes();
  attr.set_post_ops(p.ops);
  return {d, attr, engine()};
}

int64_t channel_bytes(const Extents& image, Format f) {  // of one block of 16, or of one channel
  int64_t plane = image.count_between(2, image.rank) * size_bytes(f.element);
  return f.layout == Layout::c16 ? plane * 16 : plane;
}
int64_t channel_offset(const Extents& image, Format f, int64_t channel) {
  return channel_bytes(image, f) * (f.layout == Layout::c16 ? channel / 16 : channel);
}

class OnednnConv final : public Kernel {
 public:
  OnednnConv(const Problem& p, const Tensor& weights, const Tensor* bias, bool residual)
      : in_(p.in), out_(p.out), residual_(residual) {
    for (const Range& r : ranges(p)) {
      auto same = std::find_if(tiles_.begin(), tiles_.end(), [&](const Tile& t) { return t.range.same_size(r); });
      Tile tile{same == tiles_.end() ? sizes_.size() : same->size,
                r,
                {},
                {},
                channel_offset(p.x, p.in, r.x_first),
                channel_offset(p.y, p.out, r.y_first)};
      if (same == tiles_.end()) {
        Descriptor d = describe(p, r);
        sizes_.push_back({dnnl::convolution_forward(d), d.src_desc(), d.weights_desc(), d.bias_desc(), d.dst_desc(),
                          d.scratchpad_desc()});
        scratch_ = std::max(scratch_, int64_t(d.scratchpad_desc().get_size()));
      }
      const Size& size = sizes_[tile.size];
      memory::dims dims = weight_dims(p, r);
      tag plain = std::array{tag::abc, tag::abcd, tag::abcde, tag::abcdef}[dims.size() - 3];
      View view;
      tile.weights = make_weights(ElementType::u8, {int64_t(size.weights.get_size())}, view);
      int64_t per_filter = p.w.count_between(1, p.w.rank) * size_bytes(weights.element);
      pack(memory::desc(dims, memory::data_type::f32, plain), weights.data + r.y_first * per_filter, size.weights,
           view.data);
      if (bias) {
        tile.bias = make_weights(ElementType::f32, {r.y_count}, view);
        std::memcpy(view.data, bias->data + r.y_first * 4, size_t(r.y_count * 4));
      }
      tiles_.push_back(std::move(tile));
    }
  }

  int64_t scratch_bytes_per_thread() const override { return scratch_; }

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    int64_t batch = y[0], x_image = image_bytes(x.extents, in_), y_image = image_bytes(y.extents, out_);
    if (residual_ && call.in[1].data != y.data)  // the planner mostly spares this
      std::memcpy(y.data, call.in[1].data, size_t(batch * y_image));
    int64_t per_image = int64_t(tiles_.size());
    call.workers.run(batch * per_image, [&](int64_t i) {
      const Tile& t = tiles_[size_t(i % per_image)];
      const Size& s = sizes_[t.size];
      auto data = [](const Weights& w) { return w ? const_cast<std::byte*>(w->data) : nullptr; };
      void* scratch = scratch_ ? call.own_scratch(scratch_) : nullptr;
      execute(s.primitive, {{DNNL_ARG_SRC, s.x.data,
                             const_cast<std::byte*>(x.as<std::byte>()) + i / per_image * x_image + t.x_offset},
                            {DNNL_ARG_WEIGHTS, s.weights.data, data(t.weights)},
                            {DNNL_ARG_BIAS, s.bias.data, data(t.bias)},
                            {DNNL_ARG_DST, s.y.data, y.as<std::byte>() + i / per_image * y_image + t.y_offset},
                            {DNNL_ARG_SCRATCHPAD, s.scratch.data, scratch}});
    });
  }

 private:
  struct Size {  // tiles of one size share their code
    dnnl::convolution_forward primitive;
    memory::desc x, weights, bias, y, scratch;
  };
  struct Tile {
    size_t size;
    Range range;
    Weights weights, bias;
    int64_t x_offset, y_offset;
  };
  static int64_t image_bytes(Extents e, Format f) {
    e[0] = 1;
    return stored_bytes(e, f);
  }

  Format in_, out_;
  bool residual_;
  std::vector<Size> sizes_;
  std::vector<Tile> tiles_;
  int64_t scratch_ = 0;
};

// Why oneDNN cannot take it whatever the layout, or null.
const char* refusal(const Epilogue& e, const PostOps& post, const Target& target) {
  if (post.refusal) return post.refusal;
  const Node& conv = e.anchor();
  for (int i = 1; i < conv.input_count(); ++i)
    if (!constant_of(conv.input(i))) return "weights are not constant";
  for (size_t d = 1; d < conv.input(0).shape().size(); ++d)
    if (!conv.input(0).shape()[d].known()) return "an extent other than the batch is not known";
  if (at(conv.output().shape(), target.typical).count() == 0 || at(conv.input(0).shape(), target.typical).count() == 0)
    return "nothing to compute";
  return nullptr;
}

Problem problem_of(const Epilogue& e, const PostOps& post, Format in, Format out) {
  const Node& conv = e.anchor();
  auto image = [](const Shape& s) {
    Extents extents{1};
    for (size_t d = 1; d < s.size(); ++d) extents.push(s[d].value());
    return extents;
  };
  return {*as<Conv>(conv),
          image(conv.input(0).shape()),
          constant_of(conv.input(1))->extents,
          image(conv.output().shape()),
          in,
          out,
          conv.input_count() == 3,
          post.ops};
}

// Why a tile grid of this kind cannot be walked, or null.
const char* misfit(const Problem& p) {
  bool blocked = p.in.layout == Layout::c16;
  if (p.conv.groups > 1 && !p.depthwise() && ((p.x[1] / p.conv.groups) % 16 || (p.y[1] / p.conv.groups) % 16))
    return "groups are no multiples of 16 channels";
  if (p.conv.groups > 1 && !blocked) return "groups in plain layout";
  if (!blocked && p.x[1] > 4) return "many channels in plain layout";
  return nullptr;
}

}  // namespace

void offer_conv(const Provider& provider, const Epilogue& e, const Target& target, Offers& offers) {
  PostOps post = post_ops(e);
  if (const char* reason = refusal(e, post, target)) return offers.refuse("onednn.conv", reason);
  const Node& conv = e.anchor();
  Format out{ElementType::f32, Layout::c16};
  for (Layout layout : {Layout::c16, Layout::plain}) {
    Format in{ElementType::f32, layout};
    Problem p = problem_of(e, post, in, out);
    std::string name = concat("onednn.conv ", in, " -> ", out);
    if (const char* reason = misfit(p)) {
      offers.refuse(name, reason);
      continue;
    }
    std::string implementation;
    try {
      for (const Range& r : ranges(p)) {
        implementation = describe(p, r).impl_info_str();
        if (!is_fast(implementation.c_str())) break;
      }
    } catch (const dnnl::error& error) {
      offers.refuse(name, concat("oneDNN: ", error.what()));
      continue;
    }
    if (!is_fast(implementation.c_str())) {
      offers.refuse(name, concat("oneDNN has only ", implementation));
      continue;
    }
    Offer o;
    o.provider = &provider;
    o.kernel = "onednn.conv";
    o.region = e.region;
    o.operands = {{&conv.input(0), in}};
    if (post.residual) o.operands.push_back({post.residual, out}), o.in_place = 1;
    o.results = {out};
    TypicalViews views = typical_views(conv, target);
    double work = conv.op().work(views.in, views.out);
    int64_t bytes = moved_bytes(o, target) + constant_of(conv.input(1))->bytes();
    o.bound_ms = roofline_ms(target, work, 1, bytes);
    o.expected_ms = roofline_ms(target, work, p.depthwise() ? .15 : .7, 2 * bytes);
    offers.accept(std::move(o));
  }
}

std::unique_ptr<Kernel> prepare_conv(const Epilogue& e, const Offer& offer) {
  PostOps post = post_ops(e);
  const Node& conv = e.anchor();
  Problem p = problem_of(e, post, offer.operands[0].format, offer.results[0]);
  const Tensor* bias = p.bias ? constant_of(conv.input(2)).get() : nullptr;
  return std::make_unique<OnednnConv>(p, *constant_of(conv.input(1)), bias, post.residual);
}

}  // namespace tenon::onednn
