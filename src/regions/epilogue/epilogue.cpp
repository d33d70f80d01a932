#include "regions/epilogue/epilogue.h"

#include <algorithm>

#include "ops/constant/constant.h"

namespace tenon {

namespace {

constexpr size_t longest_chain = 12;

// The arithmetic of `tail`, constants of one element as numbers.
Expression expression_of_tail(const std::vector<const Node*>& tail, const Value& anchored,
                              std::vector<const Value*>& sides) {
  Expression e;
  std::unordered_map<const Value*, Term> term{{&anchored, input(e, 0, anchored.element())}};
  for (const Node* n : tail) {
    std::vector<Term> in;
    for (const Value* v : n->inputs()) {
      auto [it, fresh] = term.try_emplace(v);
      if (fresh) {
        Weights w = constant_of(*v);
        bool one = w && w->extents.count() == 1 && v->type().rank() <= n->output().type().rank();
        if (one && float_types.contains(v->element())) {
          it->second = number(term.at(&anchored), load_scalar(w->data, w->element).f);
          it->second = cast(it->second, v->element());
        } else {
          sides.push_back(v);
          it->second = input(e, int(sides.size()), v->element());
        }
      }
      in.push_back(it->second);
    }
    Term result = *n->op().pointwise(in);
    term.insert_or_assign(&n->output(), result);
    e.result = result.index;
  }
  return e;
}

// `chain` is reversed: it starts with the root and is extended by producers.
void extend(std::vector<const Node*>& chain, FunctionRef<bool(const Node&)> is_anchor, std::vector<Epilogue>& found) {
  const Node& top = *chain.back();
  if (is_anchor(top)) {
    Epilogue e;
    std::vector<const Node*> nodes(chain.rbegin(), chain.rend());
    e.tail = expression_of_tail({nodes.begin() + 1, nodes.end()}, top.output(), e.sides);
    e.region = Region(std::move(nodes));
    found.push_back(std::move(e));
    return;
  }
  if (!is_pointwise(top) || chain.size() >= longest_chain) return;
  for (size_t i = 0; i < top.inputs().size(); ++i) {
    const Value* in = top.inputs()[i];
    const Node& p = *in->producer;
    if (std::find(top.inputs().begin(), top.inputs().begin() + long(i), in) != top.inputs().begin() + long(i)) continue;
    if (in->shape() != top.output().shape() || p.outputs().size() != 1) continue;
    // A value with a second user is in reach where that user is in the chain: x * sigmoid(x).
    bool inside = std::all_of(in->users.begin(), in->users.end(), [&](const Node* user) {
      return std::find(chain.begin(), chain.end(), user) != chain.end();
    });
    if (!inside) continue;
    chain.push_back(&p);
    extend(chain, is_anchor, found);
    chain.pop_back();
  }
}

}  // namespace

std::vector<Epilogue> epilogues(const Node& root, FunctionRef<bool(const Node&)> is_anchor) {
  std::vector<Epilogue> found;
  std::vector<const Node*> chain{&root};
  extend(chain, is_anchor, found);
  return found;
}

Epilogue behind_second(const Epilogue& epilogue) {
  Epilogue e;
  e.region = epilogue.region;
  const std::vector<const Node*>& nodes = e.region.nodes;
  e.tail = expression_of_tail({nodes.begin() + 2, nodes.end()}, nodes[1]->output(), e.sides);
  return e;
}

void time_as_anchor(Offer& offer, const Epilogue& epilogue, const std::vector<TailStep>& steps, size_t operands,
                    const Target& target) {
  constexpr double function_ns = 0.15;  // an element of exp and the like; comparisons are free beside the anchor
  constexpr double memory_share = 0.25;
  offer.timed_nodes = 1;
  offer.timed_operands = operands;
  double elements = double(at(epilogue.anchor().output().shape(), target.typical).count()), ns = 0;
  for (const TailStep& s : steps) {
    std::string_view name = s.name ? s.name : "";
    bool cheap = name == "relu" || name == "clip" || name == "leaky_relu" || name == "linear" || name == "abs";
    if (s.kind == TailStep::activation && !cheap) ns += elements * function_ns;
  }
  for (size_t i = operands; i < offer.operands.size(); ++i)
    ns += double(stored_bytes(*offer.operands[i].value, offer.operands[i].format, target)) /
          (target.gbytes * memory_share);
  offer.tail_ms = ns * 1e-6;
}

}  // namespace tenon
