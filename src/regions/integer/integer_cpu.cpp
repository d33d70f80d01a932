// Offers arithmetic on bytes as integers: of a product or convolution, with all of the tail that it can do.
#include <cmath>

#include "kernels/cpu/isa.h"
#include "ops/cast/cast.h"
#include "ops/conv/conv.h"
#include "ops/dequantize/dequantize.h"
#include "ops/pool/pool.h"
#include "ops/quantize/quantize.h"
#include "regions/integer/panels.h"
#include "regions/integer/product.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

constexpr const char *product_name = "integer.product", *depthwise_name = "integer.depthwise",
                     *pool_name = "integer.max_pool";
constexpr int64_t highest_window = 32;

class IntegerProvider final : public Provider {
 public:
  const char* name() const override { return "integer"; }
  std::vector<std::string> kernels() const override { return {product_name, depthwise_name, pool_name}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

std::vector<Epilogue> chains(const Node& root) {
  return epilogues(root, [](const Node& n) { return is_integer_anchor(n); });
}

// Between types on the way from sums to floats: whoever takes the sums takes these as well.
bool is_between(const Node& node) {
  return as<Cast>(node) && node.output().users.size() == 1 && is_pointwise(*node.output().users[0]) &&
         node.output().users[0]->output().shape() == node.output().shape();
}

// What is padded counts as well, and what is gathered first.
void set_price(Offer& o, const Integers& region, const Target& target, double tail_ns) {
  constexpr double panel = 16, tile = 64, gathered_gbytes = 10, depthwise_speedup = 1.5;
  TypicalViews views = typical_views(*region.anchor, target);
  double work = region.anchor->op().work(views.in, views.out), elements = double(views.out[0].count());
  double inner = elements > 0 ? work / elements : 0, columns = double(region.columns);
  auto kernel = ByteKernel(o.config);
  double peak = region.depthwise ? depthwise_speedup : speedup(kernel), arithmetic = work / peak,
         ns = tail_ns * elements;
  int64_t bytes = moved_bytes(o, target);
  o.bound_ms = roofline_ms(target, arithmetic, 1, bytes) / target.threads;
  double share = region.depthwise ? .2 : .5;
  if (!region.depthwise) arithmetic *= std::ceil(columns / panel) * panel / columns;
  if (kernel == ByteKernel::tiles) {
    arithmetic *= inner > 0 ? std::ceil(inner / tile) * tile / inner : 1;
    share = .3;
  }
  bool one_tap = !as<Conv>(*region.anchor) || region.anchor->input(0).shape()[1].is(int64_t(inner));
  bool as_it_lies = kernel == ByteKernel::tiles ? one_tap && std::fmod(inner, tile) == 0
                                                : kernel == ByteKernel::bytes && std::fmod(inner, byte_group) == 0;
  if (!region.depthwise && !as_it_lies) ns += elements / columns * inner / gathered_gbytes;
  o.expected_ms = roofline_ms(target, arithmetic, share, 3 * bytes) + 1e-6 * ns;
}

bool ends_pool(const Node& root) {
  return as<Quantize>(root) && as<Pool>(root.input(0)) && as<Dequantize>(root.input(0).producer->input(0));
}

void offer_pool(const Provider& provider, const Node& root, const Target& target, Offers& offers) {
  IntegerPool region;
  if (const char* reason = match_max_pool(root, region)) return offers.refuse(pool_name, reason);
  Offer o;
  o.provider = &provider;
  o.kernel = pool_name;
  o.region = Region({region.before, region.pool, &root});
  const Value& x = region.before->input(0);
  o.operands = {{&x, {x.element(), Layout::nhwc}}};
  o.results = {{x.element(), Layout::nhwc}};
  TypicalViews views = typical_views(*region.pool, target);
  price(o, target, region.pool->op().work(views.in, views.out) / 4, .1);
  offers.accept(std::move(o));
}

}  // namespace

void IntegerProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  if (root.inputs().empty() || root.outputs().size() != 1 || !plain_types.contains(root.output().element())) return;
  if (ends_pool(root)) return offer_pool(*this, root, target, offers);
  if (is_between(root)) return;
  for (const Epilogue& e : chains(root)) {
    Integers region;
    std::vector<IntegerSide> sides;
    const char* reason = match_integers(e, region);
    const char* kernel = region.depthwise ? depthwise_name : product_name;
    if (!reason) reason = integer_sides(region, sides);
    if (!reason && region.depthwise && region.anchor->input(1).shape()[2].value() > highest_window)
      reason = "the window is too high";
    if (reason) {
      offers.refuse(kernel, reason);
      continue;
    }
    Layout layout = as<Conv>(*region.anchor) ? Layout::nhwc : Layout::plain;
    Offer o;
    o.provider = this;
    o.kernel = kernel;
    o.region = region.region;
    o.operands = {{region.x, {region.x->element(), layout}}};
    for (const IntegerSide& s : sides)
      if (!s.number && !s.columns && s.value != region.x) o.operands.push_back({s.value, {s.value->element(), layout}});
    o.results = {{root.output().element(), layout}};
    IntegerTail tail(region, o);
    if (tail.registers() > max_pointwise_registers) {
      offers.refuse(kernel, "the tail needs too many registers");
      continue;
    }
    constexpr ByteKernel any[] = {ByteKernel::words};
    for (ByteKernel k : region.depthwise ? std::span<const ByteKernel>(any) : byte_kernels()) {
      o.config = int64_t(k);
      set_price(o, region, target, tail.element_ns());
      offers.accept(o);
    }
  }
}

std::unique_ptr<Kernel> IntegerProvider::prepare(const Offer& offer, const Target& target) const {
  if (offer.kernel == pool_name) {
    IntegerPool pool;
    check(!match_max_pool(offer.region.root(), pool), ErrorId::internal,
          "an offer of a pool no longer matches its graph");
    return prepare_integer_max_pool(pool);
  }
  for (const Epilogue& e : chains(offer.region.root())) {
    Integers region;
    if (match_integers(e, region) || region.region.nodes != offer.region.nodes) continue;
    return region.depthwise ? prepare_integer_depthwise(region, offer, target)
                            : prepare_integer_product(region, offer, target);
  }
  fail(ErrorId::internal, "an offer on integers no longer matches its graph");
}

static const IntegerProvider provider;
extern const Provider& integer_provider;
const Provider& integer_provider = provider;

}  // namespace tenon
