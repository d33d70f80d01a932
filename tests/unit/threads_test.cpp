// Threads: workers, contexts of one plan side by side, one context from two sides. The thread sanitizer runs these.
#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <set>
#include <thread>

#include "ir/text.h"
#include "runtime/context.h"
#include "tenon/build.h"

namespace tenon {
namespace {

using clock = std::chrono::steady_clock;

// TBB starts as many threads as there are cores; these tests want theirs even on one.
class Threads : public testing::Test {
  tbb::global_control real_{tbb::global_control::max_allowed_parallelism, 16};
};

const char* const network =
    "x = input() type=f32[N,3,18,17]\n"
    "w = constant() data=f32[32,3,3,3]~1\n"
    "b = constant() data=f32[32]~2\n"
    "c = conv(x, w, b) pads_begin=1,1 pads_end=1,1\n"
    "r = relu(c)\n"
    "d = constant() data=f32[32,1,3,3]~3\n"
    "e = conv(r, d) groups=32 strides=2,2\n"
    "p = pool(e) kind=max window=2,2 strides=2,2\n"
    "s = sigmoid(p)\n"
    "q = mul(p, s)\n"
    "f = flatten(q)\n"
    "v = constant() data=f32[512,40]~4\n"
    "m = matmul(f, v)\n"
    "y = softmax(m) axis=-1\n"
    "return y, q\n";

struct Answer {
  std::vector<std::vector<std::byte>> bytes;
  bool operator==(const Answer&) const = default;
};

std::vector<float> scans(int64_t batch) {
  std::vector<float> x(size_t(batch * 3 * 18 * 17));
  for (size_t i = 0; i < x.size(); ++i) x[i] = float(i * 2654435761u % 1024) / 512 - 1;
  return x;
}

Answer run(ExecutionContext& context, int64_t batch) {
  std::vector<float> x = scans(batch);
  Extents extents{batch, 3, 18, 17};
  context.set_shapes({&extents, 1});
  Answer answer;
  std::vector<void*> to;
  for (int i = 0; i < 2; ++i)
    to.push_back(answer.bytes.emplace_back(size_t(context.output_extents(i).count()) * sizeof(float)).data());
  const void* from = x.data();
  context.run({&from, 1}, to);
  return answer;
}

Answer run(const std::shared_ptr<const Plan>& plan, int threads, int64_t batch) {
  ExecutionContext context(plan, threads);
  return run(context, batch);
}

std::shared_ptr<const Plan> built(int threads, bool optimize = true) {
  return build(parse(network), {.threads = threads, .optimize = optimize}).only_plan();
}

// True as soon as `done` is; false when that takes too long.
template <class Done>
bool in_time(Done done) {
  for (auto end = clock::now() + std::chrono::seconds(20); !done(); std::this_thread::yield())
    if (clock::now() > end) return false;
  return true;
}

TEST_F(Threads, every_task_runs_once) {
  for (int threads : {1, 2, 4, 7})
    for (int64_t count : {-1, 0, 1, 2, 3, 4, 5, 100, 1000}) {
      Workers workers(threads);
      std::vector<int> runs(size_t(std::max<int64_t>(count, 0)));
      workers.run(count, [&](int64_t i) { ++runs[size_t(i)]; });
      EXPECT_EQ(runs, std::vector<int>(runs.size(), 1)) << threads << " threads";
    }
}

TEST_F(Threads, four_workers_are_four_threads_in_four_slots) {
  Workers workers(4);
  std::atomic<int> inside = 0;
  std::atomic<bool> met = true;
  std::vector<int> slots(4);
  workers.run(4, [&](int64_t i) {
    ++inside;
    slots[size_t(i)] = Workers::slot();
    if (!in_time([&] { return inside == 4; })) met = false;
  });
  EXPECT_TRUE(met) << "the four tasks never ran at the same time";
  EXPECT_EQ(std::set<int>(slots.begin(), slots.end()), (std::set<int>{0, 1, 2, 3}));
}

TEST_F(Threads, a_task_that_throws_ends_the_run_and_the_workers_go_on) {
  for (int threads : {1, 4}) {
    Workers workers(threads);
    for (int64_t bad : {0, 17, 99}) {
      try {
        workers.run(100, [&](int64_t i) { check(i != bad, "task ", i, " fails"); });
        ADD_FAILURE() << "no error";
      } catch (const Error& e) {
        EXPECT_EQ(std::string(e.what()), concat("TN101: task ", bad, " fails"));
      }
    }
    EXPECT_THROW(workers.run(8, [](int64_t i) { check(false, "task ", i); }), Error) << "when all fail";
    std::atomic<int> runs = 0;
    workers.run(100, [&](int64_t) { ++runs; });
    EXPECT_EQ(runs, 100);
  }
}

TEST_F(Threads, tasks_may_run_tasks) {
  for (int threads : {1, 3}) {
    Workers workers(threads), others(2);
    std::vector<int64_t> sums(20);
    workers.run(20, [&](int64_t i) {
      int slot = Workers::slot();
      std::atomic<int64_t> sum = 0;
      workers.run(i, [&](int64_t k) { sum += k; });
      others.run(i, [&](int64_t k) { sum += k; });
      EXPECT_EQ(Workers::slot(), slot);
      sums[size_t(i)] = sum;
    });
    for (int64_t i = 0; i < 20; ++i) EXPECT_EQ(sums[size_t(i)], i * (i - 1));
  }
}

TEST_F(Threads, bits_are_those_of_one_thread) {
  for (bool optimize : {true, false}) {
    std::shared_ptr<const Plan> plan = built(4, optimize);
    for (int64_t batch : {1, 2, 5}) {
      Answer one = run(plan, 1, batch);
      EXPECT_TRUE(one == run(plan, 2, batch)) << "two threads, batch " << batch;
      EXPECT_TRUE(one == run(plan, 4, batch)) << "four threads, batch " << batch;
    }
  }
}

TEST_F(Threads, bits_are_those_of_a_build_for_one_thread) {
  Answer one = run(built(1), 1, 3);
  for (int threads : {2, 4}) EXPECT_TRUE(one == run(built(threads), threads, 3)) << threads << " threads";
}

TEST_F(Threads, eight_contexts_of_one_plan_run_side_by_side) {
  std::shared_ptr<const Plan> plan = built(2);
  std::vector<Answer> expected;
  for (int64_t batch = 0; batch < 4; ++batch) expected.push_back(run(plan, 1, batch));
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      ExecutionContext context(plan, 1 + t % 3);
      for (int i = 0; i < 6; ++i) {
        int64_t batch = (t + i) % 4;  // shapes change from run to run
        right += run(context, batch) == expected[size_t(batch)];
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(right, 48);
}

TEST_F(Threads, eight_threads_build_side_by_side) {
  Answer expected = run(built(1), 1, 2);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) threads.emplace_back([&] { right += run(built(1), 1, 2) == expected; });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(right, 8);
}

// Says that it runs, and runs until it is told to end.
class Waits final : public Kernel {
 public:
  Waits(std::atomic<bool>& inside, std::atomic<bool>& end) : inside_(inside), end_(end) {}
  void run(const Call&) const override {
    inside_ = true;
    EXPECT_TRUE(in_time([&] { return end_.load(); }));
  }

 private:
  std::atomic<bool>&inside_, &end_;
};

TEST_F(Threads, a_context_in_use_refuses_the_second_thread_alone) {
  std::atomic<bool> inside = false, end = false;
  Plan waiting;
  waiting.steps.push_back({"waits", "", std::make_unique<Waits>(inside, end), {}, {}, -1});
  find_life_times(waiting);
  ExecutionContext context(std::make_shared<const Plan>(std::move(waiting)), 1);
  context.set_shapes({});
  std::atomic<int> errors = 0;
  std::thread first([&] {
    try {
      context.run({}, {});
    } catch (const Error&) {
      ++errors;
    }
  });
  ASSERT_TRUE(in_time([&] { return inside.load(); }));
  auto refusal = [&](auto call) {
    try {
      call();
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  std::string expected = "TN106: this context is running on another thread; give each thread a context of its own";
  EXPECT_EQ(refusal([&] { context.run({}, {}); }), expected);
  EXPECT_EQ(refusal([&] { context.set_shapes({}); }), expected);
  end = true;
  first.join();
  EXPECT_EQ(errors, 0) << "the first thread was disturbed";
  EXPECT_EQ(refusal([&] { context.run({}, {}); }), "none") << "nobody uses it any more";
}

TEST_F(Threads, threads_that_fight_for_a_context_get_answers_or_errors) {
  std::shared_ptr<const Plan> plan = built(1);
  Answer expected = run(plan, 1, 1);
  ExecutionContext context(plan, 1);
  run(context, 1);  // bound: from here on the threads only run
  std::vector<float> x = scans(1);
  std::atomic<int> answers = 0, errors = 0, wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      Answer mine{{std::vector<std::byte>(expected.bytes[0].size()), std::vector<std::byte>(expected.bytes[1].size())}};
      for (int i = 0; i < 100; ++i) {
        const void* from = x.data();
        void* to[] = {mine.bytes[0].data(), mine.bytes[1].data()};
        try {
          context.run({&from, 1}, to);
          ++answers, wrong += mine != expected;
        } catch (const Error& e) {
          ++errors, wrong += e.id() != ErrorId::in_use;
        }
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(answers + errors, 200);
  EXPECT_GT(answers, 0);
  EXPECT_EQ(wrong, 0);
}

// Of the process, in memory: what heap and system gave alike.
int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

constexpr int64_t weights_bytes = 4 * 1024 * 1024;
const char* const two_products =
    "x = input() type=f32[N,1024]\n"
    "w = constant() data=f32[1024,1024]~1\n"
    "a = matmul(x, w)\n"
    "b = matmul(a, w)\n"
    "return b\n";

TEST(Contexts, weights_used_twice_are_counted_once) {
  Built model = build(parse(two_products), {.threads = 1, .optimize = false});
  EXPECT_EQ(model.stats.at("weights_bytes"), weights_bytes);
}

// Not among the Threads: the thread sanitizer keeps its shadow in memory too.
TEST(Contexts, ten_of_them_hold_weights_once) {
  for (bool optimize : {true, false}) {
    int64_t before = resident_bytes();
    Built model = build(parse(two_products), {.threads = 1, .optimize = optimize});
    EXPECT_GE(resident_bytes() - before, weights_bytes) << "the measurement sees nothing";
    std::vector<std::unique_ptr<ExecutionContext>> contexts;
    std::vector<float> x(1024), y(1024);
    before = resident_bytes();
    for (int i = 0; i < 10; ++i) {
      contexts.push_back(std::make_unique<ExecutionContext>(model.only_plan(), 1));
      Extents extents{1, 1024};
      contexts.back()->set_shapes({&extents, 1});
      const void* from = x.data();
      void* to = y.data();
      contexts.back()->run({&from, 1}, {&to, 1});
    }
    int64_t each = (resident_bytes() - before) / 10;
    EXPECT_LT(each, weights_bytes / 8) << "bytes a context";
  }
}

}  // namespace
}  // namespace tenon
