// External data: what a model may name, and how it is fetched.
#include "onnx/external_data.h"

#include <algorithm>
#include <charconv>

#include "base/checked.h"

namespace tenon::onnx {

namespace {

struct Place {
  std::string location;
  int64_t offset = 0;
  int64_t length = -1;  // -1: not said
};

int64_t parse_count(const Entry& entry) {
  int64_t count = 0;
  const char* end = entry.value.data() + entry.value.size();
  auto [at, error] = std::from_chars(entry.value.data(), end, count);
  check(error == std::errc() && at == end && count >= 0, ErrorId::onnx_external_data, "its ", entry.key, " '",
        entry.value, "' is no byte count of at most 63 bits");
  return count;
}

Place place_of(const std::vector<Entry>& entries) {
  check(entries.size() <= 16, ErrorId::onnx_external_data, "it has ", entries.size(), " entries; ONNX defines five");
  Place place;
  for (size_t i = 0; i < entries.size(); ++i) {
    for (size_t j = 0; j < i; ++j)
      check(entries[i].key != entries[j].key, ErrorId::onnx_external_data, "it gives its ", entries[i].key, " twice");
    if (entries[i].key == "location") place.location = entries[i].value;
    if (entries[i].key == "offset") place.offset = parse_count(entries[i]);
    if (entries[i].key == "length") place.length = parse_count(entries[i]);
  }
  return place;
}

// "./a//b" as "a/b"; refuses what could point elsewhere.
std::string path_below(const std::string& location) {
  const char* why = location.empty()                       ? "is empty"
                    : location.find('\0') != location.npos ? "holds a NUL character"
                    : location.front() == '/'              ? "is an absolute path"
                    : location.back() == '/'               ? "names a folder"
                                                           : nullptr;
  std::string path;
  for (size_t start = 0; !why && start < location.size();) {
    size_t end = std::min(location.find('/', start), location.size());
    std::string part = location.substr(start, end - start);
    if (part == "..") why = "leaves the model's folder with '..'";
    if (!part.empty() && part != ".") path += concat(path.empty() ? "" : "/", part);
    start = end + 1;
  }
  if (!why && path.empty()) why = "names a folder";
  check(!why, ErrorId::onnx_external_data, "its location '", location.c_str(), "' ", why ? why : "",
        "; it has to name a file in the model's folder or below");
  return path;
}

}  // namespace

std::vector<std::byte> ExternalData::read(const std::vector<Entry>& entries, int64_t size_bytes) const {
  check(!folder_.empty(), ErrorId::onnx_external_data,
        "its data lies in another file, and the model was read from memory: give the folder of that file, "
        "or read the model by its path");
  Place place = place_of(entries);
  std::string path = path_below(place.location);
  check(place.length < 0 || place.length == size_bytes, ErrorId::onnx_external_data, "it is said to have ",
        place.length, " bytes in '", path, "'; its type and shape need ", size_bytes);

  RandomAccessFile file = RandomAccessFile::beneath(folder_, path, *system_);
  check(checked_add(place.offset, size_bytes) <= file.size_bytes(), ErrorId::onnx_external_data, "it needs bytes ",
        place.offset, " to ", checked_add(place.offset, size_bytes), " of '", path, "', which has ", file.size_bytes(),
        "; the file may be cut off");
  std::vector<std::byte> bytes(static_cast<size_t>(size_bytes));
  file.read(place.offset, bytes);
  return bytes;
}

}  // namespace tenon::onnx
