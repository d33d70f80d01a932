// Steps of optimizers (ai.onnx.preview.training), as compositions.
#include "onnx/import.h"
#include "ops/elementwise/elementwise.h"
#include "ops/select/select.h"

namespace tenon::onnx {

namespace {

// Operands: the rate, the count of updates, then `roles` lists of tensors: values, gradients, states.
class Optimizer {
 public:
  Optimizer(NodeImport& n, int roles) : n_(n), tensors_((n.input_count() - 2) / roles) {
    check(n.input_count() == 2 + tensors_ * roles && tensors_ > 0, ErrorId::onnx_invalid, "has ", n.input_count(),
          " operands, expected 2 and a multiple of ", roles);
    for (int i : {0, 1})
      check(n.tensor(n.in(i)).rank() == 0, ErrorId::onnx_invalid, "operand ", i, " is ", n.tensor(n.in(i)),
            ", expected one number");
  }
  int tensors() const { return tensors_; }
  Value& tensor(int role, int i) const { return n_.in(2 + role * tensors_ + i); }
  ElementType type(int i) const { return n_.tensor(tensor(0, i)).element; }
  Value& rate(ElementType type) const { return n_.cast(n_.in(0), type); }
  Value& updates(ElementType type) const { return n_.cast(n_.in(1), type); }
  Value& at_first(Value& first, Value& later) const {  // which one, by the count of updates
    return n_.add(Select(),
                  {&n_.binary("greater", n_.in(1), n_.number(0, n_.tensor(n_.in(1)).element)), &later, &first});
  }
  Value& regularized(int i, double coefficient) const {  // gradient + coefficient * x
    if (coefficient == 0) return tensor(1, i);
    return n_.binary("add", scaled(tensor(0, i), coefficient), tensor(1, i));
  }
  Value& scaled(Value& x, double by) const { return n_.binary("mul", x, n_.number(by, n_.tensor(x).element)); }
  void out(int role, int i, Value& v) const {
    if (n_.wants(role * tensors_ + i)) n_.out(role * tensors_ + i, v);
  }

 private:
  NodeImport& n_;
  int tensors_;
};

void adagrad(NodeImport& n) {
  Optimizer o(n, 3);
  double norm = n.floating("norm_coefficient", 0), decay = n.floating("decay_factor", 0);
  double epsilon = n.floating("epsilon", 1e-6f);
  for (int i = 0; i < o.tensors(); ++i) {
    ElementType type = o.type(i);
    Value& slowed = n.binary("add", n.number(1, type), o.scaled(o.updates(type), decay));
    Value &rate = n.binary("div", o.rate(type), slowed), &gradient = o.regularized(i, norm);
    Value& squares = n.binary("add", o.tensor(2, i), n.binary("mul", gradient, gradient));
    Value& divisor = n.binary("add", n.unary("sqrt", squares), n.number(epsilon, type));
    o.out(0, i, n.binary("sub", o.tensor(0, i), n.binary("div", n.binary("mul", rate, gradient), divisor)));
    o.out(1, i, squares);
  }
}

void adam(NodeImport& n) {
  Optimizer o(n, 4);
  double norm = n.floating("norm_coefficient", 0), after = n.floating("norm_coefficient_post", 0);
  double alpha = n.floating("alpha", 0.9f), beta = n.floating("beta", 0.999f), epsilon = n.floating("epsilon", 1e-6f);
  for (int i = 0; i < o.tensors(); ++i) {
    ElementType type = o.type(i);
    Value& gradient = o.regularized(i, norm);
    Value& mean = n.binary("add", o.scaled(o.tensor(2, i), alpha), o.scaled(gradient, 1 - alpha));
    Value& square = o.scaled(n.binary("mul", gradient, gradient), 1 - beta);
    Value& squares = n.binary("add", o.scaled(o.tensor(3, i), beta), square);
    Value& divisor = n.binary("add", n.unary("sqrt", squares), n.number(epsilon, type));
    auto rest = [&](double of) -> Value& {  // 1 - of^updates, in f64: a difference of numbers close to 1
      Value& power = n.binary("pow", n.number(of, ElementType::f64), o.updates(ElementType::f64));
      return n.binary("sub", n.number(1, ElementType::f64), power);
    };
    Value& correction = n.cast(n.binary("div", n.unary("sqrt", rest(beta)), rest(alpha)), type);
    Value& rate = o.at_first(o.rate(type), n.binary("mul", o.rate(type), correction));
    Value& x = n.binary("sub", o.tensor(0, i), n.binary("mul", rate, n.binary("div", mean, divisor)));
    o.out(0, i, after == 0 ? x : o.scaled(x, 1 - after));
    o.out(1, i, mean);
    o.out(2, i, squares);
  }
}

void momentum(NodeImport& n) {
  Optimizer o(n, 3);
  double norm = n.floating("norm_coefficient", 0), alpha = n.floating("alpha", 0), beta = n.floating("beta", 1);
  for (const char* name : {"norm_coefficient", "alpha", "beta"})
    check(n.has_attribute(name), ErrorId::onnx_invalid, "attribute ", name, " is missing");
  std::string mode = n.text("mode", "");
  check(mode == "standard" || mode == "nesterov", ErrorId::onnx_invalid, "mode is '", mode, "'");
  for (int i = 0; i < o.tensors(); ++i) {
    ElementType type = o.type(i);
    Value& gradient = o.regularized(i, norm);
    Value& factor = o.at_first(n.number(1, type), n.number(beta, type));
    Value& state = n.binary("add", o.scaled(o.tensor(2, i), alpha), n.binary("mul", factor, gradient));
    Value& direction = mode == "standard" ? state : n.binary("add", gradient, o.scaled(state, alpha));
    o.out(0, i, n.binary("sub", o.tensor(0, i), n.binary("mul", o.rate(type), direction)));
    o.out(1, i, state);
  }
}

const Import table[] = {
    {"Adagrad", adagrad, 1, 1, "ai.onnx.preview.training"},
    {"Adam", adam, 1, 1, "ai.onnx.preview.training"},
    {"Momentum", momentum, 1, 1, "ai.onnx.preview.training"},
};

}  // namespace

const Imports import_training = table;

}  // namespace tenon::onnx
