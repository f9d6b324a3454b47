#pragma once

#include <string>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"

namespace flotilla::controller {

/// A file that appears under its name with all its bytes or not at all: written beside it under a
/// temporary name, synced, renamed. Dropped without finish() it leaves nothing behind.
class OutputFile {
 public:
  enum class Existing : uint8_t { kKeep, kReplace };

  OutputFile() = default;
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// kAlreadyExists with kKeep when something of that name is there, and when another output of
  /// this process has it; kFailedPrecondition for a folder or a device. A link is followed.
  Status open(const std::string& path, Existing existing);
  /// kResourceExhausted when the disk is full.
  Status append(Bytes bytes);
  Status finish();

 private:
  std::string path_;
  std::string temporary_;
  Existing existing_ = Existing::kKeep;
  int descriptor_ = -1;
};

/// The whole file at once. Errors as above.
Status write_whole(const std::string& path, OutputFile::Existing existing, Bytes content);

}  // namespace flotilla::controller
