// The ONNX reader: what it takes from a file, and that no file, however damaged, is more than an Error to it.
#include "onnx/model.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "onnx/external_data.h"

namespace tenon::onnx {
namespace {

// Writes one message; a message in it is written first and given as text.
struct Writer {
  std::string out;

  Writer& plain_varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += char(value | 0x80);
    out += char(value);
    return *this;
  }
  Writer& key(uint64_t number, int wire_type) { return plain_varint(number << 3 | unsigned(wire_type)); }
  Writer& number(uint64_t field, int64_t value) { return key(field, 0).plain_varint(uint64_t(value)); }
  Writer& text(uint64_t field, const std::string& value) {
    key(field, 2).plain_varint(value.size());
    out += value;
    return *this;
  }
  Writer& message(uint64_t field, const Writer& value) { return text(field, value.out); }
  template <class T>
  Writer& fixed(uint64_t field, T value) {
    key(field, sizeof(T) == 4 ? 5 : 1);
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Writer& packed(uint64_t field, const std::vector<int64_t>& values) {
    Writer list;
    for (int64_t value : values) list.plain_varint(uint64_t(value));
    return message(field, list);
  }
};

template <class T>
std::string raw_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

Model read(const std::string& file, const Limits& limits = {}) {
  std::span<const std::byte> bytes = std::as_bytes(std::span(file));
  return read_model({bytes.begin(), bytes.end()}, limits);
}

Writer model_of(const Writer& graph) { return Writer().number(1, 8).message(7, graph); }

Writer tensor_of(int type, const std::vector<int64_t>& dims, const std::string& name = "t") {
  Writer tensor;
  for (int64_t d : dims) tensor.number(1, d);
  return tensor.number(2, type).text(8, name);
}

Model model_with(const Writer& tensor) { return read(model_of(Writer().message(5, tensor)).out); }
TensorData first_data(const Model& model) { return data_of(model.graph.initializers.at(0), ExternalData()); }
Model model_with_attribute(const Writer& attribute) {
  return read(model_of(Writer().message(1, Writer().text(4, "Op").message(5, attribute))).out);
}

struct Refusal {
  ErrorId id = ErrorId::internal;
  std::string text = "nothing was refused";
  bool says(const std::string& words) const { return text.find(words) != text.npos; }
};
std::ostream& operator<<(std::ostream& out, const Refusal& r) { return out << r.text; }

template <class Call>
Refusal refusal_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.id(), error.what()};
  }
  return {};
}
Refusal refused(const std::string& file, const Limits& limits = {}) {
  return refusal_of([&] { read(file, limits); });
}
Refusal refused(const Writer& file) { return refused(file.out); }
Refusal refused_data(const Writer& tensor) {
  Model model = model_with(tensor);
  return refusal_of([&] { first_data(model); });
}

#define EXPECT_REFUSED(refusal, error, words)                  \
  do {                                                         \
    Refusal r = refusal;                                       \
    EXPECT_TRUE(r.id == ErrorId::error && r.says(words)) << r; \
  } while (false)

// Every kind of message once, in few bytes.
Writer tiny_model() {
  Writer shape = Writer().message(1, Writer().number(1, 2)).message(1, Writer().text(2, "n")).message(1, Writer());
  Writer tensor_type = Writer().message(1, Writer().number(1, 1).message(2, shape));
  Writer sequence = Writer().message(4, Writer().message(1, tensor_type));
  Writer map = Writer().message(5, Writer().number(1, 8).message(2, tensor_type));
  Writer weights = tensor_of(1, {2}, "w").text(9, raw_of<float>({1, 2}));
  Writer sparse = Writer()
                      .message(1, tensor_of(1, {1}, "v").text(4, raw_of<float>({5})))
                      .message(2, tensor_of(7, {1}, "i").packed(7, {3}))
                      .number(3, 8);
  Writer branch = Writer().text(2, "branch").message(1, Writer().text(4, "Neg").text(1, "x").text(2, "y"));
  Writer node = Writer().text(1, "x").text(1, "").text(2, "y").text(3, "n0").text(4, "If").text(7, "").text(8, "o");
  node.message(5, Writer().text(1, "f").fixed(2, 1.5f).number(20, 1))
      .message(5, Writer().text(1, "i").number(3, -3).number(20, 2))
      .message(5, Writer().text(1, "s").text(4, "abc").number(20, 3))
      .message(5, Writer().text(1, "t").message(5, weights).number(20, 4))
      .message(5, Writer().text(1, "g").message(6, branch).number(20, 5))
      .message(5, Writer().text(1, "fs").text(7, raw_of<float>({1, 2})).fixed(7, 3.f).number(20, 6))
      .message(5, Writer().text(1, "is").packed(8, {1, -1}).number(8, 300).number(20, 7))
      .message(5, Writer().text(1, "ss").text(9, "a").text(9, "").number(20, 8))
      .message(5, Writer().text(1, "ts").message(10, weights).message(10, weights).number(20, 9))
      .message(5, Writer().text(1, "gs").message(11, branch).number(20, 10))
      .message(5, Writer().text(1, "st").message(22, sparse).number(20, 11))
      .message(5, Writer().text(1, "sts").message(23, sparse).number(20, 12))
      .message(5, Writer().text(1, "tp").message(14, sequence).number(20, 13))
      .message(5, Writer().text(1, "tps").message(15, map).message(15, tensor_type).number(20, 14))
      .message(5, Writer().text(1, "r").text(21, "outer").number(20, 2))
      .message(9, Writer().text(1, "k").text(2, "v"));
  Writer graph = Writer().message(1, node).text(2, "main").message(5, weights).message(15, sparse);
  graph.message(11, Writer().text(1, "x").message(2, tensor_type))
      .message(12, Writer().text(1, "y").message(2, Writer().message(9, Writer().message(1, sequence))))
      .message(13, Writer().text(1, "z").message(2, Writer().message(8, Writer().number(1, 11))));
  Writer function = Writer().text(1, "F").text(4, "a").text(5, "b").text(6, "alpha").text(10, "d").text(13, "v1");
  function.message(7, Writer().text(4, "Relu"))
      .message(9, Writer().text(1, "").number(2, 18))
      .message(11, Writer().text(1, "beta").fixed(2, 2.f).number(20, 1))
      .message(12, Writer().text(1, "a").message(2, tensor_type));
  return Writer()
      .number(1, 9)
      .text(2, "maker")
      .text(3, "1.0")
      .text(4, "org")
      .number(5, 7)
      .message(7, graph)
      .message(8, Writer().number(2, 18))
      .message(14, Writer().text(1, "key").text(2, "value"))
      .message(25, function);
}

TEST(OnnxModel, HoldsWhatTheFileSays) {
  Model m = read(tiny_model().out);
  EXPECT_EQ(m.ir_version, 9);
  EXPECT_EQ(m.producer_name + m.producer_version + m.domain, "maker1.0org");
  EXPECT_EQ(m.model_version, 7);
  EXPECT_EQ(m.opsets.at(0).version, 18);
  EXPECT_EQ(m.metadata.at(0).key + m.metadata.at(0).value, "keyvalue");
  EXPECT_EQ(m.unknown_fields, 0);
  EXPECT_EQ(m.graph.name, "main");
  EXPECT_EQ(m.graph.initializers.at(0).dims, std::vector<int64_t>{2});
  EXPECT_EQ(m.graph.sparse_initializers.at(0).dims, std::vector<int64_t>{8});
  EXPECT_EQ(m.graph.sparse_initializers.at(0).indices.at(0).name, "i");

  const Function& f = m.functions.at(0);
  EXPECT_EQ(f.name + f.inputs.at(0) + f.outputs.at(0) + f.attributes.at(0) + f.domain + f.overload, "Fabalphadv1");
  EXPECT_EQ(f.nodes.at(0).op_type, "Relu");
  EXPECT_EQ(f.opsets.at(0).version, 18);
  EXPECT_EQ(f.defaults.at(0).f, 2);
  EXPECT_EQ(f.value_info.at(0).name, "a");
}

TEST(OnnxModel, HoldsTypesOfEveryKind) {
  Model m = read(tiny_model().out);
  const Type& input = m.graph.inputs.at(0).type;
  EXPECT_EQ(input.kind, TypeKind::tensor);
  EXPECT_EQ(input.element_type, 1);
  ASSERT_EQ(input.shape.value().size(), 3u);
  EXPECT_EQ(input.shape->at(0).value, 2);
  EXPECT_EQ(input.shape->at(1).param, "n");
  EXPECT_FALSE(input.shape->at(2).value || !input.shape->at(2).param.empty());
  const Type& output = m.graph.outputs.at(0).type;
  EXPECT_EQ(output.kind, TypeKind::optional);
  EXPECT_EQ(output.inner.at(0).kind, TypeKind::sequence);
  EXPECT_EQ(output.inner.at(0).inner.at(0).kind, TypeKind::tensor);
  const Type& sparse = m.graph.value_info.at(0).type;
  EXPECT_EQ(sparse.kind, TypeKind::sparse_tensor);
  EXPECT_FALSE(sparse.shape);
  const Type& map = m.graph.nodes.at(0).attributes.at(13).types.at(0);
  EXPECT_EQ(map.kind, TypeKind::map);
  EXPECT_EQ(map.key_type, 8);
  EXPECT_EQ(map.inner.at(0).kind, TypeKind::tensor);
}

TEST(OnnxModel, HoldsAttributesOfEveryKind) {
  Model m = read(tiny_model().out);
  const Node& node = m.graph.nodes.at(0);
  EXPECT_EQ(node.name + node.op_type + node.domain + node.overload, "n0Ifo");
  EXPECT_EQ(node.inputs, (std::vector<std::string>{"x", ""}));
  EXPECT_EQ(node.metadata.at(0).value, "v");
  const std::vector<Attribute>& a = node.attributes;
  ASSERT_EQ(a.size(), 15u);
  for (int kind = 1; kind <= 14; ++kind) EXPECT_EQ(a[kind - 1].kind, AttributeKind(kind));
  EXPECT_EQ(a[0].f, 1.5f);
  EXPECT_EQ(a[1].i, -3);
  EXPECT_EQ(a[2].s, "abc");
  EXPECT_EQ(a[3].tensors.at(0).name, "w");
  EXPECT_EQ(a[4].graphs.at(0).nodes.at(0).op_type, "Neg");
  EXPECT_EQ(a[5].floats, (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(a[6].ints, (std::vector<int64_t>{1, -1, 300}));
  EXPECT_EQ(a[7].strings, (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(a[8].tensors.size(), 2u);
  EXPECT_EQ(a[9].graphs.size(), 1u);
  EXPECT_EQ(a[10].sparse_tensors.size(), 1u);
  EXPECT_EQ(a[12].types.at(0).kind, TypeKind::sequence);
  EXPECT_EQ(a[14].reference, "outer");
  EXPECT_STREQ(name_of(AttributeKind::types), "TYPE_PROTOS");
}

void read_all_data(const Graph& graph) {
  for (const Tensor& tensor : graph.initializers) data_of(tensor, ExternalData());
  for (const Node& node : graph.nodes)
    for (const Attribute& attribute : node.attributes) {
      for (const Tensor& tensor : attribute.tensors) data_of(tensor, ExternalData());
      for (const SparseTensor& tensor : attribute.sparse_tensors) data_of(tensor.indices.at(0), ExternalData());
    }
}

bool is_read_or_refused(const std::string& file) {
  Refusal r = refusal_of([&] { read_all_data(read(file).graph); });
  return r.id != ErrorId::internal || r.says("nothing was refused");
}

TEST(OnnxModel, CutOffAnywhereIsReadOrRefused) {
  std::string file = tiny_model().out;
  for (size_t size = 0; size < file.size(); ++size) EXPECT_TRUE(is_read_or_refused(file.substr(0, size))) << size;
}

TEST(OnnxModel, WithAnyBitFlippedIsReadOrRefused) {
  std::string file = tiny_model().out;
  ASSERT_LT(file.size(), 2000u);
  for (size_t bit = 0; bit < file.size() * 8; ++bit) {
    file[bit / 8] ^= char(1 << bit % 8);
    EXPECT_TRUE(is_read_or_refused(file)) << bit;
    file[bit / 8] ^= char(1 << bit % 8);
  }
}

TEST(OnnxModel, FilesOfOtherKindsAreRefusedByName) {
  EXPECT_REFUSED(refused(""), onnx_malformed, "the file is empty");
  EXPECT_REFUSED(refused("# Notes\nNo model here."), onnx_malformed,
                 "a text file, not an ONNX model; it begins with '# N");
  EXPECT_REFUSED(refused("Modèle"), onnx_malformed, "text file");
  EXPECT_REFUSED(refused("version https://git-lfs.github.com/spec/v1\noid"), onnx_malformed, "git lfs pull");
  EXPECT_REFUSED(refused(std::string("TENONENG\1\0\0", 11)), onnx_malformed, "this is an engine; load it with load()");
  EXPECT_REFUSED(refused(Writer().number(1, 8)), onnx_malformed, "holds no graph");
}

TEST(OnnxModel, DamagedEncodingIsRefused) {
  std::string overlong(10, '\x80'), too_large(9, '\xff');
  EXPECT_REFUSED(refused("\x08" + overlong + '\1'), onnx_malformed, "longer than 64 bits");
  EXPECT_REFUSED(refused("\x08" + too_large + '\2'), onnx_malformed, "longer than 64 bits");
  EXPECT_REFUSED(refused("\x08" + too_large), onnx_malformed, "cut off");
  EXPECT_REFUSED(refused(std::string("\x08")), onnx_malformed, "cut off");
  EXPECT_REFUSED(refused(Writer().key(0, 0).plain_varint(1)), onnx_malformed, "no field can have the number 0");
  EXPECT_REFUSED(refused(Writer().key(uint64_t(1) << 29, 0).plain_varint(1)), onnx_malformed, "no field can have");
  for (int wire_type : {3, 4, 6, 7})
    EXPECT_REFUSED(refused(Writer().number(1, 8).key(1, wire_type)), onnx_malformed, "unknown wire type");
  EXPECT_REFUSED(refused(Writer().key(7, 2).plain_varint(5)), onnx_malformed, "only 0 are left");
  EXPECT_REFUSED(refused(std::string("\x55\1\2", 3)), onnx_malformed, "has 4 bytes, but only 2");
  EXPECT_REFUSED(refused(std::string("\x51\1\2", 3)), onnx_malformed, "has 8 bytes, but only 2");
}

// The low 32 bits alone would be a length that fits.
TEST(OnnxModel, LengthsAbove32BitsAreRefused) {
  Writer file = Writer().key(7, 2).plain_varint((uint64_t(1) << 32) + 2);
  EXPECT_REFUSED(refused(file.out + "ab"), onnx_malformed, "its length 4294967298 exceeds 32 bits");
}

TEST(OnnxModel, AnErrorSaysWhereItIs) {
  Writer file = model_of(Writer().message(1, Writer().text(4, "Op").message(5, Writer().key(1, 7))));
  EXPECT_REFUSED(refused(file), onnx_malformed, "in model.graph.node.attribute near byte ");
}

TEST(OnnxModel, UnknownFieldsAreSkippedAndCounted) {
  Writer graph = Writer().fixed(99, 1.f).fixed(100, 1.0).text(18999, "x").text(19500, "y").number(2, 5);
  Model m = read(model_of(graph).number(500, 1).out);
  EXPECT_EQ(m.unknown_fields, 6);  // a graph's name as a number is unknown, too
  EXPECT_EQ(m.graph.name, "");
}

TEST(OnnxModel, AMessageThatCanOccurOnceIsRefusedTwice) {
  EXPECT_REFUSED(refused(model_of(Writer()).message(7, Writer())), onnx_malformed, "field 7 occurs twice");
  Writer attribute = Writer().message(5, tensor_of(1, {})).message(5, tensor_of(1, {}));
  EXPECT_REFUSED(refusal_of([&] { model_with_attribute(attribute); }), onnx_malformed, "field 5 occurs twice");
  Writer two_types = Writer().message(1, Writer()).message(4, Writer());
  EXPECT_REFUSED(refused(model_of(Writer().message(11, Writer().message(2, two_types)))), onnx_malformed,
                 "a type is given twice");
}

TEST(OnnxModel, AttributesThatContradictThemselvesAreRefused) {
  auto refused_attribute = [](const Writer& attribute) { return refusal_of([&] { model_with_attribute(attribute); }); };
  Writer named = Writer().text(1, "axes");
  EXPECT_REFUSED(refused_attribute(Writer(named).fixed(2, 1.f).number(20, 7)), onnx_invalid,
                 "attribute 'axes' is said to be INTS, but holds FLOAT");
  EXPECT_REFUSED(refused_attribute(Writer(named).fixed(2, 1.f).number(3, 1)), onnx_invalid, "but holds");
  EXPECT_REFUSED(refused_attribute(Writer(named).number(20, 5)), onnx_invalid,
                 "is said to be GRAPH, but holds nothing");
  EXPECT_REFUSED(refused_attribute(Writer(named).number(20, 15)), onnx_invalid, "kind 15");
  EXPECT_REFUSED(refused_attribute(Writer(named).text(7, "abc")), onnx_malformed, "no whole number of elements");
  EXPECT_REFUSED(refused_attribute(Writer(named).message(22, Writer())), onnx_malformed, "sparse tensor needs");
}

TEST(OnnxModel, AnAttributeWithoutAKindTakesThatOfItsValue) {
  Model m = model_with_attribute(Writer().text(1, "axes").number(8, 1));
  EXPECT_EQ(m.graph.nodes[0].attributes[0].kind, AttributeKind::integers);
}

Writer nested_types(int count) {  // each sequence is two messages deep
  Writer type;
  for (int i = 0; i < count; ++i) type = Writer().message(4, Writer().message(1, type));
  return model_of(Writer().message(11, Writer().message(2, type)));
}

Writer nested_graphs(int count) {
  Writer graph;
  for (int i = 0; i < count; ++i) graph = Writer().message(1, Writer().message(5, Writer().message(6, graph)));
  return model_of(graph);
}

TEST(OnnxModel, NestingHasALimitThatTheErrorNames) {
  EXPECT_NO_THROW(read(nested_types(48).out));
  EXPECT_REFUSED(refused(nested_types(49)), limit_exceeded, "nested more than 100 deep");
  EXPECT_NO_THROW(read(nested_graphs(32).out));
  EXPECT_REFUSED(refused(nested_graphs(33)), limit_exceeded, "nested more than 100 deep");
  EXPECT_REFUSED(refused(nested_graphs(1000)), limit_exceeded, "nested more than 100 deep");
}

TEST(OnnxModel, EveryLimitIsKept) {
  std::string file = tiny_model().out;
  EXPECT_REFUSED(refused(file, {.file_bytes = 10}), limit_exceeded, "the limit is 10");
  EXPECT_NO_THROW(read(file, {.nodes = 4}));
  EXPECT_REFUSED(refused(file, {.nodes = 3}), limit_exceeded, "more than 3 nodes");
  EXPECT_REFUSED(refused(file, {.entries = 20}), limit_exceeded, "more than 20 messages and texts");
  EXPECT_REFUSED(refused(file, {.attribute_bytes = 20}), limit_exceeded, "attributes hold more than 20 bytes");
}

TEST(OnnxModel, TensorsPointIntoTheFileAndSurviveAMove) {
  Model m = read(tiny_model().out);
  Model moved = std::move(m);
  TensorData data = data_of(moved.graph.initializers[0], ExternalData());
  EXPECT_TRUE(data.owned.empty());
  EXPECT_GE(data.bytes.data(), moved.bytes.data());
  EXPECT_LE(data.bytes.data() + data.bytes.size(), moved.bytes.data() + moved.bytes.size());
}

struct Elements {
  int type;
  ElementType element;
  uint64_t field;
  std::vector<int64_t> values;
  std::string bytes;
  int64_t too_large;  // 0: every number fits
};

TEST(OnnxTensor, ElementsAreReadFromTheFieldOfTheirType) {
  const Elements cases[] = {
      {2, ElementType::u8, 5, {0, 255}, raw_of<uint8_t>({0, 255}), 256},
      {3, ElementType::i8, 5, {-128, 127}, raw_of<int8_t>({-128, 127}), 128},
      {4, ElementType::u16, 5, {0, 65535}, raw_of<uint16_t>({0, 65535}), -1},
      {5, ElementType::i16, 5, {-32768, 1}, raw_of<int16_t>({-32768, 1}), 32768},
      {6, ElementType::i32, 5, {INT32_MIN, 1}, raw_of<int32_t>({INT32_MIN, 1}), int64_t(1) << 31},
      {7, ElementType::i64, 7, {INT64_MIN, 1}, raw_of<int64_t>({INT64_MIN, 1}), 0},
      {9, ElementType::boolean, 5, {0, 7}, raw_of<uint8_t>({0, 1}), 0},
      {10, ElementType::f16, 5, {0x3c00, 0xffff}, raw_of<uint16_t>({0x3c00, 0xffff}), 65536},
      {12, ElementType::u32, 11, {0, UINT32_MAX}, raw_of<uint32_t>({0, UINT32_MAX}), int64_t(1) << 32},
      {13, ElementType::u64, 11, {-1, 1}, raw_of<uint64_t>({UINT64_MAX, 1}), 0},
      {16, ElementType::bf16, 5, {0x3f80, 0}, raw_of<uint16_t>({0x3f80, 0}), -1},
      {17, ElementType::f8e4m3fn, 5, {0x38, 0xff}, raw_of<uint8_t>({0x38, 0xff}), 256},
      {18, ElementType::f8e4m3fnuz, 5, {0x38, 0x80}, raw_of<uint8_t>({0x38, 0x80}), -1},
      {19, ElementType::f8e5m2, 5, {0x3c, 0xfc}, raw_of<uint8_t>({0x3c, 0xfc}), 256},
      {20, ElementType::f8e5m2fnuz, 5, {0x40, 0}, raw_of<uint8_t>({0x40, 0}), 256},
      {24, ElementType::f8e8m0, 5, {0x7f, 0xff}, raw_of<uint8_t>({0x7f, 0xff}), 256},
  };
  for (const Elements& c : cases) {
    SCOPED_TRACE(name_of_onnx_type(c.type));
    Writer empty = tensor_of(c.type, {2});
    Writer separate = Writer(empty).number(c.field, c.values[0]).number(c.field, c.values[1]);
    for (const Writer& tensor : {Writer(empty).packed(c.field, c.values), separate, Writer(empty).text(9, c.bytes)}) {
      Model m = model_with(tensor);
      TensorData data = first_data(m);
      EXPECT_EQ(data.element, c.element);
      EXPECT_EQ(data.extents, std::vector<int64_t>{2});
      EXPECT_TRUE(std::ranges::equal(data.bytes, std::as_bytes(std::span(c.bytes))));
    }
    EXPECT_REFUSED(refused_data(Writer(empty).packed(c.field, {1})), onnx_malformed,
                   "has 1 elements; its shape needs 2");
    EXPECT_REFUSED(refused_data(Writer(empty).fixed(4, 1.f).fixed(4, 1.f)), onnx_malformed,
                   "are in float_data, not in");
    EXPECT_REFUSED(refused_data(Writer(empty).text(9, "x")), onnx_malformed, "its raw_data has 1 bytes");
    if (c.too_large)
      EXPECT_REFUSED(refused_data(Writer(empty).packed(c.field, {1, c.too_large})), onnx_malformed,
                     "out of its type's range");
  }
}

TEST(OnnxTensor, ElementsOfFewerThan8BitsAreUnpacked) {
  struct Packed {
    int type;
    ElementType element;
    std::string bytes;  // of `count` elements, the last byte filled up with whatever
    int64_t count;
    std::vector<int> elements;
  };
  const Packed cases[] = {{21, ElementType::u4, "\x1f\xe8", 3, {15, 1, 8}},
                          {22, ElementType::i4, "\x1f\xe8", 3, {0xff, 1, 0xf8}},
                          {23, ElementType::f4e2m1, "\x72\x0a", 4, {2, 7, 10, 0}},
                          {25, ElementType::u2, "\x93\x06", 5, {3, 0, 1, 2, 2}},
                          {26, ElementType::i2, "\x93\x06", 5, {0xff, 0, 1, 0xfe, 0xfe}}};
  for (const Packed& c : cases) {
    SCOPED_TRACE(name_of_onnx_type(c.type));
    Writer empty = tensor_of(c.type, {c.count});
    std::vector<int64_t> numbers;
    for (char byte : c.bytes) numbers.push_back(uint8_t(byte));
    for (const Writer& tensor : {Writer(empty).text(9, c.bytes), Writer(empty).packed(5, numbers)}) {
      Model m = model_with(tensor);
      TensorData data = first_data(m);
      EXPECT_EQ(data.element, c.element);
      std::vector<int> found;
      for (std::byte b : data.bytes) found.push_back(int(b));
      EXPECT_EQ(found, c.elements);
    }
    EXPECT_REFUSED(refused_data(Writer(empty).text(9, c.bytes + "x")), onnx_malformed, "its raw_data has 3 bytes");
    EXPECT_REFUSED(refused_data(Writer(empty).text(9, "x")), onnx_malformed, "its raw_data has 1 bytes");
    EXPECT_REFUSED(refused_data(Writer(empty).packed(5, {1})), onnx_malformed, "its shape needs 2");
    EXPECT_REFUSED(refused_data(Writer(empty).packed(5, {1, 256})), onnx_malformed, "out of its type's range");
    EXPECT_REFUSED(refused_data(tensor_of(c.type, {INT64_MAX / 8}).text(9, "x")), onnx_malformed, "has 1 bytes");
    EXPECT_REFUSED(refused_data(tensor_of(c.type, {INT64_MAX, 9}).text(9, "x")), size_overflow, "size overflows");
    Model nothing = model_with(tensor_of(c.type, {3, 0}));
    EXPECT_TRUE(first_data(nothing).bytes.empty());
  }
}

TEST(OnnxTensor, FloatsAreReadPackedAndSeparately) {
  std::string floats = raw_of<float>({1, -2}), doubles = raw_of<double>({1, -2});
  for (const Writer& tensor : {tensor_of(1, {2}).text(4, floats), tensor_of(1, {2}).fixed(4, 1.f).fixed(4, -2.f)}) {
    Model m = model_with(tensor);
    EXPECT_TRUE(std::ranges::equal(first_data(m).bytes, std::as_bytes(std::span(floats))));
  }
  for (const Writer& tensor : {tensor_of(11, {2}).text(10, doubles), tensor_of(11, {2}).fixed(10, 1.).fixed(10, -2.)}) {
    Model m = model_with(tensor);
    EXPECT_TRUE(std::ranges::equal(first_data(m).bytes, std::as_bytes(std::span(doubles))));
  }
  EXPECT_REFUSED(refused_data(tensor_of(1, {1}).text(4, "abcde")), onnx_malformed, "no whole number of elements");
}

TEST(OnnxTensor, RawBoolsBecome0Or1) {
  Model m = model_with(tensor_of(9, {3}).text(9, std::string("\0\1\x80", 3)));
  TensorData data = first_data(m);
  EXPECT_TRUE(std::ranges::equal(data.bytes, std::vector{std::byte{0}, std::byte{1}, std::byte{1}}));
}

TEST(OnnxTensor, EmptyAndScalarShapesAreRead) {
  Model m = model_with(tensor_of(1, {0, INT64_MAX, INT64_MAX}));
  EXPECT_TRUE(first_data(m).bytes.empty());
  m = model_with(tensor_of(1, {}).fixed(4, 1.f));
  EXPECT_EQ(first_data(m).bytes.size(), 4u);
}

TEST(OnnxTensor, ImpossibleShapesAreRefused) {
  EXPECT_REFUSED(refused_data(tensor_of(1, {-1, 0})), onnx_malformed, "tensor 't': its dims hold -1");
  EXPECT_REFUSED(refused_data(tensor_of(2, {INT64_MAX, 3})), size_overflow, "tensor 't': size overflows");
  EXPECT_REFUSED(refused_data(tensor_of(1, {INT64_MAX})), size_overflow, "size overflows");
  EXPECT_REFUSED(refused_data(tensor_of(1, {INT64_MAX / 8})), onnx_malformed, "has 0 elements");
}

TEST(OnnxTensor, DataInTwoPlacesIsRefused) {
  Writer raw = tensor_of(1, {1}).text(9, "abcd");
  EXPECT_REFUSED(refused_data(Writer(raw).fixed(4, 1.f)), onnx_malformed, "has both raw_data and float_data");
  EXPECT_REFUSED(refused_data(Writer(raw).text(9, "abcd")), onnx_malformed, "has raw_data twice");
  EXPECT_REFUSED(refused_data(Writer(raw).number(14, 1)), onnx_malformed, "another file, but it has raw_data");
  EXPECT_REFUSED(refused_data(Writer(raw).message(3, Writer())), unsupported, "segments");
}

TEST(OnnxTensor, TypesThatTenonLacksAreRefusedByName) {
  const char* names[] = {
      "UNDEFINED", "FLOAT",      "UINT8",      "INT8",         "UINT16",         "INT16",      "INT32",
      "INT64",     "STRING",     "BOOL",       "FLOAT16",      "DOUBLE",         "UINT32",     "UINT64",
      "COMPLEX64", "COMPLEX128", "BFLOAT16",   "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ",
      "UINT4",     "INT4",       "FLOAT4E2M1", "FLOAT8E8M0",   "UINT2",          "INT2"};
  for (int type = 0; type < 27; ++type) EXPECT_STREQ(name_of_onnx_type(type), names[type]);
  for (int type : {0, 8, 14, 15}) EXPECT_REFUSED(refused_data(tensor_of(type, {})), unsupported_type, names[type]);
  for (int type : {-1, 27, INT32_MAX, INT32_MIN})
    EXPECT_REFUSED(refused_data(tensor_of(type, {})), unsupported_type, "unknown");
  EXPECT_REFUSED(refusal_of([&] { model_with(Writer().number(2, int64_t(1) << 32 | 1)); }), onnx_malformed, "32 bits");
}

class OnnxExternalData : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "tenon_onnx_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    outside = pattern;
    folder = outside + "/model";
    std::filesystem::create_directories(folder + "/sub");
    std::ofstream(folder + "/weights") << "0123456789";
    std::ofstream(folder + "/sub/weights") << "abcdefgh";
    std::ofstream(outside + "/secret") << "secret__";
  }
  void TearDown() override { std::filesystem::remove_all(outside); }

  using Pairs = std::vector<std::pair<std::string, std::string>>;
  Writer model(const Pairs& pairs) {
    Writer tensor = tensor_of(1, {2}).number(14, 1);
    for (const auto& [key, value] : pairs) tensor.message(13, Writer().text(1, key).text(2, value));
    return model_of(Writer().message(5, tensor));
  }
  std::string content(const Pairs& pairs) {
    Model m = read(model(pairs).out);
    TensorData data = data_of(m.graph.initializers[0], ExternalData(folder));
    return {reinterpret_cast<const char*>(data.bytes.data()), data.bytes.size()};
  }
  Refusal refused(const Pairs& pairs) {
    return refusal_of([&] { content(pairs); });
  }

  std::string outside, folder;
};

TEST_F(OnnxExternalData, IsReadAtItsOffset) {
  EXPECT_EQ(content({{"location", "weights"}}), "01234567");
  EXPECT_EQ(content({{"location", "weights"}, {"offset", "2"}, {"length", "8"}, {"checksum", "x"}}), "23456789");
  EXPECT_EQ(content({{"location", "./sub//weights"}}), "abcdefgh");
}

TEST_F(OnnxExternalData, IsFoundBesideAModelReadByItsPath) {
  std::ofstream(folder + "/m.onnx") << model({{"location", "weights"}}).out;
  Model m = read_model_file(folder + "/m.onnx");
  EXPECT_EQ(m.folder, folder);
  EXPECT_EQ(data_of(m.graph.initializers[0], ExternalData(m.folder)).bytes.size(), 8u);
}

TEST_F(OnnxExternalData, OfAModelReadFromMemoryNeedsAFolder) {
  Model m = read(model({{"location", "weights"}}).out);
  EXPECT_REFUSED(refusal_of([&] { data_of(m.graph.initializers[0], ExternalData(m.folder)); }), onnx_external_data,
                 "give the folder");
}

TEST_F(OnnxExternalData, OutsideTheModelsFolderIsRefused) {
  for (std::string location : {"../secret", "sub/../../secret", "sub/.."})
    EXPECT_REFUSED(refused({{"location", location}}), onnx_external_data, "leaves the model's folder");
  EXPECT_REFUSED(refused({{"location", outside + "/secret"}}), onnx_external_data, "absolute path");
  EXPECT_REFUSED(refused({{"location", ""}}), onnx_external_data, "is empty");
  EXPECT_REFUSED(refused({}), onnx_external_data, "is empty");
  EXPECT_REFUSED(refused({{"location", std::string("weights\0x", 9)}}), onnx_external_data, "NUL");
  EXPECT_REFUSED(refused({{"location", "sub/"}}), onnx_external_data, "names a folder");
  EXPECT_REFUSED(refused({{"location", "."}}), onnx_external_data, "names a folder");
}

TEST_F(OnnxExternalData, ThroughALinkOrInNoRegularFileIsRefused) {
  std::filesystem::create_symlink("../secret", folder + "/link");
  std::filesystem::create_directory_symlink("..", folder + "/up");
  ASSERT_EQ(mkfifo((folder + "/pipe").c_str(), 0600), 0);
  EXPECT_REFUSED(refused({{"location", "link"}}), file_open, "symbolic links are refused");
  EXPECT_REFUSED(refused({{"location", "up/secret"}}), file_open, "symbolic links are refused");
  EXPECT_REFUSED(refused({{"location", "pipe"}}), file_open, "a pipe or a device");
  EXPECT_REFUSED(refused({{"location", "sub"}}), file_open, "is a folder");
  EXPECT_REFUSED(refused({{"location", "absent"}}), file_open, "tensor 't': cannot open 'absent'");
}

TEST_F(OnnxExternalData, WithPlacesThatDoNotFitIsRefused) {
  auto at = [&](const std::string& offset) { return refused({{"location", "weights"}, {"offset", offset}}); };
  for (std::string offset : {"-1", "+1", " 1", "1 ", "0x1", "", "1.0", "9223372036854775808", "99999999999999999999"})
    EXPECT_REFUSED(at(offset), onnx_external_data, "is no byte count");
  EXPECT_REFUSED(at("3"), onnx_external_data, "which has 10");
  EXPECT_REFUSED(at("9223372036854775807"), size_overflow, "size overflows");
  EXPECT_REFUSED(refused({{"location", "weights"}, {"length", "7"}}), onnx_external_data, "need 8");
  EXPECT_REFUSED(refused({{"location", "weights"}, {"location", "sub/weights"}}), onnx_external_data, "twice");
  EXPECT_REFUSED(refused(Pairs(17, {"location", "weights"})), onnx_external_data, "17 entries");
}

TEST(OnnxModelFile, AnErrorNamesTheFile) {
  EXPECT_REFUSED(refusal_of([] { read_model_file("/absent/m.onnx"); }), file_open, "'/absent/m.onnx'");
  std::string path = testing::TempDir() + "tenon_notes.onnx";
  std::ofstream(path) << "notes";
  EXPECT_REFUSED(refusal_of([&] { read_model_file(path); }), onnx_malformed, path + ": this is a text file");
  EXPECT_REFUSED(refusal_of([&] { read_model_file(path, {.file_bytes = 4}); }), limit_exceeded, "the limit is 4");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tenon::onnx
