// Arrays on the command line: from and to .npy files, at random, in summary.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tenon::cli {

struct Array {
  std::string element;  // "f32", as in tenon.h
  std::vector<int64_t> shape;
  std::vector<std::byte> data;
};

size_t element_bytes(const std::string& element);
std::string type_text(const Array& array);                          // f32[1,10]
Array make_array(std::string element, std::vector<int64_t> shape);  // zeros; refuses what cannot be addressed
void fill_random(Array& array, uint64_t seed);                      // the same on every machine
std::string summary(const Array& array);                            // min, max, mean, checksum

// NumPy's format 1 to 3, C order, little-endian. Nothing is believed that the file's size does not bear out.
Array read_npy(const std::string& path);
void write_npy(const std::string& path, const Array& array);

}  // namespace tenon::cli
