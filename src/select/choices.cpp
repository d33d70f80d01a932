#include "select/choices.h"

#include <algorithm>
#include <set>

#include "ir/fields_text.h"

namespace tenon {

namespace {

std::string first_line(const std::string& machine) { return "plan " + quoted(machine); }

// root, kernel, config, first node, number of nodes, formats; then exit, from, to of every reformat
std::string line_of(const Choice& c) {
  const Offer& o = *c.offer;
  std::string line =
      concat(quoted(o.region.root().output().name), " ", quoted(o.kernel), " ", o.config, " ",
             quoted(o.region.nodes.front()->output().name), " ", o.region.nodes.size(), " ", quoted(o.formats_text()));
  for (const Reformat& r : c.reformats) {
    size_t exit = 0;
    while (o.region.exits[exit] != r.value) ++exit;
    line += concat(" ", exit, " ", quoted(to_text(r.from)), " ", quoted(to_text(r.to)));
  }
  return line + "\n";
}

std::string_view take_line(std::string_view& text) {
  size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// Where the machine's block begins and ends in `text`; both npos if there is none.
std::pair<size_t, size_t> find_block(std::string_view text, const std::string& machine) {
  std::string head = first_line(machine);
  std::string_view rest = text;
  size_t begin = text.npos;
  while (!rest.empty()) {
    size_t at = text.size() - rest.size();
    std::string_view line = take_line(rest);
    if (line == head) begin = at;
    if (line == "end" && begin != text.npos) return {begin, text.size() - rest.size()};
  }
  return {text.npos, text.npos};
}

// What a cover has made so far, to see that every choice finds its operands.
using Made = std::set<std::pair<const Value*, Format>>;

struct Reading {
  const Catalog& catalog;
  std::map<std::string, const Node*, std::less<>> roots{};
  Made made{};
  Cover cover{};

  Choice parse(std::string_view line) {
    Words words(line);
    std::string root = words.name(), kernel = words.name();
    auto number = [&] {
      std::string_view digits = words.value();
      int64_t n = 0;
      bool negative = digits.starts_with('-');
      if (negative) digits.remove_prefix(1);
      check(!digits.empty() && digits.size() <= 18, "expected a number in '", line, "'");
      for (char c : digits) {
        check(c >= '0' && c <= '9', "expected a number in '", line, "'");
        n = n * 10 + (c - '0');
      }
      return negative ? -n : n;
    };
    int64_t config = number();
    std::string first = words.name();
    int64_t nodes = number();
    std::string formats = words.name();
    auto node = roots.find(root);
    check(node != roots.end(), "no node makes '", root, "'");
    const std::vector<Offer>& offers = catalog.at(node->second).accepted;
    auto it = std::find_if(offers.begin(), offers.end(), [&](const Offer& o) {
      return o.kernel == kernel && o.config == config && o.region.nodes.front()->output().name == first &&
             int64_t(o.region.nodes.size()) == nodes && o.formats_text() == formats;
    });
    check(it != offers.end(), "nobody offers ", kernel, " for '", root, "' now");
    Choice choice{&*it, {}};
    while (!words.at_end()) {
      int64_t exit = number();
      Format from = parse_format(words.name()), to = parse_format(words.name());
      check(exit >= 0 && exit < int64_t(it->region.exits.size()) && it->results[size_t(exit)] == from && from != to,
            "a reformat of '", root, "' that does not fit");
      const Value* value = it->region.exits[size_t(exit)];
      bool layouts = to.layout == Layout::plain || has_channels(value->type());
      bool elements =
          from.element == to.element || (float_types.contains(from.element) && float_types.contains(to.element));
      check(layouts && elements, "no reformat of '", root, "' to ", to);
      choice.reformats.push_back({value, from, to});
    }
    return choice;
  }

  void add(Choice choice) {
    const Offer& o = *choice.offer;
    for (const Operand& in : o.operands)
      check(made.contains({in.value, in.format}), "'", in.value->name, "' is not there as ", in.format);
    bool fresh = true;
    for (size_t i = 0; i < o.results.size(); ++i)
      fresh = made.insert({o.region.exits[i], o.results[i]}).second && fresh;
    for (const Reformat& r : choice.reformats) fresh = made.insert({r.value, r.to}).second && fresh;
    check(fresh, "'", o.region.root().output().name, "' is made twice");
    cover.choices.push_back(std::move(choice));
  }
};

}  // namespace

std::string choices_text(const Cover& cover, const std::string& machine) {
  std::string text = first_line(machine) + "\n";
  for (const Choice& c : cover.choices) text += line_of(c);
  return text + "end\n";
}

StoredCover read_choices(std::string_view text, const Target& target, const Graph& graph, const Catalog& catalog) {
  auto [begin, end] = find_block(text, target.isa);
  if (begin == text.npos) return {{}, "it holds no plan for " + target.isa};
  std::string_view block = text.substr(begin, end - begin);
  Reading reading{catalog};
  for (const auto& n : graph.nodes()) reading.roots.emplace(n->output().name, n.get());
  try {
    take_line(block);
    for (std::string_view line = take_line(block); line != "end"; line = take_line(block))
      reading.add(reading.parse(line));
    for (const Graph::Output& out : graph.outputs())
      check(reading.made.contains({out.value, target.output_format(*out.value)}), "nothing makes the output '",
            out.name, "'");
  } catch (const Error& e) {
    return {{}, e.what()};
  }
  return {std::move(reading.cover), ""};
}

std::string without_choices(std::string_view text, const std::string& machine) {
  auto [begin, end] = find_block(text, machine);
  if (begin == text.npos) return std::string(text);
  return std::string(text.substr(0, begin)) + std::string(text.substr(end));
}

}  // namespace tenon
