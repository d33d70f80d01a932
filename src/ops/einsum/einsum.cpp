#include "ops/einsum/einsum.h"

#include <algorithm>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(Einsum, einsum)

constexpr int64_t most_names = 64;

std::vector<std::vector<int64_t>> Einsum::names() const {
  std::vector<std::vector<int64_t>> list(1);
  for (int64_t name : operands)
    if (name == -1) list.emplace_back();
    else list.back().push_back(name);
  return list;
}

Types Einsum::infer(const Inputs& in) const {
  std::vector<std::vector<int64_t>> of = names();
  check(int(of.size()) == in.size(), "names ", of.size(), " operands, found ", in.size());
  in.check_element(0, number_types, "the first operand");
  std::vector<std::optional<Dim>> extent(most_names);
  for (int i = 0; i < in.size(); ++i) {
    in.check_same_element(0, i);
    check(int(of[size_t(i)].size()) == in[i].rank(), "operand ", i, " is ", in[i], ", ", of[size_t(i)].size(),
          " axes are named");
    for (size_t d = 0; d < of[size_t(i)].size(); ++d) {
      int64_t name = of[size_t(i)][d];
      check(0 <= name && name < most_names, "an axis is called ", name);
      std::optional<Dim>& known = extent[size_t(name)];
      const Dim& here = in[i].shape[d];
      bool stretches = known && (known->is(1) || here.is(1));
      check(!known || stretches || !known->known() || !here.known() || *known == here, "axis ", name, " has extents ",
            known ? *known : here, " and ", here);
      if (!known || known->is(1) || (!known->known() && here.known() && !here.is(1))) known = here;
    }
  }
  TensorType y{in[0].element, {}};
  for (size_t i = 0; i < result.size(); ++i) {
    bool named = 0 <= result[i] && result[i] < most_names && extent[size_t(result[i])];
    check(named, "no operand has the axis ", result[i], " of the result");
    check(std::count(result.begin(), result.end(), result[i]) == 1, "the result has the axis ", result[i], " twice");
    y.shape.push_back(*extent[size_t(result[i])]);
  }
  return {y};
}

void Einsum::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  std::vector<std::vector<int64_t>> of = names();
  std::vector<int64_t> order = result, extent(size_t(most_names), 1);  // the result's axes, then those summed over
  for (size_t i = 0; i < in.size(); ++i)
    for (size_t d = 0; d < of[i].size(); ++d) {
      int64_t name = of[i][d], here = in[i][int(d)];
      check(here == 1 || extent[size_t(name)] == 1 || extent[size_t(name)] == here, "axis ", name, " has extents ",
            extent[size_t(name)], " and ", here);
      if (here != 1) extent[size_t(name)] = here;
      if (std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
    }
  std::vector<std::vector<int64_t>> steps(in.size(), std::vector<int64_t>(order.size(), 0));
  for (size_t i = 0; i < in.size(); ++i) {
    Extents strides = broadcast_strides(in[i].extents, in[i].extents);
    for (size_t d = 0; d < of[i].size(); ++d)
      steps[i][size_t(std::find(order.begin(), order.end(), of[i][d]) - order.begin())] += strides[int(d)];
  }
  int64_t summed = 1;
  for (size_t k = result.size(); k < order.size(); ++k) summed = checked_mul(summed, extent[size_t(order[k])]);
  dispatch(out[0].element, [&]<class T>() {
    std::vector<int64_t> at(order.size(), 0), offset(in.size(), 0);
    auto advance = [&](size_t first, size_t past) {  // the places of order[first..past)
      for (size_t k = past; k-- > first;) {
        int64_t length = extent[size_t(order[k])];
        bool wraps = ++at[k] == length;
        for (size_t i = 0; i < in.size(); ++i) offset[i] += wraps ? steps[i][k] * (1 - length) : steps[i][k];
        if (!wraps) return;
        at[k] = 0;
      }
    };
    for (int64_t o = 0, count = out[0].count(); o < count; ++o, advance(0, result.size())) {
      Wide<T> sum = 0;
      for (int64_t s = 0; s < summed; ++s, advance(result.size(), order.size())) {
        Wide<T> product = 1;
        for (size_t i = 0; i < in.size(); ++i) product *= Wide<T>(in[i].as<T>()[offset[i]]);
        sum += product;
      }
      out[0].as<T>()[o] = T(sum);
    }
  });
}

double Einsum::work(ConstViews in, Views) const {
  double all = 1;
  std::vector<std::vector<int64_t>> of = names();
  std::vector<int64_t> seen;
  for (size_t i = 0; i < in.size(); ++i)
    for (size_t d = 0; d < of[i].size(); ++d)
      if (std::find(seen.begin(), seen.end(), of[i][d]) == seen.end())
        seen.push_back(of[i][d]), all *= double(in[i][int(d)]);
  return all;
}

}  // namespace tenon
