#include <cstring>

#include "devices/cpu/onednn.h"
#include "ops/constant/constant.h"
#include "regions/onednn/conv.h"
#include "regions/onednn/conv_tiles.h"

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

memory::dims dims_of(const Extents& e) { return memory::dims(e.begin(), e.end()); }

memory::dims weight_dims(const ConvProblem& p, const Range& r) {
  memory::dims d{r.y_count, p.w[1]};
  if (r.groups > 1) d = {r.groups, r.y_count / r.groups, p.w[1]};
  d.insert(d.end(), p.w.begin() + 2, p.w.end());
  return d;
}

Descriptor describe(const ConvProblem& p, const dnnl::post_ops& ops, const Range& r) {
  int rank = p.x.rank;
  memory::dims x = dims_of(p.x), y = dims_of(p.y), strides, dilates, begin, end;
  x[1] = r.x_count, y[1] = r.y_count, x[2] = r.x_rows, y[2] = r.y_rows;
  for (int i = 0; i < rank - 2; ++i) {
    Slide s = p.conv.slide(i, p.x[i + 2], p.w[i + 2]);
    strides.push_back(s.stride), dilates.push_back(s.dilation - 1), begin.push_back(s.pad_begin);
    end.push_back((s.output - 1) * s.stride + (s.extent - 1) * s.dilation + 1 - s.input - s.pad_begin);
  }
  begin[0] = r.pad_begin, end[0] = r.pad_end;
  auto f32 = memory::data_type::f32;
  memory::desc bias = p.bias ? memory::desc({r.y_count}, f32, tag::x) : memory::desc();
  dnnl::convolution_forward::desc d(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
                                    memory::desc(x, f32, tag_of(p.in.layout, rank)),
                                    memory::desc(weight_dims(p, r), f32, tag::any), bias,
                                    memory::desc(y, f32, tag_of(p.out.layout, rank)), strides, dilates, begin, end);
  dnnl::primitive_attr attr = attributes();
  attr.set_post_ops(ops);
  return {d, attr, engine()};
}

bool gathers(const ConvProblem& p) { return p.out.layout == Layout::nhwc && !p.row_tiles; }

class OnednnConv final : public Kernel {
 public:
  OnednnConv(const ConvProblem& p, const PostOps& post, const Tensor& weights, const Tensor* bias, const Target& target)
      : in_(p.in), out_(p.out), residual_(post.residual), gathered_(gathers(p)) {
    for (const Range& r : ranges(p)) {
      auto same = std::find_if(tiles_.begin(), tiles_.end(), [&](const Tile& t) { return t.range.same_size(r); });
      Tile tile{same == tiles_.end() ? sizes_.size() : same->size, r, {}, {}, offset_in(p.x, p.in, r.x_first, r.x_row),
                offset_in(p.y, p.out, r.y_first, r.y_row)};
      if (same == tiles_.end()) {
        Descriptor d = describe(p, post.ops, r);
        sizes_.push_back({dnnl::convolution_forward(d), d.src_desc(), d.weights_desc(), d.bias_desc(), d.dst_desc(),
                          d.scratchpad_desc()});
        scratch_ = std::max(scratch_, align_up(int64_t(d.scratchpad_desc().get_size()), 64));
        if (gathered_) tile_bytes_ = std::max(tile_bytes_, int64_t(d.dst_desc().get_size()));
      }
      const Size& size = sizes_[tile.size];
      auto sibling = std::find_if(tiles_.begin(), tiles_.end(), [&](const Tile& t) {
        return t.range.y_first == r.y_first && sizes_[t.size].weights == size.weights;
      });
      bool shares = sibling != tiles_.end();
      tile.weights = shares ? sibling->weights : packed(p, weights, r, size.weights, target);
      if (bias) tile.bias = shares ? sibling->bias : part_of(*bias, r, target);
      tiles_.push_back(std::move(tile));
    }
  }

  int64_t scratch_bytes_per_thread() const override { return scratch_ + tile_bytes_; }

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
      std::byte* scratch = call.own_scratch(scratch_bytes_per_thread());
      const std::byte* from = x.as<std::byte>() + i / per_image * x_image + t.x_offset;
      std::byte* to = y.as<std::byte>() + i / per_image * y_image + t.y_offset;
      std::byte* tile = gathered_ ? scratch + scratch_ : to;
      if (gathered_ && residual_) copy_tile(t, y.extents, to, tile, false);
      execute(s.primitive, {{DNNL_ARG_SRC, s.x.data, const_cast<std::byte*>(from)},
                            {DNNL_ARG_WEIGHTS, s.weights.data, data(t.weights)},
                            {DNNL_ARG_BIAS, s.bias.data, data(t.bias)},
                            {DNNL_ARG_DST, s.y.data, tile},
                            {DNNL_ARG_SCRATCHPAD, s.scratch.data, scratch_ ? scratch : nullptr}});
      if (gathered_) copy_tile(t, y.extents, to, tile, true);
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
  // Channels last: a tile of channels is strided there, which oneDNN would do slowly; it is computed dense.
  static void copy_tile(const Tile& t, const Extents& y, std::byte* image, std::byte* tile, bool out) {
    int64_t pixels = y.count_between(2, y.rank), bytes = t.range.y_count * size_bytes(ElementType::f32);
    int64_t step = y[1] * size_bytes(ElementType::f32);
    for (int64_t i = 0; i < pixels; ++i)
      if (out) std::memcpy(image + i * step, tile + i * bytes, size_t(bytes));
      else std::memcpy(tile + i * bytes, image + i * step, size_t(bytes));
  }
  static Weights packed(const ConvProblem& p, const Tensor& weights, const Range& r, const memory::desc& to,
                        const Target& target) {
    memory::dims dims = weight_dims(p, r);
    tag plain = std::array{tag::abc, tag::abcd, tag::abcde, tag::abcdef}[dims.size() - 3];
    View view;
    Weights made = make_weights(target, ElementType::u8, {int64_t(to.get_size())}, view);
    int64_t per_filter = p.w.count_between(1, p.w.rank) * size_bytes(weights.element);
    pack(memory::desc(dims, memory::data_type::f32, plain), weights.data + r.y_first * per_filter, to, view.data);
    return made;
  }
  static Weights part_of(const Tensor& bias, const Range& r, const Target& target) {
    View view;
    Weights made = make_weights(target, ElementType::f32, {r.y_count}, view);
    std::memcpy(view.data, bias.data + r.y_first * size_bytes(ElementType::f32), size_t(made->bytes()));
    return made;
  }
  static int64_t image_bytes(Extents e, Format f) {
    e[0] = 1;
    return stored_bytes(e, f);
  }

  Format in_, out_;
  bool residual_, gathered_;
  std::vector<Size> sizes_;
  std::vector<Tile> tiles_;
  int64_t scratch_ = 0, tile_bytes_ = 0;
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

ConvProblem problem_of(const Epilogue& e, Format in, Format out, int64_t row_tiles) {
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
          row_tiles};
}

// Where no tap of a window lies in the input, oneDNN 2.6 reads behind it, and with bias and sum writes wrong numbers.
bool windows_in_padding(const ConvProblem& p) {
  for (int i = 0; i + 2 < p.x.rank; ++i) {
    Slide s = p.conv.slide(i, p.x[i + 2], p.w[i + 2]);
    for (int64_t o = 0; o < s.output; ++o)
      if (s.taps_of(o).count() <= 0) return true;
  }
  return false;
}

// How oneDNN would do it, or why it cannot.
std::string implementation_of(const ConvProblem& p, const dnnl::post_ops& ops) {
  try {
    for (const Range& r : ranges(p))
      if (std::string name = describe(p, ops, r).impl_info_str(); !is_fast(name.c_str())) return "has only " + name;
  } catch (const dnnl::error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

void offer_conv(const Provider& provider, const Epilogue& e, const Target& target, Offers& offers) {
  PostOps post = post_ops(e);
  if (const char* reason = refusal(e, post, target)) return offers.refuse("onednn.conv", reason);
  const Node& conv = e.anchor();
  struct Variant {
    Layout in, out;
    int64_t row_tiles;
  };
  for (auto [in_layout, out_layout, row_tiles] :
       {Variant{Layout::c16, Layout::c16, 0}, Variant{Layout::plain, Layout::c16, 0},
        Variant{Layout::nhwc, Layout::nhwc, 4}, Variant{Layout::nhwc, Layout::nhwc, 2},
        Variant{Layout::nhwc, Layout::nhwc, 0}}) {
    Format in{ElementType::f32, in_layout}, out{ElementType::f32, out_layout};
    ConvProblem p = problem_of(e, in, out, row_tiles);
    std::string name = concat("onednn.conv ", in, " -> ", out, row_tiles ? concat(" in ", row_tiles, " parts") : "");
    const char* reason = misfit(p);
    if (!reason && windows_in_padding(p)) reason = "a window lies in padding alone";
    std::string missing = reason ? "" : implementation_of(p, post.ops);
    if (reason || !missing.empty()) {
      offers.refuse(name, reason ? reason : concat("oneDNN: ", missing));
      continue;
    }
    Offer o;
    o.provider = &provider;
    o.kernel = "onednn.conv";
    o.config = row_tiles;
    o.region = e.region;
    o.operands = {{&conv.input(0), in}};
    if (post.residual) o.operands.push_back({post.residual, out}), o.in_place = 1;
    o.results = {out};
    TypicalViews views = typical_views(conv, target);
    double work = conv.op().work(views.in, views.out);
    int64_t bytes = moved_bytes(o, target) + constant_of(conv.input(1))->bytes();
    double share = p.depthwise() ? .15 : out_layout == Layout::nhwc ? .75 : .7;
    // Tiles of rows read all weights each, tiles of channels all of the input: what is smaller should be read often.
    bool heavy = constant_of(conv.input(1))->bytes() > stored_bytes(conv.input(0), in, target);
    double slack = heavy == (row_tiles == 0) ? 1 : row_tiles == 2 ? 1.05 : 1.1;
    o.bound_ms = roofline_ms(target, work, 1, bytes) / target.threads;
    o.expected_ms = roofline_ms(target, work, share, 4 * bytes) * slack;
    time_as_anchor(o, e, post.steps, 1, target);
    offers.accept(std::move(o));
  }
}

std::unique_ptr<Kernel> prepare_conv(const Epilogue& e, const Offer& offer, const Target& target) {
  PostOps post = post_ops(e);
  const Node& conv = e.anchor();
  ConvProblem p = problem_of(e, offer.operands[0].format, offer.results[0], offer.config);
  const Tensor* bias = p.bias ? constant_of(conv.input(2)).get() : nullptr;
  return std::make_unique<OnednnConv>(p, post, *constant_of(conv.input(1)), bias, target);
}

}  // namespace tenon::onednn
