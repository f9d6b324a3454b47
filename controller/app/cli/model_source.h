#pragma once

#include <memory>
#include <string>

#include "controller/adapters/mapped_file.h"
#include "controller/app/cli/session.h"
#include "controller/artifact/models/model_file.h"

namespace flotilla::controller::app {

/// A model file on this machine, and what is known of its tensors.
struct ModelSource {
  std::shared_ptr<MappedFile> file;
  ModelFile model;
};

/// Maps `path`. The tensors of tfjs shards stand in another file: `manifest`, or when that is empty
/// PATH.json if there is one. A file that is not what it claims to be is a warning and has no
/// tensors. False: the session was told why.
bool open_model(Session& session, const std::string& path, const std::string& manifest,
                ModelSource& out);

/// SHA-256 of a mapped file, which it releases as it goes; and of bytes.
Digest digest_of(const MappedFile& file);
Digest digest_of(Bytes bytes);

/// Do both names lead to one file that exists?
bool is_same_file(const std::string& a, const std::string& b);

/// How a failed Status of the file system reads: "cannot read FILE: ...".
std::string file_failure(const char* what, const std::string& path, Status status);

}  // namespace flotilla::controller::app
