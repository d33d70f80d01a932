// Text of extents.
#include "base/extents.h"

namespace tenon {

std::string to_text(const Extents& extents) {
  std::string text = "[";
  for (int64_t d : extents) text += concat(text.size() > 1 ? "," : "", d);
  return text + "]";
}

}  // namespace tenon
