#include "kernels/cuda/strided.h"

#include <algorithm>

namespace tenon::cuda {

bool StridedArguments::dense(int operands) const {
  if (rank != 1 || stride[operands][0] != 1) return false;
  for (int k = 0; k < operands; ++k)
    if (stride[k][0] > 1) return false;
  return true;
}

unsigned StridedArguments::scalars(int operands) const {
  unsigned bits = 0;
  for (int k = 0; k < operands; ++k) bits |= unsigned(stride[k][0] == 0) << k;
  return bits;
}

StridedArguments strided_arguments(const Extents& extents, std::span<const Extents> strides) {
  StridedArguments a;
  a.count = extents.count();
  size_t result = strides.size() - 1;
  std::vector<int> axes;
  for (int d = 0; d < extents.rank; ++d)
    if (extents[d] != 1) axes.push_back(d);
  // Positions are walked in the result's order of memory, so that neighbouring threads write side by side.
  std::stable_sort(axes.begin(), axes.end(), [&](int x, int y) { return strides[result][x] > strides[result][y]; });
  for (int d : axes) {
    int last = int(a.rank) - 1;
    bool merges = last >= 0;
    for (size_t k = 0; merges && k < strides.size(); ++k) merges = a.stride[k][last] == strides[k][d] * extents[d];
    if (merges) {
      a.extent[last] *= extents[d];
    } else {
      last = int(a.rank++);
      a.extent[last] = extents[d];
    }
    for (size_t k = 0; k < strides.size(); ++k) a.stride[k][last] = strides[k][d];
  }
  if (a.rank == 0) {  // a single element
    a.rank = 1;
    a.extent[0] = 1;
    a.stride[result][0] = 1;
  }
  return a;
}

int dense_width(std::span<const ElementType> stored_in, ElementType stored_out) {
  int64_t widest = size_bytes(stored_out);
  for (ElementType e : stored_in) widest = std::max(widest, size_bytes(e));
  return int(16 / widest);
}

static std::string strided_kernel(const char* name, const char* index, std::span<const ElementType> in,
                                  ElementType out) {
  std::string parameters, arguments;
  for (size_t k = 0; k < in.size(); ++k) {
    parameters += concat(", const ", stored_type(in[k]), "* __restrict__ x", k);
    arguments += concat(k ? ", " : "", "x", k, "[o[", k, "]]");
  }
  return concat("extern \"C\" __global__ void ", name, "(const Strided a", parameters, ", ", stored_type(out),
                "* y) {\n", "  typedef ", index, " Index;\n", "  const Index step = (Index)gridDim.x * blockDim.x;\n",
                "  for (Index i = (Index)blockIdx.x * blockDim.x + threadIdx.x; i < (Index)a.count; i += step) {\n",
                "    long long o[", in.size() + 1, "] = {};\n", "    Index rest = i;\n",
                "    for (int d = (int)a.rank - 1; d >= 0; --d) {\n",
                "      const Index extent = (Index)a.extent[d], at = rest % extent;\n", "      rest /= extent;\n",
                "      for (int k = 0; k < ", in.size() + 1, "; ++k) o[k] += (long long)at * a.stride[k][d];\n",
                "    }\n", "    y[o[", in.size(), "]] = value(", arguments, ");\n  }\n}\n");
}

std::string strided_source(const Expression& e, std::span<const ElementType> in, ElementType out) {
  std::string text = prelude();
  text += concat("struct Strided { long long count, rank, extent[", Extents::max_rank, "], stride[",
                 max_strided_operands + 1, "][", Extents::max_rank, "]; };\n");
  text += body_of("value", e, in, out);
  text += strided_kernel("strided32", "unsigned", in, out) + strided_kernel("strided64", "unsigned long long", in, out);
  int width = dense_width(in, out);
  std::string parameters, loads, one, packed;
  for (size_t k = 0; k < in.size(); ++k) {
    const char* type = stored_type(in[k]);
    parameters += concat(", const ", type, "* __restrict__ x", k);
    loads +=
        concat("    Pack<", type, "> p", k, ";\n    if (scalars >> ", k, " & 1) { for (int j = 0; j < ", width,
               "; ++j) p", k, ".v[j] = x", k, "[0]; } else p", k, " = *(const Pack<", type, ">*)(x", k, " + first);\n");
    one += concat(k ? ", " : "", "x", k, "[scalars >> ", k, " & 1 ? 0 : i]");
    packed += concat(k ? ", " : "", "p", k, ".v[j]");
  }
  const char* type = stored_type(out);
  return text + concat("template <class T> struct __align__(sizeof(T) * ", width, ") Pack { T v[", width, "]; };\n",
                       "extern \"C\" __global__ void dense(const long long count, const unsigned scalars", parameters,
                       ", ", type, "* y) {\n",
                       "  const long long first = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * ", width, ";\n",
                       "  if (first + ", width, " <= count) {\n", loads, "    Pack<", type, "> q;\n",
                       "    for (int j = 0; j < ", width, "; ++j) q.v[j] = value(", packed, ");\n", "    *(Pack<", type,
                       ">*)(y + first) = q;\n",
                       "  } else {\n    for (long long i = first; i < count; ++i) y[i] = value(", one, ");\n  }\n}\n");
}

}  // namespace tenon::cuda
