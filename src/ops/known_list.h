// Numbers that are a field, or the contents of an operand that must be known when shapes are inferred.
#pragma once
#include "ir/op.h"

namespace tenon {

// The list in operand `i`, which is of rank 0 or 1; refuses what is not known yet, naming `what`.
inline Contents known_list(const Inputs& in, int i, const char* what) {
  in.check_element(i, ElementType::i64 | ElementType::i32, what);
  check(in[i].rank() <= 1, what, " is ", in[i], ", expected a list");
  check(in.contents(i), ErrorId::not_known, what, " is not known until run time");
  return *in.contents(i);
}

// The same from memory: one number, all of them.
inline int64_t number_in(const ConstView& view, int64_t i) {
  check(i < view.count(), "a list has ", view.count(), " numbers, one at ", i, " is wanted");
  return view.element == ElementType::i64 ? view.as<int64_t>()[i] : view.as<int32_t>()[i];
}
inline std::vector<int64_t> list_in(const ConstView& view) {
  std::vector<int64_t> list;
  for (int64_t i = 0; i < view.count(); ++i) list.push_back(number_in(view, i));
  return list;
}

inline std::vector<int64_t> numbers_of(const Contents& contents, const char* what) {
  std::vector<int64_t> list;
  for (const Dim& d : contents) {
    check(d.known(), ErrorId::not_known, what, " holds ", d, ", which is not known until run time");
    list.push_back(d.value());
  }
  return list;
}

}  // namespace tenon
