// The engine file: a section container around a portable graph and its weights. See docs/engine_file.md.
#pragma once
#include <cstddef>
#include <memory>
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
EngineBytes write_engine(const Graph& graph);

// Verifies digests, bounds and the graph itself. Weights stay in `bytes`, which they keep alive.
Graph read_engine(std::shared_ptr<const std::vector<std::byte>> bytes);

}  // namespace tenon
