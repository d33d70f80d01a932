// Cases as text, beside operators and regions. One line a case:
//   case NAME  c = conv(x, w); y = relu(c) | x: f32[N,5] N=1..8 normal | w: f32[2]{1,2} const | types f32 f16 | =
//   f32[2]{…}
// Data: {numbers}; normal (the default); ints(-9,9); uniform(0,1); special (NaN, infinities, extremes, subnormals among
// them); `const`: known at build. `error "text"` expects a refusal; `by KERNEL` demands that it takes the whole case,
// `refused "text"` that some kernel refuses it so; `tol f16=2e-3` is relative to the largest value;
// `skip KERNEL (reason)` leaves a kernel's offers out. Cases of rules end in `-> y = relu(x)`, the graph afterwards, or
// in `-> unchanged "reason"`; several results are written `return a, b`.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace tenon {

std::string source_folder();  // where src/ and examples/ are

struct CaseOperand {
  std::string name, type, data;
  bool known_at_build = false;
};

struct TextCase {
  std::string name, lines, expected, error, by, refused, skip, after;
  std::vector<CaseOperand> operands;
  std::vector<std::string> types;                              // those to run; one empty string: as written
  std::map<std::string, std::pair<int64_t, int64_t>> symbols;  // lowest and highest
  std::map<std::string, double> tolerance;                     // by element type

  std::vector<Binding> bindings() const;  // lowest, the one above, the middle, highest
  Graph graph(const std::string& type, const Binding& constants_at) const;
  Graph graph_after() const;  // what `->` shows
  std::vector<Weights> inputs(const std::string& type, const Binding& binding) const;
};

TextCase parse_case(const std::string& line);
std::vector<std::pair<std::string, TextCase>> cases_under(const char* folder);  // of src/, by folder name
Weights parse_weights(const std::string& text);

}  // namespace tenon
