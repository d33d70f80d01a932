// The public API's objects, as shells use them.
#include "objects/objects.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "text_case.h"

namespace tenon::objects {
namespace {

struct Lines final : LogSink {
  std::vector<std::string> errors;
  void log(Severity severity, const char* text) override {
    if (severity <= Severity::error) errors.emplace_back(text);
  }
};

Dims dims(std::initializer_list<int64_t> list) {
  Dims d;
  for (int64_t x : list) d.d[d.n++] = x;
  return d;
}

class Objects : public ::testing::Test {
 protected:
  std::shared_ptr<Lines> lines = std::make_shared<Lines>();
  std::shared_ptr<Builder> builder = create_builder(lines);
  std::shared_ptr<Network> network = builder->create_network(false);
  std::shared_ptr<BuilderConfig> config = builder->create_config();

  PoolingLayer* pool(const Dims& shape) {
    Tensor* x = network->add_input("x", DataType::float_, shape);
    PoolingLayer* layer = network->add<PoolingLayer>({x}, PoolingType::max, dims({2, 2}));
    layer->stride = dims({2, 2});
    layer->changed();
    layer->output(0)->name = "y";
    network->mark_output(*layer->output(0));
    return layer;
  }
};

std::vector<float> numbers(size_t count) {
  std::vector<float> list(count);
  for (size_t i = 0; i < count; ++i) list[i] = float((i * 2654435761U) % 10007) - 5000;
  return list;
}

void expect_pooled(const std::vector<float>& x, const std::vector<float>& y, int64_t planes, int64_t h, int64_t w) {
  for (int64_t p = 0; p < planes; ++p)
    for (int64_t i = 0; i < h / 2; ++i)
      for (int64_t j = 0; j < w / 2; ++j) {
        const float* q = &x[size_t(p * h * w + 2 * i * w + 2 * j)];
        EXPECT_EQ(y[size_t((p * (h / 2) + i) * (w / 2) + j)], std::max({q[0], q[1], q[w], q[w + 1]}));
      }
}

TEST_F(Objects, a_built_engine_survives_bytes_and_pools_exactly) {
  pool(dims({1, 3, 6, 8}));
  auto bytes = builder->build_serialized(*network, *config);
  auto engine = create_runtime(lines)->deserialize(bytes->data(), bytes->size());
  auto context = engine->create_context();
  std::vector<float> x = numbers(3 * 6 * 8), y(3 * 3 * 4);
  void* bindings[] = {x.data(), y.data()};
  context->execute_v2(bindings);
  expect_pooled(x, y, 3, 6, 8);
  EXPECT_EQ(engine->io_index("y"), 1);
  EXPECT_EQ(engine->mode_of("z"), TensorIOMode::none);
  EXPECT_TRUE(lines->errors.empty());
}

TEST_F(Objects, a_profile_bounds_open_extents) {
  PoolingLayer* layer = pool(dims({-1, 3, 4, -1}));
  EXPECT_EQ(layer->output(0)->dimensions(), dims({-1, 3, 2, -1}));
  OptimizationProfile* profile = builder->create_profile();
  profile->set_dimensions("x", OptProfileSelector::min, dims({1, 3, 4, 2}));
  profile->set_dimensions("x", OptProfileSelector::opt, dims({2, 3, 4, 8}));
  EXPECT_FALSE(profile->is_valid());
  profile->set_dimensions("x", OptProfileSelector::max, dims({4, 3, 4, 16}));
  config->add_profile(profile);
  auto engine = builder->build_engine(*network, *config);
  EXPECT_EQ(engine->profile_shape("x", 0, OptProfileSelector::max), dims({4, 3, 4, 16}));
  auto context = engine->create_context();
  EXPECT_FALSE(context->all_input_dimensions_specified());
  EXPECT_EQ(context->shape_of("y"), dims({-1, 3, 2, -1}));
  EXPECT_THROW(context->set_input_shape("x", dims({5, 3, 4, 8})), Error);
  EXPECT_THROW(context->set_input_shape("x", dims({2, 2, 4, 8})), Error);
  context->set_input_shape("x", dims({3, 3, 4, 10}));
  EXPECT_EQ(context->shape_of("y"), dims({3, 3, 2, 5}));
  std::vector<float> x = numbers(3 * 3 * 4 * 10), y(3 * 3 * 2 * 5);
  EXPECT_THROW(context->enqueue_v3(nullptr), Error);
  context->set_input_tensor_address("x", x.data());
  context->set_tensor_address("y", y.data());
  context->enqueue_v3(nullptr);
  expect_pooled(x, y, 9, 4, 10);
}

TEST_F(Objects, layers_can_be_changed_after_their_shapes_were_asked_for) {
  PoolingLayer* layer = pool(dims({1, 1, 9, 9}));
  EXPECT_EQ(layer->output(0)->dimensions(), dims({1, 1, 4, 4}));
  layer->padding_mode = PaddingMode::same_upper;
  layer->changed();
  EXPECT_EQ(layer->output(0)->dimensions(), dims({1, 1, 5, 5}));
  network->input(0)->set_dimensions(dims({1, 2, 4, 4}));
  EXPECT_EQ(layer->output(0)->dimensions(), dims({1, 2, 2, 2}));
  layer->set_padding(dims({1, 1, 1}));
  layer->changed();
  EXPECT_THROW(layer->output(0)->dimensions(), Error);
}

TEST_F(Objects, a_precision_is_obeyed_where_a_flag_says_so) {
  PoolingLayer* layer = pool(dims({1, 1, 2, 2}));
  layer->set_precision(DataType::half);
  float x[] = {1, 1.0002F, 0, -1}, y = 0;
  auto run = [&] {
    auto context = builder->build_engine(*network, *config)->create_context();
    void* bindings[] = {x, &y};
    context->execute_v2(bindings);
    return y;
  };
  EXPECT_EQ(run(), 1.0002F);
  for (BuilderFlag flag : {BuilderFlag::prefer_precision_constraints, BuilderFlag::obey_precision_constraints}) {
    config->set_flag(flag);
    EXPECT_EQ(run(), 1) << "in f16 the two numbers are one";
    config->clear_flag(flag);
  }
  layer->reset_precision();
  layer->set_output_type(0, DataType::half);
  config->set_flag(BuilderFlag::obey_precision_constraints);
  EXPECT_EQ(run(), 1);
  layer->set_precision(DataType::int8);
  EXPECT_THROW(run(), Error);
  config->clear_flag(BuilderFlag::obey_precision_constraints);
  config->set_flag(BuilderFlag::prefer_precision_constraints);
  EXPECT_EQ(run(), 1);
  EXPECT_TRUE(lines->errors.empty());
}

TEST_F(Objects, a_strongly_typed_network_refuses_flags_that_change_types) {
  PoolingLayer* layer = pool(dims({1, 1, 2, 2}));
  network->strongly_typed = true;
  layer->set_precision(DataType::half);  // says nothing here
  EXPECT_NE(builder->build_engine(*network, *config), nullptr);
  config->set_flag(BuilderFlag::fp16);
  EXPECT_THROW(builder->build_engine(*network, *config), Error);
}

TEST_F(Objects, wrong_calls_are_refused_and_reported_once) {
  pool(dims({1, 1, 4, 4}));
  EXPECT_THROW(network->input(7), Error);
  EXPECT_THROW(network->add_input("x", DataType::float_, dims({1})), Error);
  EXPECT_THROW(network->add_input(nullptr, DataType::float_, dims({1})), Error);
  auto other = builder->create_network(false);
  EXPECT_THROW(other->mark_output(*network->input(0)), Error);
  try {
    network->layer(3);
  } catch (...) {
    network->report_exception("INetworkDefinition::getLayer");
  }
  ASSERT_EQ(lines->errors.size(), 1U);
  EXPECT_EQ(lines->errors[0], "INetworkDefinition::getLayer: TN101: layer 3 does not exist; there are 1");
  const char junk[] = "no engine at all";
  EXPECT_THROW(create_runtime(lines)->deserialize(junk, sizeof junk), Error);
  EXPECT_THROW(create_runtime(lines)->deserialize(nullptr, 5), Error);
}

TEST_F(Objects, a_parsed_model_shows_its_layers) {
  auto parser = create_parser(*network, lines);
  EXPECT_FALSE(parser->parse("junk", 4, nullptr));
  EXPECT_EQ(parser->nb_errors(), 1);
  EXPECT_EQ(network->get_nb_layers(), 0);
  parser->clear_errors();
  ASSERT_TRUE(parser->parse_from_file((source_folder() + "/examples/digits/digits.onnx").c_str(), 0));
  EXPECT_EQ(parser->nb_errors(), 0);
  EXPECT_GT(network->get_nb_layers(), 3);
  EXPECT_EQ(network->get_nb_inputs(), 1);
  bool convolves = false;
  for (int32_t i = 0; i < network->get_nb_layers(); ++i) convolves |= network->layer(i)->type == LayerType::convolution;
  EXPECT_TRUE(convolves);
  auto engine = builder->build_engine(*network, *config);
  EXPECT_EQ(engine->io_name(0), network->input(0)->name);
  EXPECT_TRUE(parser->supports_operator("Conv"));
  EXPECT_FALSE(parser->supports_operator("Convolve"));
}

}  // namespace
}  // namespace tenon::objects
