#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

/// What one run of the command line said.
struct CapturedCommand {
  int code = 0;
  std::string out;
  std::string err;
};

/// `arguments`: what follows the program's name.
inline CapturedCommand captured_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "flotilla");
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  CapturedCommand command;
  command.code = run_command_line(static_cast<int>(pointers.size()), pointers.data(), "1.2.3");
  command.out = ::testing::internal::GetCapturedStdout();
  command.err = ::testing::internal::GetCapturedStderr();
  return command;
}

}  // namespace flotilla::controller::app
