// Philox-4x32-10, a generator without state: what is drawn depends on (seed, stream, element) and nothing else, so that
// every device and number of threads draws the same (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3").
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace tenon {

inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    uint64_t a = uint64_t(counter[0]) * 0xD2511F53u, b = uint64_t(counter[2]) * 0xCD9E8D57u;
    counter = {uint32_t(b >> 32) ^ counter[1] ^ key0, uint32_t(b), uint32_t(a >> 32) ^ counter[3] ^ key1, uint32_t(a)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

// The draws of one node: two words for each element, two elements a block of the generator.
class Draws {
 public:
  Draws(int64_t seed, int64_t stream) : seed_(uint64_t(seed)), stream_(uint64_t(stream)) {}

  // In [0,1): 53 bits of it, or the 24 that a float holds exactly.
  double uniform(int64_t i) const {
    auto [high, low] = words(i);
    return double((uint64_t(high) << 32 | low) >> 11) * 0x1p-53;
  }
  double short_uniform(int64_t i) const { return double(words(i)[0] >> 8) * 0x1p-24; }

  double normal(int64_t i) const {  // Box and Muller
    auto [first, second] = words(i);
    double radius = std::sqrt(-2 * std::log((double(first) + 0.5) * 0x1p-32));
    return radius * std::cos(2 * std::numbers::pi * (double(second) * 0x1p-32));
  }

 private:
  std::array<uint32_t, 2> words(int64_t i) const {
    uint64_t block = uint64_t(i) / 2;
    std::array<uint32_t, 4> four =
        philox({uint32_t(block), uint32_t(block >> 32), uint32_t(stream_), uint32_t(stream_ >> 32)}, uint32_t(seed_),
               uint32_t(seed_ >> 32));
    return i % 2 ? std::array{four[2], four[3]} : std::array{four[0], four[1]};
  }

  uint64_t seed_, stream_;
};

}  // namespace tenon
