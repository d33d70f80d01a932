// Files on POSIX; Linux's openat2 where the kernel has it.
#include "base/file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace tenon {

int FileSystem::open(int folder, const char* path, int flags, unsigned mode) {
  return ::openat(folder, path, flags, mode);
}

int FileSystem::open_beneath(int folder, const char* path, int flags) {
  struct open_how how = {};
  how.flags = unsigned(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return int(::syscall(SYS_openat2, folder, path, &how, sizeof how));
}

int FileSystem::status(int folder, const char* path, struct stat& status) {
  return *path ? ::fstatat(folder, path, &status, 0) : ::fstat(folder, &status);
}

int64_t FileSystem::pread(int file, void* to, size_t size_bytes, int64_t offset) {
  return ::pread(file, to, size_bytes, offset);
}

int64_t FileSystem::write(int file, const void* from, size_t size_bytes) { return ::write(file, from, size_bytes); }
int FileSystem::fsync(int file) { return ::fsync(file); }
int FileSystem::link(int file, int folder, const char* path) {
  return ::linkat(AT_FDCWD, concat("/proc/self/fd/", file).c_str(), folder, path, AT_SYMLINK_FOLLOW);
}
int FileSystem::rename(int folder, const char* from, const char* to) { return ::renameat(folder, from, folder, to); }
int FileSystem::unlink(int folder, const char* path) { return ::unlinkat(folder, path, 0); }
int FileSystem::close(int file) { return ::close(file); }

FileSystem& operating_system() {
  static FileSystem system;
  return system;
}

Descriptor::~Descriptor() {
  int earlier = errno;  // of the call whose failure is being reported
  close();
  errno = earlier;
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(system_, other.system_);
  std::swap(number_, other.number_);
  return *this;
}

int Descriptor::release() {
  int number = number_;
  number_ = -1;
  return number;
}

bool Descriptor::close() {
  if (number_ < 0) return true;
  // After EINTR the descriptor is closed all the same on Linux; a second close could hit another thread's file.
  return system_->close(release()) == 0 || errno == EINTR;
}

namespace {

// Read only after the call has failed: as an argument beside the call it might be evaluated first.
std::string reason() { return std::system_category().message(errno); }

template <class Call>
auto again_if_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Descriptor open_at(FileSystem& system, int folder, const char* path, int flags, unsigned mode = 0) {
  return {system, again_if_interrupted([&] { return system.open(folder, path, flags | O_CLOEXEC | O_NOCTTY, mode); })};
}

void check_no_nul(const std::string& path) {
  check(path.find('\0') == path.npos, ErrorId::file_open, "a file's name holds a NUL character: '", path.c_str(),
        "' and more");
}

// O_NONBLOCK: opening a FIFO must fail the check that follows, not wait for its other end.
constexpr int read_flags = O_RDONLY | O_NONBLOCK;

Descriptor open_to_read(FileSystem& system, const std::string& path) {
  check_no_nul(path);
  Descriptor file = open_at(system, AT_FDCWD, path.c_str(), read_flags);
  check(file.number() >= 0, ErrorId::file_open, "cannot open '", path, "': ", reason());
  return file;
}

std::vector<std::string> parts_beneath(const std::string& path) {
  check_no_nul(path);
  std::vector<std::string> parts;
  size_t start = 0;
  while (start <= path.size()) {
    size_t end = std::min(path.find('/', start), path.size());
    parts.push_back(path.substr(start, end - start));
    check(!parts.back().empty() && parts.back() != "..", ErrorId::file_open, "cannot open '", path,
          "': it has to be a path beneath its folder, without '..' or empty parts");
    start = end + 1;
  }
  return parts;
}

// What openat2 does in one call: each folder on the way is opened by itself, and nothing may be a link.
Descriptor walk_beneath(FileSystem& system, Descriptor at, const std::vector<std::string>& parts) {
  for (size_t i = 0; i < parts.size() && at.number() >= 0; ++i) {
    int flags = O_NOFOLLOW | (i + 1 == parts.size() ? read_flags : O_PATH | O_DIRECTORY);
    at = open_at(system, at.number(), parts[i].c_str(), flags);
  }
  return at;
}

Descriptor open_folder(FileSystem& system, const std::string& path, int flags, ErrorId error) {
  Descriptor folder = open_at(system, AT_FDCWD, path.c_str(), flags | O_DIRECTORY);
  check(folder.number() >= 0, error, "cannot open the folder '", path, "': ", reason());
  return folder;
}

int64_t checked_size(const Descriptor& file, const std::string& path) {
  struct stat status;
  bool done = file.system().status(file.number(), "", status) == 0;
  check(done, ErrorId::file_read, "cannot examine '", path, "': ", reason());
  check(S_ISREG(status.st_mode), ErrorId::file_open, "'", path, "' is ",
        S_ISDIR(status.st_mode) ? "a folder" : "a pipe or a device", ", not a regular file");
  return status.st_size;
}

}  // namespace

RandomAccessFile::RandomAccessFile(Descriptor file, std::string path)
    : file_(std::move(file)), path_(std::move(path)), size_bytes_(checked_size(file_, path_)) {}

RandomAccessFile::RandomAccessFile(const std::string& path, FileSystem& system)
    : RandomAccessFile(open_to_read(system, path), path) {}

RandomAccessFile RandomAccessFile::beneath(const std::string& folder, const std::string& path, FileSystem& system) {
  std::vector<std::string> parts = parts_beneath(path);
  Descriptor top = open_folder(system, folder, O_PATH, ErrorId::file_open);
  Descriptor file(system, again_if_interrupted([&] {
                    return system.open_beneath(top.number(), path.c_str(), read_flags | O_CLOEXEC | O_NOCTTY);
                  }));
  // ENOSYS: a kernel before 5.6. EPERM: a container's filter that does not know the call.
  if (file.number() < 0 && (errno == ENOSYS || errno == EPERM)) file = walk_beneath(system, std::move(top), parts);
  check(file.number() >= 0, ErrorId::file_open, "cannot open '", path, "' beneath '", folder, "': ", reason(),
        errno == ELOOP || errno == ENOTDIR ? " (symbolic links are refused here; put the file itself there)" : "");
  return {std::move(file), concat(folder, "/", path)};
}

void RandomAccessFile::read(int64_t offset, std::span<std::byte> to) const {
  check(offset >= 0 && offset <= size_bytes_ && int64_t(to.size()) <= size_bytes_ - offset, ErrorId::file_read,
        "cannot read ", to.size(), " bytes at ", offset, " of '", path_, "', which has ", size_bytes_);
  while (!to.empty()) {
    int64_t count =
        again_if_interrupted([&] { return file_.system().pread(file_.number(), to.data(), to.size(), offset); });
    check(count >= 0, ErrorId::file_read, "cannot read '", path_, "': ", reason());
    check(count > 0, ErrorId::file_read, "'", path_, "' became shorter while it was read");
    to = to.subspan(size_t(count));
    offset += count;
  }
}

std::vector<std::byte> read_file(const std::string& path, int64_t limit_bytes, FileSystem& system, const Stop& stop) {
  RandomAccessFile file(path, system);
  check(file.size_bytes() <= limit_bytes, ErrorId::limit_exceeded, "'", path, "' has ", file.size_bytes(),
        " bytes; the limit is ", limit_bytes);
  size_t whole = size_t(file.size_bytes());
  constexpr size_t piece_bytes = 16 << 20;
  std::vector<std::byte> bytes;
  bytes.reserve(whole);
  for (size_t done = 0; done < whole; done = bytes.size()) {
    stop.check();
    bytes.resize(std::min(whole, done + piece_bytes));
    file.read(int64_t(done), std::span(bytes).subspan(done));
  }
  return bytes;
}

namespace {

// A file that is removed again unless it is renamed in time.
class TemporaryFile {
 public:
  TemporaryFile(const Descriptor& folder, const std::string& path) : folder_(folder), path_(path), file_(create()) {}
  ~TemporaryFile() {
    file_.close();
    if (!kept_ && named_) again_if_interrupted([&] { return system().unlink(folder_.number(), name_.c_str()); });
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      int64_t count = again_if_interrupted([&] { return system().write(file_.number(), bytes.data(), bytes.size()); });
      check_done(count >= 0);
      check(count > 0, ErrorId::file_write, "cannot write '", path_, "': the system takes no more bytes");
      bytes = bytes.subspan(size_t(count));
    }
  }

  void rename_to(const std::string& name) {
    check_done(again_if_interrupted([&] { return system().fsync(file_.number()); }) == 0);
    while (!named_) {
      choose_name();
      named_ =
          again_if_interrupted([&] { return system().link(file_.number(), folder_.number(), name_.c_str()); }) == 0;
      check_done(named_ || errno == EEXIST);
    }
    check_done(file_.close());  // a network file system may report a full disk only here
    check_done(system().rename(folder_.number(), name_.c_str(), name.c_str()) == 0);
    kept_ = true;
  }

 private:
  FileSystem& system() { return folder_.system(); }

  // Without a name until it is whole, where the file system can do that: a process that is killed leaves nothing
  // behind.
  Descriptor create() {
    if (::access("/proc/self/fd", X_OK) == 0) {
      Descriptor file = open_at(system(), folder_.number(), ".", O_WRONLY | O_TMPFILE, 0666);
      if (file.number() >= 0) return file;
      check_done(errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT || errno == EINVAL);
    }
    while (true) {
      choose_name();
      Descriptor file = open_at(system(), folder_.number(), name_.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
      if (file.number() < 0 && errno == EEXIST) continue;
      check_done(file.number() >= 0);
      named_ = true;
      return file;
    }
  }

  void choose_name() {
    uint64_t random;
    check_done(again_if_interrupted([&] { return ::getrandom(&random, sizeof random, 0); }) == sizeof random);
    name_ = concat(".tenon-", random, ".tmp");  // not made from the final name, which may be as long as allowed
  }

  void check_done(bool done) const { check(done, ErrorId::file_write, "cannot write '", path_, "': ", reason()); }

  const Descriptor& folder_;
  const std::string& path_;
  std::string name_;
  bool named_ = false, kept_ = false;  // before file_: create() sets them
  Descriptor file_;
};

// To rename over a device such as /dev/null would replace it for the whole system.
void check_replaceable(const Descriptor& folder, const std::string& name, const std::string& path) {
  struct stat status;
  if (folder.system().status(folder.number(), name.c_str(), status) != 0) {
    check(errno == ENOENT, ErrorId::file_write, "cannot write '", path, "': ", reason());
    return;
  }
  check(S_ISREG(status.st_mode), ErrorId::file_write, "cannot write '", path, "': it is no regular file");
}

}  // namespace

void save_atomically(const std::string& path, std::span<const std::span<const std::byte>> parts, FileSystem& system) {
  check_no_nul(path);
  std::string name = path.substr(path.rfind('/') + 1);
  check(!name.empty() && name != "." && name != "..", ErrorId::file_write, "cannot write '", path,
        "': it names no file");
  Descriptor folder = open_folder(system, folder_of(path), O_RDONLY, ErrorId::file_write);
  check_replaceable(folder, name, path);
  {
    TemporaryFile file(folder, path);
    for (std::span<const std::byte> part : parts) file.write(part);
    file.rename_to(name);
  }
  bool flushed = again_if_interrupted([&] { return system.fsync(folder.number()); }) == 0;
  check(flushed || errno == EINVAL || errno == ENOTSUP,  // some file systems cannot flush a folder
        ErrorId::file_write, "'", path, "' is written, but a power failure may still undo it: ", reason());
}

bool file_exists(const std::string& path, FileSystem& system) {
  struct stat status;
  return system.status(AT_FDCWD, path.c_str(), status) == 0;
}

std::string folder_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace tenon
