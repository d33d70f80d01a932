// Fields as text: ` axis=-1 type=f32[N,3]`. Used by the text form, the engine file, region keys and messages.
#pragma once
#include "ir/op.h"

namespace tenon {

// How weights appear: by place in a list (text with weights beside it), inline where small, or as type and digest.
enum class WeightsText { listed, inlined, digest };

// What fields point to by number, beside their text. Inline and as digest, bodies are digests of their own text.
struct Attachments {
  std::vector<Weights> weights;  // #0, #1, …
  std::vector<Body> bodies;      // @0, @1, …
};
std::string fields_text(const Op& op, WeightsText how = WeightsText::digest, Attachments* to = nullptr);

// Sets the fields that `text` names; the others keep their defaults, an unknown one is an error.
void parse_fields(Op& op, std::string_view text, const Attachments& from = {});
using FieldTexts = std::map<std::string, std::string_view>;  // by field; what a view shows must outlive the call
void parse_fields(Op& op, FieldTexts given, const Attachments& from = {});

std::string digest_of(const Tensor& tensor);

// Words of a text, honouring "quotes" and nesting in brackets; ends at the end of the line.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  std::string_view rest();
  bool at_end() { return rest().empty(); }
  bool take(std::string_view word);
  void expect(std::string_view word);
  std::string name();        // bare or quoted
  std::string_view value();  // up to a space that stands in no bracket or quote

 private:
  std::string_view rest_;
};
std::string quoted(const std::string& name);  // as Words::name reads it

}  // namespace tenon
