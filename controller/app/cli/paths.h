#pragma once

#include <string>

/// Paths of the API below its root, from names as people write them.
namespace flotilla::controller::app {

/// "/devices/ID"
std::string device_path(const std::string& id);
/// "/models/NAME/versions/VERSION": a number, a label or @ALIAS.
std::string version_path(const std::string& model, const std::string& version);

}  // namespace flotilla::controller::app
