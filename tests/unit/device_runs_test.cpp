// Plans on the device that TENON_TEST_DEVICE names, as programs run them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "ir/text.h"
#include "run_built.h"
#include "runtime/program_context.h"
#include "tenon/build.h"
#include "text_case.h"

namespace tenon {
namespace {

class DeviceRuns : public testing::Test {
 protected:
  void SetUp() override {
    const char* wanted = std::getenv("TENON_TEST_DEVICE");
    if (!wanted) GTEST_SKIP() << "TENON_TEST_DEVICE names no device";
    device_ = wanted;
  }
  Built build_on_device(const std::string& network) { return build(parse(network), {.device = device_, .threads = 1}); }

  static Values run(ProgramContext& context, const Built& built, const Values& inputs) {
    std::vector<Extents> extents;
    std::vector<const void*> from;
    for (const Weights& w : inputs) extents.push_back(w->extents), from.push_back(w->data);
    context.set_shapes(extents);
    Values outputs;
    std::vector<void*> to;
    for (size_t i = 0; i < built.program->outputs.size(); ++i) {
      View view;
      ElementType element = built.program->outputs[i].type.element;
      outputs.push_back(make_weights(element, *context.output_extents(int(i)), view));
      to.push_back(view.data);
    }
    context.run(from, to);
    return outputs;
  }

 private:
  std::string device_;
};

struct Indexed {
  const char *kernel, *network;
  std::vector<const char*> operands;
  const char *sound, *beyond, *error;  // indices, and what is said of those beyond
};

const Indexed indexed[] = {
    {"cuda.gather",
     "x = input() type=f32[3]\ni = input() type=i64[2]\ny = gather(x, i)\nreturn y\n",
     {"f32[3]{1,2,3}"},
     "i64[2]{0,-1}",
     "i64[2]{0,3}",
     "index 3 at position 1 is out of range for extent 3"},
    {"cuda.gather_elements",
     "x = input() type=f32[2,2]\ni = input() type=i32[1,2]\ny = gather_elements(x, i) axis=0\nreturn y\n",
     {"f32[2,2]{1,2,3,4}"},
     "i32[1,2]{0,1}",
     "i32[1,2]{0,-3}",
     "index -3 at position 1 is out of range for extent 2"},
    {"cuda.gather_nd",
     "x = input() type=f32[2,3]\ni = input() type=i64[1,2]\ny = gather_nd(x, i)\nreturn y\n",
     {"f32[2,3]{1,2,3,4,5,6}"},
     "i64[1,2]{1,2}",
     "i64[1,2]{2,0}",
     "index 2 at position 0 is out of range for extent 2"},
    {"cuda.scatter_elements",
     "x = input() type=f32[3]\ni = input() type=i64[1]\nu = input() type=f32[1]\ny = scatter_elements(x, i, u) axis=0\n"
     "return y\n",
     {"f32[3]{1,2,3}", "f32[1]{9}"},
     "i64[1]{2}",
     "i64[1]{3}",
     "index 3 at position 0 is out of range for extent 3"},
    {"cuda.scatter_nd",
     "x = input() type=f32[3]\ni = input() type=i64[1,1]\nu = input() type=f32[1]\ny = scatter_nd(x, i, u)\nreturn y\n",
     {"f32[3]{1,2,3}", "f32[1]{9}"},
     "i64[1,1]{-3}",
     "i64[1,1]{-4}",
     "index -4 at position 0 is out of range for extent 3"},
    {"cuda.tensor_scatter",
     "x = input() type=f32[1,3,1]\ni = input() type=i64[1]\nu = input() type=f32[1,2,1]\ny = tensor_scatter(x, u, i)\n"
     "return y\n",
     {"f32[1,3,1]{1,2,3}", "f32[1,2,1]{8,9}"},
     "i64[1]{1}",
     "i64[1]{2}",
     "index 2 at position 0 is out of range for extent 2"},
};

TEST_F(DeviceRuns, an_index_out_of_range_is_refused_and_the_next_run_is_sound) {
  for (const Indexed& c : indexed) {
    SCOPED_TRACE(c.kernel);
    Built built = build_on_device(c.network);
    EXPECT_TRUE(built.stats.contains(concat("kernel/", c.kernel))) << built.explanation;
    ProgramContext context(built.program, 1);
    auto inputs = [&](const char* indices) {
      Values list;
      for (const char* o : c.operands) list.push_back(parse_weights(o));
      list.insert(list.begin() + 1, parse_weights(indices));
      return list;
    };
    Values expected = run_built(parse(c.network), inputs(c.sound), false);
    for (int round = 0; round < 3; ++round) {  // the third is a recording
      Values found = run(context, built, inputs(c.sound));
      EXPECT_EQ(std::memcmp(found[0]->data, expected[0]->data, size_t(expected[0]->bytes())), 0) << round;
      try {
        run(context, built, inputs(c.beyond));
        ADD_FAILURE() << "no error";
      } catch (const Error& e) {
        EXPECT_EQ(e.id(), ErrorId::invalid_argument);
        EXPECT_NE(std::string(e.what()).find(c.error), std::string::npos) << e.what();
      }
    }
  }
}

// A layer of a decoder with a cache: none of its steps leaves the device.
TEST_F(DeviceRuns, a_decoder_step_stays_on_the_device) {
  const char* network =
      "token = input() type=i64[1,1]\n"
      "place = input() type=i64[1]\n"
      "keys = input() type=f32[1,4,70,16]\n"
      "values = input() type=f32[1,4,70,16]\n"
      "words = constant() data=f32[50,64]~1\n"
      "places = constant() data=f32[70,64]~2\n"
      "scale = constant() data=f32[64]~3\n"
      "bias = constant() data=f32[64]~4\n"
      "w1 = constant() data=f32[64,192]~5\n"
      "w2 = constant() data=f32[64,64]~6\n"
      "eighth = constant() data=f32[]{0.25}\n"
      "least = constant() data=f32[]{-1e9}\n"
      "all = constant() data=i64[4]{1,1,4,16}\n"
      "flat = constant() data=i64[3]{1,1,64}\n"
      "numbers = constant() "
      "data=i64[70]{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
      "30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,"
      "67,"
      "68,69}\n"
      "e = gather(words, token)\n"
      "p = gather(places, place)\n"
      "x = add(e, p)\n"
      "n = normalize(x, scale, bias)\n"
      "h = matmul(n, w1)\n"
      "q0, k0, v0 = split(h) axis=-1 parts=3\n"
      "q1 = reshape(q0, all) from_operand=true\n"
      "k1 = reshape(k0, all) from_operand=true\n"
      "v1 = reshape(v0, all) from_operand=true\n"
      "q = transpose(q1) permutation=0,2,1,3\n"
      "k = transpose(k1) permutation=0,2,1,3\n"
      "v = transpose(v1) permutation=0,2,1,3\n"
      "keys2 = tensor_scatter(keys, k, place)\n"
      "values2 = tensor_scatter(values, v, place)\n"
      "s = matmul(q, keys2) transpose_b=true\n"
      "t = mul(s, eighth)\n"
      "seen = less_equal(numbers, place)\n"
      "m = select(seen, t, least)\n"
      "w = softmax(m)\n"
      "o = matmul(w, values2)\n"
      "o1 = transpose(o) permutation=0,2,1,3\n"
      "o2 = reshape(o1, flat) from_operand=true\n"
      "y0 = matmul(o2, w2)\n"
      "y = add(x, y0)\n"
      "best = arg(y) axis=-1\n"
      "return y, keys2, values2, best\n";
  Values inputs{parse_weights("i64[1,1]{7}"), parse_weights("i64[1]{33}"), parse_weights("f32[1,4,70,16]~8"),
                parse_weights("f32[1,4,70,16]~9")};
  Built built = build_on_device(network);
  for (const Step& step : built.only_plan()->steps)
    EXPECT_EQ(int(step.space), int(Space::device)) << step.kernel << "\n" << built.explanation;
  ProgramContext context(built.program, 1);
  Values expected = run_built(parse(network), inputs, false);
  for (int round = 0; round < 3; ++round) {
    Values found = run(context, built, inputs);
    for (size_t i = 0; i < expected.size(); ++i) {
      double largest = 0;
      for (int64_t k = 0; k < expected[i]->extents.count() && i < 3; ++k)
        largest = std::max(largest, std::abs(double(expected[i]->view().as<float>()[k])));
      for (int64_t k = 0; k < expected[i]->extents.count() && i < 3; ++k)
        ASSERT_NEAR(found[i]->view().as<float>()[k], expected[i]->view().as<float>()[k], 1e-5 * largest)
            << i << " at " << k;
    }
    EXPECT_EQ(std::memcmp(found[3]->data, expected[3]->data, sizeof(int64_t)), 0);
  }
}

}  // namespace
}  // namespace tenon
