#pragma once

#include <memory>
#include <string>

#include "controller/app/cli/session.h"

namespace CLI {
class App;
}  // namespace CLI

/// Versions on the command line, and where they stand.
namespace flotilla::controller::app {

/// NAME VERSION, or NAME@ALIAS alone.
struct VersionName {
  std::string model;
  std::string version;
};

void add_version(CLI::App& verb, const std::shared_ptr<VersionName>& name);
/// NAME@ALIAS becomes NAME and @ALIAS. False: there is no version, which was told.
bool split_alias(Session& session, VersionName& name);

void print_lifecycle(const api::Json& lifecycle);
/// Some class of the version is not released.
bool is_held_back(const api::Json& lifecycle);

}  // namespace flotilla::controller::app
