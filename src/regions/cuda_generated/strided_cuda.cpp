// Pointwise clusters, changes of format, and copies: one value an output position.
#include <algorithm>

#include "devices/device.h"
#include "kernels/cuda/strided.h"
#include "regions/cuda_generated/kernels.h"

namespace tenon {

namespace cuda {

namespace {

constexpr unsigned threads = 256;
constexpr size_t max_nodes = 12;

class StridedKernel final : public Kernel {
 public:
  StridedKernel(Device& device, const Expression& e, std::vector<Format> in, Format out)
      : in_(std::move(in)), out_(out) {
    std::vector<ElementType> stored;
    for (Format f : in_) stored.push_back(f.element);
    width_ = dense_width(stored, out.element);
    module_ = cuda_module(device, strided_source(e, stored, out.element));
  }

  void run(const Call& call) const override {
    const Extents& y = call.out[0].extents;
    if (y.count() == 0) return;
    std::vector<Extents> strides;
    bool aligned = reinterpret_cast<uintptr_t>(call.out[0].data) % 16 == 0;
    std::vector<const void*> pointers;
    for (size_t k = 0; k < in_.size(); ++k) {
      strides.push_back(strides_in(in_[k].layout, call.in[k].extents, y));
      pointers.push_back(call.in[k].data);
      aligned = aligned && reinterpret_cast<uintptr_t>(call.in[k].data) % 16 == 0;
    }
    strides.push_back(strides_in(out_.layout, y, y));
    StridedArguments a = strided_arguments(y, strides);
    void* result = call.out[0].data;
    std::vector<void*> arguments;
    unsigned scalars = a.scalars(int(in_.size()));
    bool dense = aligned && a.dense(int(in_.size()));
    if (dense) arguments = {&a.count, &scalars};
    else arguments = {&a};
    for (const void*& p : pointers) arguments.push_back(&p);
    arguments.push_back(&result);
    Blocks blocks{.grid_x = blocks_for(a.count, int64_t(threads) * (dense ? width_ : 1)), .threads = threads};
    const char* name = dense ? "dense" : a.count < (int64_t(1) << 30) ? "strided32" : "strided64";
    module_->launch(name, blocks, arguments, call.stream);
  }

 private:
  std::vector<Format> in_;
  Format out_;
  int width_ = 1;
  std::shared_ptr<const CudaModule> module_;
};

// The cluster that grows from a root over producers of its shape which nobody else uses.
std::vector<std::vector<const Node*>> clusters(const Node& root) {
  std::vector<std::vector<const Node*>> sizes{{&root}};
  for (;;) {
    std::vector<const Node*> nodes = sizes.back();
    if (nodes.size() == max_nodes) return sizes;
    auto holds = [&](const Node* n) { return std::find(nodes.begin(), nodes.end(), n) != nodes.end(); };
    const Node* next = nullptr;
    for (const Value* v : Region(nodes).inputs) {
      bool alone = std::all_of(v->users.begin(), v->users.end(), holds);
      if (alone && v->shape() == root.output().shape() && !v->producer->inputs().empty() && is_pointwise(*v->producer))
        next = v->producer;
    }
    if (!next) return sizes;
    nodes.insert(nodes.begin(), next);
    if (Region(nodes).inputs.size() > size_t(max_strided_operands)) return sizes;
    for (size_t i = 0; i < nodes.size(); ++i)  // producers first, or the cluster ends here
      for (const Value* v : nodes[i]->inputs())
        if (std::find(nodes.begin() + long(i), nodes.end(), v->producer) != nodes.end()) return sizes;
    sizes.push_back(std::move(nodes));
  }
}

void offer_pointwise(const Provider& provider, const Node& root, const Target& target, Offers& offers) {
  std::string small;
  if (!is_pointwise(root, &small)) return small.empty() ? void() : offers.refuse("cuda.pointwise", small);
  const Value& result = root.output();
  for (const auto& nodes : clusters(root)) {
    Region region(nodes);
    std::optional<Expression> e = expression_of(region.nodes, region.inputs);
    if (!e) return;
    if (const char* reason = body_refusal(*e)) return offers.refuse("cuda.pointwise", reason);
    for (ElementType f32_as : {ElementType::f32, ElementType::f16})
      for (Layout layout : {Layout::plain, Layout::nhwc}) {
        if (layout != Layout::plain && !has_channels(result.type())) continue;
        Offer o;
        o.provider = &provider;
        o.kernel = "cuda.pointwise";
        o.region = region;
        bool any_f32 = result.element() == ElementType::f32;
        for (const Value* v : region.inputs) {
          bool follows = has_channels(v->type()) && v->type().rank() == result.type().rank();
          o.operands.push_back({v, device_format(*v, f32_as, follows ? layout : Layout::plain)});
          any_f32 = any_f32 || v->element() == ElementType::f32;
          if (o.in_place < 0 && v->shape() == result.shape() && v->element() == result.element() &&
              (follows || layout == Layout::plain))
            o.in_place = int(o.operands.size()) - 1;
        }
        if (f32_as != ElementType::f32 && !any_f32) continue;
        o.results = {device_format(result, f32_as, layout)};
        price_on_device(o, target, 0, 1);
        offers.accept(std::move(o));
      }
  }
}

std::unique_ptr<Kernel> prepare_pointwise(const Offer& offer, const Target& target) {
  Expression e = *expression_of(offer.region.nodes, offer.region.inputs);
  std::vector<Format> in;
  for (const Operand& o : offer.operands) in.push_back(o.format);
  return std::make_unique<StridedKernel>(*target.device, e, std::move(in), offer.results[0]);
}

// The same elements in the same order under another shape; nothing to do where they lie there already.
class CopyKernel final : public Kernel {
 public:
  explicit CopyKernel(Device& device) : device_(device) {}
  bool only_copies() const override { return true; }
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    device_.copy(call.out[0].data, x.data, checked_mul(x.count(), size_bytes(x.element)), call.stream);
  }

 private:
  Device& device_;
};

void offer_copy(const Provider& provider, const Node& root, const Target& target, Offers& offers) {
  std::string_view op = root.info().name;
  if (op != "reshape" && op != "flatten" && op != "squeeze" && op != "unsqueeze" && op != "identity") return;
  for (ElementType f32_as : {ElementType::f32, ElementType::f16}) {
    if (f32_as != ElementType::f32 && root.output().element() != ElementType::f32) continue;
    Offer o = device_offer(provider, "cuda.copy", root, f32_as);
    o.operands.resize(1);  // a shape that is an operand has done its work
    o.in_place = 0;
    price_on_device(o, target, 0, 1);
    offers.accept(std::move(o));
  }
}

std::unique_ptr<Kernel> prepare_copy(const Offer&, const Target& target) {
  return std::make_unique<CopyKernel>(*target.device);
}

}  // namespace

const Family pointwise_family{"cuda.pointwise", offer_pointwise, prepare_pointwise};
const Family copy_family{"cuda.copy", offer_copy, prepare_copy};

}  // namespace cuda

std::unique_ptr<Kernel> prepare_cuda_reformat(const Target& target, const TensorType& type, Format from, Format to) {
  check(from.layout != Layout::c16 && to.layout != Layout::c16, ErrorId::internal, "no reformat of ", type, " from ",
        from, " to ", to, " on a GPU");
  Expression e;
  Term x = input(e, 0, from.element);
  e.result = from.element == to.element ? x.index : cast(x, to.element).index;
  return std::make_unique<cuda::StridedKernel>(*target.device, e, std::vector<Format>{from}, to);
}

}  // namespace tenon
