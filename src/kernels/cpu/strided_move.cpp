// Axes are merged first; then rows are copied, filled, or two axes change places tile by tile.
#include "kernels/cpu/strided_move.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/transpose_tiles.h"

namespace tenon {

namespace {

constexpr int64_t task_bytes = 64 << 10;

struct Axis {
  int64_t extent, from, to;  // steps in bytes
};

// Outermost first, as y lies in memory; axes that are one in both x and y have become one.
struct Axes {
  std::array<Axis, Extents::max_rank> list;
  int count = 0;

  void push(Axis a) { list[size_t(count++)] = a; }
  Axis& last(int i = 0) { return list[size_t(count - 1 - i)]; }
  Axis take(int i) {
    Axis a = list[size_t(i)];
    std::copy(list.begin() + i + 1, list.begin() + count, list.begin() + i);
    --count;
    return a;
  }
};

Axes merged(const Move& m, int64_t bytes) {
  Axes sorted, axes;
  for (int d = 0; d < m.extents.rank; ++d)
    if (m.extents[d] != 1) sorted.push({m.extents[d], m.from[d] * bytes, m.to[d] * bytes});
  std::sort(sorted.list.begin(), sorted.list.begin() + sorted.count,
            [](const Axis& a, const Axis& b) { return a.to > b.to; });
  for (int i = 0; i < sorted.count; ++i) {
    Axis a = sorted.list[size_t(i)];
    if (axes.count > 0 && axes.last().from == a.from * a.extent && axes.last().to == a.to * a.extent)
      axes.last() = {axes.last().extent * a.extent, a.from, a.to};
    else axes.push(a);
  }
  return axes;
}

// What a task does at every position of the outer axes: `rows` by `columns`, columns side by side in y.
struct Plane {
  int64_t bytes;  // of an element
  Axis row, column;
};

using PlaneMover = void (*)(const Plane&, const char* x, char* y);

template <int64_t size>
void copy_short_rows(const Plane& p, const char* x, char* y) {
  for (int64_t r = 0; r < p.row.extent; ++r) std::memcpy(y + r * p.row.to, x + r * p.row.from, size);
}

void copy_rows(const Plane& p, const char* x, char* y) {
  int64_t size = p.column.extent * p.bytes;
  if (size == 64) return copy_short_rows<64>(p, x, y);
  if (size == 32) return copy_short_rows<32>(p, x, y);
  if (size == 16) return copy_short_rows<16>(p, x, y);
  for (int64_t r = 0; r < p.row.extent; ++r) std::memcpy(y + r * p.row.to, x + r * p.row.from, size_t(size));
}

template <class T>
void fill_rows(const Plane& p, const char* x, char* y) {
  for (int64_t r = 0; r < p.row.extent; ++r) {
    T value;
    std::memcpy(&value, x + r * p.row.from, sizeof value);
    char* to = y + r * p.row.to;
    for (int64_t c = 0; c < p.column.extent; ++c) std::memcpy(to + c * int64_t(sizeof value), &value, sizeof value);
  }
}

template <class T>
void move_elements(const Plane& p, const char* x, char* y) {
  for (int64_t r = 0; r < p.row.extent; ++r) {
    const char* from = x + r * p.row.from;
    char* to = y + r * p.row.to;
    for (int64_t c = 0; c < p.column.extent; ++c)
      std::memcpy(to + c * p.column.to, from + c * p.column.from, sizeof(T));
  }
}

void transpose_plane(const Plane& p, const char* x, char* y) {
  transpose_tiles_of(p.bytes)({x, y, p.column.extent, p.row.extent, p.column.from, p.row.to});
}

template <class T>
PlaneMover mover(const Plane& p) {
  if (p.column.to != p.bytes) return move_elements<T>;
  if (p.column.from == p.bytes) return copy_rows;
  if (p.column.from == 0) return fill_rows<T>;
  return p.row.from == p.bytes ? transpose_plane : move_elements<T>;
}

PlaneMover mover_of(const Plane& p) {
  switch (p.bytes) {
    case 1: return mover<uint8_t>(p);
    case 2: return mover<uint16_t>(p);
    case 4: return mover<uint32_t>(p);
    default: return mover<uint64_t>(p);
  }
}

// Takes the two inner axes out of `axes`: the one that is dense in y, and the best partner for it.
Plane inner_plane(Axes& axes, int64_t bytes) {
  Plane p{bytes, {1, 0, 0}, {1, bytes, bytes}};
  if (axes.count > 0) {
    Axis& c = axes.last();
    int64_t row = c.extent * bytes;  // a short row that is dense in both is one wider element
    if (c.from == bytes && c.to == bytes && (row == 2 || row == 4 || row == 8))
      p = {row, p.row, {1, row, row}}, --axes.count;
  }
  if (axes.count > 0) p.column = axes.take(axes.count - 1);
  int partner = axes.count - 1;
  for (int i = 0; p.column.from != p.bytes && i < axes.count; ++i)
    if (axes.list[size_t(i)].from == p.bytes) partner = i;
  if (partner >= 0) p.row = axes.take(partner);
  return p;
}

int64_t pieces(int64_t extent, int64_t piece) { return (extent + piece - 1) / piece; }

// The plane in blocks of at most task_bytes; blocks and outer positions in one row-major order.
struct Grid {
  Axes outer;
  Plane plane;
  int64_t row_block, column_block;

  Grid(const Axes& axes, const Plane& p) : outer(axes), plane(p) {
    int64_t elements = std::max<int64_t>(1, task_bytes / p.bytes);
    bool tiles = p.row.from == p.bytes && p.column.from != p.bytes;
    column_block = std::min(p.column.extent, tiles ? std::max<int64_t>(128, elements / p.row.extent) : elements);
    row_block = std::min(p.row.extent, std::max<int64_t>(1, elements / column_block));
    outer.push({pieces(p.row.extent, row_block), p.row.from * row_block, p.row.to * row_block});
    outer.push({pieces(p.column.extent, column_block), p.column.from * column_block, p.column.to * column_block});
  }
  int64_t blocks() const {
    int64_t n = 1;
    for (int i = 0; i < outer.count; ++i) n *= outer.list[size_t(i)].extent;
    return n;
  }
  int64_t block_bytes() const { return row_block * column_block * plane.bytes; }

  void run(PlaneMover move, int64_t first, int64_t past, const char* x, char* y) const {
    std::array<int64_t, Extents::max_rank + 2> at;
    for (int64_t d = outer.count - 1, rest = first; d >= 0; --d) {
      const Axis& a = outer.list[size_t(d)];
      at[size_t(d)] = rest % a.extent;
      rest /= a.extent;
      x += at[size_t(d)] * a.from, y += at[size_t(d)] * a.to;
    }
    int64_t &row = at[size_t(outer.count - 2)], &column = at[size_t(outer.count - 1)];
    for (int64_t i = first; i < past; ++i) {
      Plane block = plane;
      block.row.extent = std::min(row_block, plane.row.extent - row * row_block);
      block.column.extent = std::min(column_block, plane.column.extent - column * column_block);
      move(block, x, y);
      for (int d = outer.count - 1; d >= 0; --d) {
        const Axis& a = outer.list[size_t(d)];
        x += a.from, y += a.to;
        if (++at[size_t(d)] < a.extent) break;
        x -= a.from * a.extent, y -= a.to * a.extent;
        at[size_t(d)] = 0;
      }
    }
  }
};

}  // namespace

void strided_move(const Move& m, int64_t element_bytes, const void* x, void* y, Workers& workers) {
  if (m.extents.count() == 0) return;
  Axes axes = merged(m, element_bytes);
  Plane plane = inner_plane(axes, element_bytes);
  Grid grid(axes, plane);
  int64_t blocks = grid.blocks(), per_task = std::max<int64_t>(1, task_bytes / grid.block_bytes());
  workers.run(pieces(blocks, per_task), [&](int64_t task) {
    grid.run(mover_of(plane), task * per_task, std::min(blocks, (task + 1) * per_task), static_cast<const char*>(x),
             static_cast<char*>(y));
  });
}

}  // namespace tenon
