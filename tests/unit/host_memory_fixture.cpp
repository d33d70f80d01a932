#include "host_memory_fixture.h"

#include "ir/text.h"

namespace tenon {

const char* const both_sides =
    "x = input() type=f32[N,6]\n"
    "i = input() type=i64[N]\n"
    "w = constant() data=f32[6,5]~1\n"
    "b = constant() data=f32[5]~2\n"
    "r = relu(x)\n"
    "m = matmul(r, w)\n"
    "a = add(m, b)\n"
    "s = softmax(a)\n"
    "g = gather(s, i)\n"
    "y = reduce(g) kind=sum axes=1\n"
    "return y, g, s, s, x, b\n";

Weights floats(const Extents& extents, int seed) {
  std::vector<float> values(size_t(extents.count()));
  for (size_t k = 0; k < values.size(); ++k) values[k] = float((k + size_t(seed) * 131) * 2654435761u % 1024) / 512 - 1;
  return make_weights(ElementType::f32, extents, values);
}

Values inputs_of(int64_t batch, int seed) {
  std::vector<int64_t> indices(static_cast<size_t>(batch));
  for (int64_t k = 0; k < batch; ++k) indices[size_t(k)] = (k * 7 + seed) % batch;
  return {floats({batch, 6}, seed), make_weights(ElementType::i64, {batch}, indices)};
}

std::vector<Extents> extents_of(const Values& inputs) {
  std::vector<Extents> extents;
  for (const Weights& w : inputs) extents.push_back(w->extents);
  return extents;
}

Values expected_of(const Values& inputs, const char* network) { return run_built(parse(network), inputs, false); }

void expect_equal(const Values& found, const Values& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i]->extents, expected[i]->extents);
    EXPECT_TRUE(equal_bytes(*found[i], *expected[i])) << "output " << i;
  }
}

bool all_there(size_t) { return true; }
bool none_there(size_t) { return false; }
bool every_second(size_t i) { return i % 2 == 0; }

Buffers::Buffers(HostMemoryDevice& d, const Plan& plan, const ExecutionContext& context, const Values& inputs,
                 Placing there)
    : device(d) {
  auto add = [&](int64_t bytes) {
    bool on_device = there(memory.size());
    memory.push_back(on_device ? device.allocate(bytes, "a buffer") : device.allocate_host(bytes, "a buffer"));
    return memory.back().get();
  };
  for (const Weights& w : inputs) in.push_back(add(w->bytes()));
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    View view;
    results.push_back(make_weights(plan.outputs[i].type.element, context.output_extents(int(i)), view));
    out.push_back(add(results.back()->bytes()));
  }
}

void Buffers::write(const Values& inputs) {
  for (size_t i = 0; i < in.size(); ++i)
    device.copy(const_cast<void*>(in[i]), inputs[i]->data, inputs[i]->bytes(), nullptr);
  for (size_t i = 0; i < out.size(); ++i) device.fill(out[i], 0xff, results[i]->bytes(), nullptr);
  device.synchronize(nullptr);
}

const Values& Buffers::read() {
  for (size_t i = 0; i < out.size(); ++i)
    device.copy(const_cast<std::byte*>(results[i]->data), out[i], results[i]->bytes(), nullptr);
  device.synchronize(nullptr);
  return results;
}

Buffers HostMemoryPlanThreads::bind(const Values& inputs, Placing there) {
  context_->set_shapes(extents_of(inputs));
  return Buffers(device_, *plan_, *context_, inputs, there);
}

void HostMemoryPlanThreads::check_run(Buffers& buffers, const Values& inputs, const char* network) {
  buffers.write(inputs);
  context_->run(buffers.in, buffers.out);
  expect_equal(buffers.read(), expected_of(inputs, network));
}

void HostMemoryPlanThreads::check_one(int64_t batch, int seed, Placing there) {
  SCOPED_TRACE(concat("batch ", batch, ", seed ", seed));
  Values inputs = inputs_of(batch, seed);
  Buffers buffers = bind(inputs, there);
  check_run(buffers, inputs);
}

}  // namespace tenon
