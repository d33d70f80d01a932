// FieldVisitor walks an op's attributes by name: printer, parser, engine file, hash and comparison all derive from it.
#pragma once
#include <span>
#include <string>

#include "ir/tensor.h"
#include "ir/type.h"

namespace tenon {

class Graph;
using Body = std::shared_ptr<const Graph>;  // a graph within a node: a branch, what a loop repeats

class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  virtual void operator()(const char* name, int64_t& value) = 0;
  virtual void operator()(const char* name, double& value) = 0;
  virtual void operator()(const char* name, bool& value) = 0;
  virtual void operator()(const char* name, std::vector<int64_t>& value) = 0;
  virtual void operator()(const char* name, std::vector<double>& value) = 0;
  virtual void operator()(const char* name, Shape& value) = 0;
  virtual void operator()(const char* name, ElementType& value) = 0;
  virtual void operator()(const char* name, TensorType& value) = 0;
  virtual void operator()(const char* name, Weights& value) = 0;
  virtual void operator()(const char* name, Body& value) = 0;
  // An enumerator, stored as an index into its names.
  virtual void choice(const char* name, int& value, std::span<const char* const> names) = 0;

  template <class Enum, size_t N>
  requires std::is_enum_v<Enum>
  void operator()(const char* name, Enum& value, const char* const (&names)[N]) {
    int index = int(value);
    choice(name, index, names);
    value = Enum(index);
  }
  template <class Enum, size_t N>
  requires std::is_enum_v<Enum>
  void operator()(const char* name, Enum& value, const char* const (&names)[N], Enum standard) {
    if (!skips_defaults() || value != standard) (*this)(name, value, names);
  }
  // Fields that may be left out: printed and stored only where they differ from the default.
  template <class T>
  void operator()(const char* name, T& value, const T& standard) {
    if (skips_defaults() && value == standard) return;
    (*this)(name, value);
  }

 protected:
  virtual bool skips_defaults() const { return false; }
};

}  // namespace tenon
