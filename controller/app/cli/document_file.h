#pragma once

#include "controller/app/cli/session.h"

/// Version documents, for the verbs that take and show them.
namespace flotilla::controller::app {

/// None: it cannot be read, which was told.
std::optional<std::string> read_document_file(Session& session, const std::string& path);

/// Prints the newest revision of a version's document and, when it is a correction, whose.
void show_newest_document(Session& session, const std::string& model, const std::string& version);

/// The table of a version's document revisions.
void show_revisions(Session& session, const std::string& model, const std::string& version);

}  // namespace flotilla::controller::app
