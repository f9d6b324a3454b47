#include "controller/adapters/file_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

namespace flotilla::controller {
namespace {

int awaited_end = -1;

void send_byte(int) {
  static_cast<void>(!::write(awaited_end, "x", 1));
}

TEST(FileDescriptor, HasOneOwner) {
  FileDescriptor first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = first.get();
  FileDescriptor second(std::move(first));
  EXPECT_EQ(second.get(), number);
  second = FileDescriptor();
  EXPECT_FALSE(second.valid());
  EXPECT_EQ(::fcntl(number, F_GETFD), -1) << "it was closed";
}

TEST(ReadSome, AFailureIsNotTheEnd) {
  char byte = 0;
  const FileDescriptor empty(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(read_some(empty.get(), &byte, 1).value(), 0u);
  // Nothing is mapped at address 0: EIO.
  const FileDescriptor broken(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(broken.valid());
  EXPECT_EQ(read_some(broken.get(), &byte, 1).status().code(), Code::kUnavailable);
}

TEST(ReadSome, ASignalIsNotTheEnd) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const FileDescriptor reading(ends[0]);
  const FileDescriptor writing(ends[1]);
  awaited_end = ends[1];
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = send_byte;  // no SA_RESTART: it ends the read
  ASSERT_EQ(::sigaction(SIGALRM, &action, &before), 0);
  const itimerval soon{{0, 0}, {0, 20'000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &soon, nullptr), 0);
  char byte = 0;
  const auto size = read_some(reading.get(), &byte, 1);
  ::sigaction(SIGALRM, &before, nullptr);
  ASSERT_TRUE(size.ok()) << size.status().reason();
  EXPECT_EQ(size.value(), 1u);
  EXPECT_EQ(byte, 'x');
}

}  // namespace
}  // namespace flotilla::controller
