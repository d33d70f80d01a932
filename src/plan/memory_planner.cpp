// Offsets by life time: largest first, each at the lowest place that no living neighbour holds.
#include <algorithm>

#include "plan/plan.h"

namespace tenon {

namespace {

constexpr int64_t alignments[] = {64, 256};  // by space: a cache line, and what a device's libraries ask for

struct Block {
  int64_t bytes, offset = 0;
  int first, last;
  int64_t* place;  // where its offset is wanted
};

// A step's operand that dies there lends its memory to the result, if the kernel asked for that.
void share_in_place(Plan& plan) {
  for (int i = 0; i < int(plan.steps.size()); ++i) {
    const Step& s = plan.steps[size_t(i)];
    if (s.in_place < 0) continue;
    int operand = s.in[size_t(s.in_place)];
    Slot &lender = plan.slots[size_t(plan.slots[size_t(operand)].home)], &taker = plan.slots[size_t(s.out[0])];
    bool dies_here = plan.slots[size_t(operand)].last == i && std::count(s.in.begin(), s.in.end(), operand) == 1;
    const Slot& given = plan.slots[size_t(operand)];
    bool same_shape = given.type.shape == taker.type.shape;
    bool same_count = given.format.layout == Layout::plain && count(given.type.shape) == count(taker.type.shape);
    bool same_size = (same_shape || same_count) && given.format == taker.format;
    if (!dies_here || !same_size) continue;
    if (given.place == Slot::input && taker.place == Slot::output) taker.over = given.binding;
    if (lender.place != Slot::arena || taker.place != Slot::arena) continue;
    taker.home = plan.slots[size_t(operand)].home;
    lender.last = std::max(lender.last, taker.last);
    ++plan.shared_in_place;
  }
}

int64_t place(std::vector<Block>& blocks, int64_t alignment) {
  std::stable_sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.bytes > b.bytes; });
  std::vector<const Block*> placed;  // in order of offset
  int64_t total = 0;
  for (Block& b : blocks) {
    for (const Block* other : placed) {
      bool together = b.first <= other->last && other->first <= b.last;
      bool apart = b.offset + b.bytes <= other->offset || other->offset + other->bytes <= b.offset;
      if (together && !apart) b.offset = align_up(checked_add(other->offset, other->bytes), alignment);
    }
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &b,
                                   [](const Block* x, const Block* y) { return x->offset < y->offset; }),
                  &b);
    *b.place = b.offset;
    total = std::max(total, checked_add(b.offset, b.bytes));
  }
  return align_up(total, alignment);
}

}  // namespace

void find_life_times(Plan& plan) {
  int end = int(plan.steps.size());
  for (int i = 0; i < int(plan.slots.size()); ++i) plan.slots[size_t(i)].home = i;
  for (int i = 0; i < end; ++i) {
    for (int out : plan.steps[size_t(i)].out) plan.slots[size_t(out)].first = plan.slots[size_t(out)].last = i;
    for (int in : plan.steps[size_t(i)].in) plan.slots[size_t(in)].last = i;
  }
  for (const Bound& out : plan.outputs) plan.slots[size_t(out.slot)].last = end;
  share_in_place(plan);
}

static std::vector<Block> blocks_in(Space space, const Plan& plan, const std::vector<Extents>& extents, int threads,
                                    MemoryMap& map) {
  int64_t alignment = alignments[size_t(space)];
  std::vector<Block> blocks;
  for (size_t i = 0; i < plan.slots.size(); ++i) {
    const Slot& s = plan.slots[i];
    if (s.place == Slot::arena && s.home == int(i) && s.format.space == space)
      blocks.push_back({stored_bytes(extents[i], s.format), 0, s.first, s.last, &map.slot_offset[i]});
  }
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.steps[i].space != space) continue;
    std::vector<ConstView> in;
    std::vector<View> out;
    for (int s : plan.steps[i].in) in.push_back({nullptr, plan.slots[size_t(s)].format.element, extents[size_t(s)]});
    for (int s : plan.steps[i].out) out.push_back({nullptr, plan.slots[size_t(s)].format.element, extents[size_t(s)]});
    const Kernel& kernel = *plan.steps[i].run;
    int64_t shared = align_up(kernel.scratch_bytes(in, out), alignment);
    map.thread_scratch[i] = shared;
    int64_t bytes = checked_add(shared, checked_mul(align_up(kernel.scratch_bytes_per_thread(), alignment), threads));
    if (bytes > 0) blocks.push_back({bytes, 0, int(i), int(i), &map.scratch_offset[i]});
  }
  return blocks;
}

MemoryMap plan_memory(const Plan& plan, const std::vector<Extents>& extents, int threads) {
  MemoryMap map;
  map.slot_offset.assign(plan.slots.size(), -1);
  map.scratch_offset.assign(plan.steps.size(), 0);
  map.thread_scratch.assign(plan.steps.size(), 0);
  for (Space space : {Space::host, Space::device}) {
    std::vector<Block> blocks = blocks_in(space, plan, extents, threads, map);
    map.arena_bytes[size_t(space)] = place(blocks, alignments[size_t(space)]);
  }
  for (size_t i = 0; i < plan.slots.size(); ++i)
    if (plan.slots[i].place == Slot::arena) map.slot_offset[i] = map.slot_offset[size_t(plan.slots[i].home)];
  return map;
}

}  // namespace tenon
