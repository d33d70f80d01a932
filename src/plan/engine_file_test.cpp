// Every damage to an engine file is an Error; with digests recomputed it is an Error or a graph within bounds.
#include "plan/engine_file.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstring>

#include "ir/text.h"

namespace tenon {
namespace {

using Bytes = std::vector<std::byte>;

Bytes engine() {
  Graph graph = parse(
      "x = input() type=f32[N,3]\n"
      "w = constant() data=f32[3,2]{1,2,3,4,5,6}\n"
      "m = constant() data=bool[2]{1,0}\n"
      "q = constant() data=i4[3]{-8,7,-1}\n"
      "y = matmul(x, w)\n"
      "z = softmax(y) axis=-1\n"
      "return z, m as \"a mask\", q\n");
  Bytes bytes;
  EngineBytes engine = write_engine(graph);
  for (auto part : engine.parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

Graph read(Bytes bytes) { return read_engine(std::make_shared<const Bytes>(std::move(bytes))); }

// As write_engine does it: offsets of the fields are part of the format.
void reseal(Bytes& bytes) {
  constexpr size_t header_bytes = 32, section_bytes = 40, digest_at = 24, sections = 4;
  for (size_t i = 0; i < sections; ++i) {
    std::byte* section = bytes.data() + header_bytes + i * section_bytes;
    uint64_t offset, size;
    std::memcpy(&offset, section + 8, 8);
    std::memcpy(&size, section + 16, 8);
    uint64_t padded = (size + 63) / 64 * 64;
    if (size > bytes.size() || offset > bytes.size() || padded > bytes.size() - offset) continue;
    XXH128_hash_t digest = XXH3_128bits(bytes.data() + offset, padded);
    std::memcpy(section + 24, &digest.low64, 8);
    std::memcpy(section + 32, &digest.high64, 8);
  }
  uint64_t zero = 0;
  std::memcpy(bytes.data() + digest_at, &zero, 8);
  uint64_t digest = XXH3_64bits(bytes.data(), header_bytes + sections * section_bytes);
  std::memcpy(bytes.data() + digest_at, &digest, 8);
}

void expect_engine_error(Bytes bytes, const std::string& what) {
  try {
    read(std::move(bytes));
    FAIL() << what << " was accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::corrupt_engine) << what << ": " << e.what();
  }
}

TEST(EngineFile, reads_back_what_was_written) {
  Graph graph = read(engine());
  EXPECT_EQ(graph.outputs().size(), 3u);
  EXPECT_EQ(graph.outputs()[1].name, "a mask");
  Bytes again;
  EngineBytes engine_again = write_engine(graph);
  for (auto part : engine_again.parts) again.insert(again.end(), part.begin(), part.end());
  EXPECT_TRUE(again == engine());
}

TEST(EngineFile, refuses_every_prefix) {
  Bytes whole = engine();
  for (size_t n = 0; n < whole.size(); ++n)
    expect_engine_error(Bytes(whole.begin(), whole.begin() + long(n)), concat("a prefix of ", n));
}

TEST(EngineFile, refuses_every_flipped_bit) {
  Bytes whole = engine();
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    whole[bit / 8] ^= std::byte(1 << bit % 8);
    expect_engine_error(whole, concat("bit ", bit));
    whole[bit / 8] ^= std::byte(1 << bit % 8);
  }
}

TEST(EngineFile, refuses_bytes_behind_its_end) {
  Bytes longer = engine();
  longer.push_back(std::byte(0));
  expect_engine_error(longer, "a byte more");
}

TEST(EngineFile, stays_within_bounds_when_digests_are_recomputed) {
  Bytes whole = engine();
  int accepted = 0;
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes changed = whole;
    changed[bit / 8] ^= std::byte(1 << bit % 8);
    reseal(changed);
    try {
      Graph graph = read(changed);
      verify(graph);
      ++accepted;  // other weights or names: another network, but a sound one
    } catch (const Error&) {
    }
  }
  EXPECT_GT(accepted, 0);  // weights can be anything: the test does reach the far side of the digests
}

TEST(EngineFile, refuses_text_and_other_files) {
  std::string text = "this is a text file, not an engine";
  expect_engine_error(Bytes(reinterpret_cast<const std::byte*>(text.data()),
                            reinterpret_cast<const std::byte*>(text.data()) + text.size()),
                      "a text file");
  expect_engine_error({}, "an empty file");
}

}  // namespace
}  // namespace tenon
