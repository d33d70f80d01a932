// Symbols for values that a run computes and that decide extents (ops/bind).
#pragma once
#include <unordered_map>

#include "base/function_ref.h"
#include "ir/network.h"

namespace tenon {

// What values become with symbols for their elements, as nodes of the network. Those who need the same value share it.
struct BoundValues {
  FunctionRef<bool(Value&)> is_known;    // its elements are numbers
  FunctionRef<std::string()> next_name;  // of symbols: "late$1b0", which get ".0", ".1" …
  FunctionRef<Value&(std::unique_ptr<Op>, std::vector<Value*>, const std::string& name)> add;
  bool below_zero = false;  // symbols never are: elements that may be become differences of two

  // Itself where it cannot decide extents, or they are known. Shape arithmetic is followed back to what inference does
  // not see through, so that known elements stay known.
  Value& bound(Network& network, std::unordered_map<const Value*, Value*>& done, Value& value, int depth = 0);

 private:
  Value& bind(Network& network, Value& value);
};

}  // namespace tenon
