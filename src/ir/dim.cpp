// Arithmetic of symbolic extents.
#include "ir/dim.h"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_map>

namespace tenon {

struct Dim::Atom {
  enum Kind { symbol, quotient, maximum, minimum } kind;
  std::string text;  // canonical: what atoms are compared by
  Dim a, b;          // of all but symbols
  int depth;         // of the expression below
};

struct Dim::Sum {
  using Product = std::vector<std::shared_ptr<const Atom>>;  // sorted by text; empty: the constant term
  struct Term {
    Product product;
    int64_t factor;
  };
  std::map<std::string, Term> terms;  // by the product's text
};

struct Dim::Algebra {
  using Sum = Dim::Sum;
  using Atom = Dim::Atom;
  static constexpr int max_depth = 1000;
  static constexpr size_t longest_text = 256;

  // Stands for an expression that is too long to be written out: equal expressions, equal digests.
  static std::string digest(const std::string& text) {
    XXH128_hash_t h = XXH3_128bits(text.data(), text.size());
    constexpr char digits[] = "0123456789abcdef";
    std::string name = "#";
    for (uint64_t half : {h.high64, h.low64})
      for (int shift = 60; shift >= 0; shift -= 4) name += digits[half >> shift & 15];
    return name;
  }

  static std::string text_of(const Sum::Product& product) {
    std::string text;
    for (const auto& atom : product) text += (text.empty() ? "" : "*") + atom->text;
    return text;
  }
  static Sum sum_of(const Dim& d) {
    if (!d.known()) return *d.sum_;
    Sum sum;
    if (d.known_) sum.terms[""] = {{}, d.known_};
    return sum;
  }
  static Dim dim_of(Sum sum) {
    std::erase_if(sum.terms, [](const auto& t) { return t.second.factor == 0; });
    if (sum.terms.empty()) return 0;
    if (sum.terms.size() == 1 && sum.terms.begin()->first.empty()) return sum.terms.begin()->second.factor;
    check(sum.terms.size() <= 64, ErrorId::limit_exceeded, "a symbolic extent has more than 64 terms");
    Dim d;
    d.sum_ = std::make_shared<const Sum>(std::move(sum));
    return d;
  }
  static int depth_of(const Dim& d) {
    int depth = 0;
    if (!d.known())
      for (const auto& [text, term] : d.sum_->terms)
        for (const auto& atom : term.product) depth = std::max(depth, atom->depth);
    return depth;
  }
  static Dim of_atom(Atom::Kind kind, std::string text, Dim a = 0, Dim b = 0) {
    int depth = 1 + std::max(depth_of(a), depth_of(b));
    check(depth <= max_depth, ErrorId::limit_exceeded, "a symbolic extent nests deeper than ", max_depth);
    check(kind != Atom::symbol || text.size() <= 4096, ErrorId::limit_exceeded,
          "a dimension's name is longer than 4096 characters");
    if (kind != Atom::symbol && text.size() > longest_text) text = digest(text);
    Sum sum;
    auto atom = std::make_shared<const Atom>(Atom{kind, text, std::move(a), std::move(b), depth});
    sum.terms[text] = {{std::move(atom)}, 1};
    return dim_of(std::move(sum));
  }
  static void add(Sum& to, const Sum::Term& term, int64_t factor) {
    auto [it, fresh] = to.terms.try_emplace(text_of(term.product), Sum::Term{term.product, 0});
    it->second.factor = checked_add(it->second.factor, checked_mul(term.factor, factor));
  }
  // term / divisor, if the divisor's factor and atoms all occur in the term.
  static bool divide(const Sum::Term& term, const Sum::Term& divisor, Sum::Term& result) {
    if (term.factor % divisor.factor != 0) return false;
    result = {term.product, term.factor / divisor.factor};
    for (const auto& atom : divisor.product) {
      auto it = std::find_if(result.product.begin(), result.product.end(),
                             [&](const auto& other) { return other->text == atom->text; });
      if (it == result.product.end()) return false;
      result.product.erase(it);
    }
    return true;
  }
  // Expressions share their parts, so that a walk remembers what it has seen: else it could take exponential time.
  template <class T>
  using Seen = std::unordered_map<const Atom*, T>;

  static int64_t at(const Dim& d, const Binding& binding, Seen<int64_t>& seen) {
    if (d.known()) return d.known_;
    int64_t total = 0;
    for (const auto& [text, term] : d.sum_->terms) {
      int64_t product = term.factor;
      for (const auto& atom : term.product) product = checked_mul(product, at(*atom, binding, seen));
      total = checked_add(total, product);
    }
    return total;
  }
  static int64_t at(const Atom& atom, const Binding& binding, Seen<int64_t>& seen) {
    if (atom.kind == Atom::symbol) {
      auto it = binding.find(atom.text);
      check(it != binding.end(), ErrorId::unknown_name, "no value is bound to the dimension '", atom.text, "'");
      return it->second;
    }
    if (auto it = seen.find(&atom); it != seen.end()) return it->second;
    return seen[&atom] = combine(atom.kind, at(atom.a, binding, seen), at(atom.b, binding, seen));
  }
  static int64_t combine(Atom::Kind kind, int64_t a, int64_t b) {
    if (kind == Atom::maximum) return std::max(a, b);
    if (kind == Atom::minimum) return std::min(a, b);
    check(b != 0, "an extent is divided by 0");
    return floor_quotient(a, b);
  }
  static int64_t floor_quotient(int64_t a, int64_t b) {
    check(b != -1 || a != std::numeric_limits<int64_t>::min(), ErrorId::size_overflow, "size overflows: ", a, " / ", b);
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
  }
  static Range range(const Dim& d, const Ranges& ranges, Seen<Range>& seen);
  static Range range(const Atom& atom, const Ranges& ranges, Seen<Range>& seen);
  static void symbols(const Dim& d, std::map<std::string, int>& counts, Seen<bool>& seen);
  static bool grows_together(const Dim& difference);
  static bool bounded_by_a_side(const Dim& difference);
};

std::string symbol_name(std::string_view text) {
  std::string name;
  for (char c : text) name += std::isalnum(static_cast<unsigned char>(c)) || c == '_' ? c : '_';
  return name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) ? "d" + name : name;
}

Dim Dim::symbol(std::string name) {
  check(!name.empty(), "a dimension's name is empty");
  return Algebra::of_atom(Atom::symbol, std::move(name));
}

int64_t Dim::value() const {
  check(known(), "extent ", *this, " is not known yet");
  return known_;
}

bool Dim::operator==(const Dim& other) const {
  if (known() || other.known()) return known() && other.known() && known_ == other.known_;
  if (sum_ == other.sum_) return true;
  auto same = [](const auto& x, const auto& y) { return x.first == y.first && x.second.factor == y.second.factor; };
  return std::equal(sum_->terms.begin(), sum_->terms.end(), other.sum_->terms.begin(), other.sum_->terms.end(), same);
}

int64_t Dim::at(const Binding& binding) const {
  Algebra::Seen<int64_t> seen;
  return Algebra::at(*this, binding, seen);
}

// A bound beyond 64 bits is as good as the largest number: extents themselves have to fit.
static constexpr int64_t no_bound = std::numeric_limits<int64_t>::max();

static int64_t bounded_mul(int64_t a, int64_t b) {
  int64_t result;
  bool beyond = __builtin_mul_overflow(a, b, &result) || result < -no_bound;
  return beyond ? ((a < 0) == (b < 0) ? no_bound : -no_bound) : result;
}

static int64_t bounded_add(int64_t a, int64_t b) {
  int64_t result;
  bool beyond = __builtin_add_overflow(a, b, &result) || result < -no_bound;
  return beyond ? (a > 0 ? no_bound : -no_bound) : result;
}

static Range multiply(Range a, Range b) {
  int64_t all[] = {bounded_mul(a.low, b.low), bounded_mul(a.low, b.high), bounded_mul(a.high, b.low),
                   bounded_mul(a.high, b.high)};
  return {*std::min_element(all, all + 4), *std::max_element(all, all + 4)};
}

Range Dim::Algebra::range(const Dim& d, const Ranges& ranges, Seen<Range>& seen) {
  if (d.known()) return {d.known_, d.known_};
  Range total{0, 0};
  for (const auto& [text, term] : d.sum_->terms) {
    Range product{term.factor, term.factor};
    for (const auto& atom : term.product) product = multiply(product, range(*atom, ranges, seen));
    total = {bounded_add(total.low, product.low), bounded_add(total.high, product.high)};
  }
  return total;
}

Range Dim::Algebra::range(const Atom& atom, const Ranges& ranges, Seen<Range>& seen) {
  if (atom.kind == Atom::symbol) {
    auto it = ranges.find(atom.text);
    return it != ranges.end() ? it->second : Range{0, std::numeric_limits<int32_t>::max()};
  }
  if (auto it = seen.find(&atom); it != seen.end()) return it->second;
  Range a = range(atom.a, ranges, seen), b = range(atom.b, ranges, seen);
  auto bounds = [&]() -> Range {
    if (atom.kind != Atom::quotient) return {combine(atom.kind, a.low, b.low), combine(atom.kind, a.high, b.high)};
    if (b.low <= 0 && b.high >= 0) {  // the divisor might be ±1
      int64_t most = std::max(std::abs(a.low), std::abs(a.high));
      return {-most, most};
    }
    int64_t all[] = {floor_quotient(a.low, b.low), floor_quotient(a.low, b.high), floor_quotient(a.high, b.low),
                     floor_quotient(a.high, b.high)};
    return {*std::min_element(all, all + 4), *std::max_element(all, all + 4)};
  };
  return seen[&atom] = bounds();
}

Range Dim::range(const Ranges& ranges) const {
  Algebra::Seen<Range> seen;
  return Algebra::range(*this, ranges, seen);
}

void Dim::Algebra::symbols(const Dim& d, std::map<std::string, int>& counts, Seen<bool>& seen) {
  if (d.known()) return;
  for (const auto& [text, term] : d.sum_->terms)
    for (const auto& atom : term.product) {
      if (atom->kind == Atom::symbol) ++counts[atom->text];
      else if (seen.emplace(atom.get(), true).second) symbols(atom->a, counts, seen), symbols(atom->b, counts, seen);
    }
}

void Dim::symbols(std::map<std::string, int>& counts) const {
  Algebra::Seen<bool> seen;
  Algebra::symbols(*this, counts, seen);
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.known() && b.known()) return checked_add(a.known_, b.known_);
  Dim::Sum sum = Dim::Algebra::sum_of(a);
  for (const auto& [text, term] : Dim::Algebra::sum_of(b).terms) Dim::Algebra::add(sum, term, 1);
  return Dim::Algebra::dim_of(std::move(sum));
}

Dim operator-(const Dim& a, const Dim& b) { return a + b * Dim(-1); }

Dim operator*(const Dim& a, const Dim& b) {
  if (a.known() && b.known()) return checked_mul(a.known_, b.known_);
  if (a.is(1)) return b;
  if (b.is(1)) return a;
  Dim::Sum sum, left = Dim::Algebra::sum_of(a), right = Dim::Algebra::sum_of(b);
  for (const auto& [x_text, x] : left.terms)
    for (const auto& [y_text, y] : right.terms) {
      Dim::Sum::Term product = x;
      product.product.insert(product.product.end(), y.product.begin(), y.product.end());
      std::sort(product.product.begin(), product.product.end(),
                [](const auto& p, const auto& q) { return p->text < q->text; });
      Dim::Algebra::add(sum, product, y.factor);
    }
  return Dim::Algebra::dim_of(std::move(sum));
}

// What divides evenly leaves the quotient: floor((k a + b) / k) = a + floor(b / k).
Dim floor_div(const Dim& a, const Dim& b) {
  check(!b.is(0), "an extent is divided by 0");
  if (b.is(1)) return a;
  if (a.known() && b.known()) return Dim::Algebra::floor_quotient(a.known_, b.known_);
  if (a == b) return 1;
  Dim::Sum divisor = Dim::Algebra::sum_of(b), whole, rest;
  if (divisor.terms.size() > 1) return Dim::Algebra::of_atom(Dim::Atom::quotient, concat("div(", a, ",", b, ")"), a, b);
  for (const auto& [text, term] : Dim::Algebra::sum_of(a).terms) {
    Dim::Sum::Term part;
    if (Dim::Algebra::divide(term, divisor.terms.begin()->second, part)) Dim::Algebra::add(whole, part, 1);
    else Dim::Algebra::add(rest, term, 1);
  }
  if (auto number = rest.terms.find(""); b.known() && number != rest.terms.end()) {
    int64_t quotient = Dim::Algebra::floor_quotient(number->second.factor, b.known_);
    number->second.factor -= quotient * b.known_;
    Dim::Algebra::add(whole, {{}, quotient}, 1);
  }
  Dim left = Dim::Algebra::dim_of(std::move(rest));
  Dim even = Dim::Algebra::dim_of(std::move(whole));
  if (left.is(0)) return even;
  if (left.known() && b.known()) return even + Dim::Algebra::floor_quotient(left.known_, b.known_);
  return even + Dim::Algebra::of_atom(Dim::Atom::quotient, concat("div(", left, ",", b, ")"), left, b);
}

Dim ceil_div(const Dim& a, const Dim& b) { return floor_div(a + b - 1, b); }

// f(p, q) - f(r, s) of one maximum or minimum f, where p >= r and q >= s whatever the symbols are.
bool Dim::Algebra::grows_together(const Dim& difference) {
  if (difference.sum_->terms.size() != 2) return false;
  const Sum::Term &x = difference.sum_->terms.begin()->second, &y = difference.sum_->terms.rbegin()->second;
  if (x.factor != -y.factor || x.product.size() != 1 || y.product.size() != 1) return false;
  const Atom &more = *(x.factor > 0 ? x : y).product[0], &less = *(x.factor > 0 ? y : x).product[0];
  if (more.kind != less.kind || (more.kind != Atom::maximum && more.kind != Atom::minimum)) return false;
  auto least = [](const Dim& p, const Dim& r) { return (p - r).range({}).low >= 0; };
  return (least(more.a, less.a) && least(more.b, less.b)) || (least(more.a, less.b) && least(more.b, less.a));
}

// Whether 0 is a bound where a minimum that is taken off, or a maximum that is added, gives way to one of its two
// sides.
bool Dim::Algebra::bounded_by_a_side(const Dim& difference) {
  for (const auto& [text, term] : difference.sum_->terms) {
    if (term.product.size() != 1) continue;
    const Atom& atom = *term.product[0];
    if (atom.kind != (term.factor < 0 ? Atom::minimum : Atom::maximum)) continue;
    Sum rest = *difference.sum_;
    rest.terms.erase(text);
    Dim others = dim_of(std::move(rest));
    for (const Dim& side : {atom.a, atom.b})
      if ((others + side * term.factor).range({}).low >= 0) return true;
  }
  return false;
}

bool surely_at_least(const Dim& a, const Dim& b) {
  Dim difference = a - b;
  if (difference.known()) return difference.value() >= 0;
  return difference.range({}).low >= 0 || Dim::Algebra::grows_together(difference) ||
         Dim::Algebra::bounded_by_a_side(difference);
}

Dim max(const Dim& a, const Dim& b) {
  if (surely_at_least(a, b)) return a;
  if (surely_at_least(b, a)) return b;
  if (to_text(b) < to_text(a)) return max(b, a);
  return Dim::Algebra::of_atom(Dim::Atom::maximum, concat("max(", a, ",", b, ")"), a, b);
}

Dim min(const Dim& a, const Dim& b) {
  if (surely_at_least(a, b)) return b;
  if (surely_at_least(b, a)) return a;
  if (to_text(b) < to_text(a)) return min(b, a);
  return Dim::Algebra::of_atom(Dim::Atom::minimum, concat("min(", a, ",", b, ")"), a, b);
}

std::string to_text(const Dim& d) {
  if (d.known()) return to_text(d.known_);
  std::string text;
  auto put = [&](const std::string& product, int64_t factor) {
    if (!text.empty() && factor > 0) text += "+";
    if (product.empty()) text += to_text(factor);
    else if (factor == 1) text += product;
    else if (factor == -1) text += "-" + product;
    else text += concat(factor, "*", product);
  };
  for (const auto& [product, term] : d.sum_->terms)
    if (!product.empty()) put(product, term.factor);
  if (auto it = d.sum_->terms.find(""); it != d.sum_->terms.end()) put("", it->second.factor);
  return text;
}

Extents at(const Shape& shape, const Binding& binding) {
  Extents extents;
  for (const Dim& d : shape) extents.push(d.at(binding));
  return extents;
}

bool all_known(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](const Dim& d) { return d.known(); });
}

Dim count(const Shape& shape) {
  Dim n = 1;
  for (const Dim& d : shape) n = n * d;
  return n;
}

std::string to_text(const Shape& shape) {
  std::string text = "[";
  for (const Dim& d : shape) text += concat(text.size() > 1 ? "," : "", d);
  return text + "]";
}

namespace {

// sum := product (('+'|'-') product)*; product := atom ('*' atom)*; atom := number | name | f '(' sum ',' sum ')'
class DimParser {
 public:
  explicit DimParser(std::string_view text) : rest_(text) {}
  Dim whole() {
    Dim d = sum(0);
    check(rest_.empty(), ErrorId::text_malformed, "unexpected '", rest_, "' in an extent");
    return d;
  }

 private:
  Dim sum(int depth) {
    check(depth < 32, ErrorId::limit_exceeded, "an extent nests deeper than 32");
    Dim total = take('-') ? Dim(0) - product(depth) : product(depth);
    for (;;) {
      if (take('+')) total = total + product(depth);
      else if (take('-')) total = total - product(depth);
      else return total;
    }
  }
  Dim product(int depth) {
    Dim total = atom(depth);
    while (take('*')) total = total * atom(depth);
    return total;
  }
  Dim atom(int depth) {
    int64_t number;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error == std::errc() && end != rest_.data()) {
      rest_.remove_prefix(size_t(end - rest_.data()));
      return number;
    }
    size_t length = rest_.find_first_of("+-*(),");
    std::string name(rest_.substr(0, length));
    check(!name.empty(), ErrorId::text_malformed, "expected an extent, found '", rest_, "'");
    check(name[0] != '#', ErrorId::text_malformed, "'", name, "' stands for an extent too long to be written out");
    rest_.remove_prefix(name.size());
    if (!take('(')) return Dim::symbol(std::move(name));
    Dim a = sum(depth + 1);
    expect(',');
    Dim b = sum(depth + 1);
    expect(')');
    if (name == "div") return floor_div(a, b);
    if (name == "max") return max(a, b);
    check(name == "min", ErrorId::text_malformed, "no function of extents is called '", name, "'");
    return min(a, b);
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { check(take(c), ErrorId::text_malformed, "expected '", c, "' before '", rest_, "'"); }
  std::string_view rest_;
};

}  // namespace

Dim parse_dim(std::string_view text) { return DimParser(text).whole(); }

}  // namespace tenon
