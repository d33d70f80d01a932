// Damaged engines and models: each must end in an error or in a network that builds and runs within bounds. Meant for
// the build with sanitizers. hostile MODEL.onnx [--all]: all cases, or every eleventh.
#include <unistd.h>
#include <xxhash.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>

#include "base/file.h"
#include "onnx/import.h"
#include "onnx/model.h"
#include "plan/engine_file.h"
#include "runtime/program_context.h"
#include "tenon/build.h"

namespace tenon {
namespace {

using Bytes = std::vector<std::byte>;
constexpr unsigned case_limit_s = 20;
constexpr int64_t most_bytes = 64 << 20;  // of inputs and activations: what a damaged extent asks for beyond is not run

enum class Outcome { refused, ran, too_large };

void run(const Built& built) {
  std::vector<Extents> extents;
  int64_t bytes = 0;
  for (const Bound& in : built.program->inputs()) {
    Extents& e = extents.emplace_back();
    for (const Dim& d : in.type.shape) e.push(d.known() ? d.value() : 2);
    bytes = checked_add(bytes, checked_mul(e.count(), size_bytes(in.type.element)));
  }
  check(bytes <= most_bytes, ErrorId::limit_exceeded, "inputs");
  ProgramContext context(built.program, 1);
  context.set_shapes(extents);
  for (size_t i = 0; i < built.program->outputs.size(); ++i)
    bytes = checked_add(bytes, checked_mul(context.output_extents(int(i)).value_or(Extents()).count(), 8));
  check(bytes <= most_bytes && context.arena_bytes() <= most_bytes, ErrorId::limit_exceeded, "activations");
  std::vector<Bytes> memory;
  std::vector<const void*> from;
  std::vector<void*> to;
  for (size_t i = 0; i < extents.size(); ++i)
    from.push_back(
        memory.emplace_back(size_t(extents[i].count() * size_bytes(built.program->inputs()[i].type.element))).data());
  for (size_t i = 0; i < built.program->outputs.size(); ++i) {
    std::optional<Extents> known = context.output_extents(int(i));
    int64_t size = known ? known->count() * size_bytes(built.program->outputs[i].type.element) : 0;
    to.push_back(known ? memory.emplace_back(size_t(size)).data() : nullptr);
  }
  context.run(from, to);
}

Outcome try_engine(const Bytes& bytes, ErrorId& id) {
  try {
    std::string plans;
    Graph graph = read_engine(std::make_shared<const Bytes>(bytes), &plans);
    Built built = build(std::move(graph), {.threads = 1, .plans = plans});
    run(built);
    return Outcome::ran;
  } catch (const Error& e) {
    id = e.id();
    return e.id() == ErrorId::limit_exceeded ? Outcome::too_large : Outcome::refused;
  }
}

Outcome try_onnx(const Bytes& bytes, ErrorId& id) {
  try {
    onnx::Model model = onnx::read_model(bytes);
    Built built = build(lower(onnx::import_model(model)), {.threads = 1});
    run(built);
    return Outcome::ran;
  } catch (const Error& e) {
    id = e.id();
    return e.id() == ErrorId::limit_exceeded ? Outcome::too_large : Outcome::refused;
  }
}

// Recomputes every digest of an engine: what somebody would do who means harm.
Bytes resealed(Bytes bytes) {
  constexpr size_t header = 32, section = 40, sections = 4, digest_at = 24;
  if (bytes.size() < header + sections * section) return bytes;
  for (size_t i = 0; i < sections; ++i) {
    std::byte* at = bytes.data() + header + i * section;
    uint64_t offset, size;
    std::memcpy(&offset, at + 8, 8);
    std::memcpy(&size, at + 16, 8);
    uint64_t padded = (size + 63) / 64 * 64;
    if (size > bytes.size() || offset > bytes.size() || padded > bytes.size() - offset) continue;
    XXH128_hash_t digest = XXH3_128bits(bytes.data() + offset, padded);
    std::memcpy(at + 24, &digest.low64, 8);
    std::memcpy(at + 32, &digest.high64, 8);
  }
  uint64_t zero = 0;
  std::memcpy(bytes.data() + digest_at, &zero, 8);
  uint64_t digest = XXH3_64bits(bytes.data(), header + sections * section);
  std::memcpy(bytes.data() + digest_at, &digest, 8);
  return bytes;
}

struct Campaign {
  const char* name;
  const Bytes& whole;
  Outcome (*attempt)(const Bytes&, ErrorId&);
  bool reseal, must_refuse;
};

int failed = 0, passed = 0;
char doing[200];

extern "C" void too_slow(int) {
  static_cast<void>(!::write(2, doing, std::strlen(doing)));
  ::_exit(3);
}

void attempt(const Campaign& c, const char* what, size_t place, Bytes bytes, std::map<Outcome, int>& outcomes) {
  std::snprintf(doing, sizeof doing, "hostile: %s, %s %zu took more than %u s\n", c.name, what, place, case_limit_s);
  ::alarm(case_limit_s);
  ErrorId id{};
  Outcome outcome = c.attempt(c.reseal ? resealed(std::move(bytes)) : bytes, id);
  ++outcomes[outcome];
  bool right = outcome != Outcome::ran || !c.must_refuse;
  ++(right ? passed : failed);
  if (!right) std::printf("%s, %s %zu: it ran\n", c.name, what, place);
}

void wage(const Campaign& c, size_t every) {
  std::mt19937_64 random(7);
  std::map<Outcome, int> outcomes;
  for (size_t i = 0; i < 200; ++i) {
    size_t length = random() % c.whole.size();
    if (i % every == 0) attempt(c, "prefix", length, Bytes(c.whole.begin(), c.whole.begin() + long(length)), outcomes);
  }
  for (size_t i = 0; i < 2000; ++i) {
    size_t bit = random() % (c.whole.size() * 8);
    if (i % every) continue;
    Bytes bytes = c.whole;
    bytes[bit / 8] ^= std::byte(1 << bit % 8);
    attempt(c, "bit", bit, std::move(bytes), outcomes);
  }
  std::printf("%s: %d refused, %d ran, %d too large to run here\n", c.name, outcomes[Outcome::refused],
              outcomes[Outcome::ran], outcomes[Outcome::too_large]);
}

void expect_error(const char* name, const Bytes& bytes, Outcome (*attempt)(const Bytes&, ErrorId&), ErrorId expected) {
  ErrorId id{};
  bool right = attempt(bytes, id) != Outcome::ran && id == expected;
  ++(right ? passed : failed);
  if (!right) std::printf("%s: found %s\n", name, text_of(id));
}

Bytes bytes_of(std::string_view text) {
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

int run_all(const char* path, bool all) {
  std::signal(SIGALRM, too_slow);
  Bytes model = read_file(path, 1 << 30), engine;
  {
    onnx::Model read = onnx::read_model(model);
    Built built = build(lower(onnx::import_model(read)), {.threads = 1});
    for (auto part : write_engine(*built.graph, built.plans).parts)
      engine.insert(engine.end(), part.begin(), part.end());
  }
  Bytes text = bytes_of("It is a truth universally acknowledged.\n");
  expect_error("an empty engine", {}, try_engine, ErrorId::engine_not_an_engine);
  expect_error("a text as engine", text, try_engine, ErrorId::engine_not_an_engine);
  expect_error("a model as engine", model, try_engine, ErrorId::engine_not_an_engine);
  expect_error("an empty model", {}, try_onnx, ErrorId::onnx_malformed);
  expect_error("a text as model", text, try_onnx, ErrorId::onnx_malformed);
  expect_error("an engine as model", engine, try_onnx, ErrorId::onnx_malformed);
  size_t every = all ? 1 : 11;
  wage({"engine", engine, try_engine, false, true}, every);
  wage({"engine, digests recomputed", engine, try_engine, true, false}, every);
  wage({"ONNX", model, try_onnx, false, false}, every);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace tenon

int main(int count, char** arguments) {
  if (count < 2) return std::puts("hostile MODEL.onnx [--all]"), 2;
  return tenon::run_all(arguments[1], count > 2 && std::strcmp(arguments[2], "--all") == 0);
}
