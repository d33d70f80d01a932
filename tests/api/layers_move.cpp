// Layers that move elements, in every generation.
#include "layers.h"

using Shape = std::vector<int64_t>;

// The elements of x, row by row of `shape`, at places that f finds.
static Numbers picked(Shape const& shape, std::function<double(std::vector<int64_t> const&)> f) {
  Numbers out;
  std::vector<int64_t> at(shape.size());
  for (int64_t i = 0; i < count(shape); ++i) {
    int64_t rest = i;
    for (size_t d = shape.size(); d-- > 0; rest /= shape[d]) at[d] = rest % shape[d];
    out.push_back(f(at));
  }
  return out;
}

static void shuffles() {
  Net net(__LINE__);
  Numbers v = some(24);
  ITensor* x = net.in({2, 3, 4}, v);
  auto x_at = [&](int64_t i, int64_t j, int64_t k) { return v[size_t(12 * i + 4 * j + k)]; };
  IShuffleLayer* turn = net->addShuffle(*x);
  Permutation order{{2, 0, 1}};
  turn->setFirstTranspose(order);
  CHECK(turn->getFirstTranspose().order[0] == 2 && turn->getFirstTranspose().order[1] == 0);
  CHECK(turn->getSecondTranspose().order[5] == 5 && turn->getReshapeDimensions().nbDims == -1 &&
        net.log.errors.empty());
  net.want(turn, {4, 2, 3}, picked({4, 2, 3}, [&](Shape const& p) { return x_at(p[1], p[2], p[0]); }));
  IShuffleLayer* all = net->addShuffle(*x);
  all->setFirstTranspose(order);
  all->setReshapeDimensions(dims({0, -1}));  // [4,6]
  all->setSecondTranspose(Permutation{{1, 0}});
  CHECK(same(all->getReshapeDimensions(), {0, -1}) && all->getZeroIsPlaceholder());
  net.want(all, {6, 4}, picked({6, 4}, [&](Shape const& p) { return x_at(p[0] / 3, p[0] % 3, p[1]); }));
  IShuffleLayer* given = net->addShuffle(*x);
  given->setInput(1, *net.list({6, 4}));
  given->setSecondTranspose(Permutation{{1, 0}});
  CHECK(given->getNbInputs() == 2 && given->getReshapeDimensions().nbDims == -1);
  net.want(given, {4, 6}, picked({4, 6}, [&](Shape const& p) { return v[size_t(4 * p[1] + p[0])]; }));
  // A shape that is computed: the extents in other order, of an input whose first one is open.
  ITensor* open = net.in({2, 3, 4}, v, DataType::kFLOAT, {0});
  ITensor* extents = net->addShape(*open)->getOutput(0);
  CHECK(extents->getType() == (NV_TENSORRT_MAJOR < 10 ? DataType::kINT32 : DataType(8)));
  ITensor* turned = net->addGather(*extents, *net.list({2, 0, 1}), 0)->getOutput(0);
  IShuffleLayer* computed = net->addShuffle(*open);
  computed->setInput(1, *turned);
  CHECK(computed->getOutput(0)->getDimensions().d[0] == 4 && computed->getOutput(0)->getDimensions().d[1] == -1);
  net.want(computed, {4, 2, 3}, v);
  net.want(extents, {3}, {2, 3, 4});
  net.run();
  IShuffleLayer* nothing = net->addShuffle(*net.in({0, 3}, {}));
  KEEPS(nothing, ZeroIsPlaceholder, false);
  nothing->setReshapeDimensions(dims({3, 0}));
  CHECK(same(nothing->getOutput(0)->getDimensions(), {3, 0}));
  Net scalar(__LINE__);
  IShuffleLayer* one = scalar->addShuffle(*scalar.in({1, 1}, {7}));
  one->setReshapeDimensions(dims({}));
  scalar.want(one, {}, {7});
  scalar.run();
  IShuffleLayer* twice = net->addShuffle(*x);
  twice->setFirstTranspose(Permutation{{0, 0, 1}});
  REFUSED(net, twice->getOutput(0)->getDimensions().nbDims == -1, "the first transpose");
  twice->setFirstTranspose(Permutation{{0, 1, 2}});
  twice->setReshapeDimensions(dims({5, 5}));
  REFUSED(net, twice->getOutput(0)->getDimensions().nbDims == -1, "element counts differ");
  twice->setReshapeDimensions(dims({24}));
  CHECK(same(twice->getOutput(0)->getDimensions(), {24}));
}

static void slices() {
  Net net(__LINE__);
  Numbers v = some(24);
  ITensor* x = net.in({4, 6}, v);
  ISliceLayer* plain = net->addSlice(*x, dims({0, 0}), dims({1, 1}), dims({1, 1}));
  plain->setStart(dims({1, 5}));
  plain->setSize(dims({3, 2}));
  plain->setStride(dims({1, -3}));
  CHECK(same(plain->getStart(), {1, 5}) && same(plain->getSize(), {3, 2}) && same(plain->getStride(), {1, -3}));
  net.want(plain, {3, 2}, picked({3, 2}, [&](Shape const& p) { return v[size_t(6 * (1 + p[0]) + 5 - 3 * p[1])]; }));
  using Source = std::function<int64_t(int64_t, int64_t)>;  // where a position lies, -1: nowhere
  std::vector<std::pair<SampleMode, Source>> rows = {
      {SampleMode::kWRAP, [](int64_t i, int64_t n) { return (i % n + n) % n; }},
      {SampleMode::kCLAMP, [](int64_t i, int64_t n) { return std::min(std::max<int64_t>(i, 0), n - 1); }},
      {SampleMode::kFILL, [](int64_t i, int64_t n) { return i < 0 || i >= n ? -1 : i; }},
      {SampleMode::kREFLECT, [](int64_t i, int64_t n) {
         while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
         return i;
       }}};
  for (auto const& row : rows)
    for (bool tensors : {false, true}) {
      ISliceLayer* layer = net->addSlice(*x, dims({-2, 7}), dims({7, 4}), dims({1, -3}));
      KEEPS(layer, Mode, row.first);
      bool filled = row.first == SampleMode::kFILL && tensors;
      if (tensors) {
        layer->setInput(1, *net.list({-2, 7}));
        layer->setInput(2, *net.list({7, 4}));
        layer->setInput(3, *net.list({1, -3}));
      }
      if (filled) layer->setInput(4, *net.constant({}, {9}));
      net.want(layer, {7, 4}, picked({7, 4}, [&](Shape const& p) {
                 int64_t i = row.second(p[0] - 2, 4), j = row.second(7 - 3 * p[1], 6);
                 return i < 0 || j < 0 ? (filled ? 9. : 0.) : v[size_t(6 * i + j)];
               }));
    }
  // Sizes that are computed from an open extent: all rows but the first.
  ITensor* open = net.in({4, 6}, v, DataType::kFLOAT, {0});
  ITensor* extents = net->addShape(*open)->getOutput(0);
  ITensor* less = net->addElementWise(*extents, *net.list({1, 3}), ElementWiseOperation::kSUB)->getOutput(0);
  ISliceLayer* rest = net->addSlice(*open, dims({1, 2}), dims({0, 0}), dims({1, 1}));
  rest->setInput(2, *less);
  CHECK(rest->getOutput(0)->getDimensions().d[0] == -1 && rest->getOutput(0)->getDimensions().d[1] == 3);
  net.want(rest, {3, 3}, picked({3, 3}, [&](Shape const& p) { return v[size_t(6 * (1 + p[0]) + 2 + p[1])]; }));
  // Shape arithmetic through a slice: [rows] of the extents, as a shape.
  ISliceLayer* rows_only = net->addSlice(*extents, dims({0}), dims({1}), dims({1}));
  IShuffleLayer* flat = net->addShuffle(*net->addReduce(*open, ReduceOperation::kSUM, 2U, true)->getOutput(0));
  flat->setInput(1, *rows_only->getOutput(0));
  Numbers sums;
  for (size_t i = 0; i < 4; ++i) sums.push_back(std::accumulate(&v[6 * i], &v[6 * i] + 6, 0.));
  net.want(flat, {4}, sums);
  ISliceLayer* again = net->addSlice(*net.constant({1, 2}, {5, 6}), dims({0, 0}), dims({3, 2}), dims({0, 1}));
  net.want(again, {3, 2}, {5, 6, 5, 6, 5, 6});
#if NV_TENSORRT_MAJOR >= 10
  ISliceLayer* one_axis = net->addSlice(*x, dims({1}), dims({2}), dims({2}));
  CHECK(one_axis->getAxes().nbDims == -1);
  one_axis->setAxes(dims({1}));
  CHECK(same(one_axis->getAxes(), {1}));
  net.want(one_axis, {4, 2}, picked({4, 2}, [&](Shape const& p) { return v[size_t(6 * p[0] + 1 + 2 * p[1])]; }));
#endif
  net.run();
  ISliceLayer* far = net->addSlice(*x, dims({2, 0}), dims({3, 6}), dims({1, 1}));
  REFUSED(net, far->getOutput(0)->getDimensions().nbDims == -1, "element 4 of axis 0 is wanted");
  ISliceLayer* few = net->addSlice(*x, dims({2}), dims({3, 6}), dims({1, 1}));
  REFUSED(net, few->getOutput(0)->getDimensions().nbDims == -1, "start is [2], expected 2 numbers");
}

static void joins_and_indices() {
  Net net(__LINE__);
  Numbers v = some(12), w = some(4, 2);
  ITensor *x = net.in({2, 2, 3}, v), *y = net.in({2, 2, 1}, w);
  ITensor* parts[] = {x, y, x};
  IConcatenationLayer* joined = net->addConcatenation(parts, 3);
  CHECK(joined->getAxis() == 0 && joined->getNbInputs() == 3);
  KEEPS(joined, Axis, 2);
  net.want(joined, {2, 2, 7}, picked({2, 2, 7}, [&](Shape const& p) {
             size_t row = size_t(2 * p[0] + p[1]), k = size_t(p[2]);
             return k < 3 ? v[3 * row + k] : k == 3 ? w[row] : v[3 * row + k - 4];
           }));
  ITensor* mixed[] = {net.list({5}), net->addShape(*x)->getOutput(0)};
  net.want(net->addConcatenation(mixed, 2), {4}, {5, 2, 2, 3});

  ITensor* indices = net.in({2, 2}, {1, 0, 1, 1}, DataType::kINT32);
  IGatherLayer* rows = net->addGather(*x, *indices, 1);
  CHECK(rows->getMode() == GatherMode::kDEFAULT && rows->getNbElementWiseDims() == 0);
  KEEPS(rows, GatherAxis, 0);
  net.want(rows, {2, 2, 2, 3}, picked({2, 2, 2, 3}, [&](Shape const& p) {
             int64_t row = p[0] == 0 && p[1] == 1 ? 0 : 1;
             return v[size_t(6 * row + 3 * p[2] + p[3])];
           }));
  IGatherLayer* together = net->addGather(*x, *indices, 1);
  KEEPS(together, NbElementWiseDims, 1);
  net.want(together, {2, 2, 3}, picked({2, 2, 3}, [&](Shape const& p) {
             int64_t row = p[0] == 0 && p[1] == 1 ? 0 : 1;
             return v[size_t(6 * p[0] + 3 * row + p[2])];
           }));
  // Axes that go together first, then others, then that of the indices: y[b,i,j,k,m] = x[b,i,indices[b,j,k],m].
  Numbers deep = some(2 * 3 * 4 * 2, 11), spots = {3, 0, 1, 2, 2, 2, 0, 1, 3, 3, 1, 0};
  ITensor *volume = net.in({2, 3, 4, 2}, deep), *spot = net.in({2, 2, 3}, spots, DataType::kINT32);
  IGatherLayer* passed = net->addGather(*volume, *spot, 2);
  passed->setNbElementWiseDims(1);
  net.want(passed, {2, 3, 2, 3, 2}, picked({2, 3, 2, 3, 2}, [&](Shape const& p) {
             auto row = int64_t(spots[size_t((p[0] * 2 + p[2]) * 3 + p[3])]);
             return deep[size_t(((p[0] * 3 + p[1]) * 4 + row) * 2 + p[4])];
           }));
  IGatherLayer* last = net->addGather(*volume, *net.in({2, 3, 1}, {1, 0, 1, 0, 0, 1}, DataType::kINT32), 3);
  last->setNbElementWiseDims(2);
  net.want(last, {2, 3, 4, 1}, picked({2, 3, 4, 1}, [&](Shape const& p) {
             Numbers const which = {1, 0, 1, 0, 0, 1};
             return deep[size_t(((p[0] * 3 + p[1]) * 4 + p[2]) * 2 + int64_t(which[size_t(p[0] * 3 + p[1])]))];
           }));
  IGatherLayer* once =
      net->addGather(*volume, *net.in({2}, {3, 1}, DataType::kINT32), 2);  // no axis of the indices is left
  once->setNbElementWiseDims(1);
  net.want(once, {2, 3, 2}, picked({2, 3, 2}, [&](Shape const& p) {
             return deep[size_t(((p[0] * 3 + p[1]) * 4 + (p[0] ? 1 : 3)) * 2 + p[2])];
           }));
  ITensor* each = net.in({2, 1, 3}, {1, 0, 1, 0, 0, 1}, DataType::kINT32);
  IGatherLayer* elements = net->addGatherV2(*x, *each, GatherMode::kELEMENT);
  elements->setGatherAxis(1);
  Numbers choice = {1, 0, 1, 0, 0, 1};
  net.want(elements, {2, 1, 3}, picked({2, 1, 3}, [&](Shape const& p) {
             return v[size_t(6 * p[0] + 3 * int64_t(choice[size_t(3 * p[0] + p[2])]) + p[2])];
           }));
  ITensor* places = net.in({2, 2}, {0, 1, 1, 0}, DataType::kINT32);
  IGatherLayer* blocks = net->addGatherV2(*x, *places, GatherMode::kDEFAULT);
  KEEPS(blocks, Mode, GatherMode::kND);
  net.want(blocks, {2, 3}, {v[3], v[4], v[5], v[6], v[7], v[8]});

  ITensor* updates = net.in({2, 3}, {1, 2, 3, 4, 5, 6});
  IScatterLayer* written = net->addScatter(*x, *places, *updates, ScatterMode::kELEMENT);
  KEEPS(written, Mode, ScatterMode::kND);
  Numbers after = v;
  for (size_t k = 0; k < 6; ++k) after[3 + k] = double(k + 1);
  net.want(written, {2, 2, 3}, after);
  ITensor *flat = net.in({2, 3}, some(6, 4)), *where = net.in({1, 3}, {1, 0, 1}, DataType::kINT32);
  IScatterLayer* single = net->addScatter(*flat, *where, *net.constant({1, 3}, {7, 8, 9}), ScatterMode::kELEMENT);
  KEEPS(single, Axis, 0);
  Numbers f = some(6, 4);
  f[3] = 7, f[1] = 8, f[5] = 9;
  net.want(single, {2, 3}, f);
  IScatterLayer* along = net->addScatter(*flat, *net.constant({2, 1}, {2, 0}, DataType::kINT32),
                                         *net.constant({2, 1}, {7, 8}), ScatterMode::kELEMENT);
  along->setAxis(1);
  f = some(6, 4);
  f[2] = 7, f[3] = 8;
  net.want(along, {2, 3}, f);

  ITensor *labels = net.in({3}, {2, 0, 1}, DataType::kINT32), *off_on = net.constant({2}, {-1, 5});
  IOneHotLayer* hot = net->addOneHot(*labels, *off_on, *net.constant({}, {4}, DataType::kINT32), -1);
  CHECK(hot->getAxis() == -1);
  net.want(hot, {3, 4}, {-1, -1, 5, -1, 5, -1, -1, -1, -1, 5, -1, -1});
  IOneHotLayer* first = net->addOneHot(*labels, *off_on, *net.constant({}, {3}, DataType::kINT32), -1);
  KEEPS(first, Axis, 0);
  net.want(first, {3, 3}, {-1, 5, -1, -1, -1, 5, 5, -1, -1});

  ITensor* sequences = net.in({3, 2}, {1, 2, 3, 4, 5, 6});
  IReverseSequenceLayer* reversed = net->addReverseSequence(*sequences, *net.list({2, 3}));
  CHECK(reversed->getBatchAxis() == 1 && reversed->getSequenceAxis() == 0);
  net.want(reversed, {3, 2}, {3, 6, 1, 4, 5, 2});
  IReverseSequenceLayer* other = net->addReverseSequence(*sequences, *net.list({1, 2, 0}));
  KEEPS(other, BatchAxis, 0);
  KEEPS(other, SequenceAxis, 1);
  net.want(other, {3, 2}, {1, 2, 4, 3, 5, 6});
#if NV_TENSORRT_MAJOR >= 10
  net.want(net->addUnsqueeze(*sequences, *net.list({1})), {3, 1, 2}, {1, 2, 3, 4, 5, 6});
  net.want(net->addSqueeze(*y, *net.list({2})), {2, 2}, w);
#endif
  net.run();
  REFUSED(net, net->addConcatenation(parts, 0) == nullptr, "a list of 0 tensors");
  REFUSED(net, net->addConcatenation(nullptr, 2) == nullptr, "inputs is null");
  ITensor* holes[] = {x, nullptr};
  REFUSED(net, net->addConcatenation(holes, 2) == nullptr, "a tensor is null");
  IGatherLayer* wrong = net->addGather(*x, *indices, 0);
  wrong->setNbElementWiseDims(1);
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "has to come behind them");
  wrong->setGatherAxis(2);
  wrong->setNbElementWiseDims(-1);
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "has to come behind them");
  ITensor* uneven[] = {x, y};
  REFUSED(net, net->addConcatenation(uneven, 2)->getOutput(0)->getDimensions().nbDims == -1, "concat");
}

static void samples() {
  Net net(__LINE__);
  using T = ResizeCoordinateTransformation;
  Numbers v = some(12);
  ITensor* x = net.in({1, 1, 3, 4}, v);
  auto near = [&](Shape const& shape, std::function<int64_t(double)> round, double h, double w, double shift) {
    return picked(shape, [&](Shape const& p) {
      auto at = [&](int64_t i, double scale, int64_t n) {
        return std::min(std::max<int64_t>(round((double(i) + shift) / scale - shift), 0), n - 1);
      };
      return v[size_t(4 * at(p[2], h, 3) + at(p[3], w, 4))];
    });
  };
  auto down = [](double t) { return int64_t(std::floor(t)); };
  IResizeLayer* standard = net->addResize(*x);
  CHECK(standard->getCoordinateTransformation() == T::kASYMMETRIC &&
        standard->getNearestRounding() == ResizeRoundMode::kFLOOR);
  standard->setOutputDimensions(dims({1, 1, 6, 6}));
  CHECK(same(standard->getOutputDimensions(), {1, 1, 6, 6}));
  net.want(standard, {1, 1, 6, 6}, near({1, 1, 6, 6}, down, 2, 1.5, 0));
  IResizeLayer* half = net->addResize(*x);
  float scales[] = {1, 1, 2, 1.5F}, back[4] = {};
  half->setScales(scales, 4);
  CHECK(half->getScales(0, nullptr) == 4 && half->getScales(4, back) == 4 && back[3] == 1.5F);
  KEEPS(half, CoordinateTransformation, T::kHALF_PIXEL);
  KEEPS(half, NearestRounding, ResizeRoundMode::kCEIL);
  net.want(half, {1, 1, 6, 6},
           near(
               {1, 1, 6, 6}, [](double t) { return int64_t(std::ceil(t)); }, 2, 1.5, 0.5));
  IResizeLayer* linear = net->addResize(*x);
  linear->setResizeMode(InterpolationMode::kLINEAR);
  CHECK(linear->getResizeMode() == InterpolationMode::kLINEAR);
  linear->setCoordinateTransformation(T::kALIGN_CORNERS);
  linear->setInput(1, *net.list({1, 1, 5, 7}));
  net.want(linear, {1, 1, 5, 7}, picked({1, 1, 5, 7}, [&](Shape const& p) {
             double i = double(p[2]) * 2 / 4, j = double(p[3]) * 3 / 6;
             int64_t a = std::min<int64_t>(int64_t(i), 1), b = std::min<int64_t>(int64_t(j), 2);
             auto at = [&](int64_t r, int64_t c) { return v[size_t(4 * r + c)]; };
             double s = i - double(a), t = j - double(b);
             return (1 - s) * ((1 - t) * at(a, b) + t * at(a, b + 1)) +
                    s * ((1 - t) * at(a + 1, b) + t * at(a + 1, b + 1));
           }));
  IResizeLayer* cubic = net->addResize(*x);
  cubic->setResizeMode(InterpolationMode::kCUBIC);
  KEEPS(cubic, CubicCoeff, -0.5F);
  KEEPS(cubic, ExcludeOutside, true);
  KEEPS(cubic, SelectorForSinglePixel, ResizeSelector::kUPPER);
  cubic->setOutputDimensions(dims({1, 1, 3, 8}));
  auto weight = [](double d) {
    d = std::fabs(d);
    double const a = -0.5;
    return d <= 1 ? (a + 2) * d * d * d - (a + 3) * d * d + 1 : d < 2 ? a * (d * d * d - 5 * d * d + 8 * d - 4) : 0;
  };
  net.want(cubic, {1, 1, 3, 8}, picked({1, 1, 3, 8}, [&](Shape const& p) {
             double at = double(p[3]) / 2, sum = 0, all = 0;
             for (int64_t k = 0; k < 4; ++k)
               sum += weight(at - double(k)) * v[size_t(4 * p[2] + k)], all += weight(at - double(k));
             return sum / all;
           }));
  // A single element by the formula is the one in the middle; by its first, the first.
  for (ResizeSelector which : {ResizeSelector::kFORMULA, ResizeSelector::kUPPER}) {
    bool first = which == ResizeSelector::kUPPER;
    IResizeLayer* point = net->addResize(*x);
    point->setResizeMode(InterpolationMode::kLINEAR);
    point->setCoordinateTransformation(T::kHALF_PIXEL);
    point->setSelectorForSinglePixel(which);
    point->setOutputDimensions(dims({1, 1, 1, 4}));
    net.want(point, {1, 1, 1, 4}, Numbers(v.begin() + (first ? 0 : 4), v.begin() + (first ? 4 : 8)));
    IResizeLayer* near_one = net->addResize(*x);
    near_one->setCoordinateTransformation(T::kHALF_PIXEL);
    near_one->setSelectorForSinglePixel(which);
    near_one->setInput(1, *net.list({1, 1, 3, 1}));  // (0 + 0.5) * 4 - 0.5 = 1.5, rounded down
    net.want(near_one, {1, 1, 3, 1}, first ? Numbers{v[0], v[4], v[8]} : Numbers{v[1], v[5], v[9]});
  }
#if NV_TENSORRT_MAJOR < 10
  KEEPS(cubic, AlignCorners, true);
  CHECK(cubic->getCoordinateTransformation() == T::kALIGN_CORNERS);
  KEEPS(cubic, AlignCorners, false);
#endif
  Numbers g = mapped(some(12, 6), [](double t) { return t * 0.7; });
  ITensor* grid = net.in({1, 2, 3, 2}, g);
  // Where -1 and 1 are the outermost centres, a coordinate is (g + 1) / 2 * (extent - 1); otherwise ((g + 1) * extent -
  // 1) / 2.
  auto sampled = [&](bool corners, std::function<double(double, double)> f) {
    return picked({1, 1, 2, 3}, [&](Shape const& p) {
      double gx = g[size_t(2 * (3 * p[2] + p[3]))], gy = g[size_t(2 * (3 * p[2] + p[3]) + 1)];
      return corners ? f((gy + 1) / 2 * 2, (gx + 1) / 2 * 3) : f(((gy + 1) * 3 - 1) / 2, ((gx + 1) * 4 - 1) / 2);
    });
  };
  auto zero = [&](int64_t i, int64_t j) { return i < 0 || j < 0 || i > 2 || j > 3 ? 0 : v[size_t(4 * i + j)]; };
  auto edge = [&](int64_t i, int64_t j) {
    return v[size_t(4 * std::min<int64_t>(std::max<int64_t>(i, 0), 2) + std::min<int64_t>(std::max<int64_t>(j, 0), 3))];
  };
  auto between = [](std::function<double(int64_t, int64_t)> at) {
    return [at](double y, double z) {
      auto i = int64_t(std::floor(y)), j = int64_t(std::floor(z));
      double s = y - double(i), t = z - double(j);
      return (1 - s) * ((1 - t) * at(i, j) + t * at(i, j + 1)) + s * ((1 - t) * at(i + 1, j) + t * at(i + 1, j + 1));
    };
  };
  IGridSampleLayer* filled = net->addGridSample(*x, *grid);
  CHECK(filled->getInterpolationMode() == InterpolationMode::kLINEAR && filled->getSampleMode() == SampleMode::kFILL);
  net.want(filled, {1, 1, 2, 3}, sampled(false, between(zero)));
  IGridSampleLayer* clamped = net->addGridSample(*x, *grid);
  CHECK(clamped->setSampleMode(SampleMode::kCLAMP) && clamped->getSampleMode() == SampleMode::kCLAMP);
  KEEPS(clamped, AlignCorners, true);
  net.want(clamped, {1, 1, 2, 3}, sampled(true, between(edge)));
  IGridSampleLayer* nearest = net->addGridSample(*x, *grid);
  KEEPS(nearest, InterpolationMode, InterpolationMode::kNEAREST);
  net.want(nearest, {1, 1, 2, 3}, sampled(false, [&](double y, double z) {
             return zero(int64_t(std::nearbyint(y)), int64_t(std::nearbyint(z)));
           }));
  net.run();
  REFUSED(net, !clamped->setSampleMode(SampleMode::kWRAP) && clamped->getSampleMode() == SampleMode::kCLAMP,
          "filled, clamped or reflected");
  float wrong[] = {1, 1, -2, 1};
  REFUSED(net, (half->setScales(wrong, 4), half->getScales(4, back) == 4 && back[2] == 2), "scale 2 is -2");
  REFUSED(net, half->getScales(4, nullptr) == -1, "pointer is null");
  IResizeLayer* nothing = net->addResize(*x);
  REFUSED(net, nothing->getOutput(0)->getDimensions().nbDims == -1, "neither scales nor sizes");
}

int main() {
  shuffles();
  slices();
  joins_and_indices();
  samples();
  return done("move");
}
