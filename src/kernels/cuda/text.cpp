#include "kernels/cuda/text.h"

#include <cstdio>

namespace tenon::cuda {

const char* stored_type(ElementType element) {
  switch (element) {
    case ElementType::f32: return "float";
    case ElementType::f16: return "Half";
    case ElementType::bf16: return "Bfloat";
    case ElementType::f64: return "double";
    case ElementType::i8: return "signed char";
    case ElementType::i16: return "short";
    case ElementType::i32: return "int";
    case ElementType::i64: return "long long";
    case ElementType::u8: return "unsigned char";
    case ElementType::u16: return "unsigned short";
    case ElementType::u32: return "unsigned int";
    case ElementType::u64: return "unsigned long long";
    case ElementType::boolean: return "Bool";
    default: break;
  }
  fail(ErrorId::internal, "no kernel stores ", element);
}

const char* register_type(ElementType element) {
  if (element == ElementType::f64) return "double";
  if (float_types.contains(element)) return "float";
  return unsigned_types.contains(element) ? "unsigned long long" : "long long";
}

std::string prelude() {
  return R"(
struct Half { unsigned short bits; };
struct Bfloat { unsigned short bits; };
struct Bool { unsigned char bits; };
__device__ inline float load(float x) { return x; }
__device__ inline double load(double x) { return x; }
__device__ inline float load(Half x) { float y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits)); return y; }
__device__ inline float load(Bfloat x) { return __uint_as_float((unsigned)x.bits << 16); }
__device__ inline long long load(Bool x) { return x.bits != 0; }
__device__ inline long long load(signed char x) { return x; }
__device__ inline long long load(short x) { return x; }
__device__ inline long long load(int x) { return x; }
__device__ inline long long load(long long x) { return x; }
__device__ inline unsigned long long load(unsigned char x) { return x; }
__device__ inline unsigned long long load(unsigned short x) { return x; }
__device__ inline unsigned long long load(unsigned int x) { return x; }
__device__ inline unsigned long long load(unsigned long long x) { return x; }
template <class T> struct Store { template <class R> __device__ static T of(R x) { return (T)x; } };
template <> struct Store<Half> {
  template <class R> __device__ static Half of(R x) {
    Half y; float f = (float)x;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(f));
    return y;
  }
};
template <> struct Store<Bfloat> {
  template <class R> __device__ static Bfloat of(R x) {
    unsigned u = __float_as_uint((float)x);
    Bfloat y;
    y.bits = (u & 0x7fffffffu) > 0x7f800000u ? (unsigned short)(u >> 16 | 64) : (unsigned short)((u + 0x7fffu + (u >> 16 & 1)) >> 16);
    return y;
  }
};
template <> struct Store<Bool> { template <class R> __device__ static Bool of(R x) { Bool y; y.bits = x != (R)0; return y; } };
__device__ inline float larger(float a, float b) { return a != a ? a : b != b ? b : a > b ? a : b; }
__device__ inline double larger(double a, double b) { return a != a ? a : b != b ? b : a > b ? a : b; }
__device__ inline float smaller(float a, float b) { return a != a ? a : b != b ? b : a < b ? a : b; }
__device__ inline double smaller(double a, double b) { return a != a ? a : b != b ? b : a < b ? a : b; }
__device__ inline long long larger(long long a, long long b) { return a > b ? a : b; }
__device__ inline long long smaller(long long a, long long b) { return a < b ? a : b; }
__device__ inline unsigned long long larger(unsigned long long a, unsigned long long b) { return a > b ? a : b; }
__device__ inline unsigned long long smaller(unsigned long long a, unsigned long long b) { return a < b ? a : b; }
)";
}

namespace {

const char* float_function(Opcode code) {
  switch (code) {
    case Opcode::exp: return "exp";
    case Opcode::log: return "log";
    case Opcode::sqrt: return "sqrt";
    case Opcode::sin: return "sin";
    case Opcode::cos: return "cos";
    case Opcode::tan: return "tan";
    case Opcode::sinh: return "sinh";
    case Opcode::cosh: return "cosh";
    case Opcode::tanh: return "tanh";
    case Opcode::asin: return "asin";
    case Opcode::acos: return "acos";
    case Opcode::atan: return "atan";
    case Opcode::asinh: return "asinh";
    case Opcode::acosh: return "acosh";
    case Opcode::atanh: return "atanh";
    case Opcode::erf: return "erf";
    case Opcode::floor: return "floor";
    case Opcode::ceil: return "ceil";
    case Opcode::round: return "rint";
    case Opcode::abs: return "fabs";
    default: return nullptr;
  }
}

const char* symbol_of(Opcode code) {
  switch (code) {
    case Opcode::add: return "+";
    case Opcode::sub: return "-";
    case Opcode::mul: return "*";
    case Opcode::div: return "/";
    case Opcode::equal: return "==";
    case Opcode::less: return "<";
    case Opcode::less_equal: return "<=";
    case Opcode::logical_and: return "&";
    case Opcode::logical_or: return "|";
    case Opcode::logical_xor: return "^";
    default: return nullptr;
  }
}

std::string literal(double number, ElementType type) {
  if (number != number)
    return type == ElementType::f64 ? "__longlong_as_double(0x7ff8000000000000ll)" : "__int_as_float(0x7fc00000)";
  char text[96];
  if (number == __builtin_inf() || number == -__builtin_inf())
    std::snprintf(text, sizeof text, "(%s)(%s__longlong_as_double(0x7ff0000000000000ll))", register_type(type),
                  number < 0 ? "-" : "");
  else std::snprintf(text, sizeof text, "(%s)(%a)", register_type(type), number);
  return text;
}

std::string value_of(const Instruction& at, const Expression& e) {
  auto r = [](int i) { return concat("r", i); };
  ElementType operand = at.a >= 0 && at.code != Opcode::input ? e.list[size_t(at.a)].type : at.type;
  bool f = float_types.contains(operand);
  // Functions are computed in double and rounded once, as their meaning says: 1 + erf(x) leaves no room for an ulp.
  auto in_double = [&](const char* name, std::initializer_list<int> operands) {
    std::string call = concat("(", register_type(operand), ")", name, "(");
    for (int k : operands) call += concat(call.back() == '(' ? "" : ", ", "(double)", r(k));
    return call + ")";
  };
  switch (at.code) {
    case Opcode::input: return concat("load(x", at.a, ")");
    case Opcode::number: return literal(at.number, at.type);
    case Opcode::cast:
      if (at.type == ElementType::boolean) return concat("(long long)(", r(at.a), " != 0)");
      return concat("load(Store<", stored_type(at.type), ">::of(", r(at.a), "))");
    case Opcode::neg:
      return f ? concat("-", r(at.a))
               : concat("(", register_type(operand), ")(0ull - (unsigned long long)", r(at.a), ")");
    case Opcode::max: return concat("larger(", r(at.a), ", ", r(at.b), ")");
    case Opcode::min: return concat("smaller(", r(at.a), ", ", r(at.b), ")");
    case Opcode::sign:
      return f ? concat(r(at.a), " != ", r(at.a), " ? ", r(at.a), " : (", register_type(operand), ")((", r(at.a),
                        " > 0) - (", r(at.a), " < 0))")
               : concat("(", register_type(operand), ")((", r(at.a), " > 0) - (", r(at.a), " < 0))");
    case Opcode::is_nan: return f ? concat("(long long)(", r(at.a), " != ", r(at.a), ")") : "0ll";
    case Opcode::is_inf:
      return f ? concat("(long long)(fabs(", r(at.a), ") == __longlong_as_double(0x7ff0000000000000ll))") : "0ll";
    case Opcode::logical_not: return concat("(long long)(", r(at.a), " == 0)");
    case Opcode::select: return concat(r(at.a), " ? ", r(at.b), " : ", r(at.c));
    case Opcode::pow: return in_double("pow", {at.a, at.b});
    case Opcode::fmod: return in_double("fmod", {at.a, at.b});
    case Opcode::floor_div:
      return concat("(", register_type(operand), ")floor((double)", r(at.a), " / (double)", r(at.b), ")");
    case Opcode::abs:
      if (!f)
        return concat(r(at.a), " < 0 ? (", register_type(operand), ")(0ull - (unsigned long long)", r(at.a),
                      ") : ", r(at.a));
      [[fallthrough]];
    default: break;
  }
  if (const char* name = float_function(at.code)) return f ? in_double(name, {at.a}) : r(at.a);
  const char* symbol = symbol_of(at.code);
  if (at.code >= Opcode::equal && at.code <= Opcode::logical_xor)
    return concat("(long long)(", r(at.a), " ", symbol, " ", r(at.b), ")");
  return concat(r(at.a), " ", symbol, " ", r(at.b));
}

}  // namespace

const char* body_refusal(const Expression& e) {
  for (const Instruction& at : e.list) {
    if (at.type == ElementType::string) return "elements are strings";
    if (small_types.contains(at.type)) return "elements are of a small type";
    if (at.a < 0 || at.code == Opcode::input) continue;
    ElementType operand = e.list[size_t(at.a)].type;
    bool f = float_types.contains(operand);
    if (at.code == Opcode::cast && f && !float_types.contains(at.type) && at.type != ElementType::boolean)
      return "a cast from floats to integers";
    bool division =
        at.code == Opcode::div || at.code == Opcode::floor_div || at.code == Opcode::fmod || at.code == Opcode::pow;
    if (division && !f) return "a division or power of integers";
    if (at.code == Opcode::erf && operand == ElementType::f64) return "erf of doubles, which is exact on the CPU alone";
  }
  return nullptr;
}

std::string body_of(const std::string& name, const Expression& e, std::span<const ElementType> stored_in,
                    ElementType stored_out) {
  std::string text = concat("__device__ inline ", stored_type(stored_out), " ", name, "(");
  for (size_t i = 0; i < stored_in.size(); ++i) text += concat(i ? ", " : "", stored_type(stored_in[i]), " x", i);
  text += ") {\n";
  for (size_t i = 0; i < e.list.size(); ++i)
    text += concat("  const ", register_type(e.list[i].type), " r", i, " = ", value_of(e.list[i], e), ";\n");
  return text + concat("  return Store<", stored_type(stored_out), ">::of(r", e.result, ");\n}\n");
}

}  // namespace tenon::cuda
