// Kernel: what a provider prepares once (weights packed) and a plan runs at any bound shape of its profile.
#pragma once
#include "base/view.h"
#include "base/workers.h"

namespace tenon {

struct Call {
  ConstViews in;
  Views out;           // extents are logical ones; layout and stored type are what the offer agreed on
  std::byte* scratch;  // of scratch_bytes, 64-byte aligned; contents are whatever the last step left
  Workers& workers;
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void run(const Call& call) const = 0;                         // never allocates
  virtual int64_t scratch_bytes(ConstViews, Views) const { return 0; }  // for these extents; data is not there
};

}  // namespace tenon
