#include "plan/engine_file.h"

#include <xxhash.h>

#include <array>
#include <cstring>

#include "ir/text.h"

namespace tenon {

namespace {

constexpr char magic[8] = {'T', 'E', 'N', 'O', 'N', 'E', 'N', 'G'};
constexpr uint32_t format_version = 1;
constexpr int64_t alignment = 64;

// The first section is the graph's text, or an ONNX file from which the graph follows with values that come later.
enum SectionKind : uint32_t { graph_text = 1, plans_text = 2, weights_table = 3, weights_data = 4, onnx_file = 5 };
constexpr uint32_t section_count = 4;

// All numbers little-endian; every section starts at a multiple of 64, the bytes between are 0.
struct Header {
  char magic[8];
  uint32_t version, sections;
  uint64_t file_bytes;
  uint64_t digest;  // XXH3-64 of the header with this field 0, and of the section table
};
struct Section {
  uint32_t kind, reserved;
  uint64_t offset, bytes;
  uint64_t digest[2];  // XXH3-128 of the section with the padding behind it
};
struct WeightsRow {
  uint32_t element, rank;
  int64_t dims[Extents::max_rank];
  uint64_t offset;  // in the data section
};
constexpr int64_t table_bytes = sizeof(Header) + section_count * sizeof(Section);

uint64_t header_digest(Header header, const Section* sections) {
  header.digest = 0;
  XXH3_state_t* state = XXH3_createState();
  XXH3_64bits_reset(state);
  XXH3_64bits_update(state, &header, sizeof header);
  XXH3_64bits_update(state, sections, section_count * sizeof(Section));
  uint64_t digest = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return digest;
}

template <class T>
std::vector<std::byte> bytes_of(const T* data, size_t count) {
  std::vector<std::byte> bytes(count * sizeof(T));
  if (count) std::memcpy(bytes.data(), data, bytes.size());
  return bytes;
}

std::vector<std::byte> padding(int64_t bytes) {
  return std::vector<std::byte>(size_t(align_up(bytes, alignment) - bytes));
}

class Reader {
 public:
  explicit Reader(std::shared_ptr<const std::vector<std::byte>> bytes) : file_(std::move(bytes)) {}

  std::optional<std::vector<std::byte>> model() {
    check_header();
    if (sections_[0].kind != onnx_file) return {};
    std::span<const std::byte> file = section(0, onnx_file);
    for (uint32_t i = 1; i < section_count; ++i)
      check(section(i, SectionKind(i + 1)).empty(), ErrorId::engine_malformed, "section ", i, " should be empty");
    return std::vector<std::byte>(file.begin(), file.end());
  }

  Graph read(std::string* plans) {
    check_header();
    std::span<const std::byte> text = section(0, graph_text), choices = section(1, plans_text),
                               table = section(2, weights_table), data = section(3, weights_data);
    if (plans) plans->assign(reinterpret_cast<const char*>(choices.data()), choices.size());
    Text parsed{{reinterpret_cast<const char*>(text.data()), text.size()}, weights(table, data)};
    try {
      return parse(parsed);
    } catch (const Error& e) {
      fail(ErrorId::engine_malformed, "the engine's graph is damaged: ", e.what());
    }
  }

 private:
  void check_header() {
    int64_t size = int64_t(file_->size());
    check(looks_like_an_engine(*file_), ErrorId::engine_not_an_engine, "this is no Tenon engine");
    check(size >= table_bytes, ErrorId::engine_truncated, "the engine ends within its header, after ", size, " bytes");
    std::memcpy(&header_, file_->data(), sizeof header_);
    std::memcpy(sections_, file_->data() + sizeof header_, sizeof sections_);
    check(header_.version == format_version, ErrorId::engine_version, "the engine has format version ", header_.version,
          ", this library reads version ", format_version, "; build it again");
    check(header_.file_bytes == uint64_t(size), ErrorId::engine_truncated, "the engine says that it has ",
          header_.file_bytes, " bytes, found ", size);
    check(header_.sections == section_count, ErrorId::engine_malformed, "the engine has ", header_.sections,
          " sections, expected ", section_count);
    check(header_.digest == header_digest(header_, sections_), ErrorId::engine_digest,
          "the engine's header is damaged (its digest differs)");
    check(size >= next_, ErrorId::engine_truncated, "the engine ends behind its header, after ", size, " bytes");
    for (int64_t i = table_bytes; i < next_; ++i)
      check((*file_)[size_t(i)] == std::byte(0), ErrorId::engine_digest, "the padding behind the header is damaged");
  }

  // Sections follow each other without holes: their offsets are known before they are read.
  std::span<const std::byte> section(size_t index, SectionKind kind) {
    const Section& s = sections_[index];
    uint64_t rest = file_->size() - uint64_t(next_);
    uint64_t padded = s.bytes <= rest ? uint64_t(align_up(int64_t(s.bytes), alignment)) : s.bytes;
    check(s.kind == kind && s.reserved == 0 && s.offset == uint64_t(next_) && s.bytes <= rest && padded <= rest,
          ErrorId::engine_malformed, "section ", index, " of the engine lies out of place");
    std::span<const std::byte> bytes(file_->data() + next_, size_t(s.bytes));
    XXH128_hash_t digest = XXH3_128bits(bytes.data(), size_t(padded));
    check(digest.low64 == s.digest[0] && digest.high64 == s.digest[1], ErrorId::engine_digest, "section ", index,
          " of the engine is damaged (its digest differs)");
    next_ += int64_t(padded);
    return bytes;
  }

  std::vector<Weights> weights(std::span<const std::byte> table, std::span<const std::byte> data) {
    check(table.size() % sizeof(WeightsRow) == 0, ErrorId::engine_malformed, "the table of weights is damaged");
    std::vector<Weights> list;
    for (size_t at = 0; at < table.size(); at += sizeof(WeightsRow)) {
      WeightsRow row;
      std::memcpy(&row, table.data() + at, sizeof row);
      bool sane = row.element < uint32_t(element_type_count) && plain_types.contains(ElementType(row.element)) &&
                  row.rank <= uint32_t(Extents::max_rank) && row.offset <= data.size() && row.offset % alignment == 0;
      check(sane, ErrorId::engine_malformed, "weights ", list.size(), " of the engine are damaged");
      auto tensor = std::make_shared<Tensor>();
      tensor->element = ElementType(row.element);
      for (uint32_t d = 0; d < row.rank; ++d) {
        check(row.dims[d] >= 0, ErrorId::engine_malformed, "weights ", list.size(), " have a negative extent");
        tensor->extents.push(row.dims[d]);
      }
      int64_t bytes;
      try {
        bytes = tensor->bytes();
      } catch (const Error& e) {
        fail(ErrorId::engine_malformed, "weights ", list.size(), " of the engine are damaged: ", e.what());
      }
      check(bytes <= int64_t(data.size() - row.offset), ErrorId::engine_malformed, "weights ", list.size(),
            " exceed the file");
      tensor->owner = file_;
      tensor->data = data.data() + row.offset;
      if (tensor->element == ElementType::boolean)
        for (int64_t i = 0; i < bytes; ++i)
          check(uint8_t(tensor->data[i]) <= 1, ErrorId::engine_malformed, "weights ", list.size(),
                " hold a bool that is neither 0 nor 1");
      list.push_back(std::move(tensor));
    }
    return list;
  }

  std::shared_ptr<const std::vector<std::byte>> file_;
  Header header_;
  Section sections_[section_count];
  int64_t next_ = align_up(table_bytes, alignment);
};

// Sections one after another, with digests and padding.
class Writer {
 public:
  std::span<const std::byte> keep(std::vector<std::byte> bytes) { return out_.owned.emplace_back(std::move(bytes)); }
  void add(size_t section, std::span<const std::byte> part) { contents_[section].push_back(part); }

  EngineBytes finish(SectionKind first) {
    Section sections[section_count];
    int64_t at = align_up(table_bytes, alignment);
    XXH3_state_t* state = XXH3_createState();
    for (uint32_t i = 0; i < section_count; ++i) {
      int64_t bytes = 0;
      for (auto part : contents_[i]) bytes += int64_t(part.size());
      contents_[i].push_back(keep(padding(bytes)));
      XXH3_128bits_reset(state);
      for (auto part : contents_[i]) XXH3_128bits_update(state, part.data(), part.size());
      XXH128_hash_t digest = XXH3_128bits_digest(state);
      sections[i] = {i == 0 ? uint32_t(first) : i + 1, 0, uint64_t(at), uint64_t(bytes), {digest.low64, digest.high64}};
      at = checked_add(at, align_up(bytes, alignment));
    }
    XXH3_freeState(state);
    Header header{{}, format_version, section_count, uint64_t(at), 0};
    std::memcpy(header.magic, magic, sizeof magic);
    header.digest = header_digest(header, sections);
    out_.parts = {keep(bytes_of(&header, 1)), keep(bytes_of(sections, section_count)), keep(padding(table_bytes))};
    for (const auto& section : contents_) out_.parts.insert(out_.parts.end(), section.begin(), section.end());
    return std::move(out_);
  }

 private:
  EngineBytes out_;
  std::array<std::vector<std::span<const std::byte>>, section_count> contents_;
};

}  // namespace

bool looks_like_an_engine(std::span<const std::byte> bytes) {
  return bytes.size() >= sizeof magic && std::memcmp(bytes.data(), magic, sizeof magic) == 0;
}

Graph read_engine(std::shared_ptr<const std::vector<std::byte>> bytes, std::string* plans) {
  return Reader(std::move(bytes)).read(plans);
}

std::optional<std::vector<std::byte>> model_of_engine(std::shared_ptr<const std::vector<std::byte>> bytes) {
  return Reader(std::move(bytes)).model();
}

EngineBytes write_engine(const Graph& graph, const std::string& plans) {
  Text text = print(graph);
  std::vector<WeightsRow> rows;
  std::vector<std::span<const std::byte>> blobs;
  int64_t data_bytes = 0;
  for (const Weights& w : text.weights) {
    WeightsRow row{uint32_t(w->element), uint32_t(w->extents.rank), {}, uint64_t(data_bytes)};
    for (int d = 0; d < w->extents.rank; ++d) row.dims[d] = w->extents[d];
    rows.push_back(row);
    blobs.push_back({w->data, size_t(w->bytes())});
    data_bytes = checked_add(data_bytes, align_up(w->bytes(), alignment));
  }

  Writer writer;
  writer.add(0, writer.keep(bytes_of(text.lines.data(), text.lines.size())));
  writer.add(1, writer.keep(bytes_of(plans.data(), plans.size())));
  writer.add(2, writer.keep(bytes_of(rows.data(), rows.size())));
  for (std::span<const std::byte> blob : blobs) {
    writer.add(3, blob);
    writer.add(3, writer.keep(padding(int64_t(blob.size()))));
  }
  return writer.finish(graph_text);
}

EngineBytes write_model_engine(std::span<const std::byte> file) {
  Writer writer;
  writer.add(0, file);
  return writer.finish(onnx_file);
}

}  // namespace tenon
