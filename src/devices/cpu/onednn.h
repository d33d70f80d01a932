// oneDNN behind its contract here: it never threads. Every primitive runs on the thread that calls it, with our memory.
#pragma once
#include <dnnl.hpp>

#include "base/error.h"

namespace tenon::onednn {

dnnl::engine& engine();
dnnl::stream& stream();             // this thread's
dnnl::primitive_attr attributes();  // our scratchpad; fp32 means fp32

// Runs `primitive` over memory that the library does not own. Argument ids are DNNL_ARG_…
struct Argument {
  int id;
  dnnl_memory_desc_t desc;
  void* data;
};
void execute(const dnnl::primitive& primitive, std::initializer_list<Argument> arguments);

// From one layout of weights to another, once, at build.
void pack(const dnnl::memory::desc& from, const void* source, const dnnl::memory::desc& to, void* packed);

// A primitive that oneDNN would only interpret or do by copies is no offer.
bool is_fast(const char* implementation);

}  // namespace tenon::onednn
