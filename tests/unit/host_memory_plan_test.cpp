// Whole plans on the host-memory device: steps there, steps of the host and copies between them, on real streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "allocations.h"
#include "gate.h"
#include "host_memory_fixture.h"

namespace tenon {
namespace {

using testing::HasSubstr;

TEST_F(HostMemoryPlanThreads, steps_are_on_both_sides_and_copies_are_steps) {
  std::map<std::string, int> steps;
  for (const Step& s : plan_->steps) ++steps[concat(s.kernel, s.space == Space::device ? " there" : "")];
  EXPECT_EQ(steps, (std::map<std::string, int>{{"device.reference there", 4},
                                               {"host.reference", 2},
                                               {"reformat f32 -> f32@device there", 2},
                                               {"reformat f32@device -> f32 there", 2},
                                               {"reformat i64@device -> i64 there", 1}}));
}

TEST_F(HostMemoryPlanThreads, inputs_and_outputs_lie_in_either_space) {
  for (auto there : {all_there, none_there, every_second})
    for (int seed : {1, 2}) check_one(4, seed, there);
}

TEST_F(HostMemoryPlanThreads, memory_of_the_heap_serves_as_well) {
  Values inputs = inputs_of(3, 1), expected = expected_of(inputs);
  context_->set_shapes(extents_of(inputs));
  for (int i = 0; i < 3; ++i) {
    std::vector<std::vector<std::byte>> out;
    std::vector<void*> to;
    for (const Weights& w : expected) to.push_back(out.emplace_back(size_t(w->bytes())).data());
    std::vector<const void*> from{inputs[0]->data, inputs[1]->data};
    context_->run(from, to);
    for (size_t k = 0; k < out.size(); ++k)
      EXPECT_EQ(std::memcmp(out[k].data(), expected[k]->data, out[k].size()), 0) << "output " << k;
  }
}

TEST_F(HostMemoryPlanThreads, shapes_come_and_come_back) {
  for (auto there : {all_there, none_there, every_second})
    for (int64_t batch : {2, 7, 1, 7, 40, 2, 7}) check_one(batch, int(batch), there);
}

TEST_F(HostMemoryPlanThreads, a_profile_fixes_the_memory_for_all_shapes) {
  plan_ = on_.plan(both_sides, {.ranges = {{"N", {1, 50}}}, .typical = {{"N", 8}}});
  context_ = std::make_unique<ExecutionContext>(plan_, 1);
  int64_t arena = context_->arena_bytes();
  EXPECT_GT(arena, 0);
  for (int64_t batch : {2, 50, 1}) check_one(batch, 3, every_second);
  EXPECT_EQ(context_->arena_bytes(), arena);
  EXPECT_THAT(error_of([&] { context_->set_shapes(extents_of(inputs_of(51, 1))); }), HasSubstr("TN104"));
}

TEST_F(HostMemoryPlanThreads, the_second_run_of_the_same_addresses_makes_a_recording) {
  Buffers a = bind(inputs_of(4, 1), every_second), b = bind(inputs_of(4, 1), all_there);
  auto run = [&](Buffers& at, int seed) { return launches_of([&] { check_run(at, inputs_of(4, seed)); }); };
  EXPECT_EQ(run(a, 1), 0);
  EXPECT_EQ(run(a, 2), 1);
  EXPECT_EQ(run(a, 3), 1);
  EXPECT_EQ(run(b, 4), 0) << "other addresses";
  EXPECT_EQ(run(a, 5), 1) << "the first recording is still there";
  EXPECT_EQ(run(b, 6), 1);
  check_one(9, 7, every_second);  // larger: the arenas move
  context_->set_shapes(extents_of(inputs_of(4, 1)));
  EXPECT_EQ(run(a, 8), 1) << "made anew, for the arenas have other addresses";
  check_one(3, 7, every_second);
  context_->set_shapes(extents_of(inputs_of(4, 1)));
  EXPECT_EQ(run(a, 9), 1) << "the shape is known";
}

TEST_F(HostMemoryPlanThreads, alternating_buffers_are_recorded_each) {
  Values inputs = inputs_of(4, 1);
  Buffers buffers[] = {bind(inputs), bind(inputs), bind(inputs)};
  int64_t launches[3] = {};
  for (int64_t& round : launches)
    for (Buffers& b : buffers) round += launches_of([&] { check_run(b, inputs); });
  EXPECT_THAT(launches, testing::ElementsAre(0, 3, 3));
}

TEST_F(HostMemoryPlanThreads, many_buffers_in_pairs_push_old_recordings_out) {
  Values inputs = inputs_of(4, 1);
  std::vector<Buffers> buffers;
  for (int i = 0; i < 7; ++i) buffers.push_back(bind(inputs));
  std::shared_ptr<void> stream = device_.make_stream();
  Gate gate;
  for (Buffers& b : buffers) b.write(inputs);
  device_.call_host(Gate::call, &gate, stream.get());
  gate.open_soon();
  for (Buffers& b : buffers)
    for (int i = 0; i < 2; ++i) context_->enqueue(b.in, b.out, stream.get());
  device_.synchronize(stream.get());
  for (Buffers& b : buffers) expect_equal(b.read(), expected_of(inputs));
  EXPECT_EQ(device_.launches(), 7);
}

TEST_F(HostMemoryPlanThreads, enqueueing_does_not_wait) {
  Values inputs = inputs_of(4, 1);
  Buffers buffers = bind(inputs, every_second);
  std::shared_ptr<void> stream = device_.make_stream();
  Gate gate;
  buffers.write(inputs);
  device_.call_host(Gate::call, &gate, stream.get());
  for (int i = 0; i < 3; ++i) context_->enqueue(buffers.in, buffers.out, stream.get());
  EXPECT_EQ(buffers.read()[0]->view().as<uint32_t>()[0], ~0u) << "nothing has run";
  gate.open();
  device_.synchronize(stream.get());
  expect_equal(buffers.read(), expected_of(inputs));
}

// The program's own recording of a run, from its first call on, with the buffers' new contents each time.
TEST_F(HostMemoryPlanThreads, a_program_records_a_run_and_replays_it) {
  for (auto there : {all_there, every_second}) {
    Buffers buffers = bind(inputs_of(4, 1), there);
    buffers.write(inputs_of(4, 1));
    std::shared_ptr<void> stream = device_.make_stream();
    std::unique_ptr<Recording> graph =
        record(device_, stream.get(), [&] { context_->enqueue(buffers.in, buffers.out, stream.get()); });
    device_.synchronize(stream.get());
    EXPECT_EQ(buffers.read()[0]->view().as<uint32_t>()[0], ~0u) << "recorded, not run";
    auto replay = [&](int seed) {
      buffers.write(inputs_of(4, seed));
      graph->launch(stream.get());
      device_.synchronize(stream.get());
      expect_equal(buffers.read(), expected_of(inputs_of(4, seed)));
    };
    for (int seed : {2, 3, 4}) replay(seed);
    for (int64_t batch = 100; batch < 100 + int64_t(max_shapes); ++batch)
      context_->set_shapes(extents_of(inputs_of(batch, 1)));  // arenas move, the shape itself is forgotten
    std::shared_ptr<std::byte> poisoned = device_.allocate(1 << 20, "what would take freed memory");
    replay(5);
  }
}

TEST_F(HostMemoryPlanThreads, profiles_take_each_step_by_itself) {
  Values inputs = inputs_of(4, 1);
  Buffers buffers = bind(inputs, every_second);
  context_->set_profiling(true);
  for (int i = 0; i < 3; ++i) check_run(buffers, inputs);
  ASSERT_EQ(context_->step_ms().size(), plan_->steps.size());
  for (double ms : context_->step_ms()) EXPECT_GT(ms, 0);
  EXPECT_EQ(device_.launches(), 0);
  std::shared_ptr<void> stream = device_.make_stream();
  device_.begin_recording(stream.get());
  EXPECT_THAT(error_of([&] { context_->enqueue(buffers.in, buffers.out, stream.get()); }),
              HasSubstr("switch profiling off"));
  EXPECT_NE(device_.end_recording(stream.get()), nullptr);
  context_->set_profiling(false);
  check_run(buffers, inputs);
}

TEST_F(HostMemoryPlanThreads, layouts_change_on_the_device) {
  const char* maps =
      "x = input() type=f32[N,3,4,5]\n"
      "t = tanh(x)\n"
      "v = transpose(t) permutation=0,2,3,1\n"
      "u = tanh(v)\n"
      "y = reduce(u) kind=sum axes=1,2,3\n"
      "return y, t\n";
  plan_ = on_.plan(maps);
  std::string kernels;
  for (const Step& s : plan_->steps) kernels += s.kernel + "; ";
  for (const char* part : {"reformat f32@device -> f32.nhwc@device; ", "device.nhwc; ", "f32.nhwc@device -> f32; ",
                           "host.reference; ", "f32 -> f32.nhwc@device; ", "f32.nhwc@device -> f32@device; "})
    EXPECT_THAT(kernels, HasSubstr(part));
  context_ = std::make_unique<ExecutionContext>(plan_, 1);
  for (int64_t batch : {1, 6, 2, 6}) {
    Values inputs{floats({batch, 3, 4, 5}, 5)};
    Buffers buffers = bind(inputs, every_second);
    for (int i = 0; i < 3; ++i) {
      buffers.write(inputs);
      context_->run(buffers.in, buffers.out);
      expect_equal(buffers.read(), expected_of(inputs, maps));
    }
  }
}

TEST_F(HostMemoryPlanThreads, a_device_that_cannot_convert_only_copies) {
  const char* maps =
      "x = input() type=f32[N,3,4,5]\n"
      "t = tanh(x)\n"
      "y = softmax(t) axis=1\n"
      "return y\n";
  on_.converts = false;
  plan_ = on_.plan(maps);
  for (const Step& s : plan_->steps) EXPECT_THAT(s.kernel, Not(HasSubstr("nhwc")));
  context_ = std::make_unique<ExecutionContext>(plan_, 1);
  Values inputs{floats({2, 3, 4, 5}, 5)};
  Buffers buffers = bind(inputs, all_there);
  buffers.write(inputs);
  context_->run(buffers.in, buffers.out);
  expect_equal(buffers.read(), expected_of(inputs, maps));
}

TEST_F(HostMemoryPlanThreads, empty_batches_are_no_work) {
  const char* plain =
      "x = input() type=f32[N,6]\ns = softmax(x)\nw = constant() data=f32[6,5]~1\ny = matmul(s, w)\n"
      "return y, s\n";
  plan_ = on_.plan(plain);
  context_ = std::make_unique<ExecutionContext>(plan_, 1);
  for (int64_t batch : {0, 3, 0, 0, 0, 3}) {
    Values inputs{floats({batch, 6}, 5)};
    Buffers buffers = bind(inputs, all_there);
    buffers.write(inputs);
    context_->run(buffers.in, buffers.out);
    expect_equal(buffers.read(), expected_of(inputs, plain));
  }
}

TEST_F(HostMemoryPlanThreads, tuning_times_both_sides_with_the_devices_keys) {
  TimingCache cache;
  plan_ = on_.tuned_plan(both_sides, cache);
  std::string timings = cache.to_text();
  for (const char* part : {"host_memory, host memory | device.reference | ", "| host.reference | ",
                           "host_memory, host memory | reformat | f32 -> f32@device | "})
    EXPECT_THAT(timings, HasSubstr(part));
  context_ = std::make_unique<ExecutionContext>(plan_, 1);
  for (int64_t batch : {4, 2}) check_one(batch, 1, every_second);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // nothing is counted there

TEST_F(HostMemoryPlanThreads, enqueueing_a_known_shape_allocates_nothing) {
  std::shared_ptr<void> stream = device_.make_stream();
  for (auto there : {all_there, none_there, every_second}) {
    Values small = inputs_of(3, 1), large = inputs_of(8, 1);
    std::vector<Extents> small_extents = extents_of(small), large_extents = extents_of(large);
    Buffers a = bind(small, there), b = bind(large, there);
    a.write(small), b.write(large);
    auto both = [&] {
      context_->set_shapes(small_extents);
      context_->enqueue(a.in, a.out, stream.get());
      context_->set_shapes(large_extents);
      context_->enqueue(b.in, b.out, stream.get());
    };
    for (int i = 0; i < 3; ++i) both();
    int64_t before = allocations_made_by_this_thread();
    for (int i = 0; i < 10; ++i) both();
    EXPECT_EQ(allocations_made_by_this_thread() - before, 0);
    device_.synchronize(stream.get());
    expect_equal(a.read(), expected_of(small));
    expect_equal(b.read(), expected_of(large));
  }
}

#endif

}  // namespace
}  // namespace tenon
