#include "ops/assertion/assertion.h"

#include <algorithm>

#include "ops/copy.h"
#include "ops/known.h"

namespace tenon {

OP(Assertion, assertion)

static std::string text_of(const Weights& message) {
  return {reinterpret_cast<const char*>(message->data), size_t(message->bytes())};
}

Assertion::Assertion(const std::string& text) {
  Extents extents;
  extents.push(int64_t(text.size()));
  message = make_weights(ElementType::u8, extents, std::vector<uint8_t>(text.begin(), text.end()));
}

Types Assertion::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, plain_types, "x");
  in.check_element(1, ElementType::boolean, "the condition");
  check(message && message->element == ElementType::u8, "the message is no text");
  if (const Contents* known = in.contents(1))
    for (const Dim& d : *known) check(!d.is(0), ErrorId::assertion, text_of(message));
  return {in[0]};
}

void Assertion::demand(const ConstView& condition) const {
  const bool* first = condition.as<bool>();
  check(std::all_of(first, first + condition.count(), [](bool b) { return b; }), ErrorId::assertion, text_of(message));
}

void Assertion::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  demand(in[1]);
  copy_elements(in[0], out[0]);
}

}  // namespace tenon
