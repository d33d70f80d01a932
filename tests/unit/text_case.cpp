#include "text_case.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "base/dispatch.h"
#include "base/packed.h"
#include "ir/text.h"

namespace tenon {

std::string source_folder() {
  const char* elsewhere = std::getenv("TENON_SOURCE_DIR");  // of tests that were built on another machine
  return elsewhere ? elsewhere : TENON_SOURCE_DIR;
}

namespace {

std::string trimmed(std::string s) {
  size_t first = s.find_first_not_of(' ');
  return first == s.npos ? "" : s.substr(first, s.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at; (at = text.find(by, from)) != text.npos; from = at + by.size())
    parts.push_back(trimmed(text.substr(from, at - from)));
  parts.push_back(trimmed(text.substr(from)));
  return parts;
}

// "a = f(x); b = g(a)" as the lines of a graph; the last one's first result is the graph's unless `return` says else.
std::string lines_of(const std::string& statements) {
  std::string lines, last;
  for (const std::string& s : split(statements, ";")) {
    lines += s + "\n";
    last = s;
  }
  return last.starts_with("return ") ? lines : concat(lines, "return ", last.substr(0, last.find_first_of(" ,")), "\n");
}

CaseOperand parse_operand(const std::string& part, TextCase& c) {
  CaseOperand o;
  size_t colon = part.find(": "), brace = part.find('{');
  o.name = part.substr(0, colon);
  std::string rest = part.substr(colon + 2);
  if (brace != part.npos) {
    size_t end = part.find('}', brace);
    o.data = part.substr(brace, end + 1 - brace);
    rest = part.substr(colon + 2, brace - colon - 2) + " " + part.substr(end + 1);
  }
  std::istringstream words(rest);
  words >> o.type;
  for (std::string word; words >> word;) {
    size_t equals = word.find('='), dots = word.find("..");
    if (word == "const") o.known_at_build = true;
    else if (equals != word.npos && dots != word.npos)
      c.symbols[word.substr(0, equals)] = {std::stoll(word.substr(equals + 1)), std::stoll(word.substr(dots + 2))};
    else o.data = word;
  }
  return o;
}

std::string type_of(const CaseOperand& o, const std::string& type) {
  return type.empty() ? o.type : type + o.type.substr(o.type.find('['));
}

// Numbers a and b of "ints(a,b)".
std::pair<double, double> range_of(const std::string& text) {
  size_t open = text.find('('), comma = text.find(',');
  return {std::stod(text.substr(open + 1)), std::stod(text.substr(comma + 1))};
}

double unit(uint64_t& state) {  // splitmix64, from 0 to 1
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return double((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

template <class T>
T special(size_t i) {
  if constexpr (std::is_same_v<T, bool>) return i % 2;
  else if constexpr (is_float<T>) {
    using Limits = std::numeric_limits<float>;
    const double list[] = {
        Limits::quiet_NaN(), INFINITY, -INFINITY, 0., -0., 1e-40, -1e-6, 3e38, -3e38, 1., 88.8, -104., 0.5, 1.5};
    return T(float(list[i % std::size(list)]));
  } else {
    using Limits = std::numeric_limits<T>;
    const T list[] = {Limits::max(), Limits::lowest(), T(0), T(1), T(-1), T(2)};
    return list[i % std::size(list)];
  }
}

// Codes of every kind, or numbers of the range as casts make them.
void fill_small(const std::string& how, uint64_t seed, View view) {
  for (int64_t i = 0; i < view.count(); ++i) {
    double u = unit(seed);
    auto* to = view.as<std::byte>() + i;
    if (how == "special") {
      *to = std::byte(u * 256);
      settle_upper_bits(view.element, {to, 1});
      continue;
    }
    auto [low, high] = range_of(how);
    Scalar x{};
    x.f = how.starts_with("ints(") ? std::floor(low + u * (high - low + 1)) : low + u * (high - low);
    store_scalar(to, view.element, cast_scalar(x, ElementType::f64, view.element));
  }
}

Weights made(const std::string& how, ElementType element, const Extents& extents, uint64_t seed) {
  if (how.starts_with("{")) return parse_weights(concat(element, extents, how));
  if (how.empty() || how == "normal") return parse_weights(concat(element, extents, "~", seed));
  View view;
  Weights weights = make_weights(element, extents, view);
  check(how == "special" || how.starts_with("ints(") || how.starts_with("uniform("), "data '", how, "' is not known");
  if (small_types.contains(element)) return fill_small(how, seed, view), weights;
  dispatch(element, [&]<class T>() {
    for (int64_t i = 0; i < extents.count(); ++i) {
      T& to = view.as<T>()[i];
      double u = unit(seed);
      if (how == "special") {
        to = special<T>(size_t(u * 1000));
        continue;
      }
      auto [low, high] = range_of(how);
      double x = how.starts_with("ints(") ? std::floor(low + u * (high - low + 1)) : low + u * (high - low);
      if constexpr (is_half<T>) to = T(float(x));
      else to = T(x);
    }
  });
  return weights;
}

}  // namespace

Weights parse_weights(const std::string& text) {
  return print(parse("c = constant() data=" + text + "\nreturn c\n")).weights.at(0);
}

TextCase parse_case(const std::string& line) {
  TextCase c;
  std::vector<std::string> parts = split(line, " | ");
  std::istringstream head(parts[0].substr(5));
  head >> c.name;
  std::string statements;
  std::getline(head, statements);
  c.lines = lines_of(statements);
  c.types = {""};
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (part.starts_with("= ")) c.expected = part.substr(2);
    else if (part.starts_with("-> ")) c.after = part.substr(3);
    else if (part.starts_with("error ")) c.error = part.substr(7, part.size() - 8);
    else if (part.starts_with("refused ")) c.refused = part.substr(9, part.size() - 10);
    else if (part.starts_with("skip ")) c.skip = part.substr(5, part.find(" (") - 5);
    else if (part.starts_with("by ")) c.by = part.substr(3);
    else if (part.starts_with("types ")) c.types = split(part.substr(6), " ");
    else if (part.starts_with("tol ")) {
      for (const std::string& word : split(part.substr(4), " "))
        c.tolerance[word.substr(0, word.find('='))] = std::stod(word.substr(word.find('=') + 1));
    } else c.operands.push_back(parse_operand(part, c));
  }
  return c;
}

std::vector<Binding> TextCase::bindings() const {
  std::vector<Binding> list(symbols.empty() ? 1 : 4);
  for (const auto& [symbol, range] : symbols) {
    auto [low, high] = range;
    int64_t steps[] = {low, std::min(low + 1, high), (low + high) / 2, high};
    for (size_t i = 0; i < 4; ++i) list[i][symbol] = steps[i];
  }
  return list;
}

Graph TextCase::graph(const std::string& type, const Binding& constants_at) const {
  Text text;
  uint64_t seed = 1;
  for (const CaseOperand& o : operands) {
    TensorType t = parse_type(type_of(o, type));
    ++seed;
    if (o.known_at_build) {
      text.lines += concat(o.name, " = constant() data=#", text.weights.size(), "\n");
      text.weights.push_back(made(o.data, t.element, at(t.shape, constants_at), seed));
    } else text.lines += concat(o.name, " = input() type=", t, "\n");
  }
  text.lines += lines;
  return parse(text);
}

Graph TextCase::graph_after() const {
  TextCase c = *this;  // a name that `->` gives anew is no operand there
  std::erase_if(c.operands,
                [&](const CaseOperand& o) { return ("; " + after).find("; " + o.name + " = ") != after.npos; });
  c.lines = lines_of(after);
  return c.graph("", bindings().back());
}

std::vector<Weights> TextCase::inputs(const std::string& type, const Binding& binding) const {
  std::vector<Weights> list;
  uint64_t seed = 1;
  for (const CaseOperand& o : operands) {
    TensorType t = parse_type(type_of(o, type));
    ++seed;
    if (!o.known_at_build) list.push_back(made(o.data, t.element, at(t.shape, binding), seed));
  }
  return list;
}

std::vector<std::pair<std::string, TextCase>> cases_under(const char* folder) {
  namespace fs = std::filesystem;
  std::vector<std::pair<std::string, TextCase>> all;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(source_folder()) / "src" / folder)) {
    if (entry.path().extension() != ".test") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("case ")) {
        TextCase c = parse_case(line);
#ifndef TENON_ONEDNN  // its kernels neither take nor refuse anything; the cases run all the same
        if (entry.path().stem() == "onednn") c.by.clear(), c.refused.clear();
#endif
        all.emplace_back(entry.path().stem(), std::move(c));
      }
  }
  return all;
}

}  // namespace tenon
