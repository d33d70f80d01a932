// Reads ONNX into a network.
#pragma once
#include <deque>

#include "objects/network.h"

namespace tenon::objects {

struct TENON_OBJECT ParserError final : Object {
  ParserErrorCode code{};
  std::string description, function, op, node_name;
  std::string file;
  int32_t line = 0, node = -1;
};

struct TENON_OBJECT Parser final : Object {
  Network* network;
  std::deque<ParserError> errors;
  uint32_t flags = 0;

  explicit Parser(Network& n) : network(&n) { inherit(n); }
  bool parse(const void* model, size_t bytes, const char* path);  // `path`: whose folder holds external data, or null
  bool parse_from_file(const char* path, int32_t verbosity);
  void set_flag(OnnxParserFlag f) { flags |= 1U << int(f); }
  void clear_flag(OnnxParserFlag f) { flags &= ~(1U << int(f)); }
  bool flag(OnnxParserFlag f) const { return flags >> int(f) & 1; }
  bool supports_operator(const char* op) const;
  int32_t nb_errors() const { return int32_t(errors.size()); }
  const ParserError* error(int32_t i) const;
  void clear_errors() { errors.clear(); }

 private:
  bool parse_bytes(std::string bytes, const std::string& folder);
};

TENON_OBJECT std::shared_ptr<Parser> create_parser(Network& network, std::shared_ptr<LogSink> log);

}  // namespace tenon::objects
