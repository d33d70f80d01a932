// Loops and conditionals: every kind of limit and output, nested, with extents that move; compared with plain loops.
#include "layers.h"

static ITensor* binary(Net& net, ElementWiseOperation op, ITensor* a, ITensor* b) {
  return net->addElementWise(*a, *b, op)->getOutput(0);
}
static ITensor* number(Net& net, int32_t n) { return net.constant({}, {double(n)}, DataType::kINT32); }

// x doubles in each of five rounds: the last value, all values, and all of them from the end.
static void counted_rounds() {
  Net net(__LINE__);
  ITensor *x = net.in({2, 3}, some(6)), *rounds = number(net, 5);
  ILoop* loop = net->addLoop();
  CHECK(loop && std::string(loop->getName()).find("Loop") != std::string::npos);
  loop->setName("twice");
  CHECK(!std::strcmp(loop->getName(), "twice"));
  IRecurrenceLayer* state = loop->addRecurrence(*x);
  CHECK(state->getType() == LayerType::kRECURRENCE && state->getLoop() == loop && state->getNbInputs() == 1);
  CHECK(same(state->getOutput(0)->getDimensions(), {2, 3}));
  ITripLimitLayer* limit = loop->addTripLimit(*rounds, TripLimit::kCOUNT);
  CHECK(limit->getTripLimit() == TripLimit::kCOUNT && limit->getNbOutputs() == 0 && limit->getLoop() == loop);
  ITensor* next = binary(net, ElementWiseOperation::kSUM, state->getOutput(0), state->getOutput(0));
  state->setInput(1, *next);
  CHECK(state->getNbInputs() == 2 && state->getInput(1) == next);
  ILoopOutputLayer* last = loop->addLoopOutput(*state->getOutput(0), LoopOutput::kLAST_VALUE);
  CHECK(last->getLoopOutput() == LoopOutput::kLAST_VALUE && last->getAxis() == 0 && last->getLoop() == loop);
  CHECK(same(last->getOutput(0)->getDimensions(), {2, 3}));
  net.want(last, {2, 3}, mapped(some(6), [](double v) { return v * 32; }));
  Numbers before, after, reversed, middle;
  for (int k = 0; k < 5; ++k)
    for (double v : some(6)) before.push_back(v * (1 << k)), after.push_back(v * (2 << k));
  for (int k = 4; k >= 0; --k) reversed.insert(reversed.end(), &after[size_t(k) * 6], &after[size_t(k) * 6] + 6);
  for (int row = 0; row < 2; ++row)
    for (int column = 0; column < 3; ++column)
      for (int k = 0; k < 5; ++k) middle.push_back(before[size_t(k * 6 + row * 3 + column)]);
  ILoopOutputLayer* all = loop->addLoopOutput(*state->getOutput(0), LoopOutput::kCONCATENATE, 1);
  all->setInput(1, *rounds);
  KEEPS(all, Axis, 2);
  CHECK(same(all->getOutput(0)->getDimensions(), {2, 3, 5}));
  net.want(all, {2, 3, 5}, middle);
  ILoopOutputLayer* from_the_end = loop->addLoopOutput(*next, LoopOutput::kREVERSE);
  from_the_end->setInput(1, *rounds);
  net.want(from_the_end, {5, 2, 3}, reversed);
  net.run();
  REFUSED(net, loop->addTripLimit(*rounds, TripLimit::kCOUNT) == nullptr, "has a trip limit of this kind");
}

// As long as a condition of the states holds: powers of two up to a bound that the input says; none at all, too.
static void rounds_while_a_condition_holds() {
  for (double bound : {100., 1.5, 0.5, 2.}) {
    Net net(__LINE__);
    ITensor *most = net.in({}, {bound}), *one = net.constant({}, {1});
    ILoop* loop = net->addLoop();
    IRecurrenceLayer *power = loop->addRecurrence(*one), *sum = loop->addRecurrence(*net.constant({}, {0}));
    ITensor* now = power->getOutput(0);
    loop->addTripLimit(*binary(net, ElementWiseOperation::kLESS, now, most), TripLimit::kWHILE);
    power->setInput(1, *binary(net, ElementWiseOperation::kSUM, now, now));
    sum->setInput(1, *binary(net, ElementWiseOperation::kSUM, sum->getOutput(0), now));
    ILoopOutputLayer* all = loop->addLoopOutput(*now, LoopOutput::kCONCATENATE);
    all->setInput(1, *number(net, 8));
    Numbers powers;
    double last = 1, total = 0;
    for (; last < bound; last *= 2) powers.push_back(last), total += last;
    Numbers padded = powers;
    padded.resize(8);
    net.want(loop->addLoopOutput(*now, LoopOutput::kLAST_VALUE), {}, {last});
    net.want(loop->addLoopOutput(*sum->getOutput(0), LoopOutput::kLAST_VALUE), {}, {total});
    net.want(all, {8}, padded);
    ILoopOutputLayer* from_the_end = loop->addLoopOutput(*now, LoopOutput::kREVERSE);
    from_the_end->setInput(1, *number(net, 8));
    std::reverse(padded.begin(), padded.end());
    net.want(from_the_end, {8}, padded);
    net.run();
  }
}

// Both limits: whichever ends it first.
static void whichever_limit_comes_first() {
  for (int most : {3, 10}) {
    Net net(__LINE__);
    ITensor* first = net.in({1}, {1});
    ILoop* loop = net->addLoop();
    IRecurrenceLayer *x = loop->addRecurrence(*first),
                     *go_on = loop->addRecurrence(*net.constant({}, {1}, DataType::kBOOL));
    loop->addTripLimit(*number(net, most), TripLimit::kCOUNT);
    loop->addTripLimit(*go_on->getOutput(0), TripLimit::kWHILE);
    ITensor* next = binary(net, ElementWiseOperation::kSUM, x->getOutput(0), net.constant({1}, {2}));
    x->setInput(1, *next);
    IShuffleLayer* flat = net->addShuffle(*binary(net, ElementWiseOperation::kLESS, next, net.constant({1}, {10})));
    flat->setReshapeDimensions(dims({}));
    go_on->setInput(1, *flat->getOutput(0));
    double value = 1;
    bool goes = true;
    for (int k = 0; k < most && goes; ++k) value += 2, goes = value < 10;
    net.want(loop->addLoopOutput(*x->getOutput(0), LoopOutput::kLAST_VALUE), {1}, {value});
    net.run();
  }
}

// Slices along each axis, forwards and backwards, and a running sum of them.
static void slices_along_an_axis() {
  std::vector<int64_t> const shape{4, 3, 5};
  for (int axis = 0; axis < 3; ++axis)
    for (bool reverse : {false, true})
      for (bool open : {false, true}) {
        Net net(__LINE__);
        Numbers v = some(60, unsigned(axis + 1));
        ITensor* x = net.in(shape, v, DataType::kFLOAT, open ? std::vector<int>{axis} : std::vector<int>{});
        ITensor* extent = net->addGather(*net->addShape(*x)->getOutput(0), *number(net, axis), 0)->getOutput(0);
        ILoop* loop = net->addLoop();
        loop->addTripLimit(*extent, TripLimit::kCOUNT);
        IIteratorLayer* slice = loop->addIterator(*x);
        CHECK(slice->getAxis() == 0 && !slice->getReverse() && slice->getLoop() == loop);
        KEEPS(slice, Axis, axis);
        KEEPS(slice, Reverse, reverse);
        std::vector<int64_t> rest = shape;
        rest.erase(rest.begin() + axis);
        CHECK(same(slice->getOutput(0)->getDimensions(), rest));
        IRecurrenceLayer* sum = loop->addRecurrence(*net.constant(rest, Numbers(size_t(count(rest)), 0.)));
        ITensor* next = binary(net, ElementWiseOperation::kSUM, sum->getOutput(0), slice->getOutput(0));
        sum->setInput(1, *next);
        ILoopOutputLayer* all = loop->addLoopOutput(*next, LoopOutput::kCONCATENATE, axis);
        all->setInput(1, *extent);
        Numbers sums(size_t(count(rest))), result(60);
        int64_t inner = 1, n = shape[size_t(axis)];
        for (int d = axis + 1; d < 3; ++d) inner *= shape[size_t(d)];
        for (int64_t k = 0; k < n; ++k)
          for (int64_t i = 0; i < count(rest); ++i) {
            int64_t from = reverse ? n - 1 - k : k, base = i / inner * inner * n + i % inner;
            sums[size_t(i)] += v[size_t(base + from * inner)];
            result[size_t(base + k * inner)] = sums[size_t(i)];
          }
        net.want(loop->addLoopOutput(*sum->getOutput(0), LoopOutput::kLAST_VALUE), rest, sums);
        net.want(all, shape, result);
        net.run();
      }
}

// A loop within a loop: products of matrices of powers; the inner one runs as often as the outer one's state says.
static void loops_within_loops() {
  Net net(__LINE__);
  ITensor *x = net.in({3}, {1, 2, 3}), *y = net.in({2}, {10, 100}), *one = number(net, 1);
  ILoop* outer = net->addLoop();
  outer->addTripLimit(*number(net, 4), TripLimit::kCOUNT);
  IRecurrenceLayer *total = outer->addRecurrence(*x), *rounds = outer->addRecurrence(*one);
  rounds->setInput(1, *binary(net, ElementWiseOperation::kSUM, rounds->getOutput(0), one));
  ILoop* inner = net->addLoop();
  inner->addTripLimit(*rounds->getOutput(0), TripLimit::kCOUNT);
  IRecurrenceLayer* part = inner->addRecurrence(*total->getOutput(0));
  ITensor* weight = net->addReduce(*y, ReduceOperation::kSUM, 1U, true)->getOutput(0);  // from outside of both
  ITensor* grown = binary(net, ElementWiseOperation::kSUM, part->getOutput(0), weight);
  part->setInput(1, *binary(net, ElementWiseOperation::kSUM, grown, x));
  ITensor* inner_last = inner->addLoopOutput(*part->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0);
  total->setInput(1, *binary(net, ElementWiseOperation::kPROD, inner_last, net.constant({1}, {0.5})));
  ILoopOutputLayer* all = outer->addLoopOutput(*inner_last, LoopOutput::kCONCATENATE);
  all->setInput(1, *number(net, 4));
  Numbers totals{1, 2, 3}, lasts;
  for (int k = 1; k <= 4; ++k) {
    for (int j = 0; j < k; ++j)
      for (size_t i = 0; i < 3; ++i) totals[i] += 110 + double(i + 1);
    lasts.insert(lasts.end(), totals.begin(), totals.end());
    for (double& t : totals) t /= 2;
  }
  net.want(outer->addLoopOutput(*total->getOutput(0), LoopOutput::kLAST_VALUE), {3}, totals);
  net.want(all, {4, 3}, lasts);
  net.run();
}

// A state that grows by a row each round, of an input whose rows nobody knows.
static void a_state_that_grows() {
  Net net(__LINE__);
  Numbers v = some(6);
  ITensor *x = net.in({2, 3}, v, DataType::kFLOAT, {0}), *row = net.constant({1, 3}, {7, 8, 9});
  ILoop* loop = net->addLoop();
  loop->addTripLimit(*number(net, 3), TripLimit::kCOUNT);
  IRecurrenceLayer* state = loop->addRecurrence(*x);
  ITensor* both[2] = {state->getOutput(0), row};
  IConcatenationLayer* longer = net->addConcatenation(both, 2);
  longer->setAxis(0);
  state->setInput(1, *longer->getOutput(0));
  ITensor* last = loop->addLoopOutput(*state->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0);
  CHECK(same(last->getDimensions(), {-1, 3}));
  Numbers sums(3);
  for (size_t i = 0; i < 3; ++i) sums[i] = v[i] + v[i + 3] + 3 * double(7 + i);
  net.want(net->addReduce(*last, ReduceOperation::kSUM, 1U, false), {3}, sums);
  net.run();
}

static void either_branch() {
  for (bool taken : {false, true}) {
    Net net(__LINE__);
    Numbers v = some(6);
    ITensor *x = net.in({2, 3}, v), *condition = net.in({}, {double(taken)}, DataType::kBOOL);
    IIfConditional* either = net->addIfConditional();
    CHECK(std::string(either->getName()).find("Conditional") != std::string::npos);
    either->setName("either");
    CHECK(!std::strcmp(either->getName(), "either"));
    IConditionLayer* decides = either->setCondition(*condition);
    CHECK(decides->getType() == LayerType::kCONDITION && decides->getConditional() == either);
    IIfConditionalInputLayer* in = either->addInput(*x);
    CHECK(in->getType() == LayerType::kCONDITIONAL_INPUT && in->getConditional() == either);
    CHECK(same(in->getOutput(0)->getDimensions(), {2, 3}));
    ITensor* inside = in->getOutput(0);
    ITensor* twice = binary(net, ElementWiseOperation::kSUM, inside, inside);
    ITensor* square = binary(net, ElementWiseOperation::kPROD, inside, inside);
    ITensor* shifted = binary(net, ElementWiseOperation::kSUM, square, net.constant({1, 1}, {1}));
    IIfConditionalOutputLayer* out = either->addOutput(*twice, *shifted);
    CHECK(out->getType() == LayerType::kCONDITIONAL_OUTPUT && out->getConditional() == either &&
          out->getNbInputs() == 2);
    CHECK(same(out->getOutput(0)->getDimensions(), {2, 3}));
    net.want(out, {2, 3}, mapped(v, [&](double a) { return taken ? 2 * a : a * a + 1; }));
    net.want(either->addOutput(*inside, *square), {2, 3}, mapped(v, [&](double a) { return taken ? a : a * a; }));
    net.want(either->addOutput(*x, *twice), {2, 3}, mapped(v, [&](double a) { return taken ? a : 2 * a; }));
    net.run();
    REFUSED(net, either->setCondition(*condition) == nullptr, "'either' has a condition");
  }
}

// Branches whose results differ in their extents, and what goes on with either.
static void branches_of_two_sizes() {
  for (bool taken : {false, true}) {
    Net net(__LINE__);
    Numbers v = some(8);
    ITensor *x = net.in({8}, v), *condition = net.in({1}, {double(taken)}, DataType::kBOOL);
    IIfConditional* either = net->addIfConditional();
    either->setCondition(*condition);
    ITensor* inside = either->addInput(*x)->getOutput(0);
    ITensor* half = net->addSlice(*inside, dims({0}), dims({4}), dims({2}))->getOutput(0);
    ITensor* out = either->addOutput(*inside, *half)->getOutput(0);
    CHECK(same(out->getDimensions(), {-1}));
    double sum = 0;
    for (size_t i = 0; i < 8; i += taken ? 1 : 2) sum += v[i];
    net.want(net->addReduce(*out, ReduceOperation::kSUM, 1U, false), {}, {sum});
    net.run();
  }
}

// By the round: a branch within a loop, and a loop within a branch; the outer condition comes with the run.
static void one_within_the_other() {
  for (bool taken : {false, true}) {
    Net net(__LINE__);
    Numbers v = some(3);
    ITensor *x = net.in({3}, v), *outer_condition = net.in({}, {double(taken)}, DataType::kBOOL);
    IIfConditional* outer = net->addIfConditional();
    outer->setCondition(*outer_condition);
    ITensor* inside = outer->addInput(*x)->getOutput(0);
    ILoop* loop = net->addLoop();
    loop->addTripLimit(*number(net, 6), TripLimit::kCOUNT);
    IRecurrenceLayer *state = loop->addRecurrence(*inside), *round = loop->addRecurrence(*number(net, 0));
    round->setInput(1, *binary(net, ElementWiseOperation::kSUM, round->getOutput(0), number(net, 1)));
    IIfConditional* inner = net->addIfConditional();
    inner->setCondition(*binary(net, ElementWiseOperation::kLESS, round->getOutput(0), number(net, 2)));
    ITensor* now = inner->addInput(*state->getOutput(0))->getOutput(0);
    ITensor* doubled = binary(net, ElementWiseOperation::kSUM, now, now);
    ITensor* less = binary(net, ElementWiseOperation::kSUB, now, net.constant({1}, {1}));
    state->setInput(1, *inner->addOutput(*doubled, *less)->getOutput(0));
    ITensor* looped = loop->addLoopOutput(*state->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0);
    ITensor* negated = net->addUnary(*inside, UnaryOperation::kNEG)->getOutput(0);
    net.want(outer->addOutput(*looped, *negated), {3}, mapped(v, [&](double a) { return taken ? 4 * a - 4 : -a; }));
    net.run();
  }
}

// Extents that an input's shape tells are known inside; a size that a round finds out stays there.
static void open_extents_inside() {
  Net net(__LINE__);
  Numbers v = mapped(some(12, 3), [](double a) { return a > 0 ? a : 0; });
  ITensor* x = net.in({4, 3}, v, DataType::kFLOAT, {0, 1});
  ITensor* extent = net->addGather(*net->addShape(*x)->getOutput(0), *number(net, 0), 0)->getOutput(0);
  ILoop* loop = net->addLoop();
  loop->addTripLimit(*extent, TripLimit::kCOUNT);
  ITensor* row = loop->addIterator(*x)->getOutput(0);
  ITensor* places = net->addNonZero(*row)->getOutput(0);
  ITensor* found =
      net->addReduce(*net->addIdentity(*places)->getOutput(0), ReduceOperation::kSUM, 3U, false)->getOutput(0);
  ITensor* width = net->addShape(*row)->getOutput(0);
  ILoopOutputLayer *sums = loop->addLoopOutput(*found, LoopOutput::kCONCATENATE),
                   *widths = loop->addLoopOutput(*width, LoopOutput::kCONCATENATE);
  sums->setInput(1, *extent);
  widths->setInput(1, *extent);
  Numbers wanted;
  for (int r = 0; r < 4; ++r) {
    wanted.push_back(0);
    for (int c = 0; c < 3; ++c)
      if (v[size_t(r * 3 + c)] != 0) wanted.back() += c;
  }
  net.want(sums, {4}, wanted);
  net.want(widths, {4, 1}, {3, 3, 3, 3});
  net.run();
}

// What is set after somebody asked is what counts.
static void changes_afterwards() {
  Net net(__LINE__);
  ITensor *x = net.in({3}, {1, 2, 3}), *y = net.in({3}, {5, 5, 5});
  ILoop* loop = net->addLoop();
  ITripLimitLayer* limit = loop->addTripLimit(*number(net, 2), TripLimit::kCOUNT);
  IRecurrenceLayer* state = loop->addRecurrence(*x);
  state->setInput(1, *binary(net, ElementWiseOperation::kSUM, state->getOutput(0), x));
  ITensor* last = loop->addLoopOutput(*state->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0);
  CHECK(same(last->getDimensions(), {3}));
  limit->setInput(0, *number(net, 4));
  state->setInput(0, *y);
  state->setInput(1, *binary(net, ElementWiseOperation::kSUB, state->getOutput(0), x));
  CHECK(same(last->getDimensions(), {3}));
  net.want(last, {3}, {1, -3, -7});
  net.run();
}

static void wrong_networks() {
  {
    Net net(__LINE__);
    ILoop* loop = net->addLoop();
    IRecurrenceLayer* state = loop->addRecurrence(*net.in({3}, {1, 2, 3}));
    ITensor* last = loop->addLoopOutput(*state->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0);
    REFUSED(net, last->getDimensions().nbDims == -1, "has no trip limit");
    loop->addTripLimit(*number(net, 2), TripLimit::kCOUNT);
    REFUSED(net, last->getDimensions().nbDims == -1, "has no input 1");
    state->setInput(1, *net.constant({1}, {1}, DataType::kINT32));
    REFUSED(net, last->getDimensions().nbDims == -1, "its type and rank may not change");
    state->setInput(1, *last);
    REFUSED(net, last->getDimensions().nbDims == -1, "depends on itself");
    ITensor* next = binary(net, ElementWiseOperation::kSUM, state->getOutput(0), state->getOutput(0));
    state->setInput(1, *next);
    CHECK(same(last->getDimensions(), {3}));
    ITensor* wrong = loop->addLoopOutput(*next, LoopOutput::kLAST_VALUE)->getOutput(0);
    REFUSED(net, wrong->getDimensions().nbDims == -1, "so that it has no last value");
  }
  {
    Net net(__LINE__);
    ITensor* x = net.in({3}, {1, 2, 3});
    ILoop* loop = net->addLoop();
    loop->addTripLimit(*number(net, 2), TripLimit::kCOUNT);
    IRecurrenceLayer* state = loop->addRecurrence(*x);
    ITensor* next = binary(net, ElementWiseOperation::kSUM, state->getOutput(0), x);
    state->setInput(1, *next);
    net->markOutput(*next);
    REFUSED(net, net.builder->buildSerializedNetwork(*net.n, *net.config) == nullptr,
            "leaves them by their outputs alone");
    net->unmarkOutput(*next);
    IIteratorLayer* slice = loop->addIterator(*x, 1);
    REFUSED(net, slice->getOutput(0)->getDimensions().nbDims == -1, "the axis of an iterator is 1");
    REFUSED(net, loop->addIterator(*x, -1) == nullptr, "it counts from 0");
  }
  {
    // More rounds than the length that is asked for, and than there are slices.
    Net net(__LINE__);
    ITensor *x = net.in({3}, {1, 2, 3}), *rounds = net.in({}, {4}, DataType::kINT32);
    ILoop* loop = net->addLoop();
    loop->addTripLimit(*rounds, TripLimit::kCOUNT);
    ILoopOutputLayer* all = loop->addLoopOutput(*loop->addIterator(*x)->getOutput(0), LoopOutput::kCONCATENATE);
    all->setInput(1, *number(net, 3));
    net.want(all, {3}, {0, 0, 0});
    net.ending = "3";
    net.run();
  }
  {
    Net net(__LINE__);
    ITensor* x = net.in({3}, {1, 2, 3});
    IIfConditional* either = net->addIfConditional();
    ITensor* in = either->addInput(*x)->getOutput(0);
    ITensor* out = either->addOutput(*in, *in)->getOutput(0);
    REFUSED(net, out->getDimensions().nbDims == -1, "has no condition");
    either->setCondition(*x);
    REFUSED(net, out->getDimensions().nbDims == -1, "expected one boolean");
  }
}

int main() {
  counted_rounds();
  rounds_while_a_condition_holds();
  whichever_limit_comes_first();
  slices_along_an_axis();
  loops_within_loops();
  a_state_that_grows();
  either_branch();
  branches_of_two_sizes();
  one_within_the_other();
  open_extents_inside();
  changes_afterwards();
  wrong_networks();
  return done("control flow");
}
