// Cover -> steps and slots.
#include "plan/plan.h"

#include <algorithm>

#include "devices/device.h"
#include "ops/constant/constant.h"
#include "plan/narrow_filter.h"

namespace tenon {

namespace {

class Planner {
 public:
  Planner(const Graph& graph, const Target& target) : graph_(graph), target_(target) { target_.pool = &pool_; }

  Plan plan(const Cover& cover) {
    for (const Choice& choice : cover.choices) {
      target_.stop.check();
      add(choice);
    }
    for (Node* in : graph_.inputs()) {
      int at = slot(in->output(), plain_format(in->output(), target_.border()));
      plan_.slots[size_t(at)].place = Slot::input;
      plan_.slots[size_t(at)].binding = int(plan_.inputs.size());
      plan_.inputs.push_back({in->output().name, in->output().type(), at});
    }
    for (const Graph::Output& out : graph_.outputs()) {
      int at = slot(*out.value, target_.output_format(*out.value));
      Slot& s = plan_.slots[size_t(at)];
      if (s.place == Slot::arena) s.place = Slot::output, s.binding = int(plan_.outputs.size());
      plan_.outputs.push_back({out.name, out.value->type(), at});  // other places are copied when all is done
    }
    plan_.device = target_.device;
    if (uploads_) target_.device->synchronize(uploads_.get());
    for (const auto& n : graph_.nodes()) add_if_open(*n);
    find_life_times(plan_);
    return std::move(plan_);
  }

 private:
  void add(const Choice& choice) {
    const Offer& offer = *choice.offer;
    const Node& root = offer.region.root();
    std::vector<int> out;
    for (size_t i = 0; i < offer.results.size(); ++i) {
      out.push_back(slot(*offer.region.exits[i], offer.results[i]));
      if (root.op().late() == Late::extents) plan_.slots[size_t(out.back())].place = Slot::late;
    }
    Weights weights = constant_of(root.output());
    if (weights) {
      plan_.slots[size_t(out[0])].place = Slot::constant;
      plan_.slots[size_t(out[0])].weights = weights;
    } else if (!root.inputs().empty()) {
      std::vector<int> in;
      for (const Operand& o : offer.operands) in.push_back(slot(*o.value, o.format));
      std::string origins;
      for (const Node* n : offer.region.nodes)
        for (const std::string& o : n->origins()) origins += (origins.empty() ? "" : ", ") + o;
      plan_.steps.push_back({offer.kernel, origins, offer.provider->prepare(offer, target_), std::move(in), out,
                             offer.in_place, on_device(offer) ? Space::device : Space::host});
    }
    for (const Reformat& r : choice.reformats) {
      int from = slot(*r.value, r.from), to = slot(*r.value, r.to);
      if (weights) {
        reformat_now(r, plan_.slots[size_t(from)], plan_.slots[size_t(to)]);
        continue;
      }
      plan_.steps.push_back({concat("reformat ", r.from, " -> ", r.to),
                             r.value->name,
                             target_.reformat(target_, r.value->type(), r.from, r.to),
                             {from},
                             {to},
                             -1,
                             r.from.space == Space::device ? r.from.space : r.to.space});
    }
  }

  void add_if_open(const Node& node) {
    auto is_open = [](const Value* v) {
      bool open = std::any_of(v->shape().begin(), v->shape().end(), [](const Dim& d) { return !d.known(); });
      return open || (v->contents &&
                      std::any_of(v->contents->begin(), v->contents->end(), [](const Dim& d) { return !d.known(); }));
    };
    if (node.op().late() == Late::extents || !bodies_of(node.op()).empty()) return;  // its kernel sees to that
    if (std::none_of(node.inputs().begin(), node.inputs().end(), is_open)) return;
    OpenNode open{node.op().clone(), node.label(), {}, {}, {}};
    for (const Value* v : node.inputs()) open.in.push_back(v->type()), open.contents.push_back(v->contents);
    for (const auto& v : node.outputs()) open.out.push_back(v->type());
    plan_.open.push_back(std::move(open));
  }

  void reformat_now(const Reformat& r, const Slot& from, Slot& to) {
    Extents extents = from.weights->extents;
    ConstView in{from.weights->data, from.format.element, extents};
    Format source = r.from;
    Weights halves = narrow_filter(*r.value, *from.weights, r.to.element);
    if (halves) in = halves->view(), source.element = halves->element;
    std::unique_ptr<Kernel> kernel = target_.reformat(target_, r.value->type(), source, r.to);
    View out{nullptr, to.format.element, extents};
    to.place = Slot::constant;
    Workers one(1);
    int64_t bytes = stored_bytes(extents, to.format);
    if (to.format.space == Space::host) {
      View whole;
      to.weights = make_weights(ElementType::u8, {bytes}, whole);
      out.data = whole.data;
      return kernel->run({{&in, 1}, {&out, 1}, nullptr, one});
    }
    if (!uploads_) uploads_ = target_.device->make_stream();
    std::shared_ptr<std::byte> memory = target_.device->allocate(bytes, "weights");
    out.data = memory.get();
    to.weights = std::make_shared<const Tensor>(Tensor{ElementType::u8, {bytes}, memory, memory.get()});
    std::shared_ptr<std::byte> scratch =
        target_.device->allocate(kernel->scratch_bytes({&in, 1}, {&out, 1}), "scratch of weights");
    kernel->run({{&in, 1}, {&out, 1}, scratch.get(), one, nullptr, uploads_.get()});
    if (halves) target_.device->synchronize(uploads_.get());  // they end here
  }

  int slot(const Value& value, Format format) {
    auto [it, fresh] = slot_of_.try_emplace({&value, format}, int(plan_.slots.size()));
    if (fresh) {
      Slot& made = plan_.slots.emplace_back();
      made.type = value.type();
      made.format = format;
      made.name = value.name;
    }
    return it->second;
  }

  const Graph& graph_;
  WeightsPool pool_;
  Target target_;
  std::shared_ptr<void> uploads_;  // the stream of constants on their way to the device
  Plan plan_;
  std::map<std::pair<const Value*, Format>, int> slot_of_;
};

}  // namespace

Plan make_plan(const Graph& graph, const Cover& cover, const Target& target) {
  return Planner(graph, target).plan(cover);
}

}  // namespace tenon
