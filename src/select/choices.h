// A cover as text, so that an engine file keeps what tuning found. It names kernels and formats and holds no code: read
// back, every line must be an offer that the providers make for this graph now.
#pragma once
#include "select/cover.h"

namespace tenon {

// One block: `plan MACHINE`, a line a choice, `end`.
std::string choices_text(const Cover& cover, const std::string& machine);

struct StoredCover {
  std::optional<Cover> cover;
  std::string reason;  // why there is none
};
// Looks for the machine's block in `text` and rebuilds its cover from what the catalog offers.
StoredCover read_choices(std::string_view text, const Target& target, const Graph& graph, const Catalog& catalog);
// `text` without the machine's block: what other machines left stays.
std::string without_choices(std::string_view text, const std::string& machine);

}  // namespace tenon
