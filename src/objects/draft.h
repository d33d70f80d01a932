// Draft: the nodes that a layer is made of while they are being made. What goes wrong leaves none of them behind.
#pragma once
#include <unordered_map>
#include <utility>

#include "ir/network.h"
#include "objects/layer.h"

namespace tenon::objects {

class Draft {
 public:
  Draft(tenon::Network& ir, const Layer& layer) : ir_(ir), layer_(layer), bound_(layer.inputs.size()) {}
  ~Draft();
  std::vector<tenon::Node*> keep() { return std::exchange(nodes_, {}); }
  // From here on, the operands from `first` on have symbols for elements that a run computes.
  void bind_operands(int first, std::unordered_map<const tenon::Value*, tenon::Value*>& known);

  int count() const { return int(layer_.inputs.size()); }
  bool has(int i) const { return i < count() && layer_.inputs[size_t(i)]; }
  tenon::Value& in(int i) const;  // refuses one that is missing
  const TensorType& type(tenon::Value& value) const;
  const TensorType& type(int i) const { return type(in(i)); }
  int rank(int i) const { return type(i).rank(); }
  int batch() const;  // how many axes stand before those that the program counts: one of an implicit batch
  std::vector<int64_t> numbers(int i, const char* what) const;  // of a shape tensor; refuses what is not known

  Values node(std::unique_ptr<Op> op, Values operands, int results = 1);
  template <class T>
  tenon::Value& add(const T& op, Values operands) {
    return *node(op.clone(), std::move(operands))[0];
  }
  tenon::Value& list(const std::vector<int64_t>& numbers);         // i64
  tenon::Value& scalar(double number, ElementType e);              // of no axis
  tenon::Value& cast(tenon::Value& value, ElementType e);          // itself where it is of that type
  tenon::Value& reshape(tenon::Value& value, const Shape& shape);  // extents as they are: 0 is 0
  // The program's numbers in that shape, in elements of type `e`; refuses another count of them.
  tenon::Value& weights(const GivenWeights& w, const Extents& extents, ElementType e, const char* what);
  tenon::Value& of_whole_batch(tenon::Value& value);        // repeated where it is one for all
  tenon::Value& extent(tenon::Value& value, int64_t axis);  // i64, of no axis
  std::string late_symbol();                                // of an extent that a run finds out
  Values same_integers(Values values);                      // 32-bit integers become 64-bit ones where both meet

 private:
  bool is_told_by_inputs(tenon::Value& value);
  tenon::Network& ir_;
  const Layer& layer_;
  std::vector<tenon::Node*> nodes_;
  Values bound_;  // in place of inputs, where not null
  int late_symbols_ = 0;
};

bool may_be_equal(const Shape& a, const Shape& b);  // no extents that are known differ
// A shared view of the program's numbers; refuses a count that is not the shape's.
tenon::Weights borrow(const GivenWeights& w, const Extents& extents, const char* what);
GivenWeights lend(const tenon::Weights& weights);  // none: of no numbers
int64_t one_axis_of(uint32_t mask, int rank);      // the axis of the one bit that is set
std::vector<int64_t> axes_of_mask(uint32_t mask, int rank);
uint32_t mask_of(const std::vector<int64_t>& axes, int rank);
Dims repeated(int32_t n, int64_t value);
Dims dims_of_list(const std::vector<int64_t>& list, size_t count, int64_t otherwise);  // an empty list: all `otherwise`

}  // namespace tenon::objects
