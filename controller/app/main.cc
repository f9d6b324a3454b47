#include "controller/app/cli/verbs.h"

int main(int argc, char** argv) {
  return flotilla::controller::app::run_command_line(argc, argv, FLOTILLA_VERSION);
}
