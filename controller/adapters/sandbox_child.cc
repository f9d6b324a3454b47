#include "controller/adapters/sandbox_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace flotilla::controller {

namespace {

constexpr int kStatus = 3;  ///< descriptor; closed by a successful start of the program
constexpr uint32_t kOpenFiles = 256;

void tell(const SandboxMessage& message) {
  const ssize_t written = ::write(kStatus, &message, sizeof message);
  static_cast<void>(written);  // the parent also sees the end of the pipe
}

[[noreturn]] void give_up(SandboxStage stage) {
  tell({stage, errno, 0, 0});
  ::_exit(127);
}

bool limit(int resource, uint64_t value) {
  const rlimit both{value, value};
  return ::setrlimit(static_cast<__rlimit_resource_t>(resource), &both) == 0;
}

bool write_text(const char* path, const char* text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const size_t size = ::strlen(text);
  const bool done = ::write(file, text, size) == static_cast<ssize_t>(size);
  ::close(file);
  return done;
}

void arrange_descriptors(const SandboxPlan& plan) {
  // Copies above first, so that none of the three is overwritten.
  const int status = ::fcntl(plan.status, F_DUPFD_CLOEXEC, kStatus + 1);
  const int input = ::fcntl(plan.input, F_DUPFD_CLOEXEC, kStatus + 1);
  const int output = ::fcntl(plan.output, F_DUPFD_CLOEXEC, kStatus + 1);
  // Until then kStatus is somebody else's: nothing may be told.
  if (status < 0 || ::dup3(status, kStatus, O_CLOEXEC) != kStatus) ::_exit(127);
  if (::dup2(input, 0) != 0 || ::dup2(output, 1) != 1 || ::dup2(output, 2) != 2) {
    give_up(SandboxStage::kGroup);
  }
}

void leave_root(const SandboxPlan& plan) {
  if (plan.switch_to == 0) return;
  const uid_t id = plan.switch_to;
  if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setresgid, id, id, id) != 0 ||
      ::syscall(SYS_setresuid, id, id, id) != 0) {
    give_up(SandboxStage::kUser);
  }
}

void make_namespaces(const SandboxPlan& plan) {
  if (!plan.makes_namespaces) return;
  // After a change of user its files in /proc, the maps among them, belong to root until this.
  ::prctl(PR_SET_DUMPABLE, 1);
  constexpr int kAll = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  if (::unshare(kAll) != 0) give_up(SandboxStage::kNamespaces);
  if (!write_text("/proc/self/setgroups", "deny") ||
      !write_text("/proc/self/uid_map", plan.uid_map) ||
      !write_text("/proc/self/gid_map", plan.gid_map)) {
    give_up(SandboxStage::kIdentity);
  }
}

void close_off_files(const SandboxPlan& plan) {
  if (plan.handled == 0) return;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = plan.handled;
  const long set = ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (set < 0) give_up(SandboxStage::kLandlock);
  for (const SandboxRule& rule : plan.rules) {
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = rule.access;
    beneath.parent_fd = rule.descriptor;
    if (::syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) {
      give_up(SandboxStage::kLandlock);
    }
  }
  if (::syscall(SYS_landlock_restrict_self, set, 0) != 0) give_up(SandboxStage::kLandlock);
}

[[noreturn]] void run_program(const SandboxPlan& plan) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool bounded = limit(RLIMIT_CORE, 0) && limit(RLIMIT_MEMLOCK, 0) &&
                       limit(RLIMIT_NOFILE, kOpenFiles) && limit(RLIMIT_FSIZE, plan.file_bytes) &&
                       limit(RLIMIT_CPU, plan.cpu_s) &&
                       (plan.processes == 0 || limit(RLIMIT_NPROC, plan.processes)) &&
                       limit(RLIMIT_AS, plan.memory_bytes);
  if (!bounded) give_up(SandboxStage::kLimits);
  const sock_fprog program{static_cast<unsigned short>(plan.filter.size()),
                           const_cast<sock_filter*>(plan.filter.data())};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) give_up(SandboxStage::kFilter);
  ::execve(plan.program, plan.argv, plan.environment);
  give_up(SandboxStage::kProgram);
}

}  // namespace

void become_sandbox(const SandboxPlan& plan) {
  arrange_descriptors(plan);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::setsid() < 0) give_up(SandboxStage::kGroup);
  leave_root(plan);
  make_namespaces(plan);
  // Since changes of user clear it, it is set behind them.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(SandboxStage::kFilter);
  if (::chdir(plan.folder) != 0) give_up(SandboxStage::kFolder);
  ::umask(077);
  close_off_files(plan);
  // Connections of the server's, above all, which would not end as long as they are open here.
  ::syscall(SYS_close_range, kStatus + 1, ~0U, 0);
  // The first process of the new process namespace: with it all others end.
  const long child = ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (child < 0) give_up(SandboxStage::kNamespaces);
  if (child == 0) run_program(plan);
  ::close(0);
  ::close(1);
  ::close(2);
  int status = 0;
  rusage used{}, own{};
  while (::wait4(static_cast<pid_t>(child), &status, 0, &used) < 0 && errno == EINTR) {
  }
  const auto milliseconds = [](const timeval& time) {
    return static_cast<uint32_t>(time.tv_sec * 1000 + time.tv_usec / 1000);
  };
  // Linux counts what a process had before it became the command: the memory of the server.
  ::getrusage(RUSAGE_SELF, &own);
  const bool is_its_own = used.ru_maxrss > own.ru_maxrss + own.ru_maxrss / 8;
  tell({SandboxStage::kEnded, status, milliseconds(used.ru_utime) + milliseconds(used.ru_stime),
        is_its_own ? static_cast<uint32_t>(used.ru_maxrss) : 0});
  ::_exit(0);
}

}  // namespace flotilla::controller
