#include "select/format.h"

namespace tenon {

static const char* const suffixes[layout_count] = {"", ".nhwc", ".c16"};

static constexpr std::string_view on_device = "@device";

std::string to_text(Format f) {
  return concat(f.element, suffixes[int(f.layout)], f.space == Space::device ? on_device : "");
}

Format parse_format(std::string_view text) {
  std::string_view rest = text;
  Space space = rest.ends_with(on_device) ? Space::device : Space::host;
  if (space == Space::device) rest.remove_suffix(on_device.size());
  size_t dot = rest.find('.');
  Format f{parse_element(rest.substr(0, dot)), Layout::plain, space};
  if (dot == rest.npos) return f;
  for (int i = 1; i < layout_count; ++i)
    if (rest.substr(dot) == suffixes[i]) return f.layout = Layout(i), f;
  fail(ErrorId::text_malformed, "no format is called '", text, "'");
}

Extents stored_extents(const Extents& logical, Layout layout) {
  if (layout == Layout::plain) return logical;
  Extents stored{logical[0]};
  if (layout == Layout::c16) stored.push((logical[1] + 15) / 16);
  for (int i = 2; i < logical.rank; ++i) stored.push(logical[i]);
  stored.push(layout == Layout::c16 ? 16 : logical[1]);
  return stored;
}

int64_t stored_bytes(const Extents& logical, Format format) {
  return checked_mul(stored_extents(logical, format.layout).count(), size_bytes(format.element));
}

}  // namespace tenon
