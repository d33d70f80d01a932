#include "objects/optimization_profile.h"

#include <algorithm>
#include <limits>

#include "ir/graph.h"
#include "objects/convert.h"
#include "ops/input/input.h"
#include "tenon/build.h"

namespace tenon::objects {

namespace {

using enum OptProfileSelector;

// Of one extent, or of one element.
struct Three {
  int64_t least, usual, most;
};

void add_range(const Dim& extent, const Three& three, const std::string& what, Profile& profile) {
  std::map<std::string, int> symbols;
  extent.symbols(symbols);
  for (const auto& [symbol, count] : symbols) {
    auto [it, fresh] = profile.ranges.try_emplace(symbol, Range{three.least, three.most});
    check(fresh || it->second == Range{three.least, three.most}, what, " goes from ", three.least, " to ", three.most,
          ", that of another input, which is the same dimension '", symbol, "', from ", it->second.low, " to ",
          it->second.high);
    profile.typical[symbol] = three.usual;
  }
}

// Ranges of the symbols in one input's shape, from its three shapes; a fixed extent must stand there as it is.
void add_shape(const std::string& input, const Shape& shape, const OptimizationProfile& from, Profile& profile) {
  if (all_known(shape)) return;
  Dims low = from.dimensions(input.c_str(), min), usual = from.dimensions(input.c_str(), opt),
       high = from.dimensions(input.c_str(), max);
  check(low.n >= 0 && usual.n >= 0 && high.n >= 0, "input '", input, "' is ", shape,
        "; the profile needs its kMIN, kOPT and kMAX shapes");
  for (const Dims* dims : {&low, &usual, &high})
    check(dims->n == int32_t(shape.size()), "the profile's shape ", to_text(*dims), " of '", input, "' does not fit ",
          shape);
  for (size_t i = 0; i < shape.size(); ++i) {
    if (!shape[i].known()) {
      add_range(shape[i], {low.d[i], usual.d[i], high.d[i]}, concat("extent ", i, " of '", input, "'"), profile);
      continue;
    }
    int64_t extent = shape[i].value();
    check(low.d[i] == extent && usual.d[i] == extent && high.d[i] == extent, "extent ", i, " of '", input, "' is ",
          shape[i], " in the network; the profile says ", low.d[i], ", ", usual.d[i], ", ", high.d[i]);
  }
}

void add_values(const std::string& input, const Shape& elements, const OptimizationProfile& from, Profile& profile) {
  if (elements.empty()) return;
  const int64_t *low = from.get_values(input.c_str(), min), *usual = from.get_values(input.c_str(), opt),
                *high = from.get_values(input.c_str(), max);
  check(low && usual && high, "the values of input '", input,
        "' decide extents; the profile needs its kMIN, kOPT and kMAX values");
  check(from.nb_values(input.c_str()) == int32_t(elements.size()), "the profile has ", from.nb_values(input.c_str()),
        " values of input '", input, "', expected ", elements.size());
  for (size_t i = 0; i < elements.size(); ++i)
    add_range(elements[i], {low[i], usual[i], high[i]}, concat("element ", i, " of '", input, "'"), profile);
}

template <class List>
bool in_order(const List& low, const List& usual, const List& high, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (low[i] > usual[i] || usual[i] > high[i]) return false;
  return true;
}

}  // namespace

OptimizationProfile::Values values_of(std::vector<int64_t> numbers) {
  OptimizationProfile::Values values{std::move(numbers), {}};
  for (int64_t n : values.wide)
    values.narrow.push_back(int32_t(std::min<int64_t>(n, std::numeric_limits<int32_t>::max())));
  return values;
}

void OptimizationProfile::set_dimensions(const char* input, OptProfileSelector which, const Dims& dims) {
  std::string called = text_or_refuse(input, "the input's name");
  for (int i = 0; i < dims.n; ++i)
    check(dims.d[i] >= 0, "extent ", i, " of '", called, "' is ", dims.d[i], "; a profile needs numbers");
  shapes[called][which] = dims;
}

Dims OptimizationProfile::dimensions(const char* input, OptProfileSelector which) const {
  Dims none;
  none.n = -1;
  auto it = shapes.find(text_or_refuse(input, "the input's name"));
  if (it == shapes.end()) return none;
  auto dims = it->second.find(which);
  return dims == it->second.end() ? none : dims->second;
}

void OptimizationProfile::set_values(const char* input, OptProfileSelector which, const int64_t* numbers,
                                     int32_t count) {
  std::string called = text_or_refuse(input, "the input's name");
  check(numbers && count >= 0, "'", called, "' has ", count, " values", numbers ? "" : ", and their pointer is null");
  for (int32_t i = 0; i < count; ++i)
    check(numbers[i] >= 0, "value ", i, " of '", called, "' is ", numbers[i],
          "; those that decide extents are 0 or more");
  values[called][which] = values_of({numbers, numbers + count});
}

void OptimizationProfile::set_narrow_values(const char* input, OptProfileSelector which, const int32_t* numbers,
                                            int32_t count) {
  std::vector<int64_t> wide;
  if (numbers && count > 0) wide.assign(numbers, numbers + count);
  set_values(input, which, numbers ? wide.data() : nullptr, count);
}

const OptimizationProfile::Values* OptimizationProfile::find(const char* input, OptProfileSelector which) const {
  auto of_input = values.find(text_or_refuse(input, "the input's name"));
  if (of_input == values.end()) return nullptr;
  auto it = of_input->second.find(which);
  return it == of_input->second.end() ? nullptr : &it->second;
}

int32_t OptimizationProfile::nb_values(const char* input) const {
  for (OptProfileSelector which : {min, opt, max})
    if (const Values* found = find(input, which)) return int32_t(found->wide.size());
  return -1;
}

const int64_t* OptimizationProfile::get_values(const char* input, OptProfileSelector which) const {
  const Values* found = find(input, which);
  return found ? found->wide.data() : nullptr;
}

const int32_t* OptimizationProfile::narrow_values(const char* input, OptProfileSelector which) const {
  const Values* found = find(input, which);
  return found ? found->narrow.data() : nullptr;
}

void OptimizationProfile::set_extra_memory(float target) {
  check(0 <= target && target <= 1, "the target of extra memory is ", double(target), ", expected 0 to 1");
  extra_memory = target;
}

bool OptimizationProfile::is_valid() const {
  for (const auto& [input, set] : shapes) {
    if (set.size() != 3) return false;
    const Dims &low = set.at(min), &usual = set.at(opt), &high = set.at(max);
    if (low.n != usual.n || usual.n != high.n || !in_order(low.d, usual.d, high.d, size_t(low.n))) return false;
  }
  for (const auto& [input, set] : values) {
    if (set.size() != 3) return false;
    const std::vector<int64_t>&low = set.at(min).wide, &usual = set.at(opt).wide, &high = set.at(max).wide;
    if (low.size() != usual.size() || usual.size() != high.size() || !in_order(low, usual, high, low.size()))
      return false;
  }
  return true;
}

std::vector<Profile> profiles_of(const std::vector<const OptimizationProfile*>& profiles, const Graph& graph) {
  std::vector<Profile> all;
  for (const OptimizationProfile* from : profiles) {
    Profile& profile = all.emplace_back();
    try {
      for (const Node* in : graph.inputs()) {
        add_shape(in->output().name, in->output().shape(), *from, profile);
        add_values(in->output().name, as<Input>(*in)->known, *from, profile);
      }
    } catch (Error& e) {
      if (profiles.size() > 1) e.add_context(concat("profile ", all.size() - 1));
      throw;
    }
  }
  if (all.empty()) all.emplace_back();
  return all;
}

}  // namespace tenon::objects
