#pragma once

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <string>

namespace flotilla::testing {

/// A real file system of a few megabytes (tmpfs) that can be filled to its last byte. Needs root
/// and the right to mount: a test without them skips itself.
class SmallDisk {
 public:
  /// `size` as in the mount option: "8m".
  SmallDisk(std::string folder, const std::string& size) : folder_(std::move(folder)) {
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }

  /// Takes every byte that is free.
  void fill() {
    const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    std::array<char, 4096> block{};
    for (size_t size = block.size(); size > 0;) {
      if (::write(file, block.data(), size) <= 0) size /= 2;
    }
    ::close(file);
  }
  void release() { ::unlink(filler().c_str()); }

 private:
  std::string filler() const { return folder_ + "/filler"; }

  std::string folder_;
  bool mounted_ = false;
};

}  // namespace flotilla::testing
