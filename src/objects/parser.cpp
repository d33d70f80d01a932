#include "objects/parser.h"

#include <algorithm>

#include "base/file.h"
#include "ir/network.h"
#include "objects/convert.h"
#include "onnx/import.h"
#include "ops/input/input.h"

namespace tenon::objects {

namespace {

ParserErrorCode parser_code_of(const Error& e) {
  switch (e.id()) {
    case ErrorId::onnx_malformed:
    case ErrorId::file_open:
    case ErrorId::file_read: return ParserErrorCode::model_deserialize_failed;
    case ErrorId::onnx_invalid: return ParserErrorCode::invalid_graph;
    case ErrorId::onnx_external_data: return ParserErrorCode::invalid_value;
    case ErrorId::unsupported:
    case ErrorId::unsupported_operator:
    case ErrorId::unsupported_type: return ParserErrorCode::unsupported_node;
    case ErrorId::out_of_memory: return ParserErrorCode::mem_alloc_failed;
    case ErrorId::internal: return ParserErrorCode::internal_error;
    default: return ParserErrorCode::invalid_node;
  }
}

}  // namespace

// What an import has made before it knew that values would have to be symbols: nobody uses it.
static void drop_attempts(tenon::Network& network) {
  std::vector<tenon::Node*> nodes;
  for (const auto& node : network.nodes()) nodes.push_back(node.get());
  auto is_output = [&](const tenon::Value& value) {
    return std::any_of(network.outputs().begin(), network.outputs().end(),
                       [&](const auto& o) { return o.value == &value; });
  };
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node)
    if (!as<Input>(**node) && std::all_of((*node)->outputs().begin(), (*node)->outputs().end(),
                                          [&](const auto& out) { return out->users.empty() && !is_output(*out); }))
      network.remove(**node);
}

// Where types depend on values that a run computes, those become symbols.
static tenon::Network imported(const onnx::Model& model, std::vector<std::string>& notes) {
  try {
    tenon::Network network = onnx::import_model(model, {}, &notes);
    for (const auto& node : network.nodes()) network.type(node->output());
    return network;
  } catch (const Error& e) {
    if (e.id() != ErrorId::not_known) throw;
    notes.clear();
    tenon::Network network = onnx::import_model(model, {}, &notes, {}, onnx::ComputedExtents::bound);
    drop_attempts(network);
    return network;
  }
}

// A model that is wrong is a failed parse with its errors listed, not a failed call.
bool Parser::parse_bytes(std::string bytes, const std::string& folder) {
  check(!network->implicit_batch, ErrorId::unsupported,
        "models in networks with implicit batch; create the network with kEXPLICIT_BATCH");
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  try {
    onnx::Model model = onnx::read_model({first, first + bytes.size()});
    model.folder = folder;
    std::vector<std::string> notes;
    network->absorb(imported(model, notes));
    for (const std::string& note : notes) say(Severity::warning, note);
    return true;
  } catch (const Error& e) {
    ParserError& error = errors.emplace_back();
    error.code = parser_code_of(e);
    error.description = e.what();
    error.function = "parse";
    say(Severity::error, e.what());
    return false;
  }
}

bool Parser::parse(const void* model, size_t bytes, const char* path) {
  check(model || bytes == 0, "the model is null; ", bytes, " bytes are announced");
  return parse_bytes({static_cast<const char*>(model), bytes}, path ? folder_of(path) : "");
}

bool Parser::parse_from_file(const char* path, int32_t) {
  std::string name_of_file = text_or_refuse(path, "the path");
  try {
    constexpr int64_t largest = int64_t(1) << 31;  // of protocol buffers
    std::vector<std::byte> bytes = read_file(name_of_file, largest);
    return parse_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, folder_of(name_of_file));
  } catch (const Error& e) {
    ParserError& error = errors.emplace_back();
    error.code = parser_code_of(e);
    error.description = e.what();
    error.file = name_of_file;
    say(Severity::error, e.what());
    return false;
  }
}

bool Parser::supports_operator(const char* op) const { return onnx::knows(text_or_refuse(op, "the operator's name")); }

const ParserError* Parser::error(int32_t i) const {
  check(i >= 0 && i < nb_errors(), "error ", i, " does not exist; there are ", nb_errors());
  return &errors[size_t(i)];
}

std::shared_ptr<Parser> create_parser(Network& network, std::shared_ptr<LogSink> log) {
  auto parser = std::make_shared<Parser>(network);
  if (log) parser->sink = std::move(log);
  return parser;
}

}  // namespace tenon::objects
