// Files: read whole, read in pieces, saved whole or not at all. All of them go through here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/stop.h"

struct stat;

namespace tenon {

// The operating system as files need it; a test derives from it to make calls fail.
// Each is its POSIX namesake ending in "at": the result is -1 on failure, with errno saying why.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual int open(int folder, const char* path, int flags, unsigned mode);
  virtual int open_beneath(int folder, const char* path, int flags);      // follows no link; ENOSYS where it is missing
  virtual int status(int folder, const char* path, struct stat& status);  // an empty path means `folder` itself
  virtual int64_t pread(int file, void* to, size_t size_bytes, int64_t offset);
  virtual int64_t write(int file, const void* from, size_t size_bytes);
  virtual int fsync(int file);
  virtual int link(int file, int folder, const char* path);  // a name for a file that was opened with O_TMPFILE
  virtual int rename(int folder, const char* from, const char* to);
  virtual int unlink(int folder, const char* path);
  virtual int close(int file);
};
FileSystem& operating_system();

// An open descriptor, closed once.
class Descriptor {
 public:
  Descriptor(FileSystem& system, int number) : system_(&system), number_(number) {}
  Descriptor(Descriptor&& other) noexcept : system_(other.system_), number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int number() const { return number_; }
  FileSystem& system() const { return *system_; }
  bool close();  // false: the system reported an error, which may be that of an earlier write

 private:
  int release();
  FileSystem* system_;
  int number_;
};

// A regular file, read at any offset. Pread, not mmap: a mapped file that shrinks kills the process.
class RandomAccessFile {
 public:
  explicit RandomAccessFile(const std::string& path, FileSystem& system = operating_system());

  // Opens a path below `folder`; refuses one that leaves it or passes through a symbolic link.
  static RandomAccessFile beneath(const std::string& folder, const std::string& path,
                                  FileSystem& system = operating_system());

  int64_t size_bytes() const { return size_bytes_; }         // when it was opened
  void read(int64_t offset, std::span<std::byte> to) const;  // all of it, or an Error

 private:
  RandomAccessFile(Descriptor file, std::string path);
  Descriptor file_;
  std::string path_;
  int64_t size_bytes_;
};

std::vector<std::byte> read_file(const std::string& path, int64_t limit_bytes, FileSystem& system = operating_system(),
                                 const Stop& stop = {});

// Writes the parts one after another to a temporary file in the same folder, then renames it to `path`.
// On an Error (file_write) the temporary file is gone and what was at `path` is whole; only if the very last
// step fails, the flush of the folder, it is the new content. A symbolic link at `path` is replaced.
void save_atomically(const std::string& path, std::span<const std::span<const std::byte>> parts,
                     FileSystem& system = operating_system());

bool file_exists(const std::string& path, FileSystem& system = operating_system());
std::string folder_of(const std::string& path);  // "." for a bare name

}  // namespace tenon
