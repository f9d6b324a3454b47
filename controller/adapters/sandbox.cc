#include "controller/adapters/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "controller/adapters/file_descriptor.h"
#include "controller/adapters/sandbox_child.h"
#include "controller/adapters/sandbox_filter.h"
#include "controller/adapters/sandbox_watch.h"

namespace flotilla::controller {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kLogKept = 256 * 1024;
constexpr int kPollMs = 20;
constexpr int kReadsAtOnce = 16;    ///< of the log, before everything else is looked at again
constexpr int kReadsAtEnd = 8;      ///< times as many: more than a pipe holds
constexpr int kShellsSignal = 128;  ///< a shell's exit code: this and the signal of its command
constexpr auto kLookAtProcesses = std::chrono::milliseconds(60);
constexpr auto kLookAtFolder = std::chrono::milliseconds(300);

// Landlock: newer than the headers of Debian 12.
constexpr uint64_t kTruncate = 1U << 14;
constexpr uint64_t kIoctlDevice = 1U << 15;
constexpr uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t kRun = kReadFile | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr uint64_t kRead = kRun | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kOfFiles = kRun | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kIoctlDevice;

/// Programs, libraries and what they look at when they start; nothing of the machine's own.
constexpr const char* kSystem[] = {"/usr",
                                   "/bin",
                                   "/sbin",
                                   "/lib",
                                   "/lib32",
                                   "/lib64",
                                   "/libx32",
                                   "/etc/ld.so.cache",
                                   "/etc/ld.so.conf",
                                   "/etc/ld.so.conf.d",
                                   "/etc/alternatives",
                                   "/etc/localtime",
                                   "/etc/ssl/openssl.cnf",
                                   "/dev/zero",
                                   "/dev/random",
                                   "/dev/urandom"};

bool make_pipe(FileDescriptor& read, FileDescriptor& write) {
  int both[2];
  if (::pipe2(both, O_CLOEXEC) != 0) return false;
  read = FileDescriptor(both[0]);
  write = FileDescriptor(both[1]);
  return ::fcntl(both[0], F_SETFL, O_NONBLOCK) == 0;
}

/// Version of Landlock's interface; 0: this kernel has none, or it is turned off.
int landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

uint64_t handled_by(int version) {
  uint64_t all = (uint64_t{1} << 13) - 1;
  if (version >= 2) all |= uint64_t{1} << 13;  // moves between folders
  if (version >= 3) all |= kTruncate;
  if (version >= 5) all |= kIoctlDevice;
  return version == 0 ? 0 : all;
}

std::string stage_text(const SandboxMessage& message, const SandboxOrder& order) {
  const std::string cause = ::strerror(message.value);
  switch (message.stage) {
    case SandboxStage::kNamespaces:
    case SandboxStage::kIdentity:
      return "this system lets the server make no namespaces of its own (" + cause +
             "); a container must allow unshare (docker run --security-opt seccomp=unconfined), or "
             "the optimisers file say \"namespaces\": \"when possible\"";
    case SandboxStage::kLandlock:
      return "Landlock cannot be set up: " + cause;
    case SandboxStage::kUser:
      return "the server cannot become user " + std::to_string(order.walls.user) + ": " + cause;
    case SandboxStage::kFolder:
      return "folder " + order.folder + " cannot be entered: " + cause;
    case SandboxStage::kProgram:
      return order.argv[0] + " cannot be started: " + cause +
             (::geteuid() == 0 ? " (as user " + std::to_string(order.walls.user) + ")" : "");
    case SandboxStage::kFilter:
      return "the filter of system calls cannot be set up: " + cause;
    case SandboxStage::kEnded:
    case SandboxStage::kGroup:
    case SandboxStage::kLimits:
      break;
  }
  return "the sandbox cannot be set up: " + cause;
}

/// What programs say on their own when the system refused them memory, or a longer file.
constexpr const char* kNoMemory[] = {"Cannot allocate memory", "MemoryError", "bad_alloc",
                                     "out of memory", "Out of memory"};
constexpr const char* kNoLongerFile[] = {"File too large"};

template <size_t kCount>
bool says(const std::string& log, const char* const (&words)[kCount]) {
  return std::any_of(words, words + kCount,
                     [&](const char* word) { return log.find(word) != std::string::npos; });
}

class SandboxRun {
 public:
  SandboxRun(const SandboxOrder& order, const std::atomic<bool>& cancel)
      : order_(order), cancel_(cancel) {}

  SandboxOutcome run(bool with_namespaces) {
    with_namespaces_ = with_namespaces;
    if (!prepare() || !start()) return std::move(outcome_);
    watch();
    end_all();
    judge();
    return std::move(outcome_);
  }

  /// The walls could not be built because the system gives no namespaces.
  bool lacks_namespaces() const {
    return message_.stage == SandboxStage::kNamespaces || message_.stage == SandboxStage::kIdentity;
  }

 private:
  bool fail(std::string explanation) {
    outcome_.end = SandboxEnd::kNotStarted;
    outcome_.explanation = std::move(explanation);
    return false;
  }

  bool prepare() {
    landlock_ = landlock_version();
    if (landlock_ == 0 && order_.walls.needs_landlock) {
      return fail(
          "this kernel has no Landlock (Linux 5.13 and newer, lsm=landlock), so files could not be "
          "closed off; the optimisers file may say \"landlock\": \"when possible\"");
    }
    plan_.handled = handled_by(landlock_);
    plan_.filter = sandbox_filter();
    if (plan_.filter.empty()) return fail("there is no system call filter for this processor");
    input_ = FileDescriptor(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (input_.get() < 0 || !make_pipe(log_, log_end_) || !make_pipe(status_, status_end_)) {
      return fail(std::string("no pipes: ") + ::strerror(errno));
    }
    for (const char* path : kSystem) allow(path, kRead);
    for (const std::string& path : order_.readable) allow(path, kRead);
    allow(order_.argv[0], kRun);
    allow("/dev/null", kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate);
    allow(order_.folder, ~uint64_t{0});
    fill_plan();
    return true;
  }

  /// What is not there is left out.
  void allow(const std::string& path, uint64_t access) {
    FileDescriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat facts {};
    if (place.get() < 0 || ::fstat(place.get(), &facts) != 0) return;
    access &= plan_.handled;
    if (!S_ISDIR(facts.st_mode)) access &= kOfFiles;
    plan_.rules.push_back({place.get(), access});
    places_.push_back(std::move(place));
  }

  void fill_plan() {
    for (const std::string& word : order_.argv) argv_.push_back(const_cast<char*>(word.c_str()));
    argv_.push_back(nullptr);
    environment_ = {"PATH=/usr/local/bin:/usr/bin:/bin",
                    "HOME=" + order_.folder,
                    "TMPDIR=" + order_.folder,
                    "FLOTILLA_JOB=" + order_.folder + "/job.json",
                    "LANG=C.UTF-8",
                    "SOURCE_DATE_EPOCH=0"};
    for (const std::string& pair : environment_) {
      pointers_.push_back(const_cast<char*>(pair.c_str()));
    }
    pointers_.push_back(nullptr);
    const bool is_root = ::geteuid() == 0;
    const std::string user = std::to_string(is_root ? order_.walls.user : ::geteuid());
    const std::string group = std::to_string(is_root ? order_.walls.user : ::getegid());
    uid_map_ = user + " " + user + " 1";
    gid_map_ = group + " " + group + " 1";
    const SandboxLimits& limits = order_.limits;
    plan_.program = order_.argv[0].c_str();
    plan_.argv = argv_.data();
    plan_.environment = pointers_.data();
    plan_.folder = order_.folder.c_str();
    plan_.input = input_.get();
    plan_.output = log_end_.get();
    plan_.status = status_end_.get();
    plan_.switch_to = is_root ? order_.walls.user : 0;
    plan_.makes_namespaces = with_namespaces_;
    plan_.uid_map = uid_map_.c_str();
    plan_.gid_map = gid_map_.c_str();
    plan_.memory_bytes = limits.memory_mib << 20;
    plan_.file_bytes = limits.disk_mib << 20;
    plan_.cpu_s = limits.cpu_s;
    // Counted for the user in its namespace: two are the sandbox's own. Without a namespace all
    // processes of the user would count, so that only watching is left.
    plan_.processes = with_namespaces_ ? limits.processes + 2 : 0;
  }

  bool start() {
    free_at_start_ = free_space(order_.folder);
    begun_ = Clock::now();
    child_ = ::fork();
    if (child_ < 0) return fail(std::string("no process: ") + ::strerror(errno));
    if (child_ == 0) become_sandbox(plan_);
    log_end_.close();
    status_end_.close();
    return true;
  }

  void watch() {
    auto next_processes = begun_;
    auto next_folder = begun_;
    while (!read_status()) {
      pollfd both[] = {{status_.get(), POLLIN, 0}, {log_.get(), POLLIN, 0}};
      ::poll(both, 2, kPollMs);
      read_log();
      const auto now = Clock::now();
      if (cancel_) return stop(SandboxEnd::kCancelled, "cancelled");
      if (now - begun_ >= std::chrono::seconds(order_.limits.wall_s)) {
        return stop(SandboxEnd::kWallTime,
                    "it ran longer than " + std::to_string(order_.limits.wall_s) + " s");
      }
      if (now >= next_processes) {
        if (!check_processes()) return;
        next_processes = Clock::now() + kLookAtProcesses;
      }
      if (now >= next_folder) {
        if (!check_folder()) return;
        next_folder = Clock::now() + kLookAtFolder;
      }
    }
  }

  bool check_processes() {
    const SandboxLimits& limits = order_.limits;
    const GroupUse use = use_of_group(child_);
    if (use.threads > limits.processes) {
      stop(SandboxEnd::kProcesses,
           "it had more than " + std::to_string(limits.processes) + " processes and threads");
    } else if (use.resident_bytes > limits.memory_mib << 20) {
      stop(SandboxEnd::kMemory,
           "it used more than " + std::to_string(limits.memory_mib) + " MiB of memory");
    }
    return outcome_.end == SandboxEnd::kNotStarted;
  }

  bool check_folder() {
    const uint64_t most = order_.limits.disk_mib << 20;
    const uint64_t free = free_space(order_.folder);
    if (disk_use(order_.folder, most) >= most) {
      stop(SandboxEnd::kDisk, wrote_more() + ", or made files that cannot be counted");
    } else if (free < free_at_start_ && free_at_start_ - free > most) {
      // Files that are open have no need of a name.
      stop(SandboxEnd::kDisk, wrote_more() + ": its file system lost as much");
    }
    return outcome_.end == SandboxEnd::kNotStarted;
  }

  std::string wrote_more() const {
    return "it wrote more than " + std::to_string(order_.limits.disk_mib) + " MiB";
  }

  void stop(SandboxEnd end, std::string why) {
    outcome_.end = end;
    outcome_.explanation = std::move(why);
  }

  /// True at the end of the pipe or after the last message.
  bool read_status() {
    SandboxMessage message;
    const ssize_t size = ::read(status_.get(), &message, sizeof message);
    if (size < 0) return errno != EAGAIN && errno != EINTR;
    if (size == sizeof message) {
      message_ = message;
      has_message_ = true;
    }
    return true;
  }

  /// False: there is no more at present.
  bool read_log() {
    char part[16 * 1024];
    for (int i = 0; i < kReadsAtOnce; ++i) {
      const ssize_t size = ::read(log_.get(), part, sizeof part);
      if (size <= 0) return false;
      outcome_.log_bytes += static_cast<uint64_t>(size);
      const size_t room = kLogKept - std::min(kLogKept, outcome_.log.size());
      outcome_.log.append(part, std::min(room, static_cast<size_t>(size)));
    }
    return true;
  }

  /// Nobody can have left the group: the filter refuses setsid and setpgid. The leader is reaped
  /// last, so that its number is not another's meanwhile.
  void end_all() {
    ::kill(-child_, SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    for (int i = 0; i < kReadsAtEnd && read_log(); ++i) {
    }
    outcome_.wall_ms = static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_).count());
  }

  void judge() {
    outcome_.mechanisms = {"seccomp", "no new privileges", "limits"};
    if (landlock_ > 0) outcome_.mechanisms.push_back("landlock " + std::to_string(landlock_));
    if (with_namespaces_) outcome_.mechanisms.push_back("namespaces user, pid, net, ipc, uts");
    if (outcome_.end != SandboxEnd::kNotStarted) return;
    if (!has_message_) {
      fail("the sandbox was killed");
    } else if (message_.stage != SandboxStage::kEnded) {
      fail(stage_text(message_, order_));
    } else if (WIFEXITED(message_.value)) {
      judge_code(WEXITSTATUS(message_.value));
    } else {
      judge_signal(WTERMSIG(message_.value));
    }
  }

  void judge_code(int code) {
    outcome_.code = code;
    stop(SandboxEnd::kExited, "");
    const uint64_t disk = order_.limits.disk_mib << 20;
    if (code == 0) {  // it may have been too quick for the watch
      if (disk_use(order_.folder, disk) >= disk) stop(SandboxEnd::kDisk, wrote_more());
      return;
    }
    outcome_.explanation = "it ended with exit code " + std::to_string(code);
    name_limit(code - kShellsSignal);
  }

  /// The system's own limits let a call fail or send a signal; which one it was shows by that, by
  /// what the program says and by what it used.
  void name_limit(int signal) {
    const SandboxLimits& limits = order_.limits;
    const std::string how = ", and " + outcome_.explanation.substr(sizeof "it " - 1);
    const uint64_t disk = limits.disk_mib << 20;
    if (signal == SIGXFSZ || says(outcome_.log, kNoLongerFile) ||
        disk_use(order_.folder, disk) >= disk) {
      stop(SandboxEnd::kDisk, wrote_more() + how);
    } else if (message_.peak_kib >= limits.memory_mib * 1024 / 16 * 15 ||
               says(outcome_.log, kNoMemory)) {
      stop(SandboxEnd::kMemory,
           "it asked for more than " + std::to_string(limits.memory_mib) + " MiB of memory" + how);
    }
  }

  void judge_signal(int signal) {
    outcome_.code = signal;
    if (signal == SIGSYS) {
      stop(SandboxEnd::kNetwork, "it opened a network socket, or made a forbidden system call");
    } else if (message_.cpu_ms + 500 >= order_.limits.cpu_s * 1000) {
      stop(SandboxEnd::kCpuTime,
           "it used more than " + std::to_string(order_.limits.cpu_s) + " s of processor time");
    } else {
      stop(SandboxEnd::kSignal, std::string("it was ended by signal ") + ::strsignal(signal));
      name_limit(signal);
    }
  }

  const SandboxOrder& order_;
  const std::atomic<bool>& cancel_;
  bool with_namespaces_ = true;
  int landlock_ = 0;
  SandboxPlan plan_;
  std::vector<FileDescriptor> places_;
  std::vector<char*> argv_;
  std::vector<std::string> environment_;
  std::vector<char*> pointers_;
  std::string uid_map_;
  std::string gid_map_;
  FileDescriptor input_;
  FileDescriptor log_;
  FileDescriptor log_end_;
  FileDescriptor status_;
  FileDescriptor status_end_;
  pid_t child_ = -1;
  Clock::time_point begun_;
  uint64_t free_at_start_ = 0;
  SandboxMessage message_;
  bool has_message_ = false;
  SandboxOutcome outcome_;
};

}  // namespace

SandboxOutcome run_in_sandbox(const SandboxOrder& order, const std::atomic<bool>& cancel) {
  SandboxRun walled(order, cancel);
  SandboxOutcome outcome = walled.run(true);
  if (!walled.lacks_namespaces() || order.walls.needs_namespaces) return outcome;
  return SandboxRun(order, cancel).run(false);
}

}  // namespace flotilla::controller
