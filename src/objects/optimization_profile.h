// What the open extents of inputs may be, and the values of those that decide extents.
#pragma once
#include <map>
#include <vector>

#include "objects/object.h"

namespace tenon {
class Graph;
struct Profile;
}  // namespace tenon

namespace tenon::objects {

// The least, usual and largest shape of every input with open extents; and the same of values that decide extents.
struct TENON_OBJECT OptimizationProfile final : Object {
  std::map<std::string, std::map<OptProfileSelector, Dims>> shapes;
  struct Values {
    std::vector<int64_t> wide;
    std::vector<int32_t> narrow;  // as generation 8 reads them
  };
  std::map<std::string, std::map<OptProfileSelector, Values>> values;
  float extra_memory = 1;

  void set_dimensions(const char* input, OptProfileSelector which, const Dims& dims);
  Dims dimensions(const char* input, OptProfileSelector which) const;  // rank -1: not set
  void set_values(const char* input, OptProfileSelector which, const int64_t* numbers, int32_t count);
  void set_narrow_values(const char* input, OptProfileSelector which, const int32_t* numbers, int32_t count);
  int32_t nb_values(const char* input) const;                                    // -1: none are set
  const int64_t* get_values(const char* input, OptProfileSelector which) const;  // null: not set
  const int32_t* narrow_values(const char* input, OptProfileSelector which) const;
  void set_extra_memory(float target);
  bool is_valid() const;

 private:
  const Values* find(const char* input, OptProfileSelector which) const;
};

OptimizationProfile::Values values_of(std::vector<int64_t> numbers);
// What they say of the symbols of a graph's inputs; of no profile at all: one that says nothing.
std::vector<tenon::Profile> profiles_of(const std::vector<const OptimizationProfile*>& profiles, const Graph& graph);

}  // namespace tenon::objects
