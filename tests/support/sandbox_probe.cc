// Tries what a sandbox must not allow: sandbox_probe WHAT [PATH]. Exit codes: 0 it could be done,
// 3 it was refused.

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr int kDone = 0;
constexpr int kRefused = 3;

int told(bool done) {
  printf("%s\n", done ? "done" : strerror(errno));
  return done ? kDone : kRefused;
}

int read_file(const char* path) {
  const int file = open(path, O_RDONLY);
  char text[256];
  const ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (size > 0) printf("%.*s\n", static_cast<int>(size), text);
  return told(size >= 0);
}

int fork_without_end() {
  for (;;) {
    if (fork() < 0) usleep(1000);
  }
}

/// Memory that was written to; the compiler may not leave it out.
bool take(size_t size) {
  char* memory = static_cast<char*>(malloc(size));
  if (memory != nullptr) memset(memory, 1, size);
  asm volatile("" : : "r"(memory) : "memory");
  return memory != nullptr;
}

/// Many processes, each below the limit of one.
int take_memory_together() {
  for (int i = 0; i < 16; ++i) {
    if (fork() != 0) continue;
    take(size_t{48} << 20);
    for (;;) pause();
  }
  for (;;) pause();
}

int fill_disk() {
  const std::vector<char> part(1 << 20, 'x');
  for (int i = 0;; ++i) {
    const int file = open(("part" + std::to_string(i)).c_str(), O_WRONLY | O_CREAT, 0600);
    if (file < 0) return told(false);
    for (int j = 0; j < 8; ++j) {
      if (write(file, part.data(), part.size()) < 0) return told(false);
    }
    close(file);
  }
}

/// Done before anybody looks.
int fill_disk_quickly() {
  std::ofstream out("much", std::ios::binary);
  out << std::string(24 << 20, 'x');
  return out.flush() ? 0 : 1;
}

/// Files without names, 512 MiB together.
int fill_disk_unseen() {
  const std::vector<char> part(8 << 20, 'x');
  for (int i = 0; i < 64; ++i) {
    const int file = open("unseen", O_WRONLY | O_CREAT, 0600);
    if (file < 0 || unlink("unseen") != 0) return told(false);
    if (write(file, part.data(), part.size()) < 0) return told(false);
  }
  for (;;) pause();
}

/// One file that is larger than any may be; the signal for it is ignored, as Python does.
int fill_file(bool survives) {
  if (survives) signal(SIGXFSZ, SIG_IGN);
  const int file = open("large", O_WRONLY | O_CREAT, 0600);
  return told(ftruncate(file, off_t{1} << 40) == 0);
}

/// Nobody can read as fast as it writes.
int flood() {
  const std::string part(32 * 1024, 'x');
  fcntl(1, F_SETPIPE_SZ, 1 << 20);
  close(open("started", O_WRONLY | O_CREAT, 0644));
  for (int i = 0; i < 3; ++i) fork();
  for (;;) static_cast<void>(!write(1, part.data(), part.size()));
}

/// Changes of a folder of its own by descriptor, which would hide it.
int hide_folder() {
  mkdir("hidden", 0700);
  const int folder = open("hidden", O_RDONLY | O_DIRECTORY);
  static_cast<void>(!fchown(folder, 12345, 12345));
  return told(fchmod(folder, 0) == 0);
}

int change_times(const char* path) {
  // Its address has a low half of zeros.
  void* const wanted = reinterpret_cast<void*>(uint64_t{7} << 32);
  void* const place = mmap(wanted, 4096, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (place != wanted) return 2;
  strncpy(static_cast<char*>(place), path, 4000);
  const timespec times[2] = {{1, 0}, {1, 0}};
  return told(syscall(SYS_utimensat, AT_FDCWD, place, times, 0) == 0);
}

int open_new_way(const char* path) {
  open_how how{};
  how.flags = O_RDONLY | O_TRUNC;
  return told(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how) >= 0);
}

/// Leaves a process behind that holds a lock.
int leave_behind() {
  const int file = open("lock", O_RDWR | O_CREAT, 0600);
  if (flock(file, LOCK_EX) != 0) return told(false);
  if (fork() == 0) {
    for (;;) pause();
  }
  return told(true);
}

int open_socket(int family) {
  const int descriptor = socket(family, SOCK_STREAM, 0);
  return told(descriptor >= 0);
}

int use_path(const std::string& what, const char* path) {
  if (what == "read") return read_file(path);
  if (what == "write") return told(open(path, O_WRONLY | O_CREAT, 0600) >= 0);
  if (what == "truncate") return told(truncate(path, 0) == 0);
  if (what == "open-truncate") return told(open(path, O_RDONLY | O_TRUNC) >= 0);
  if (what == "open-truncate-no-mode") return told(open(path, O_ACCMODE | O_TRUNC) >= 0);
  if (what == "openat2") return open_new_way(path);
  if (what == "times") return change_times(path);
  if (what == "remove") return told(unlink(path) == 0);
  if (what == "chmod") return told(chmod(path, 0777) == 0);
  return 2;
}

}  // namespace

int main(int count, char** words) {
  const std::string what = count > 1 ? words[1] : "";
  setvbuf(stdout, nullptr, _IONBF, 0);
  if (what == "fine") return told(true);
  if (what == "socket") return open_socket(AF_INET);
  if (what == "local-socket") return open_socket(AF_UNIX);
  if (what == "fork") return fork_without_end();
  if (what == "memory") return told(take(size_t{10} << 30));
  if (what == "memory-together") return take_memory_together();
  if (what == "disk") return fill_disk();
  if (what == "disk-quick") return fill_disk_quickly();
  if (what == "disk-unseen") return fill_disk_unseen();
  if (what == "large-file") return fill_file(false);
  if (what == "large-file-told") return fill_file(true);
  if (what == "flood") return flood();
  if (what == "hide") return hide_folder();
  if (what == "leave") return leave_behind();
  if (what == "setsid") return told(fork() == 0 ? setsid() >= 0 : setpgid(0, 0) == 0);
  if (what == "unshare") return told(unshare(CLONE_NEWUSER) == 0);
  if (what == "parent") return told(kill(getppid(), 0) == 0 && getppid() != 0);
  if (what == "sleep") {
    close(open("started", O_WRONLY | O_CREAT, 0644));
    for (;;) pause();
  }
  if (what == "spin") {
    for (;;) asm volatile("");
  }
  if (what == "talk") {
    for (;;) printf("%s\n", std::string(1000, 'x').c_str());
  }
  return use_path(what, count > 2 ? words[2] : "");
}
