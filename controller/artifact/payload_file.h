#pragma once

#include <string>

#include "controller/artifact/payload.h"
#include "controller/ports/artifact_store.h"

/// The file that keeps all chunk messages of one transfer, as they are published
/// (docs/spec/payload-file.md).
namespace flotilla::controller {

struct StoredPayload {
  Digest file;                 ///< artifact that holds the file
  uint64_t message_bytes = 0;  ///< sum of the chunk messages
};

/// Encodes the chunks of `payload` as messages of `transfer` and stores them as one artifact.
/// Holds all messages in memory while it works.
Result<StoredPayload> store_payload(Hasher& hasher, ArtifactStore& store, TransferId transfer,
                                    const Payload& payload);

/// A payload file opened for reading. Borrows the bytes.
class PayloadFile {
 public:
  PayloadFile() = default;

  /// Checks the whole layout, so that the accessors cannot leave the bytes: kDataLoss when the file
  /// is damaged, kUnimplemented for another format version.
  static Result<PayloadFile> open(Bytes bytes);

  TransferId transfer() const { return transfer_; }
  uint32_t chunk_count() const { return count_; }
  /// Encoded chunk message; starts at a multiple of 8 bytes of the file. `index` < chunk_count().
  Bytes message(uint32_t index) const;
  /// True if `message` is the one that the file holds for `index` (by the digest in its index).
  bool holds(Hasher& hasher, uint32_t index, Bytes message) const;

 private:
  struct Entry {
    uint64_t offset = 0;
    uint32_t length = 0;
    Bytes digest;
  };

  Entry entry(uint32_t index) const;
  Status check_index() const;

  Bytes bytes_;
  TransferId transfer_ = 0;
  uint32_t count_ = 0;
};

}  // namespace flotilla::controller
