// .npy: magic, version, length of a header, the header (a Python dict as text), the elements.
#include <sys/stat.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include "array.h"
#include "commands.h"

namespace tenon::cli {

namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr size_t most_header_bytes = 1 << 16;

const struct {
  const char *element, *descr;
} types[] = {
    {"f32", "<f4"}, {"f16", "<f2"},  {"f64", "<f8"},  {"i8", "|i1"},  {"i16", "<i2"},
    {"i32", "<i4"}, {"i64", "<i8"},  {"u8", "|u1"},   {"u16", "<u2"}, {"u32", "<u4"},
    {"u64", "<u8"}, {"bool", "|b1"}, {"bf16", "<V2"}, {"bf16", "|V2"}};  // what ml_dtypes and plain NumPy make of bf16

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) fail("TN701", "io", "cannot open '" + path + "': " + std::strerror(errno));
    if (!S_ISREG(status.st_mode)) fail("TN701", "io", "'" + path + "' is no regular file");
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (!file_) fail("TN701", "io", "cannot open '" + path + "': " + std::strerror(errno));
    left_ = uint64_t(status.st_size);
  }
  uint64_t left() const { return left_; }
  void read(void* to, size_t bytes) {
    if (bytes > left_) bad("it ends too early");
    if (std::fread(to, 1, bytes, file_.get()) != bytes) fail("TN702", "io", "cannot read '" + path_ + "'");
    left_ -= bytes;
  }
  [[noreturn]] void bad(const std::string& what) const {
    fail("TN101", "invalid_argument", "'" + path_ + "' is no .npy file that can be read here: " + what);
  }

 private:
  std::string path_;
  File file_;
  uint64_t left_ = 0;
};

std::string read_header(Reader& file) {
  unsigned char start[8], size[4] = {};
  file.read(start, sizeof start);
  if (std::memcmp(start, magic.data(), magic.size()) != 0) file.bad("it does not begin as one");
  int version = start[6];
  if (version < 1 || version > 3) file.bad("its version is " + std::to_string(version) + ", known are 1 to 3");
  file.read(size, version == 1 ? 2 : 4);
  size_t bytes = size[0] | size[1] << 8 | size[2] << 16 | size_t(size[3]) << 24;
  if (bytes > most_header_bytes) file.bad("its header has " + std::to_string(bytes) + " bytes");
  std::string header(bytes, ' ');
  file.read(header.data(), bytes);
  return header;
}

// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }: the keys in any order, nothing else.
class Header {
 public:
  explicit Header(std::string_view text, const Reader& file) : rest_(text), file_(file) {
    expect("{");
    while (!take("}")) {
      std::string key = quoted();
      expect(":");
      if (key == "descr") descr = quoted();
      else if (key == "fortran_order") fortran = take("True") || (expect("False"), false);
      else if (key == "shape") read_shape();
      else file_.bad("unknown key '" + key + "'");
      ++keys_;
      if (!take(",")) {
        expect("}");
        break;
      }
    }
    skip();
    if (!rest_.empty() || keys_ != 3 || descr.empty() || !shaped_) file_.bad("its header is malformed");
  }
  std::string descr;
  std::vector<int64_t> shape;
  bool fortran = false;

 private:
  void skip() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }
  bool take(std::string_view word) {
    skip();
    if (rest_.substr(0, word.size()) != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) file_.bad("its header lacks '" + std::string(word) + "'");
  }
  std::string quoted() {
    char quote[2] = {take("\"") ? '"' : (expect("'"), '\''), 0};
    size_t end = rest_.find(quote);
    if (end == rest_.npos) file_.bad("its header is malformed; structures are not read");
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }
  void read_shape() {
    shape.clear();
    expect("(");
    while (!take(")")) {
      skip();
      auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), shape.emplace_back());
      if (error != std::errc() || shape.back() < 0 || shape.size() > 64) file_.bad("its shape is malformed");
      rest_.remove_prefix(size_t(end - rest_.data()));
      if (!take(",")) {
        expect(")");
        break;
      }
    }
    shaped_ = true;
  }

  std::string_view rest_;
  const Reader& file_;
  int keys_ = 0;
  bool shaped_ = false;
};

}  // namespace

Array read_npy(const std::string& path) {
  Reader file(path);
  std::string text = read_header(file);
  Header header(text, file);
  Array array;
  for (const auto& type : types)
    if (header.descr == type.descr) array.element = type.element;
  if (array.element.empty()) file.bad("its type '" + header.descr + "' is none of Tenon's, in little-endian order");
  array.shape = header.shape;
  if (header.fortran && array.shape.size() > 1) file.bad("it is in Fortran order; save numpy.ascontiguousarray of it");
  uint64_t bytes = element_bytes(array.element);
  for (int64_t n : array.shape)
    if (__builtin_mul_overflow(bytes, uint64_t(n), &bytes)) file.bad("its shape is larger than memory can be");
  if (bytes != file.left())
    file.bad(type_text(array) + " has " + std::to_string(bytes) + " bytes, the file " + std::to_string(file.left()));
  array.data.resize(bytes);
  file.read(array.data.data(), bytes);
  return array;
}

void write_npy(const std::string& path, const Array& array) {
  std::string header = "{'descr': '";
  for (const auto& type : types)
    if (array.element == type.element) {
      header += type.descr;
      break;
    }
  header += "', 'fortran_order': False, 'shape': (";
  for (int64_t n : array.shape) header += std::to_string(n) + ",";
  header += "), }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10, ' ');  // the elements begin at a multiple of 64
  header.back() = '\n';
  std::string start = std::string(magic) + '\1' + '\0' + char(header.size() & 255) + char(header.size() >> 8) + header;
  File file(std::fopen(path.c_str(), "wb"));
  bool good = file && std::fwrite(start.data(), 1, start.size(), file.get()) == start.size() &&
              std::fwrite(array.data.data(), 1, array.data.size(), file.get()) == array.data.size();
  if (!good || std::fclose(file.release()) != 0)
    fail("TN703", "io", "cannot write '" + path + "': " + std::strerror(errno));
}

}  // namespace tenon::cli
