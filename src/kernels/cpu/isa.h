// Which of the compiled widths this machine runs.
#pragma once
#include <cstdint>
namespace tenon {

enum class Isa { portable, avx2, avx512 };  // avx2 with fma and f16c; avx512 with bw, dq, vl, vbmi

Isa isa();  // asked of the CPU once
// Beside avx512, products of bytes: in one instruction; by tiles, for which the system has to be asked.
bool has_vnni();
bool has_amx();
enum class ByteIsa { none, vnni, amx };
void limit_byte_isa(ByteIsa most);  // for tests, as limit_isa
const char* name_of(Isa isa);
void limit_isa(Isa most);  // for tests of the narrower kernels: isa() is at most this

// The instance of a kernel for this machine: by_isa(f<4>, f<8>, f<16>).
template <class F>
F* by_isa(F* portable, F* avx2, F* avx512) {
  return isa() == Isa::avx512 ? avx512 : isa() == Isa::avx2 ? avx2 : portable;
}

// Floats in a vector of this machine.
inline int64_t float_lanes() { return isa() == Isa::avx512 ? 16 : isa() == Isa::avx2 ? 8 : 4; }

}  // namespace tenon
