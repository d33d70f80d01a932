#include "objects/late_bounds.h"

#include <algorithm>

#include "ops/constant/constant.h"
#include "ops/if/if.h"
#include "ops/indices.h"
#include "ops/loop/loop.h"
#include "ops/nms/nms.h"
#include "ops/nonzero/nonzero.h"
#include "ops/topk/topk.h"
#include "ops/unique/unique.h"

namespace tenon::objects {

namespace {

class Bounding {
 public:
  explicit Bounding(const Binding& known) {
    for (const auto& [name, number] : known) ranges_[name] = {number, number};
  }

  std::optional<int64_t> most(const Dim& d) const {
    std::map<std::string, int> symbols;
    d.symbols(symbols);
    for (const auto& [name, count] : symbols)
      if (!ranges_.contains(name)) return {};
    return std::max<int64_t>(0, d.range(ranges_).high);
  }

  std::optional<int64_t> most(const Shape& shape) const {
    int64_t product = 1;
    for (const Dim& d : shape) {
      std::optional<int64_t> extent = most(d);
      if (!extent) return {};
      product = checked_mul(product, *extent);
    }
    return product;
  }

  void learn(const tenon::Node& node) {
    const Op& op = node.op();
    if (auto* nonzero = as<NonZero>(node)) bound(nonzero->count[0], most(node.input(0).shape()));
    else if (auto* nms = as<Nms>(node)) bound(nms->count[0], most_selected(node));
    else if (auto* unique = as<Unique>(node))
      bound(unique->count[0], most(node.input(0).shape()[size_t(axis_of(unique->axis, node.input(0).type().rank()))]));
    else if (auto* topk = as<TopK>(node))
      bound((*node.input(1).contents)[0],
            most(node.input(0).shape()[size_t(axis_of(topk->axis, node.input(0).type().rank()))]));
    else if (auto* loop = as<Loop>(node)) learn_rounds(node, *loop);
    else if (auto* branches = dynamic_cast<const If*>(&op)) learn_branches(node, *branches);
  }

 private:
  // Of an extent that is a symbol alone, and that nothing bounds yet.
  void bound(const Dim& extent, std::optional<int64_t> high) {
    std::map<std::string, int> symbols;
    extent.symbols(symbols);
    if (high && symbols.size() == 1 && extent == Dim::symbol(symbols.begin()->first))
      ranges_.try_emplace(symbols.begin()->first, Range{0, *high});
  }

  std::optional<int64_t> number_of(const tenon::Value& value) const {
    if (tenon::Weights w = constant_of(value); w && w->extents.count() == 1) return integer_at(w->view(), 0);
    if (value.contents && value.contents->size() == 1) return most((*value.contents)[0]);
    return {};
  }

  std::optional<int64_t> most_selected(const tenon::Node& nms) const {
    const Shape& scores = nms.input(1).shape();
    std::optional<int64_t> rows = most({scores[0], scores[1]}), boxes = most(scores[2]);
    std::optional<int64_t> each = number_of(nms.input(2));
    if (!rows || !boxes) return {};
    return checked_mul(*rows, each ? std::clamp<int64_t>(*each, 0, *boxes) : *boxes);
  }

  void learn_rounds(const tenon::Node& node, const Loop& loop) {
    std::optional<int64_t> rounds = number_of(node.input(0));
    for (size_t i = size_t(loop.states); i < node.outputs().size(); ++i)
      bound(node.output(int(i)).shape()[0], rounds ? std::optional(std::max<int64_t>(0, *rounds)) : rounds);
  }

  void learn_branches(const tenon::Node& node, const If& branches) {
    for (size_t i = 0; i < node.outputs().size(); ++i)
      for (size_t d = 0; d < node.outputs()[i]->shape().size(); ++d) {
        std::optional<int64_t> a = most(branches.then->outputs()[i].value->shape()[d]),
                               b = most(branches.otherwise->outputs()[i].value->shape()[d]);
        if (a && b) bound(node.outputs()[i]->shape()[d], std::max(*a, *b));
      }
  }

  Ranges ranges_;
};

}  // namespace

LateBounds::LateBounds(const Graph& graph) {
  for (const auto& n : graph.nodes()) {
    bool counted = as<TopK>(*n) && n->input(1).contents && n->input(1).contents->size() == 1;
    if (counted || n->op().late() == Late::extents) nodes_.push_back(n.get());
  }
}

std::optional<int64_t> LateBounds::most(const Shape& shape, const Binding& known) const {
  Bounding bounding(known);
  for (const tenon::Node* node : nodes_) bounding.learn(*node);
  return bounding.most(shape);
}

}  // namespace tenon::objects
