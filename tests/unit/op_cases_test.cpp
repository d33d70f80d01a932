// Runs the text cases beside the operators: src/ops/*/*.test. Adding a case compiles nothing.
//   case NAME  y = op(x, w) field=value | x: f32[N,5] N=1..8 normal | w: f32[2]{1,2} | types f32 f16 | = f32[2]{…}
// Every case runs by the reference kernels, and again through an engine file; `error "text"` expects a refusal.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "ir/text.h"
#include "plan/engine_file.h"
#include "runtime/context.h"
#include "tenon/build.h"

namespace tenon {
namespace {

struct Operand {
  std::string name, type, data;  // data: {numbers}, or how they are made
};

struct Case {
  std::string name, line, expected, error;
  std::vector<Operand> operands;
  std::vector<std::string> types;
  std::map<std::string, std::pair<int64_t, int64_t>> symbols;  // lowest and highest
};

std::string trimmed(std::string s) {
  size_t first = s.find_first_not_of(' ');
  if (first == s.npos) return "";
  return s.substr(first, s.find_last_not_of(' ') - first + 1);
}

Case parse_case(const std::string& text) {
  Case c;
  std::vector<std::string> parts;
  std::string rest = text;
  for (size_t bar; (bar = rest.find(" | ")) != rest.npos; rest = rest.substr(bar + 3))
    parts.push_back(rest.substr(0, bar));
  parts.push_back(rest);
  std::istringstream head(parts[0].substr(5));
  head >> c.name;
  std::getline(head, c.line);
  c.line = trimmed(c.line);
  for (size_t i = 1; i < parts.size(); ++i) {
    std::string part = trimmed(parts[i]);
    if (part.starts_with("= ")) c.expected = part.substr(2);
    else if (part.starts_with("error ")) c.error = part.substr(7, part.size() - 8);
    else if (part.starts_with("types ")) {
      std::istringstream words(part.substr(6));
      for (std::string word; words >> word;) c.types.push_back(word);
    } else if (part.starts_with("tol ")) {
      continue;  // tolerances between kernels: one table for all, below
    } else {
      Operand o;
      size_t colon = part.find(": "), brace = part.find('{');
      o.name = part.substr(0, colon);
      std::istringstream words(part.substr(colon + 2));
      words >> o.type;
      for (std::string word; words >> word;) {
        size_t equals = word.find('='), dots = word.find("..");
        if (equals != word.npos && dots != word.npos)
          c.symbols[word.substr(0, equals)] = {std::stoll(word.substr(equals + 1)), std::stoll(word.substr(dots + 2))};
        else o.data = word;
      }
      if (brace != part.npos) o.type = part.substr(colon + 2, brace - colon - 2), o.data = part.substr(brace);
      c.operands.push_back(o);
    }
  }
  return c;
}

Weights parse_weights(const std::string& text) {
  return print(parse("c = constant() data=" + text + "\nreturn c\n")).weights.at(0);
}

Weights random_weights(ElementType element, const Extents& extents, uint64_t seed) {
  return parse_weights(concat(element, extents, "~", seed));
}

using Values = std::vector<Weights>;

Values run(Graph graph, const Values& inputs) {
  Built built = build(std::move(graph), {.threads = 1, .optimize = true, .tuning_ms = 0});
  ExecutionContext context(built.plan, 1);
  std::vector<Extents> extents;
  std::vector<const void*> from;
  for (const Weights& w : inputs) extents.push_back(w->extents), from.push_back(w->data);
  context.set_shapes(extents);
  Values outputs;
  std::vector<void*> to;
  for (size_t i = 0; i < built.plan->outputs.size(); ++i) {
    View view;
    outputs.push_back(make_weights(built.plan->outputs[i].type.element, context.output_extents(int(i)), view));
    to.push_back(view.data);
  }
  context.run(from, to);
  return outputs;
}

void expect_near(const Tensor& found, const Tensor& expected) {
  ASSERT_EQ(to_text(found.element), to_text(expected.element));
  ASSERT_EQ(found.extents, expected.extents);
  double relative = found.element == ElementType::f64 ? 1e-12 : found.element == ElementType::f32 ? 1e-5 : 1e-2;
  for (int64_t i = 0; i < found.extents.count(); ++i) {
    Scalar a = load_scalar(found.data + i * size_bytes(found.element), found.element);
    Scalar b = load_scalar(expected.data + i * size_bytes(found.element), found.element);
    if (!float_types.contains(found.element)) ASSERT_EQ(a.i, b.i) << "at " << i;
    else if (std::isnan(b.f) || std::isinf(b.f)) ASSERT_EQ(to_text(a.f), to_text(b.f)) << "at " << i;
    else ASSERT_NEAR(a.f, b.f, relative * std::abs(b.f) + 1e-7) << "at " << i;
  }
}

void run_case(const Case& c, const std::string& type) {
  std::string lines, line = c.line;
  for (const Operand& o : c.operands) {
    std::string of = o.type;
    if (!type.empty()) of = type + of.substr(of.find('['));
    lines += concat(o.name, " = input() type=", of, "\n");
  }
  std::string result = line.substr(0, line.find(' '));
  lines += line + "\nreturn " + result + "\n";
  std::vector<Binding> bindings(c.symbols.empty() ? 1 : 4);  // lowest, the one above, the middle, highest
  for (const auto& [symbol, range] : c.symbols) {
    auto [low, high] = range;
    int64_t steps[] = {low, std::min(low + 1, high), (low + high) / 2, high};
    for (size_t i = 0; i < 4; ++i) bindings[i][symbol] = steps[i];
  }
  for (const Binding& binding : bindings) {
    Values inputs;
    uint64_t seed = 1;
    for (const Operand& o : c.operands) {
      TensorType t = parse_type(type.empty() ? o.type : type + o.type.substr(o.type.find('[')));
      Extents extents = at(t.shape, binding);
      bool literal = o.data.starts_with("{");
      inputs.push_back(literal ? parse_weights(concat(t.element, extents, o.data))
                               : random_weights(t.element, extents, seed++));
    }
    Graph graph = parse(lines);
    auto file = std::make_shared<std::vector<std::byte>>();
    EngineBytes engine = write_engine(graph);
    for (auto part : engine.parts) file->insert(file->end(), part.begin(), part.end());
    Values plain = run(std::move(graph), inputs), loaded = run(read_engine(file), inputs);
    ASSERT_TRUE(equal_bytes(*plain[0], *loaded[0])) << "after an engine file";
    if (!c.expected.empty()) expect_near(*plain[0], *parse_weights(c.expected));
  }
}

class OpCase : public testing::Test {
 public:
  explicit OpCase(Case c) : case_(std::move(c)) {}
  void TestBody() override {
    if (!case_.error.empty()) {
      try {
        run_case(case_, "");
        FAIL() << "expected the error: " << case_.error;
      } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find(case_.error), std::string::npos) << e.what();
      }
      return;
    }
    std::vector<std::string> types = case_.types.empty() ? std::vector<std::string>{""} : case_.types;
    for (const std::string& type : types) {
      SCOPED_TRACE(type);
      try {
        run_case(case_, type);
      } catch (const Error& e) {
        FAIL() << e.what();
      }
    }
  }

 private:
  Case case_;
};

// Before main: one test for each line that starts with `case`.
const bool registered = [] {
  namespace fs = std::filesystem;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(TENON_SOURCE_DIR) / "src" / "ops")) {
    if (entry.path().extension() != ".test") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("case ")) {
        Case c = parse_case(line);
        std::string folder = entry.path().parent_path().filename();
        testing::RegisterTest(("Op_" + folder).c_str(), c.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                              [c]() -> OpCase* { return new OpCase(c); });
      }
  }
  return true;
}();

}  // namespace
}  // namespace tenon
