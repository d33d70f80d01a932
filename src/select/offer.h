// Providers offer kernels for the region that ends at a node, or refuse with a reason.
#pragma once
#include <functional>
#include <unordered_map>

#include "base/stop.h"
#include "ir/tensor.h"
#include "select/domains.h"
#include "select/format.h"
#include "select/kernel.h"
#include "select/region.h"

namespace tenon {

class Device;

// What the choice is made for: a machine, and the shapes of a profile.
struct Target {
  std::string isa;                   // "cpu avx512": a plan serves every number of threads on it
  std::string machine;               // ISA, threads, library versions: part of every timing key
  Binding typical;                   // costs are counted at these
  double gflops = 100, gbytes = 20;  // peaks of one thread, the latter of near caches
  int threads = 1;
  Stop stop = {};               // asked by whatever walks over nodes or times kernels
  WeightsPool* pool = nullptr;  // where a plan's kernels put the weights they pack; null: each piece by itself
  using Reformats = std::unique_ptr<Kernel>(const Target& target, const TensorType& type, Format from, Format to);
  Reformats* reformat = nullptr;
  Reformats* device_reformat = nullptr;  // between two formats in the device's memory; null: it has none
  std::function<std::unique_ptr<Kernel>(const Node&)> bodies;  // kernels of nodes with graphs within
  Device* device = nullptr;                                    // null: the CPU alone

  // Where programs have the inputs and want the outputs.
  Space border() const { return device ? Space::device : Space::host; }
  // How an output leaves; one whose extents a run finds out lies where it was made.
  Format output_format(const Value& value) const {
    return plain_format(value, value.producer->op().late() == Late::extents ? Space::host : border());
  }
};

class Provider;

struct Operand {
  const Value* value;
  Format format;
  bool in_pairs = false;  // f32 read as sums of two narrower parts: where the domain says so
};

struct Offer {
  const Provider* provider = nullptr;
  std::string kernel;  // "onednn.conv"
  int64_t config = 0;  // which variant of the kernel: the provider's own number, part of the timing key
  Region region;
  std::vector<Operand> operands;  // what the kernel reads at run time; constants it packs are not among them
  std::vector<Format> results;    // one for each exit
  // Predictions count one thread, so that any number of threads makes the same choices, hence the same bits.
  double bound_ms = 0;     // no run is faster: an offer that could win is timed before it loses
  double expected_ms = 0;  // for plans that are not timed
  // An anchor with different tails is timed once, as its first nodes and operands; `tail_ms` is what the tail adds. So
  // the noise of two timings never decides whether a tail joins its anchor. 0 nodes: the region has a time of its own.
  size_t timed_nodes = 0, timed_operands = 0;
  double tail_ms = 0;
  int in_place = -1;  // the operand whose memory the first result would like to take

  std::string key(const Target& target) const;  // of its timing
  std::string formats_text() const;             // "f32.c16, f32 -> f32.c16"
};

struct Refusal {
  std::string kernel, reason;
};

struct Offers {
  std::vector<Offer> accepted;
  std::vector<Refusal> refused;
  void accept(Offer offer) { accepted.push_back(std::move(offer)); }
  void refuse(std::string kernel, std::string reason) { refused.push_back({std::move(kernel), std::move(reason)}); }
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual const char* name() const = 0;
  virtual std::vector<std::string> kernels() const = 0;  // names of all that it may offer: what tests want to have seen
  virtual void offers(const Node& root, const Target& target, Offers& offers) const = 0;
  virtual std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const = 0;
};

// Memory for what a kernel packs, in the target's pool if it has one.
Weights make_weights(const Target& target, ElementType element, const Extents& extents, View& view);

using Providers = std::vector<const Provider*>;
using Catalog = std::unordered_map<const Node*, Offers>;

// Everything on offer, by root; what a domain forbids counts as refused.
Catalog catalog(const Graph& graph, const Providers& providers, const Target& target, const Domains& domains);

// Views without data at the typical shape, for Op::work and predictions.
struct TypicalViews {
  std::vector<ConstView> in;
  std::vector<View> out;
};
TypicalViews typical_views(const Node& node, const Target& target);
int64_t stored_bytes(const Value& value, Format format, const Target& target);
// Bytes that the offer's operands and results occupy: the least a kernel must move.
int64_t moved_bytes(const Offer& offer, const Target& target);
// The offer reads or writes a device's memory: it runs there.
bool on_device(const Offer& offer);
// The roofline: arithmetic at `share` of the machine's peak, or memory, whichever takes longer.
double roofline_ms(const Target& target, double multiply_adds, double share, int64_t bytes);

}  // namespace tenon
