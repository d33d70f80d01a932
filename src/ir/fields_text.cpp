// Printer and parser of fields, both FieldVisitors.
#include "ir/fields_text.h"

#include <xxhash.h>

#include <charconv>
#include <cmath>

#include "base/dispatch.h"
#include "ir/text.h"

namespace tenon {

std::string digest_of(const Tensor& tensor) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(tensor.data, size_t(tensor.bytes()))));
  return text;
}

std::string quoted(const std::string& name) {
  auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_./:$@-").find(c) != std::string_view::npos;
  };
  bool bare = !name.empty() && name != "keep" && name != "return" && name != "body";  // which begin lines of their own
  for (char c : name) bare = bare && plain(c);
  if (bare) return name;
  std::string text = "\"";
  for (char c : name) {
    char code[5];
    if (c == '"' || c == '\\') text += '\\', text += c;
    else if (static_cast<unsigned char>(c) < 32 || c == 127)
      std::snprintf(code, sizeof code, "\\x%02x", c), text += code;
    else text += c;
  }
  return text + "\"";
}

std::string_view Words::rest() {
  while (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
  return rest_;
}
bool Words::take(std::string_view word) {
  if (!rest().starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}
void Words::expect(std::string_view word) {
  check(take(word), ErrorId::text_malformed, "expected '", word, "', found '", rest().substr(0, 40), "'");
}
std::string Words::name() {
  std::string text;
  if (!take("\"")) {
    size_t end = rest().find_first_of(" ,()=\"");
    text = rest_.substr(0, end);
    check(!text.empty(), ErrorId::text_malformed, "expected a name, found '", rest_.substr(0, 40), "'");
    rest_.remove_prefix(text.size());
    return text;
  }
  for (;;) {
    check(!rest_.empty(), ErrorId::text_malformed, "a quoted name has no end");
    char c = rest_[0];
    rest_.remove_prefix(1);
    if (c == '"') return text;
    if (c == '\\' && !rest_.empty()) {
      c = rest_[0];
      rest_.remove_prefix(1);
      if (c == 'x' && rest_.size() >= 2) {
        int code = 0;
        std::from_chars(rest_.data(), rest_.data() + 2, code, 16);
        rest_.remove_prefix(2);
        c = char(code);
      }
    }
    text += c;
  }
}
std::string_view Words::value() {
  rest();
  size_t end = 0;
  int depth = 0;
  for (; end < rest_.size() && (rest_[end] != ' ' || depth > 0); ++end) {
    char c = rest_[end];
    depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
  }
  std::string_view word = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return word;
}

namespace {

std::string number_text(const Tensor& t, int64_t i) {
  Scalar s = load_scalar(t.data + i * size_bytes(t.element), t.element);
  if (any_float_types.contains(t.element)) return to_text(s.f);
  return any_unsigned_types.contains(t.element) ? to_text(s.u) : to_text(s.i);
}

template <class List>
std::string joined(const List& list) {
  std::string text;
  for (const auto& item : list) text += concat(text.empty() ? "" : ",", item);
  return text;
}

class FieldPrinter final : public FieldVisitor {
 public:
  FieldPrinter(WeightsText how, Attachments* to) : how_(how), to_(to) {}
  std::string text;

  void operator()(const char* name, int64_t& value) override { put(name, to_text(value)); }
  void operator()(const char* name, double& value) override { put(name, to_text(value)); }
  void operator()(const char* name, bool& value) override { put(name, value ? "true" : "false"); }
  void operator()(const char* name, std::vector<int64_t>& value) override { put(name, joined(value)); }
  void operator()(const char* name, std::vector<double>& value) override { put(name, joined(value)); }
  void operator()(const char* name, Shape& value) override {
    std::string extents = to_text(value);
    check(how_ != WeightsText::listed || extents.find('#') == extents.npos, ErrorId::unsupported, "field '", name,
          "' is ", extents, ", whose expression is too long for an engine file");
    put(name, extents);
  }
  void operator()(const char* name, ElementType& value) override { put(name, to_text(value)); }
  void operator()(const char* name, TensorType& value) override { put(name, to_text(value)); }
  void operator()(const char* name, Weights& value) override {
    if (!value) return put(name, "none");
    if (how_ == WeightsText::listed) {
      to_->weights.push_back(value);
      return put(name, concat("#", to_->weights.size() - 1));
    }
    std::string type = concat(value->element, value->extents);
    if (how_ == WeightsText::digest || value->extents.count() > 16)
      return put(name, concat(type, "#", digest_of(*value)));
    std::string numbers;
    for (int64_t i = 0; i < value->extents.count(); ++i) numbers += concat(i ? "," : "", number_text(*value, i));
    put(name, concat(type, "{", numbers, "}"));
  }
  void operator()(const char* name, Body& value) override {
    if (!value) return put(name, "none");
    if (to_) {
      to_->bodies.push_back(value);
      return put(name, concat("@", to_->bodies.size() - 1));
    }
    std::string text = to_text(*value);
    char digest[20];
    std::snprintf(digest, sizeof digest, "%016llx",
                  static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
    put(name, concat("@", digest));
  }
  void choice(const char* name, int& value, std::span<const char* const> names) override {
    put(name, names[size_t(value)]);
  }

 private:
  bool skips_defaults() const override { return true; }
  void put(const char* name, const std::string& value) { text += concat(" ", name, "=", value); }
  WeightsText how_;
  Attachments* to_;
};

template <class N>
N parse_number(std::string_view s) {
  N value{};
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  check(error == std::errc() && end == s.data() + s.size(), ErrorId::text_malformed, "expected a number, found '", s,
        "'");
  return value;
}

template <class Take>
void each_item(std::string_view s, Take take) {
  for (int depth = 0; !s.empty();) {
    size_t end = 0;
    for (; end < s.size() && (s[end] != ',' || depth > 0); ++end) depth += (s[end] == '(') - (s[end] == ')');
    take(s.substr(0, end));
    s.remove_prefix(std::min(end + 1, s.size()));
  }
}

std::string_view without_brackets(std::string_view s) {  // of a list: `1,1` is what is printed, `[1,1]` reads too
  return s.size() >= 2 && s.front() == '[' && s.back() == ']' ? s.substr(1, s.size() - 2) : s;
}

Weights parse_weights(std::string_view s, const std::vector<Weights>& list) {
  if (s == "none") return nullptr;
  if (s.starts_with("#")) {
    auto index = parse_number<size_t>(s.substr(1));
    check(index < list.size(), ErrorId::text_malformed, "there are no weights ", s);
    return list[index];
  }
  size_t open = s.find(']');
  check(open != s.npos, ErrorId::text_malformed, "expected weights such as f32[2]{1,2}, found '", s, "'");
  TensorType type = parse_type(s.substr(0, open + 1));
  View view;
  Extents extents = at(type.shape, {});
  check(extents.count() <= (1 << 24), ErrorId::limit_exceeded, "weights in text exceed 2^24 elements");
  Weights weights = make_weights(type.element, extents, view);
  s.remove_prefix(open + 1);
  int64_t i = 0;
  auto put = [&](double f, ElementType from) {
    Scalar x{};
    x.f = f;
    Scalar y = cast_scalar(x, from, type.element);
    store_scalar(static_cast<std::byte*>(view.data) + i++ * size_bytes(type.element), type.element, y);
  };
  auto put_exact = [&](auto number) {  // small types hold few numbers: what they do not hold is a mistake
    Scalar x{}, y{};
    std::byte* to = static_cast<std::byte*>(view.data) + i++;
    if constexpr (std::is_same_v<decltype(number), double>) x.f = number;
    else x.i = number;
    store_scalar(to, type.element, x);
    y = load_scalar(to, type.element);
    bool same =
        any_float_types.contains(type.element) ? y.f == x.f || (std::isnan(y.f) && std::isnan(x.f)) : y.i == x.i;
    check(same, ErrorId::text_malformed, type.element, " does not hold ", number);
  };
  if (s.starts_with("~")) {  // seeded numbers between -1 and 1, in steps that every type above 8 bits but bool holds
    auto seed = parse_number<uint64_t>(s.substr(1));
    bool is_float = any_float_types.contains(type.element), sign = type.element != ElementType::f8e8m0;
    while (i < extents.count()) {
      uint64_t hash = XXH3_64bits_withSeed(&i, sizeof i, seed) % 255;
      put(is_float ? (double(hash) - 127 * sign) / 128 : double(hash % 16), ElementType::f64);
    }
    return weights;
  }
  check(s.size() >= 2 && s.front() == '{' && s.back() == '}', ErrorId::text_malformed, "expected {numbers}, found '", s,
        "'");
  each_item(s.substr(1, s.size() - 2), [&](std::string_view item) {
    check(i < extents.count(), ErrorId::text_malformed, "more numbers than ", type, " holds");
    bool small = small_types.contains(type.element);
    if (small_float_types.contains(type.element)) return put_exact(parse_number<double>(item));
    if (float_types.contains(type.element)) return put(parse_number<double>(item), ElementType::f64);
    Scalar x{};
    x.i = item.starts_with("-") ? parse_number<int64_t>(item) : int64_t(parse_number<uint64_t>(item));
    if (small) return put_exact(x.i);
    store_scalar(static_cast<std::byte*>(view.data) + i++ * size_bytes(type.element), type.element, x);
  });
  check(i == extents.count(), ErrorId::text_malformed, type, " wants ", extents.count(), " numbers, found ", i);
  return weights;
}

// Missing fields keep their defaults; what no field claims is an error.
class FieldParser final : public FieldVisitor {
 public:
  FieldParser(FieldTexts given, const Attachments& from) : given_(std::move(given)), from_(from) {}
  void finish() const {
    if (!given_.empty())
      fail(ErrorId::text_malformed, "unknown field '", given_.begin()->first, "'; there ",
           known_.empty() ? "are none" : concat("are ", known_));
  }

  void operator()(const char* name, int64_t& value) override {
    take(name, [&](std::string_view s) { value = parse_number<int64_t>(s); });
  }
  void operator()(const char* name, double& value) override {
    take(name, [&](std::string_view s) { value = parse_number<double>(s); });
  }
  void operator()(const char* name, bool& value) override {
    take(name, [&](std::string_view s) {
      check(s == "true" || s == "false", ErrorId::text_malformed, name, " is true or false, found '", s, "'");
      value = s == "true";
    });
  }
  void operator()(const char* name, std::vector<int64_t>& value) override {
    take(name, [&](std::string_view s) {
      value.clear();
      each_item(without_brackets(s), [&](std::string_view item) { value.push_back(parse_number<int64_t>(item)); });
    });
  }
  void operator()(const char* name, std::vector<double>& value) override {
    take(name, [&](std::string_view s) {
      value.clear();
      each_item(without_brackets(s), [&](std::string_view item) { value.push_back(parse_number<double>(item)); });
    });
  }
  void operator()(const char* name, Shape& value) override {
    take(name, [&](std::string_view s) {
      check(s.size() >= 2 && s.front() == '[' && s.back() == ']', ErrorId::text_malformed,
            "expected [extents], found '", s, "'");
      value.clear();
      each_item(s.substr(1, s.size() - 2), [&](std::string_view item) { value.push_back(parse_dim(item)); });
    });
  }
  void operator()(const char* name, ElementType& value) override {
    take(name, [&](std::string_view s) { value = parse_element(s); });
  }
  void operator()(const char* name, TensorType& value) override {
    take(name, [&](std::string_view s) { value = parse_type(s); });
  }
  void operator()(const char* name, Weights& value) override {
    take(name, [&](std::string_view s) { value = parse_weights(s, from_.weights); });
  }
  void operator()(const char* name, Body& value) override {
    take(name, [&](std::string_view s) {
      check(s.starts_with("@"), ErrorId::text_malformed, "expected @ and a body's number, found '", s, "'");
      auto index = parse_number<size_t>(s.substr(1));
      check(index < from_.bodies.size(), ErrorId::text_malformed, "there is no body ", s);
      value = from_.bodies[index];
    });
  }
  void choice(const char* name, int& value, std::span<const char* const> names) override {
    take(name, [&](std::string_view s) {
      int i = 0;
      while (i < int(names.size()) && s != names[size_t(i)]) ++i;
      check(i < int(names.size()), ErrorId::text_malformed, "'", s, "' is no value of ", name);
      value = i;
    });
  }

 private:
  template <class Read>
  void take(const char* name, Read read) {
    known_ += concat(known_.empty() ? "" : ", ", name);
    auto it = given_.find(name);
    if (it == given_.end()) return;
    try {
      read(it->second);
    } catch (Error& e) {
      e.add_context(concat("field '", name, "'"));
      throw;
    }
    given_.erase(it);
  }
  FieldTexts given_;
  std::string known_;
  const Attachments& from_;
};

}  // namespace

std::string fields_text(const Op& op, WeightsText how, Attachments* to) {
  FieldPrinter printer(how, to);
  const_cast<Op&>(op).fields(printer);  // printing does not write; one field list serves both directions
  return printer.text;
}

void parse_fields(Op& op, std::string_view text, const Attachments& from) {
  FieldTexts given;
  for (Words words(text); !words.at_end();) {
    std::string name = words.name();
    words.expect("=");
    bool fresh = given.emplace(name, words.take(" ") ? std::string_view() : words.value()).second;
    check(fresh, ErrorId::text_malformed, "field '", name, "' is given twice");
  }
  parse_fields(op, std::move(given), from);
}

void parse_fields(Op& op, FieldTexts given, const Attachments& from) {
  FieldParser parser(std::move(given), from);
  op.fields(parser);
  parser.finish();
}

}  // namespace tenon
