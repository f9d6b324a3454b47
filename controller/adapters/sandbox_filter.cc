#include "controller/adapters/sandbox_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace flotilla::controller {

namespace {

#if defined(__x86_64__)
constexpr uint32_t kMachine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kMachine = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t kMachine = 0;
#endif

constexpr uint32_t kOtherAbi = 0x40000000;  ///< of x86-64: x32 calls
constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
constexpr uint32_t kMissing = SECCOMP_RET_ERRNO | ENOSYS;  ///< libraries then take another way
constexpr uint32_t kPretend = SECCOMP_RET_ERRNO;           ///< errno 0: done
constexpr uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

// Newer than the headers of Debian 12.
constexpr long kFchmodat2 = 452;
constexpr long kSetxattrat = 463;
constexpr long kRemovexattrat = 466;
constexpr long kFileSetattr = 469;

struct Rule {
  long call;
  uint32_t answer;
};

constexpr Rule kRules[] = {
    {SYS_setsid, kRefuse},
    {SYS_setpgid, kRefuse},
    {SYS_unshare, kRefuse},
    {SYS_setns, kRefuse},
    {SYS_clone3, kMissing},
    {SYS_mount, kRefuse},
    {SYS_umount2, kRefuse},
    {SYS_pivot_root, kRefuse},
    {SYS_chroot, kRefuse},
    {SYS_open_tree, kRefuse},
    {SYS_move_mount, kRefuse},
    {SYS_fsopen, kRefuse},
    {SYS_fsconfig, kRefuse},
    {SYS_fsmount, kRefuse},
    {SYS_fspick, kRefuse},
    {SYS_mount_setattr, kRefuse},
    {SYS_ptrace, kRefuse},
    {SYS_process_vm_readv, kRefuse},
    {SYS_process_vm_writev, kRefuse},
    {SYS_process_madvise, kRefuse},
    {SYS_pidfd_getfd, kRefuse},
    {SYS_kcmp, kRefuse},
    {SYS_io_uring_setup, kMissing},
    {SYS_io_uring_enter, kMissing},
    {SYS_io_uring_register, kMissing},
    {SYS_bpf, kRefuse},
    {SYS_perf_event_open, kRefuse},
    {SYS_userfaultfd, kRefuse},
    {SYS_keyctl, kRefuse},
    {SYS_add_key, kRefuse},
    {SYS_request_key, kRefuse},
    {SYS_init_module, kRefuse},
    {SYS_finit_module, kRefuse},
    {SYS_delete_module, kRefuse},
    {SYS_kexec_load, kRefuse},
    {SYS_reboot, kRefuse},
    {SYS_swapon, kRefuse},
    {SYS_swapoff, kRefuse},
    {SYS_syslog, kRefuse},
    {SYS_acct, kRefuse},
    {SYS_quotactl, kRefuse},
    {SYS_settimeofday, kRefuse},
    {SYS_clock_settime, kRefuse},
    {SYS_clock_adjtime, kRefuse},
    {SYS_adjtimex, kRefuse},
    {SYS_sethostname, kRefuse},
    {SYS_setdomainname, kRefuse},
    {SYS_open_by_handle_at, kRefuse},
    {SYS_name_to_handle_at, kRefuse},
    {SYS_personality, kRefuse},
    {SYS_memfd_create, kMissing},
    {SYS_memfd_secret, kMissing},
    {SYS_shmget, kMissing},
    {SYS_msgget, kMissing},
    {SYS_semget, kMissing},
    {SYS_mq_open, kMissing},
    // Landlock of Linux 6.1 sees none of these.
    {SYS_truncate, kRefuse},
    {SYS_fchmodat, kPretend},
    {kFchmodat2, kPretend},
    {SYS_fchownat, kPretend},
    {SYS_setxattr, kPretend},
    {SYS_lsetxattr, kPretend},
    {SYS_removexattr, kPretend},
    {SYS_lremovexattr, kPretend},
    {kSetxattrat, kMissing},
    {kRemovexattrat, kMissing},
    {kFileSetattr, kMissing},
    {SYS_openat2, kMissing},  // its flags cannot be looked at
    // Of what was opened for reading, or to hide a folder from who counts its files.
    {SYS_fchmod, kPretend},
    {SYS_fchown, kPretend},
    {SYS_fsetxattr, kPretend},
    {SYS_fremovexattr, kPretend},
    {SYS_umask, kPretend},
#if defined(__x86_64__)
    {SYS_chmod, kPretend},
    {SYS_chown, kPretend},
    {SYS_lchown, kPretend},
    {SYS_utime, kPretend},
    {SYS_utimes, kPretend},
    {SYS_futimesat, kPretend},
    {SYS_iopl, kRefuse},
    {SYS_ioperm, kRefuse},
    {SYS_kexec_file_load, kRefuse},
    {SYS_modify_ldt, kRefuse},
#endif
};

class Program {
 public:
  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset), 0, 0); }
  void answer(uint32_t value) { add(BPF_RET | BPF_K, value, 0, 0); }
  /// The answer when what was loaded is `value`; otherwise on to what follows.
  void when_equal(uint32_t value, uint32_t then) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(then);
  }
  /// Leaves out the next `count` instructions unless what was loaded is `value`.
  void only_when_equal(uint32_t value, uint8_t count) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
  }
  /// Keeps of what was loaded these bits.
  void keep(uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0); }
  void when_any_bit(uint32_t bits, uint32_t then) {
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    answer(then);
  }
  void when_at_least(uint32_t value, uint32_t then) {
    add(BPF_JMP | BPF_JGE | BPF_K, value, 0, 1);
    answer(then);
  }

  std::vector<sock_filter> code;

 private:
  void add(int operation, uint32_t value, uint8_t yes, uint8_t no) {
    code.push_back({static_cast<uint16_t>(operation), yes, no, value});
  }
};

/// Low half of an argument; both processors are little-endian.
constexpr size_t argument(size_t index) {
  return offsetof(seccomp_data, args) + 8 * index;
}

/// Opening may empty a file that is to be written. Landlock of Linux 6.1 would let it empty one
/// that may only be read (also with both bits of the mode, which ask for neither).
void refuse_truncation(Program& out, long call, size_t flags) {
  out.only_when_equal(static_cast<uint32_t>(call), 7);
  out.load(argument(flags));
  out.keep(O_TRUNC | O_ACCMODE);
  out.when_equal(O_TRUNC, kRefuse);
  out.when_equal(O_TRUNC | O_ACCMODE, kRefuse);
  out.answer(SECCOMP_RET_ALLOW);
}

}  // namespace

std::vector<sock_filter> sandbox_filter() {
  if (kMachine == 0) return {};
  Program out;
  out.load(offsetof(seccomp_data, arch));
  out.only_when_equal(kMachine, 1);
  out.code.push_back({BPF_JMP | BPF_JA, 0, 0, 1});
  out.answer(SECCOMP_RET_KILL_PROCESS);
  out.load(offsetof(seccomp_data, nr));
  out.when_at_least(kOtherAbi, SECCOMP_RET_KILL_PROCESS);
  for (const Rule& rule : kRules) out.when_equal(static_cast<uint32_t>(rule.call), rule.answer);
  // Local and routing sockets are what libraries try on their own (name services, interfaces).
  out.only_when_equal(SYS_socket, 6);
  out.load(argument(0));
  out.when_equal(AF_UNIX, kRefuse);
  out.when_equal(AF_NETLINK, kRefuse);
  out.answer(SECCOMP_RET_KILL_PROCESS);
  out.only_when_equal(SYS_clone, 4);
  out.load(argument(0));
  out.when_any_bit(kNewNamespaces, kRefuse);
  out.answer(SECCOMP_RET_ALLOW);
  refuse_truncation(out, SYS_openat, 2);
#if defined(__x86_64__)
  refuse_truncation(out, SYS_open, 1);
#endif
  // Times by descriptor (no path) are fine.
  out.only_when_equal(SYS_utimensat, 6);
  out.load(argument(1));
  out.only_when_equal(0, 3);
  out.load(argument(1) + 4);
  out.when_equal(0, SECCOMP_RET_ALLOW);
  out.answer(kPretend);
  out.answer(SECCOMP_RET_ALLOW);
  return out.code;
}

}  // namespace flotilla::controller
