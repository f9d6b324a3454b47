#include <CLI/CLI.hpp>

#include "controller/app/cli/optimise_file.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

constexpr const char* kStepsHelp =
    "prune:SHARE, quantise:int8, command:NAME[:ARGUMENTS] or compile:NAME[:ARGUMENTS]; may be "
    "repeated, done in this order";

struct Optimisation {
  FileOrder file;
};

void optimise(Session& session, const Optimisation& wish) {
  if (wish.file.output.empty()) {
    return session.fail(kExitUsage, "--out is missing: the file to write", "name one");
  }
  optimise_file(session, wish.file);
}

}  // namespace

void add_optimise_verb(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand(
      "optimise", "Make a model smaller: a file on this machine, or a version on the server");
  auto wish = std::make_shared<Optimisation>();
  verb->add_option("MODEL", wish->file.file, "ONNX or safetensors file")->required();
  verb->add_option("--step", wish->file.steps, kStepsHelp)->required();
  verb->add_option("--out", wish->file.output, "File to write (no server)");
  verb->add_flag("--force", wish->file.force, "Replace a file that exists");
  verb->callback([&session, wish] { optimise(session, *wish); });
}

}  // namespace flotilla::controller::app
