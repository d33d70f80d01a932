// Files: a save is whole or has not happened, whichever call into the system fails.
#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace tenon {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Calls counted from 1; the one numbered `at` goes wrong, once.
class FaultySystem : public FileSystem {
 public:
  FaultySystem(int at, int error, bool is_short = false) : at_(at), error_(error), is_short_(is_short) {}
  bool was_reached() const { return calls_ >= at_; }
  int calls() const { return calls_; }
  const char* failed() const { return failed_; }

  int open(int folder, const char* path, int flags, unsigned mode) override {
    return fails("open") ? -1 : FileSystem::open(folder, path, flags, mode);
  }
  int status(int folder, const char* path, struct stat& status) override {
    return fails("status") ? -1 : FileSystem::status(folder, path, status);
  }
  int64_t pread(int file, void* to, size_t size, int64_t offset) override {
    if (fails("pread")) return is_short_ ? FileSystem::pread(file, to, (size + 1) / 2, offset) : -1;
    return FileSystem::pread(file, to, size, offset);
  }
  int64_t write(int file, const void* from, size_t size) override {
    if (fails("write")) return is_short_ ? FileSystem::write(file, from, (size + 1) / 2) : -1;
    return FileSystem::write(file, from, size);
  }
  int fsync(int file) override { return fails("fsync") ? -1 : FileSystem::fsync(file); }
  int link(int file, int folder, const char* path) override {
    return fails("link") ? -1 : FileSystem::link(file, folder, path);
  }
  int rename(int folder, const char* from, const char* to) override {
    return fails("rename") ? -1 : FileSystem::rename(folder, from, to);
  }
  int close(int file) override {
    bool failed = fails("close");
    int result = FileSystem::close(file);  // the descriptor is gone whatever close() says
    if (failed) errno = error_;
    return failed ? -1 : result;
  }

 private:
  bool fails(const char* call) {
    if (++calls_ != at_) return false;
    failed_ = call;
    errno = error_;
    bool can_be_short = !std::strcmp(call, "write") || !std::strcmp(call, "pread");
    return !is_short_ || can_be_short;
  }

  int at_, error_, calls_ = 0;
  bool is_short_;
  const char* failed_ = "nothing";
};

struct Fault {
  const char* name;
  int error;
  bool is_short;
};
const Fault faults[] = {{"ENOSPC", ENOSPC, false}, {"EIO", EIO, false}, {"EINTR", EINTR, false}, {"short", 0, true}};

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "tenon_files_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = folder + "/engine";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void put(const std::string& name, const std::string& text) { std::ofstream(folder + "/" + name) << text; }
  std::string content() { return text_of(read_file(path, 1000)); }
  size_t file_count() {
    return size_t(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
  }
  void save(const std::string& first, const std::string& second, FileSystem& system = operating_system()) {
    std::span<const std::byte> parts[] = {bytes_of(first), {}, bytes_of(second)};
    save_atomically(path, parts, system);
  }
  template <class Call>
  ErrorId error_of(Call call) {
    try {
      call();
    } catch (const Error& error) {
      message = error.what();
      return error.id();
    }
    ADD_FAILURE() << "no error";
    return ErrorId::internal;
  }

  std::string folder, path, message;
};

TEST_F(Files, SavedPartsAreReadBackAsOne) {
  save("first, ", "second");
  EXPECT_EQ(content(), "first, second");
  save("new", "");
  EXPECT_EQ(content(), "new");
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(Files, AFaultAtAnyCallOfASaveLeavesOneWholeFileAndNoOther) {
  for (const Fault& fault : faults) {
    for (int at = 1;; ++at) {
      put("engine", "old");
      FaultySystem system(at, fault.error, fault.is_short);
      bool saved = true;
      try {
        save("new ", "content", system);
      } catch (const Error& error) {
        saved = false;
        EXPECT_EQ(error.id(), ErrorId::file_write) << error.what();
        EXPECT_NE(strstr(error.what(), std::strerror(fault.error)), nullptr) << error.what();
      }
      if (!system.was_reached()) {
        EXPECT_TRUE(saved);
        EXPECT_GT(at, 8) << "the faults did not reach the calls";
        break;
      }
      // The folder is flushed after the file has its name: too late to be undone.
      bool is_last_flush = at + 1 == system.calls() && !std::strcmp(system.failed(), "fsync");
      EXPECT_EQ(content(), saved || is_last_flush ? "new content" : "old") << fault.name << " at " << at;
      EXPECT_EQ(file_count(), 1u) << fault.name << " at " << at << " " << system.failed();
      bool harmless = fault.is_short || (fault.error == EINTR && std::strcmp(system.failed(), "status") &&
                                         std::strcmp(system.failed(), "rename"));
      EXPECT_TRUE(saved || !harmless) << fault.name << " at " << at << " " << system.failed();
    }
  }
}

// As NFS and FAT do.
class OnlyNamedFiles : public FileSystem {
  int open(int folder, const char* path, int flags, unsigned mode) override {
    if ((flags & O_TMPFILE) == O_TMPFILE) return errno = EOPNOTSUPP, -1;
    return FileSystem::open(folder, path, flags, mode);
  }
};

TEST_F(Files, ASaveWorksWhereFilesNeedNames) {
  put("engine", "old");
  OnlyNamedFiles system;
  save("new ", "content", system);
  EXPECT_EQ(content(), "new content");
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(Files, AFaultWhileReadingIsReportedOrOvercome) {
  put("engine", "some content");
  for (const Fault& fault : faults) {
    for (int at = 1;; ++at) {
      FaultySystem system(at, fault.error, fault.is_short);
      try {
        EXPECT_EQ(text_of(read_file(path, 1000, system)), "some content");
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::io);
        EXPECT_FALSE(fault.is_short);
      }
      if (!system.was_reached()) break;
    }
  }
}

TEST_F(Files, ASaveFollowsTheUmask) {
  mode_t earlier = umask(027);
  save("a", "b");
  umask(earlier);
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(Files, ASaveReplacesNeitherADeviceNorAFolder) {
  path = folder + "/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { save("a", "b"); }), ErrorId::file_write);
  path = folder;
  EXPECT_EQ(error_of([&] { save("a", "b"); }), ErrorId::file_write);
  path = folder + "/";
  EXPECT_EQ(error_of([&] { save("a", "b"); }), ErrorId::file_write);
  path = folder + "/absent/engine";
  EXPECT_EQ(error_of([&] { save("a", "b"); }), ErrorId::file_write);
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(Files, ANameAsLongAsAllowedCanBeSaved) {
  path = folder + "/" + std::string(255, 'x');
  save("a", "b");
  EXPECT_EQ(content(), "ab");
}

TEST_F(Files, OnlyRegularFilesWithinTheLimitAreRead) {
  put("engine", "content");
  EXPECT_EQ(error_of([&] { read_file(path, 6); }), ErrorId::limit_exceeded);
  EXPECT_EQ(error_of([&] { read_file(folder, 1000); }), ErrorId::file_open);
  EXPECT_EQ(error_of([&] { read_file(path + "2", 1000); }), ErrorId::file_open);
  EXPECT_NE(message.find("No such file"), message.npos) << message;
  EXPECT_EQ(error_of([&] { read_file("/dev/null", 1000); }), ErrorId::file_open);
  EXPECT_EQ(error_of([&] { read_file(path + std::string("\0more", 5), 1000); }), ErrorId::file_open);
  ASSERT_EQ(mkfifo((folder + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { read_file(folder + "/pipe", 1000); }), ErrorId::file_open);
}

TEST_F(Files, ReadsOutsideTheFileAreRefused) {
  put("engine", "content");
  RandomAccessFile file(path);
  EXPECT_EQ(file.size_bytes(), 7);
  std::vector<std::byte> piece(3);
  file.read(4, piece);
  EXPECT_EQ(text_of(piece), "ent");
  for (int64_t offset : {int64_t(5), int64_t(8), int64_t(-1), INT64_MAX, INT64_MIN})
    EXPECT_EQ(error_of([&] { file.read(offset, piece); }), ErrorId::file_read) << offset;
  put("engine", "con");  // cut off after it was opened
  EXPECT_EQ(error_of([&] { file.read(4, piece); }), ErrorId::file_read);
}

class OldKernel : public FileSystem {
  int open_beneath(int, const char*, int) override {
    errno = ENOSYS;
    return -1;
  }
};

TEST_F(Files, NothingOutsideTheFolderIsOpenedBeneathIt) {
  std::filesystem::create_directories(folder + "/top/sub");
  put("secret", "secret");
  put("top/weights", "weights");
  put("top/sub/weights", "below");
  std::filesystem::create_symlink("../secret", folder + "/top/link");
  std::filesystem::create_symlink("weights", folder + "/top/inner_link");
  std::filesystem::create_directory_symlink("sub", folder + "/top/link_folder");
  ASSERT_EQ(mkfifo((folder + "/top/pipe").c_str(), 0600), 0);

  OldKernel old_kernel;
  for (FileSystem* system : {&operating_system(), static_cast<FileSystem*>(&old_kernel)}) {
    auto open = [&](const std::string& name) { return RandomAccessFile::beneath(folder + "/top", name, *system); };
    EXPECT_EQ(open("weights").size_bytes(), 7);
    EXPECT_EQ(open("sub/weights").size_bytes(), 5);
    for (std::string name : {"../secret", "sub/../../secret", "/etc/passwd", "", "sub", "sub/", "pipe", "absent",
                             "weights/x", "link", "inner_link", "link_folder/weights"})
      EXPECT_EQ(error_of([&] { open(name); }), ErrorId::file_open) << name;
    EXPECT_NE(message.find("symbolic links are refused"), message.npos) << message;
    EXPECT_EQ(error_of([&] { open(std::string("weights\0", 8)); }), ErrorId::file_open);
  }
}

TEST_F(Files, AFolderIsThePathUpToTheLastSlash) {
  EXPECT_EQ(folder_of("model.onnx"), ".");
  EXPECT_EQ(folder_of("/model.onnx"), "/");
  EXPECT_EQ(folder_of("a/b/model.onnx"), "a/b");
}

}  // namespace
}  // namespace tenon
