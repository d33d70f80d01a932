// Convolutions by cuDNN, with the node's bias, a residual and relu where they follow.
#include <algorithm>
#include <map>
#include <mutex>

#include "devices/cuda/cuda_device.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "regions/cuda_generated/kernels.h"
#include "regions/cuda_generated/libraries.h"
#include "regions/cudnn/conv_pairs.h"
#include "regions/epilogue/epilogue.h"

namespace tenon {

namespace {

constexpr const char *kernel_name = "cudnn.conv", *pairs_name = "cudnn.conv_pairs";

using cudnn::ConvPlan;
using cudnn::ConvSetup;

class CudnnConv final : public Kernel {
 public:
  CudnnConv(Device& device, ConvSetup setup, int64_t channels) : device_(device), setup_(std::move(setup)) {
    if (setup_.bias || !(setup_.relu || setup_.residual)) return;
    int64_t bytes = channels * size_bytes(setup_.format.element);  // cuDNN fuses nothing without a bias
    zeros_ = device.allocate(bytes, "a bias of zeros");
    std::shared_ptr<void> stream = device.make_stream();
    device.fill(zeros_.get(), 0, bytes, stream.get());
    device.synchronize(stream.get());
  }

  int64_t scratch_bytes(ConstViews in, Views out) const override {
    if (out[0].count() == 0) return 0;
    return int64_t(plan_for(in[0].extents, in[1].extents, out[0].extents).workspace());
  }

  void run(const Call& call) const override {
    if (call.out[0].count() == 0) return;
    size_t next = 2;
    const void* bias = setup_.bias ? call.in[next++].data : zeros_.get();
    const void* residual = setup_.residual ? call.in[next].data : nullptr;
    plan_for(call.in[0].extents, call.in[1].extents, call.out[0].extents)
        .run(call.in[0].data, call.in[1].data, bias, residual, call.out[0].data, call.scratch, call.stream);
  }

 private:
  const ConvPlan& plan_for(const Extents& x, const Extents& w, const Extents& y) const {
    static_cast<const CudaDevice&>(device_).use();
    std::scoped_lock lock(mutex_);
    auto& plan = plans_[{x.begin(), x.end()}];
    if (!plan) plan = std::make_unique<ConvPlan>(setup_, x, w, y);
    return *plan;
  }

  Device& device_;
  ConvSetup setup_;
  std::shared_ptr<std::byte> zeros_;
  mutable std::mutex mutex_;
  mutable std::map<std::vector<int64_t>, std::unique_ptr<ConvPlan>> plans_;
};

constexpr auto is_conv = [](const Node& node) -> bool { return as<Conv>(node); };

struct Tail {
  const Value* residual = nullptr;
  bool relu = false;
};
std::optional<Tail> tail_of(const Epilogue& e) {
  std::optional<std::vector<TailStep>> steps = steps_of(e);
  if (!steps) return {};
  Tail tail;
  size_t i = 0;
  if (i < steps->size() && (*steps)[i].kind == TailStep::add) {
    if ((*steps)[i].side->shape() != e.anchor().output().shape()) return {};
    tail.residual = (*steps)[i++].side;
  }
  if (i < steps->size() && (*steps)[i].kind == TailStep::activation && std::string_view((*steps)[i].name) == "relu") {
    tail.relu = true;
    ++i;
  }
  return i == steps->size() ? std::optional(tail) : std::nullopt;
}

// Why cuDNN cannot take the node in `format`; empty: it can. Asks cuDNN itself, at the typical shape.
std::string refusal(const Node& node, const ConvSetup& setup, const Target& target) {
  const Conv& conv = setup.conv;
  Extents x = at(node.input(0).shape(), target.typical), w = at(node.input(1).shape(), target.typical),
          y = at(node.output().shape(), target.typical);
  if (setup.pairs) x = cudnn::pair_extents(x, setup.format.element), w = cudnn::pair_extents(w, setup.format.element);
  if (y.count() == 0 || x.count() == 0) return "nothing to compute";
  for (int i = 0; i + 2 < x.rank; ++i) {
    Slide s = conv.slide(i, x[i + 2], w[i + 2]);
    int64_t reach = s.input + 2 * s.pad_begin - (s.dilation * (s.extent - 1) + 1);
    if (reach < 0 || reach / s.stride + 1 != s.output) return "padding differs at the two ends";
    if (!node.input(0).shape()[size_t(i + 2)].known() && conv.auto_pad != AutoPad::explicit_pads)
      return "padding depends on an open extent";
  }
  try {
    static_cast<const CudaDevice&>(*target.device).use();
    ConvPlan(setup, x, w, y);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

class CudnnProvider final : public Provider {
 public:
  const char* name() const override { return "cudnn"; }
  std::vector<std::string> kernels() const override { return {kernel_name, pairs_name}; }

  void offers(const Node& root, const Target& target, Offers& offers) const override {
    if (!target.device || root.inputs().empty()) return;
    for (const Epilogue& e : epilogues(root, is_conv)) {
      if (!cudnn::functions().why.empty()) return offers.refuse(kernel_name, "cuDNN is not there");
      std::optional<Tail> tail = tail_of(e);
      if (!tail) {
        offers.refuse(kernel_name, "the tail is neither a residual nor relu");
        continue;
      }
      offer(e, *tail, {ElementType::f32, Layout::plain, Space::device}, target, offers);
      offer(e, *tail, {ElementType::f16, Layout::nhwc, Space::device}, target, offers);
      for (ElementType part : {ElementType::f32, ElementType::f16})
        offer_pairs(e, *tail, {part, Layout::nhwc, Space::device}, target, offers);
    }
  }

  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override {
    for (const Epilogue& e : epilogues(offer.region.root(), is_conv))
      if (e.region.nodes == offer.region.nodes && offer.kernel == pairs_name)
        return cudnn::conv_of_pairs(*target.device, setup_of(e, *tail_of(e), offer.results[0], true),
                                    *constant_of(e.anchor().input(1)));
      else if (e.region.nodes == offer.region.nodes)
        return std::make_unique<CudnnConv>(*target.device, setup_of(e, *tail_of(e), offer.results[0]),
                                           e.anchor().output().shape()[1].value());
    fail(ErrorId::internal, "no convolution in the region of '", offer.region.root().output().name, "'");
  }

 private:
  static ConvSetup setup_of(const Epilogue& e, const Tail& tail, Format format, bool pairs = false) {
    return {*as<Conv>(e.anchor()), format, e.anchor().input_count() == 3, tail.residual != nullptr, tail.relu, pairs};
  }

  void offer(const Epilogue& e, const Tail& tail, Format format, const Target& target, Offers& offers) const {
    const Node& conv = e.anchor();
    ElementType nominal = conv.input(0).element();
    if (nominal != format.element && !(nominal == ElementType::f32 && format.element == ElementType::f16))
      return offers.refuse(kernel_name, concat(format, " for elements of ", nominal));
    if (!conv.output().shape()[1].known() || !all_known(conv.input(1).shape()))
      return offers.refuse(kernel_name, "the filter's shape is open");
    if (std::string why = refusal(conv, setup_of(e, tail, format), target); !why.empty())
      return offers.refuse(concat(kernel_name, " ", format), why);
    Offer o;
    o.provider = this;
    o.kernel = kernel_name;
    o.region = e.region;
    o.operands = {{&conv.input(0), format}, {&conv.input(1), format}};
    if (conv.input_count() == 3) o.operands.push_back({&conv.input(2), {format.element, Layout::plain, Space::device}});
    if (tail.residual) o.operands.push_back({tail.residual, format});
    o.results = {format};
    TypicalViews views = typical_views(conv, target);
    price_on_device(o, target, conv.op().work(views.in, views.out), .4);
    offers.accept(std::move(o));
  }

  // Three products for one, of which a domain must approve.
  void offer_pairs(const Epilogue& e, const Tail& tail, Format format, const Target& target, Offers& offers) const {
    const Node& conv = e.anchor();
    if (conv.input(0).element() != ElementType::f32) return;
    if (as<Conv>(conv)->groups != 1) return offers.refuse(pairs_name, "groups of channels");
    if (!constant_of(conv.input(1))) return offers.refuse(pairs_name, "the filter is computed");
    if (std::string why = refusal(conv, setup_of(e, tail, format, true), target); !why.empty())
      return offers.refuse(concat(pairs_name, " ", format), why);
    Offer o;
    o.provider = this;
    o.kernel = pairs_name;
    o.region = e.region;
    o.operands = {{&conv.input(0), {ElementType::f32, Layout::nhwc, Space::device}, true}};
    if (conv.input_count() == 3) o.operands.push_back({&conv.input(2), {format.element, Layout::plain, Space::device}});
    if (tail.residual) o.operands.push_back({tail.residual, format});
    o.results = {format};
    TypicalViews views = typical_views(conv, target);
    price_on_device(o, target, conv.op().work(views.in, views.out), .4);
    offers.accept(std::move(o));
  }
};

}  // namespace

std::string why_no_cudnn() { return cudnn::functions().why; }

static const CudnnProvider provider;
extern const Provider& cudnn_provider;
const Provider& cudnn_provider = provider;

}  // namespace tenon
