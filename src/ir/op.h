// What every operator says about itself; one OpInfo per operator name, whose address is its identity.
#pragma once
#include <optional>

#include "base/expression.h"
#include "ir/fields.h"

namespace tenon {

struct Op;

// What no type tells before a run. Whatever needs it stands in a later stage of the plan.
enum class Late { nothing, contents, extents };

enum class Tier { network, plan };  // who makes it: users, or passes only

struct OpInfo {
  const char* name;
  std::unique_ptr<Op> (*make)(int row);  // with default fields
  int row = 0;                           // in a family's table; 0 for an op of its own
  Tier tier = Tier::network;
};

using OpInfos = std::span<const OpInfo>;
using Terms = std::span<const Term>;

// The elements of a small integer tensor, as far as they are known: what shape arithmetic works on. Row-major.
using Contents = std::vector<Dim>;
constexpr int64_t max_contents = 64;

// What an op may know of its operands: types always, contents where they are known.
class Inputs {
 public:
  struct Operand {
    const Type* type;
    const Contents* contents;  // null: not known
  };
  Inputs(std::span<const Operand> operands) : operands_(operands) {}

  int size() const { return int(operands_.size()); }
  const TensorType& operator[](int i) const;  // refuses what is no tensor
  const Contents* contents(int i) const { return operands_[size_t(i)].contents; }
  void check_count(int least, int most) const;
  void check_element(int i, ElementSet allowed, const char* what) const;
  void check_same_element(int i, int j) const;

 private:
  std::span<const Operand> operands_;
};

struct Op {
  virtual ~Op() = default;
  virtual const OpInfo& info() const = 0;
  virtual std::unique_ptr<Op> clone() const = 0;
  virtual void fields(FieldVisitor&) {}
  virtual Types infer(const Inputs& in) const = 0;
  // Contents of output 0 where they follow from the operands' contents or types.
  virtual std::optional<Contents> contents(const Inputs&) const { return {}; }
  virtual void evaluate(ConstViews in, Views out) const = 0;  // the reference kernel
  virtual Late late() const { return Late::nothing; }
  virtual void evaluate_late(ConstViews in, LateResults& out) const;  // in its place where extents are late
  virtual double work(ConstViews in, Views out) const;                // multiply-adds, about; data is not there
  virtual std::optional<Term> pointwise(Terms) const { return {}; }   // output 0 as arithmetic on equal positions
};

std::vector<Body> bodies_of(const Op& op);  // those that are there, in the order of its fields

const OpInfo& find_op(std::string_view name);  // over ops.def
const OpInfo* find_op_or_null(std::string_view name);
std::vector<OpInfos> all_ops();

}  // namespace tenon

#define OP_TYPE                                           \
  static const OpInfo op_info;                            \
  const OpInfo& info() const override { return op_info; } \
  std::unique_ptr<Op> clone() const override { return std::make_unique<std::remove_cvref_t<decltype(*this)>>(*this); }

// In the operator's .cpp: defines its OpInfo and the span that its line in ops.def names.
#define OP(Type, folder)                                                                                    \
  const OpInfo Type::op_info{#folder, [](int) -> std::unique_ptr<Op> { return std::make_unique<Type>(); }}; \
  extern const OpInfos folder##_ops;                                                                        \
  const OpInfos folder##_ops{&Type::op_info, 1};
