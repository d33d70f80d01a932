// Profile: what the open extents of a plan's inputs may be, and what they are most often.
#pragma once
#include <string_view>

#include "ir/dim.h"

namespace tenon {

struct Profile {
  Ranges ranges;    // of every symbol, or empty: no profile, memory grows with the shapes that come
  Binding typical;  // what choices are made for

  bool operator==(const Profile&) const = default;
};

// Refuses a profile that lacks one of the symbols, names another, or is out of order.
void check_profile(const Profile& profile, const std::map<std::string, int>& symbols);

// A line a symbol: `profile N 1 4 16`; of several, `profiles 2` first, and `other_profile 1 N 1 4 16` for those behind
// the first. Reading skips all other lines, and gives one profile at least.
std::string to_text(const std::vector<Profile>& profiles);
std::vector<Profile> read_profiles(std::string_view text);
std::string without_profiles(std::string_view text);

}  // namespace tenon
