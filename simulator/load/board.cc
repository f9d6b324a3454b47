#include "simulator/load/board.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace flotilla::sim {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

static_assert(Cell::is_always_lock_free, "the board is shared between processes");

const char* trouble_name(Trouble trouble) {
  switch (trouble) {
    case Trouble::kRefused:
      return "connection refused";
    case Trouble::kUnreachable:
      return "no TCP connection";
    case Trouble::kHandshake:
      return "no TLS session";
    case Trouble::kNoAnswer:
      return "no CONNACK";
    case Trouble::kTurnedAway:
      return "closed before CONNACK";
    case Trouble::kLost:
      return "connection lost";
    case Trouble::kSilent:
      return "broker silent";
    case Trouble::kDismissed:
      return "broker's goodbye";
  }
  return "?";
}

const char* step_name(Step step) {
  switch (step) {
    case Step::kTransferring:
      return "transferring";
    case Step::kStaged:
      return "staged";
    case Step::kTrial:
      return "trial";
    case Step::kConfirmed:
      return "confirmed";
    case Step::kReverted:
      return "reverted";
    case Step::kRejected:
      return "rejected";
    case Step::kFailed:
      return "failed";
    case Step::kRolledBack:
      return "rolled back";
  }
  return "?";
}

SharedBoard::SharedBoard() : fd_(::memfd_create("flotilla-load", 0)) {
  if (fd_ < 0 || ::ftruncate(fd_, sizeof(Board)) != 0) fail("shared memory");
  map();
  new (board_) Board;
}

SharedBoard::SharedBoard(int fd) : fd_(fd) {
  map();
}

SharedBoard::~SharedBoard() {
  ::munmap(board_, sizeof(Board));
  ::close(fd_);
}

void SharedBoard::map() {
  void* at = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (at == MAP_FAILED) fail("shared memory");
  board_ = static_cast<Board*>(at);
}

}  // namespace flotilla::sim
