#pragma once

#include <array>
#include <string>
#include <vector>

#include "controller/artifact/payload.h"

/// A payload as a file of its own: what `flotilla model delta` writes and what the controller keeps
/// of what it has encoded (docs/spec/delta-file.md).
namespace flotilla::controller {

/// The first bytes of a file's SHA-256: enough to tell files apart; authenticity is the manifests'.
using FileMark = std::array<uint8_t, 16>;
FileMark mark_of(const Digest& digest);

struct DeltaFileHead {
  uint32_t decoder_memory = 0;  ///< bytes that decoding takes
  uint32_t erase_unit = 1;      ///< chunks begin at multiples of it
  uint64_t base_size = 0;       ///< 0: the payload needs no base
  FileMark base{};
  uint64_t target_size = 0;
  FileMark target{};
};

/// Everything before the payloads, which follow in the order of the chunks. These cover the target
/// without holes.
std::string delta_file_head(const DeltaFileHead& head, const std::vector<EncodedChunk>& chunks);

/// A delta file opened for reading. Borrows the bytes.
class DeltaFile {
 public:
  struct Part {
    uint64_t output_offset = 0;
    uint32_t output_length = 0;
    Bytes payload;
  };

  /// Checks the layout, so that parts() lie within the bytes and cover the target.
  /// kInvalidArgument: not a delta file; kUnimplemented: of another version or codec; kDataLoss:
  /// cut short or altered.
  static Result<DeltaFile> open(Bytes bytes);

  const DeltaFileHead& head() const { return head_; }
  const std::vector<Part>& parts() const { return parts_; }

 private:
  Status read(Bytes bytes);

  DeltaFileHead head_;
  std::vector<Part> parts_;
};

}  // namespace flotilla::controller
