// An ONNX file as plain structs: what it says, bounds-checked, with no opinion on whether it makes sense.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/element.h"

namespace tenon::onnx {

class ExternalData;

// Checked while reading, before memory is allocated: a few bytes of a file can ask for a large struct.
struct Limits {
  int64_t file_bytes = int64_t(1) << 31;       // protocol buffers' own limit
  int64_t nodes = 1'000'000;                   // of all graphs and functions together
  int64_t entries = 16'000'000;                // messages and texts of any kind
  int64_t attribute_bytes = int64_t(1) << 30;  // of numbers and texts in attributes and of dims, decoded
  int depth = 100;                             // messages within messages: a graph in a graph is three deeper
};

struct Entry {
  std::string key, value;
};

struct OpsetId {
  std::string domain;
  int64_t version = 0;
};

struct Dim {
  std::optional<int64_t> value;  // as it stands, negative ones too
  std::string param;             // without value and param the extent is unknown
};

enum class TypeKind : uint8_t { none, tensor, sparse_tensor, sequence, optional, map, opaque };

struct Type {
  TypeKind kind = TypeKind::none;
  int32_t element_type = 0;               // tensor and sparse_tensor; ONNX's number
  std::optional<std::vector<Dim>> shape;  // tensor and sparse_tensor; absent: unknown rank
  int32_t key_type = 0;                   // map
  std::vector<Type> inner;                // one: the element of sequence and optional, the value of map
};

struct ValueInfo {
  std::string name;
  Type type;
};

// Its elements are read by data_of, from the file's bytes: nothing of them is copied here.
struct Tensor {
  std::string name;
  std::vector<int64_t> dims;
  int32_t element_type = 0;  // ONNX's number
  bool is_external = false;
  std::vector<Entry> external_data;
  std::span<const std::byte> message;  // the whole TensorProto
};

struct SparseTensor {
  std::vector<int64_t> dims;
  std::vector<Tensor> values, indices;  // one each
};

// Numbered as in AttributeProto.
enum class AttributeKind : uint8_t {
  undefined,
  floating,
  integer,
  text,
  tensor,
  graph,
  floats,
  integers,
  texts,
  tensors,
  graphs,
  sparse_tensor,
  sparse_tensors,
  type,
  types,
};
const char* name_of(AttributeKind kind);  // as ONNX writes it: "INTS"

struct Node;

struct Graph {
  std::string name;
  std::vector<Node> nodes;
  std::vector<Tensor> initializers;
  std::vector<SparseTensor> sparse_initializers;
  std::vector<ValueInfo> inputs, outputs, value_info;
  std::vector<Entry> metadata;
};

// A single tensor, graph, sparse tensor or type is the one element of its list.
struct Attribute {
  std::string name;
  std::string reference;  // in a function: the function's attribute whose value this one takes
  AttributeKind kind = AttributeKind::undefined;
  float f = 0;
  int64_t i = 0;
  std::string s;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<std::string> strings;
  std::vector<Tensor> tensors;
  std::vector<Graph> graphs;
  std::vector<SparseTensor> sparse_tensors;
  std::vector<Type> types;
};

struct Node {
  std::string name, op_type, domain, overload;
  std::vector<std::string> inputs, outputs;  // an empty name: left out
  std::vector<Attribute> attributes;
  std::vector<Entry> metadata;
};

struct Function {
  std::string name, domain, overload;
  std::vector<std::string> inputs, outputs;
  std::vector<std::string> attributes;  // those without a default
  std::vector<Attribute> defaults;
  std::vector<Node> nodes;
  std::vector<OpsetId> opsets;
  std::vector<ValueInfo> value_info;
  std::vector<Entry> metadata;
};

struct Model {
  Model() = default;
  Model(Model&&) = default;  // tensors point into `bytes`: they survive a move, but no copy
  Model& operator=(Model&&) = default;

  std::vector<std::byte> bytes;
  std::string folder;  // where external data lies; empty: read from memory
  int64_t ir_version = 0;
  std::vector<OpsetId> opsets;
  std::string producer_name, producer_version, domain;
  int64_t model_version = 0;
  Graph graph;
  std::vector<Function> functions;
  std::vector<Entry> metadata;
  int64_t unknown_fields = 0;  // skipped: written by a newer ONNX, or damage
};

Model read_model(std::vector<std::byte> bytes, const Limits& limits = {});
Model read_model_file(const std::string& path, const Limits& limits = {});

// A tensor's elements: little-endian, row-major, aligned for nothing. A bool is 0 or 1.
struct TensorData {
  TensorData() = default;
  TensorData(TensorData&&) = default;
  TensorData& operator=(TensorData&&) = default;

  ElementType element = ElementType::f32;
  std::vector<int64_t> extents;
  std::span<const std::byte> bytes;  // of `owned`, or of the model, which has to outlive it
  std::vector<std::byte> owned;
};
TensorData data_of(const Tensor& tensor, const ExternalData& external);

ElementType element_of(int32_t onnx_type);         // refuses what Tenon lacks, by name
const char* name_of_onnx_type(int32_t onnx_type);  // "FLOAT8E4M3FN"; "unknown"

}  // namespace tenon::onnx
