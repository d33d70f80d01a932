#include "array.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>

#include "commands.h"

namespace tenon::cli {

namespace {

template <class T>
T at(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
void put(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

double from_f16(uint16_t bits) {
  int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double size = exponent == 31  ? (mantissa ? std::nan("") : HUGE_VAL)
                : exponent == 0 ? std::ldexp(mantissa, -24)
                                : std::ldexp(mantissa + 1024, exponent - 25);
  return bits >> 15 ? -size : size;
}

uint16_t to_f16(double exact) {  // of a normal number that f16 holds
  if (exact == 0) return 0;
  int exponent;
  double fraction = std::frexp(std::fabs(exact), &exponent);
  return uint16_t((exact < 0) << 15 | (exponent + 14) << 10 | int(fraction * 2048 - 1024));
}

float from_bf16(uint16_t bits) {
  std::byte wide[4];
  put(wide, uint32_t(bits) << 16);
  return at<float>(wide);
}

uint16_t to_bf16(float exact) {  // of a number that bf16 holds
  std::byte wide[4];
  put(wide, exact);
  return uint16_t(at<uint32_t>(wide) >> 16);
}

double number(const std::string& element, const std::byte* from) {
  if (element == "f32") return at<float>(from);
  if (element == "f64") return at<double>(from);
  if (element == "f16") return from_f16(at<uint16_t>(from));
  if (element == "bf16") return from_bf16(at<uint16_t>(from));
  if (element == "i8") return at<int8_t>(from);
  if (element == "i16") return at<int16_t>(from);
  if (element == "i32") return at<int32_t>(from);
  if (element == "i64") return double(at<int64_t>(from));
  if (element == "u16") return at<uint16_t>(from);
  if (element == "u32") return at<uint32_t>(from);
  if (element == "u64") return double(at<uint64_t>(from));
  return double(at<uint8_t>(from));
}

}  // namespace

size_t element_bytes(const std::string& element) {
  if (element == "bool") return 1;
  size_t digits = element.find_first_of("0123456789");
  bool known = digits != element.npos && element.find_first_not_of("0123456789", digits) == element.npos &&
               std::stoi(element.substr(digits)) >= 8;
  if (!known) fail("TN303", "unsupported", "the command line has no arrays of '" + element + "'");
  return size_t(std::stoi(element.substr(digits))) / 8;
}

std::string type_text(const Array& array) {
  std::string extents;
  for (int64_t n : array.shape) extents += (extents.empty() ? "" : ",") + std::to_string(n);
  return array.element + "[" + extents + "]";
}

Array make_array(std::string element, std::vector<int64_t> shape) {
  Array array{std::move(element), std::move(shape), {}};
  int64_t bytes = int64_t(element_bytes(array.element));
  for (int64_t n : array.shape)
    if (n < 0 || __builtin_mul_overflow(bytes, n, &bytes) || bytes > int64_t(1) << 40)
      fail("TN103", "invalid_argument", "an array " + type_text(array) + " is negative or has over 2^40 bytes");
  array.data.resize(size_t(bytes));
  return array;
}

// Floats between -1 and 1 in steps that f16 holds; bytes from 0 to 127; wider integers, often indices, are 0 or 1.
void fill_random(Array& array, uint64_t seed) {
  std::mt19937_64 random(seed);
  size_t step = element_bytes(array.element);
  const std::string& e = array.element;
  for (std::byte* to = array.data.data(); to < array.data.data() + array.data.size(); to += step) {
    uint64_t bits = random() >> 32;
    double even = (double(bits % 2048) - 1024) / 1024;
    if (e == "f32") put(to, float(even));
    else if (e == "f64") put(to, even);
    else if (e == "f16") put(to, to_f16(even));
    else if (e == "bf16") put(to, to_bf16(float(bits % 256) / 128 - 1));
    else if (e == "i8" || e == "u8") put(to, uint8_t(bits % 128));
    else put(to, uint8_t(bits % 2));  // little-endian: the other bytes are 0
  }
}

std::string summary(const Array& array) {
  double low = std::numeric_limits<double>::infinity(), high = -low, sum = 0;
  int64_t count = 0, nans = 0;
  size_t step = element_bytes(array.element);
  uint64_t checksum = 14695981039346656037u;  // FNV-1a of all bytes
  for (std::byte b : array.data) checksum = (checksum ^ uint64_t(b)) * 1099511628211u;
  for (size_t i = 0; i < array.data.size(); i += step) {
    double x = number(array.element, &array.data[i]);
    if (std::isnan(x)) {
      ++nans;
      continue;
    }
    low = std::fmin(low, x), high = std::fmax(high, x), sum += x, ++count;
  }
  char text[200];
  int used = count ? std::snprintf(text, sizeof text, "min %.6g, max %.6g, mean %.6g, ", low, high, sum / double(count))
                   : std::snprintf(text, sizeof text, "no numbers, ");
  if (nans) used += std::snprintf(text + used, sizeof text - size_t(used), "%lld NaN, ", static_cast<long long>(nans));
  std::snprintf(text + used, sizeof text - size_t(used), "checksum %016llx", static_cast<unsigned long long>(checksum));
  return text;
}

}  // namespace tenon::cli
