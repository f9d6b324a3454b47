#include "controller/adapters/file_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace flotilla::controller {
namespace {

std::atomic<bool> signalled = false;

void note_signal(int) {
  signalled = true;
}

/// 'S' while a thread of this process sleeps in a system call.
char thread_state(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return text.at(text.rfind(')') + 2);
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
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = note_signal;  // no SA_RESTART: it ends the read
  ASSERT_EQ(::sigaction(SIGALRM, &action, &before), 0);
  std::thread interrupter([&, reader = ::pthread_self(), id = ::gettid()] {
    while (thread_state(id) != 'S') std::this_thread::yield();
    ::pthread_kill(reader, SIGALRM);
    while (!signalled) std::this_thread::yield();
    EXPECT_EQ(::write(ends[1], "x", 1), 1);
  });
  char byte = 0;
  const auto size = read_some(reading.get(), &byte, 1);
  interrupter.join();
  ::sigaction(SIGALRM, &before, nullptr);
  ASSERT_TRUE(size.ok()) << size.status().reason();
  EXPECT_EQ(size.value(), 1u);
  EXPECT_EQ(byte, 'x');
}

}  // namespace
}  // namespace flotilla::controller
