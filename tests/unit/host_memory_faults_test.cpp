// Plans on the host-memory device when something goes wrong, or goes away: errors told once, nothing lost, nothing used
// after it is gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "gate.h"
#include "host_memory_fixture.h"

namespace tenon {
namespace {

using testing::HasSubstr;

// An index out of range in the host step between two device steps.
Values with_bad_index() {
  return {inputs_of(4, 1)[0], make_weights(ElementType::i64, {4}, std::vector<int64_t>{0, 1, 99, 3})};
}

TEST_F(HostMemoryPlanThreads, a_context_that_goes_waits_for_its_runs) {
  Values inputs = inputs_of(4, 1);
  Buffers buffers = bind(inputs, every_second);
  std::shared_ptr<void> stream = device_.make_stream();
  auto run = [&] { context_->enqueue(buffers.in, buffers.out, stream.get()); };
  std::unique_ptr<Recording> graph = record(device_, stream.get(), run);
  for (int kind : {0, 1, 2}) {  // launched one by one, as a recording, as the program's
    buffers.write(inputs);
    Gate gate;
    device_.call_host(Gate::call, &gate, stream.get());
    gate.open_soon();
    if (kind == 2) graph->launch(stream.get());
    else run();
    if (kind == 1) run();
    if (kind > 0) context_.reset();
    device_.synchronize(stream.get());
    expect_equal(buffers.read(), expected_of(inputs));
    if (kind != 1) continue;
    context_ = std::make_unique<ExecutionContext>(plan_, 1);
    context_->set_shapes(extents_of(inputs));
    graph = record(device_, stream.get(), run);
  }
}

TEST_F(HostMemoryPlanThreads, a_context_without_memory_of_its_own_waits_too) {
  plan_ = on_.plan("x = input() type=f32[N]\ny = neg(x)\nreturn y\n");
  context_ = std::make_unique<ExecutionContext>(plan_, 1);
  Values inputs{floats({5}, 1)};
  Buffers buffers = bind(inputs);
  EXPECT_EQ(context_->arena_bytes(), 0);
  buffers.write(inputs);
  std::shared_ptr<void> stream = device_.make_stream();
  Gate gate;
  gate.open_soon();
  device_.call_host(Gate::call, &gate, stream.get());
  context_->enqueue(buffers.in, buffers.out, stream.get());
  context_.reset();
  EXPECT_EQ(*static_cast<const float*>(buffers.out[0]), -inputs[0]->view().as<float>()[0]);
}

TEST_F(HostMemoryPlanThreads, a_failed_host_step_is_told_by_run_and_the_next_is_right) {
  Values good = inputs_of(4, 1), bad = with_bad_index();
  Buffers buffers = bind(good, every_second);
  for (int i = 0; i < 3; ++i) {  // one by one, then as a recording
    buffers.write(bad);
    std::string error = error_of([&] { context_->run(buffers.in, buffers.out); });
    EXPECT_THAT(error, HasSubstr("index 99 at position 2 is out of range for extent 4"));
    check_run(buffers, good);
  }
}

TEST_F(HostMemoryPlanThreads, a_failed_host_step_on_a_programs_stream_is_told_by_the_next_call) {
  Values good = inputs_of(4, 1), bad = with_bad_index();
  Buffers buffers = bind(good, every_second);
  std::shared_ptr<void> stream = device_.make_stream();
  auto enqueue = [&] { context_->enqueue(buffers.in, buffers.out, stream.get()); };
  for (int i = 0; i < 3; ++i) {
    buffers.write(bad);
    enqueue();
    device_.synchronize(stream.get());
    EXPECT_THAT(error_of(enqueue), HasSubstr("index 99"));
    buffers.write(good);
    enqueue();
    device_.synchronize(stream.get());
    expect_equal(buffers.read(), expected_of(good));
  }
}

TEST_F(HostMemoryPlanThreads, a_failed_kernel_is_told_and_the_next_run_is_right) {
  Values inputs = inputs_of(4, 1);
  Buffers buffers = bind(inputs, every_second);
  for (int i = 0; i < 3; ++i) {
    on_.provider.faults().kernel_fails = true;
    EXPECT_THAT(error_of([&] { context_->run(buffers.in, buffers.out); }), HasSubstr("a kernel failed on its stream"));
    on_.provider.faults().kernel_fails = false;
    check_run(buffers, inputs);
  }
}

TEST_F(HostMemoryPlanThreads, a_host_step_that_fails_before_a_kernel_says_why) {
  Values bad = with_bad_index();
  Buffers buffers = bind(bad, every_second);
  buffers.write(bad);
  on_.provider.faults().kernel_fails = true;
  EXPECT_THAT(error_of([&] { context_->run(buffers.in, buffers.out); }), HasSubstr("index 99"));
  on_.provider.faults().kernel_fails = false;
  check_run(buffers, inputs_of(4, 1));
}

TEST_F(HostMemoryPlanThreads, a_launch_that_fails_leaves_nothing_half_recorded) {
  Values inputs = inputs_of(4, 1);
  Buffers buffers = bind(inputs, every_second);
  check_run(buffers, inputs);
  on_.provider.faults().launch_fails = true;  // the second run makes a recording
  EXPECT_THAT(error_of([&] { context_->run(buffers.in, buffers.out); }), HasSubstr("a kernel cannot be launched"));
  on_.provider.faults().launch_fails = false;
  EXPECT_EQ(launches_of([&] { check_run(buffers, inputs); }), 1);
}

TEST_F(HostMemoryPlanThreads, a_context_that_waits_for_its_run_is_in_use) {
  Values inputs = inputs_of(4, 1);
  Buffers buffers = bind(inputs, every_second);
  auto& faults = on_.provider.faults();
  for (int i = 0; i < 3; ++i) {
    buffers.write(inputs);
    faults.host_step_waits = true;
    faults.host_step_entered = false;
    std::thread first([&] { context_->run(buffers.in, buffers.out); });
    while (!faults.host_step_entered) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // it waits for the stream by now
    EXPECT_THAT(error_of([&] { context_->run(buffers.in, buffers.out); }), HasSubstr("TN106"));
    EXPECT_THAT(error_of([&] { context_->set_shapes(extents_of(inputs_of(5, 1))); }), HasSubstr("TN106"));
    faults.host_step_waits = false;
    first.join();
    expect_equal(buffers.read(), expected_of(inputs));
  }
}

// Recordings of shapes that are forgotten, while what they call is still to run.
TEST_F(HostMemoryPlanThreads, forgotten_shapes_are_waited_for) {
  std::shared_ptr<void> stream = device_.make_stream();
  std::vector<Buffers> buffers;
  std::vector<Values> inputs;
  int64_t shapes = int64_t(max_shapes) + 6;
  context_->set_shapes(extents_of(inputs_of(shapes, 0)));  // the arenas have their size
  for (int64_t batch = 1; batch <= shapes; ++batch) {
    inputs.push_back(inputs_of(batch, int(batch)));
    buffers.push_back(bind(inputs.back()));
    buffers.back().write(inputs.back());
  }
  Gate gate;
  device_.call_host(Gate::call, &gate, stream.get());
  gate.open_soon();
  for (size_t k = 0; k < buffers.size(); ++k) {
    context_->set_shapes(extents_of(inputs[k]));
    for (int i = 0; i < 2; ++i) context_->enqueue(buffers[k].in, buffers[k].out, stream.get());
  }
  device_.synchronize(stream.get());
  for (size_t k = 0; k < buffers.size(); ++k) expect_equal(buffers[k].read(), expected_of(inputs[k]));
  EXPECT_EQ(device_.launches(), shapes);
}

TEST_F(HostMemoryPlanThreads, contexts_record_grow_and_go_side_by_side) {
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 3; ++round) {
        ExecutionContext mine(plan_, 1);
        for (int64_t batch : {1 + t, 9 + t, 1 + t}) {
          Values inputs = inputs_of(batch, t), expected = expected_of(inputs);
          mine.set_shapes(extents_of(inputs));
          std::vector<std::vector<std::byte>> out;
          std::vector<void*> to;
          for (const Weights& w : expected) to.push_back(out.emplace_back(size_t(w->bytes())).data());
          std::vector<const void*> from{inputs[0]->data, inputs[1]->data};
          for (int i = 0; i < 3; ++i) {
            mine.run(from, to);
            bool same = true;
            for (size_t k = 0; k < out.size(); ++k)
              same = same && std::memcmp(out[k].data(), expected[k]->data, out[k].size()) == 0;
            right += same;
          }
        }
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(right, 4 * 3 * 3 * 3);
}

// On a device whose memory is soon used up.
TEST(HostMemoryLimitThreads, a_build_without_room_for_weights_is_an_error_and_leaves_nothing) {
  OnHostMemory small(1000);
  const char* heavy = "x = input() type=f32[N,400]\nb = constant() data=f32[400]~1\ny = add(x, b)\nreturn y\n";
  EXPECT_THAT(error_of([&] { small.plan(heavy); }),
              HasSubstr("TN401: no 1600 bytes of the device's memory for weights"));
  EXPECT_EQ(small.device.bytes_in_use(Space::device), 0);
  EXPECT_NE(small.plan("x = input() type=f32[N,4]\nb = constant() data=f32[4]~1\ny = add(x, b)\nreturn y\n"), nullptr);
}

TEST(HostMemoryLimitThreads, arenas_that_cannot_grow_stay_as_they_were) {
  OnHostMemory small(16 << 10);
  std::shared_ptr<const Plan> plan = small.plan(both_sides);
  ExecutionContext context(plan, 1);
  Values inputs = inputs_of(4, 1);
  context.set_shapes(extents_of(inputs));
  Buffers buffers(small.device, *plan, context, inputs, all_there);
  auto check_run = [&] {
    buffers.write(inputs);
    context.run(buffers.in, buffers.out);
    expect_equal(buffers.read(), expected_of(inputs));
  };
  check_run(), check_run();
  EXPECT_EQ(small.device.launches(), 1);
  int64_t arena = context.arena_bytes(), used = small.device.bytes_in_use(Space::device);
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(error_of([&] { context.set_shapes(extents_of(inputs_of(2000, 1))); }), HasSubstr("TN401"));
  EXPECT_EQ(context.output_extents(0), (Extents{4, 1})) << "the shape of before";
  check_run();
  EXPECT_EQ(small.device.launches(), 2) << "its recording too";
  EXPECT_EQ(context.arena_bytes(), arena);
  EXPECT_EQ(small.device.bytes_in_use(Space::device), used);
}

TEST(HostMemoryLimitThreads, what_stands_in_for_host_memory_may_find_no_room) {
  OnHostMemory small(16 << 10);
  std::shared_ptr<const Plan> plan = small.plan("x = input() type=f32[N]\ny = neg(x)\nreturn y\n",
                                                {.ranges = {{"N", {1, 3000}}}, .typical = {{"N", 5}}});
  ExecutionContext context(plan, 1);
  auto run = [&](int64_t count) {
    Extents extents{count};
    context.set_shapes({&extents, 1});
    std::vector<float> x(size_t(count), 2.f), y(size_t(count), 0.f);
    const void* from = x.data();
    void* to = y.data();
    context.run({&from, 1}, {&to, 1});
    EXPECT_EQ(y, std::vector<float>(size_t(count), -2.f));
  };
  run(5);
  EXPECT_THAT(error_of([&] { run(3000); }), HasSubstr("memory for an input or output"));
  run(5), run(6);
}

}  // namespace
}  // namespace tenon
