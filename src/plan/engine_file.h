// The engine file: a section container around a portable graph and its weights. See docs/engine_file.md.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ir/graph.h"

namespace tenon {

bool looks_like_an_engine(std::span<const std::byte> bytes);

// Sections ready to be written one after another; `weights` are those of the graph, not copied.
struct EngineBytes {
  std::vector<std::vector<std::byte>> owned;
  std::vector<std::span<const std::byte>> parts;
};
EngineBytes write_engine(const Graph& graph, const std::string& plans = {});

// An engine whose graph follows from values that come with a run: it holds the ONNX file, and nothing is planned.
EngineBytes write_model_engine(std::span<const std::byte> onnx_file);
// The ONNX file that such an engine holds; nothing where it is an engine of the usual kind.
std::optional<std::vector<std::byte>> model_of_engine(std::shared_ptr<const std::vector<std::byte>> bytes);

// Verifies digests, bounds and the graph itself. Weights stay in `bytes`, which they keep alive.
// `plans`: the choices of select/choices.h, which are verified against what is on offer when a plan is made of them.
Graph read_engine(std::shared_ptr<const std::vector<std::byte>> bytes, std::string* plans = nullptr);

}  // namespace tenon
