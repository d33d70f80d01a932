// Reading ONNX messages: an explicit list of the messages under way instead of recursion, one function per message.
#include "onnx/model.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/checked.h"
#include "base/file.h"
#include "onnx/wire.h"

namespace tenon::onnx {

namespace {

struct Kind {
  const char* name;
  uint32_t field;  // of AttributeProto, which holds its value
};
constexpr Kind kinds[] = {{"UNDEFINED", 0},       {"FLOAT", 2},       {"INT", 3},         {"STRING", 4},
                          {"TENSOR", 5},          {"GRAPH", 6},       {"FLOATS", 7},      {"INTS", 8},
                          {"STRINGS", 9},         {"TENSORS", 10},    {"GRAPHS", 11},     {"SPARSE_TENSOR", 22},
                          {"SPARSE_TENSORS", 23}, {"TYPE_PROTO", 14}, {"TYPE_PROTOS", 15}};

constexpr uint64_t bit(uint32_t field) { return field < 64 ? uint64_t(1) << field : 0; }

class ModelReader {
 public:
  ModelReader(Model& model, const Limits& limits) : limits_(limits) {
    start_ = model.bytes.data();
    Field whole;
    whole.contents = model.bytes;
    enter<&ModelReader::take_model, &ModelReader::end_model>("model", whole, model);
  }

  void run() {
    try {
      Field field;
      while (!frames_.empty()) {
        size_t at = frames_.size() - 1;  // taking a field may add a frame and so move them all
        seen_ = frames_[at].seen;
        if (frames_[at].fields.next(field)) {
          is_known_ = true;
          frames_[at].take(*this, field, frames_[at].into);
          if (is_known_) frames_[at].seen |= bit(field.number());
        } else {
          if (frames_[at].end) frames_[at].end(*this, frames_[at].into);
          frames_.pop_back();
        }
      }
    } catch (Error& error) {
      std::string path;
      for (const Frame& frame : frames_) path += concat(path.empty() ? "" : ".", frame.name);
      error.add_context(concat("in ", path, " near byte ", frames_.back().fields.position() - start_));
      throw;
    }
  }

 private:
  struct Frame {
    const char* name;
    MessageReader fields;
    void* into;
    void (*take)(ModelReader&, const Field&, void*);
    void (*end)(ModelReader&, void*);
    uint64_t seen = 0;  // fields read so far, by number
  };

  // The message is read next, and its parent goes on when it is done; until then nothing else grows that holds `into`.
  template <auto take, auto end = nullptr, class T>
  void enter(const char* name, const Field& field, T& into) {
    check(int64_t(frames_.size()) < limits_.depth, ErrorId::limit_exceeded, "messages are nested more than ",
          limits_.depth, " deep");
    count_entry();
    Frame frame{name, MessageReader(field.contents), &into, nullptr, nullptr};
    frame.take = [](ModelReader& r, const Field& f, void* to) { (r.*take)(f, *static_cast<T*>(to)); };
    if constexpr (!std::is_null_pointer_v<decltype(end)>)
      frame.end = [](ModelReader& r, void* to) { (r.*end)(*static_cast<T*>(to)); };
    frames_.push_back(frame);
  }

  // Protocol buffers would merge two; nobody writes that, and readers that differ are a way to deceive.
  void once(const Field& field) {
    check(!(seen_ & bit(field.number())), ErrorId::onnx_malformed, "field ", field.number(), " occurs twice");
  }

  void unknown() {
    is_known_ = false;
    ++unknown_fields_;
  }

  void count_entry() {
    check(++entries_ <= limits_.entries, ErrorId::limit_exceeded, "the model has more than ", limits_.entries,
          " messages and texts");
  }

  void count_bytes(int64_t bytes) {
    attribute_bytes_ = checked_add(attribute_bytes_, bytes);
    check(attribute_bytes_ <= limits_.attribute_bytes, ErrorId::limit_exceeded, "attributes hold more than ",
          limits_.attribute_bytes, " bytes");
  }

  std::string text(const Field& field) {
    count_entry();
    return field.text();
  }

  void take_ints(const Field& field, std::vector<int64_t>& ints) {
    count_bytes(checked_mul(field.count_varints(), sizeof(int64_t)));
    field.each_varint([&](uint64_t bits) { ints.push_back(int64_t(bits)); });
  }

  void enter_node(const Field& field, Node& node) {
    check(++nodes_ <= limits_.nodes, ErrorId::limit_exceeded, "the model has more than ", limits_.nodes, " nodes");
    enter<&ModelReader::take_node>("node", field, node);
  }

  void enter_tensor(const char* name, const Field& field, Tensor& tensor) {
    tensor.message = field.contents;
    enter<&ModelReader::take_tensor>(name, field, tensor);
  }

  void enter_sparse(const char* name, const Field& field, SparseTensor& tensor) {
    enter<&ModelReader::take_sparse, &ModelReader::end_sparse>(name, field, tensor);
  }

  void enter_attribute(const Field& field, Attribute& attribute) {
    enter<&ModelReader::take_attribute, &ModelReader::end_attribute>("attribute", field, attribute);
  }

  void enter_value(const char* name, const Field& field, ValueInfo& value) {
    enter<&ModelReader::take_value>(name, field, value);
  }

  void enter_metadata(const Field& field, std::vector<Entry>& entries) {
    enter<&ModelReader::take_entry>("metadata_props", field, entries.emplace_back());
  }

  void take_model(const Field& f, Model& model) {
    switch (f.key) {
      case as_varint(1): model.ir_version = f.integer(); break;
      case as_bytes(2): model.producer_name = text(f); break;
      case as_bytes(3): model.producer_version = text(f); break;
      case as_bytes(4): model.domain = text(f); break;
      case as_varint(5): model.model_version = f.integer(); break;
      case as_bytes(7):
        once(f);
        enter<&ModelReader::take_graph>("graph", f, model.graph);
        break;
      case as_bytes(8): enter<&ModelReader::take_opset>("opset_import", f, model.opsets.emplace_back()); break;
      case as_bytes(14): enter_metadata(f, model.metadata); break;
      case as_bytes(25): enter<&ModelReader::take_function>("functions", f, model.functions.emplace_back()); break;
      case as_bytes(6):          // doc_string
      case as_bytes(20):         // training_info
      case as_bytes(26): break;  // configuration, of several devices
      default: unknown();
    }
  }

  void end_model(Model& model) {
    model.unknown_fields = unknown_fields_;
    check(seen_ & bit(7), ErrorId::onnx_malformed, "it holds no graph: this is no ONNX model, or a part of one");
  }

  void take_graph(const Field& f, Graph& graph) {
    switch (f.key) {
      case as_bytes(1): enter_node(f, graph.nodes.emplace_back()); break;
      case as_bytes(2): graph.name = text(f); break;
      case as_bytes(5): enter_tensor("initializer", f, graph.initializers.emplace_back()); break;
      case as_bytes(11): enter_value("input", f, graph.inputs.emplace_back()); break;
      case as_bytes(12): enter_value("output", f, graph.outputs.emplace_back()); break;
      case as_bytes(13): enter_value("value_info", f, graph.value_info.emplace_back()); break;
      case as_bytes(15): enter_sparse("sparse_initializer", f, graph.sparse_initializers.emplace_back()); break;
      case as_bytes(16): enter_metadata(f, graph.metadata); break;
      case as_bytes(10):         // doc_string
      case as_bytes(14): break;  // quantization_annotation
      default: unknown();
    }
  }

  void take_function(const Field& f, Function& function) {
    switch (f.key) {
      case as_bytes(1): function.name = text(f); break;
      case as_bytes(4): function.inputs.push_back(text(f)); break;
      case as_bytes(5): function.outputs.push_back(text(f)); break;
      case as_bytes(6): function.attributes.push_back(text(f)); break;
      case as_bytes(7): enter_node(f, function.nodes.emplace_back()); break;
      case as_bytes(9): enter<&ModelReader::take_opset>("opset_import", f, function.opsets.emplace_back()); break;
      case as_bytes(10): function.domain = text(f); break;
      case as_bytes(11): enter_attribute(f, function.defaults.emplace_back()); break;
      case as_bytes(12): enter_value("value_info", f, function.value_info.emplace_back()); break;
      case as_bytes(13): function.overload = text(f); break;
      case as_bytes(14): enter_metadata(f, function.metadata); break;
      case as_bytes(8): break;  // doc_string
      default: unknown();
    }
  }

  void take_node(const Field& f, Node& node) {
    switch (f.key) {
      case as_bytes(1): node.inputs.push_back(text(f)); break;
      case as_bytes(2): node.outputs.push_back(text(f)); break;
      case as_bytes(3): node.name = text(f); break;
      case as_bytes(4): node.op_type = text(f); break;
      case as_bytes(5): enter_attribute(f, node.attributes.emplace_back()); break;
      case as_bytes(7): node.domain = text(f); break;
      case as_bytes(8): node.overload = text(f); break;
      case as_bytes(9): enter_metadata(f, node.metadata); break;
      case as_bytes(6):          // doc_string
      case as_bytes(10): break;  // device_configurations
      default: unknown();
    }
  }

  void take_attribute(const Field& f, Attribute& attribute) {
    switch (f.key) {
      case as_bytes(1): attribute.name = text(f); break;
      case as_fixed32(2): attribute.f = f.real(); break;
      case as_varint(3): attribute.i = f.integer(); break;
      case as_bytes(4):
        count_bytes(int64_t(f.contents.size()));
        attribute.s = text(f);
        break;
      case as_bytes(5):
        once(f);
        enter_tensor("t", f, attribute.tensors.emplace_back());
        break;
      case as_bytes(6):
        once(f);
        enter<&ModelReader::take_graph>("g", f, attribute.graphs.emplace_back());
        break;
      case as_fixed32(7):
      case as_bytes(7):
        count_bytes(checked_mul(f.count_fixed<float>(), sizeof(float)));
        f.each_fixed<float>([&](float x) { attribute.floats.push_back(x); });
        break;
      case as_varint(8):
      case as_bytes(8): take_ints(f, attribute.ints); break;
      case as_bytes(9):
        count_bytes(int64_t(f.contents.size()));
        attribute.strings.push_back(text(f));
        break;
      case as_bytes(10): enter_tensor("tensors", f, attribute.tensors.emplace_back()); break;
      case as_bytes(11): enter<&ModelReader::take_graph>("graphs", f, attribute.graphs.emplace_back()); break;
      case as_bytes(14):
        once(f);
        enter_type("tp", f, attribute.types.emplace_back());
        break;
      case as_bytes(15): enter_type("type_protos", f, attribute.types.emplace_back()); break;
      case as_varint(20):
        check(f.bits < std::size(kinds), ErrorId::onnx_invalid, "attribute '", attribute.name, "' is of kind ", f.bits,
              ", which ONNX does not define");
        attribute.kind = AttributeKind(f.bits);
        break;
      case as_bytes(21): attribute.reference = text(f); break;
      case as_bytes(22):
        once(f);
        enter_sparse("sparse_tensor", f, attribute.sparse_tensors.emplace_back());
        break;
      case as_bytes(23): enter_sparse("sparse_tensors", f, attribute.sparse_tensors.emplace_back()); break;
      case as_bytes(13): break;  // doc_string
      default: unknown();
    }
  }

  void end_attribute(Attribute& attribute) {
    auto holds = [&](size_t kind) { return (seen_ & bit(kinds[kind].field)) != 0; };
    if (attribute.kind == AttributeKind::undefined && attribute.reference.empty())  // optional before IR version 2
      for (size_t kind = 1; kind < std::size(kinds); ++kind)
        if (holds(kind)) attribute.kind = AttributeKind(kind);

    size_t said = size_t(attribute.kind);
    for (size_t kind = 1; kind < std::size(kinds); ++kind)
      check(kind == said || !holds(kind), ErrorId::onnx_invalid, "attribute '", attribute.name, "' is said to be ",
            kinds[said].name, ", but holds ", kinds[kind].name);
    bool needs_value = attribute.kind == AttributeKind::tensor || attribute.kind == AttributeKind::graph ||
                       attribute.kind == AttributeKind::sparse_tensor || attribute.kind == AttributeKind::type;
    check(!needs_value || holds(said) || !attribute.reference.empty(), ErrorId::onnx_invalid, "attribute '",
          attribute.name, "' is said to be ", kinds[said].name, ", but holds nothing");
  }

  void take_tensor(const Field& f, Tensor& tensor) {
    switch (f.key) {
      case as_varint(1):
      case as_bytes(1): take_ints(f, tensor.dims); break;
      case as_varint(2): tensor.element_type = f.integer32(); break;
      case as_bytes(8): tensor.name = text(f); break;
      case as_bytes(13):
        enter<&ModelReader::take_entry>("external_data", f, tensor.external_data.emplace_back());
        break;
      case as_varint(14):
        check(f.bits <= 1, ErrorId::onnx_malformed, "data_location is ", f.bits, "; ONNX defines 0 and 1");
        tensor.is_external = f.bits == 1;
        break;
      case as_bytes(3):  // segment, and the elements: data_of reads them from the message
      case as_bytes(4):
      case as_fixed32(4):
      case as_bytes(5):
      case as_varint(5):
      case as_bytes(6):
      case as_bytes(7):
      case as_varint(7):
      case as_bytes(9):
      case as_bytes(10):
      case as_fixed64(10):
      case as_bytes(11):
      case as_varint(11):
      case as_bytes(12):         // doc_string
      case as_bytes(16): break;  // metadata_props
      default: unknown();
    }
  }

  void take_sparse(const Field& f, SparseTensor& tensor) {
    switch (f.key) {
      case as_bytes(1): enter_tensor("values", f, tensor.values.emplace_back()); break;
      case as_bytes(2): enter_tensor("indices", f, tensor.indices.emplace_back()); break;
      case as_varint(3):
      case as_bytes(3): take_ints(f, tensor.dims); break;
      default: unknown();
    }
  }

  void end_sparse(SparseTensor& tensor) {
    check(tensor.values.size() == 1 && tensor.indices.size() == 1, ErrorId::onnx_malformed,
          "a sparse tensor needs one tensor of values and one of indices");
  }

  void take_value(const Field& f, ValueInfo& value) {
    switch (f.key) {
      case as_bytes(1): value.name = text(f); break;
      case as_bytes(2):
        once(f);
        enter_type("type", f, value.type);
        break;
      case as_bytes(3):         // doc_string
      case as_bytes(4): break;  // metadata_props
      default: unknown();
    }
  }

  void enter_type(const char* name, const Field& field, Type& type) {
    enter<&ModelReader::take_type>(name, field, type);
  }

  void take_type(const Field& f, Type& type) {
    auto is = [&](TypeKind kind) {
      check(type.kind == TypeKind::none, ErrorId::onnx_malformed, "a type is given twice");
      type.kind = kind;
    };
    switch (f.key) {
      case as_bytes(1):
        is(TypeKind::tensor);
        enter<&ModelReader::take_tensor_type>("tensor_type", f, type);
        break;
      case as_bytes(4):
        is(TypeKind::sequence);
        enter<&ModelReader::take_inner_type, &ModelReader::end_inner_type>("sequence_type", f, type);
        break;
      case as_bytes(5):
        is(TypeKind::map);
        enter<&ModelReader::take_map_type, &ModelReader::end_inner_type>("map_type", f, type);
        break;
      case as_bytes(7): is(TypeKind::opaque); break;
      case as_bytes(8):
        is(TypeKind::sparse_tensor);
        enter<&ModelReader::take_tensor_type>("sparse_tensor_type", f, type);
        break;
      case as_bytes(9):
        is(TypeKind::optional);
        enter<&ModelReader::take_inner_type, &ModelReader::end_inner_type>("optional_type", f, type);
        break;
      case as_bytes(6): break;  // denotation
      default: unknown();
    }
  }

  void take_tensor_type(const Field& f, Type& type) {
    switch (f.key) {
      case as_varint(1): type.element_type = f.integer32(); break;
      case as_bytes(2):
        once(f);
        enter<&ModelReader::take_shape>("shape", f, type.shape.emplace());
        break;
      default: unknown();
    }
  }

  void take_shape(const Field& f, std::vector<Dim>& dims) {
    if (f.key != as_bytes(1)) return unknown();
    enter<&ModelReader::take_dim>("dim", f, dims.emplace_back());
  }

  void take_dim(const Field& f, Dim& dim) {
    switch (f.key) {
      case as_varint(1): dim = {f.integer(), ""}; break;  // of value and param the last one counts
      case as_bytes(2): dim = {std::nullopt, text(f)}; break;
      case as_bytes(3): break;  // denotation
      default: unknown();
    }
  }

  void take_inner_type(const Field& f, Type& type) {
    if (f.key != as_bytes(1)) return unknown();
    once(f);
    enter_type("elem_type", f, type.inner.emplace_back());
  }

  void take_map_type(const Field& f, Type& type) {
    switch (f.key) {
      case as_varint(1): type.key_type = f.integer32(); break;
      case as_bytes(2):
        once(f);
        enter_type("value_type", f, type.inner.emplace_back());
        break;
      default: unknown();
    }
  }

  void end_inner_type(Type& type) { type.inner.resize(1); }  // one that is not said is of kind `none`

  void take_opset(const Field& f, OpsetId& opset) {
    switch (f.key) {
      case as_bytes(1): opset.domain = text(f); break;
      case as_varint(2): opset.version = f.integer(); break;
      default: unknown();
    }
  }

  void take_entry(const Field& f, Entry& entry) {
    switch (f.key) {
      case as_bytes(1): entry.key = text(f); break;
      case as_bytes(2): entry.value = text(f); break;
      default: unknown();
    }
  }

  const Limits& limits_;
  const std::byte* start_;
  std::vector<Frame> frames_;
  uint64_t seen_ = 0;     // of the frame whose field is being read
  bool is_known_ = true;  // that field
  int64_t nodes_ = 0, entries_ = 0, attribute_bytes_ = 0, unknown_fields_ = 0;
};

}  // namespace

const char* name_of(AttributeKind kind) { return kinds[size_t(kind)].name; }

// Every model has control characters near its start: they are the keys of its fields.
static bool is_text(std::string_view file) {
  return std::ranges::all_of(file.substr(0, 4096), [](char c) {
    return uint8_t(c) >= 0x20 ? c != 0x7f : c == '\n' || c == '\r' || c == '\t' || c == '\f';
  });
}

static void check_is_onnx(std::string_view file) {
  check(!file.empty(), ErrorId::onnx_malformed, "the file is empty");
  check(!file.starts_with("TENONENG"), ErrorId::onnx_malformed, "this is an engine; load it with load(), not as ONNX");
  check(!file.starts_with("version https://git-lfs"), ErrorId::onnx_malformed,
        "this is a Git LFS pointer, a text file that stands for the model; 'git lfs pull' fetches the model");
  check(!is_text(file), ErrorId::onnx_malformed, "this is a text file, not an ONNX model; it begins with '",
        file.substr(0, std::min<size_t>(file.find_first_of("\r\n"), 60)), "'");
}

Model read_model(std::vector<std::byte> bytes, const Limits& limits) {
  check(int64_t(bytes.size()) <= limits.file_bytes, ErrorId::limit_exceeded, "the model has ", bytes.size(),
        " bytes; the limit is ", limits.file_bytes);
  check_is_onnx({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  Model model;
  model.bytes = std::move(bytes);
  ModelReader(model, limits).run();
  return model;
}

Model read_model_file(const std::string& path, const Limits& limits) {
  std::vector<std::byte> bytes = read_file(path, limits.file_bytes);
  try {
    Model model = read_model(std::move(bytes), limits);
    model.folder = folder_of(path);
    return model;
  } catch (Error& error) {
    error.add_context(path);
    throw;
  }
}

}  // namespace tenon::onnx
