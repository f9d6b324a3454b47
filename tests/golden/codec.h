#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schemas/base/status.h"
#include "schemas/protocol/messages.h"

/// All decoders behind one door, for tests and fuzzers that treat every message alike.
namespace flotilla::golden {

enum class Kind : uint8_t {
  kKeyset,
  kRelease,
  kTransfer,
  kDirective,
  kAttestation,
  kOffer,
  kChunk,
  kState,
  kHealth,
  kAcknowledgement,
  kApproval,
  kCheckpoint,
};
inline constexpr size_t kKinds = 12;

const char* name_of(Kind kind);
/// What is signed in a message that is an envelope; none for the others.
std::optional<SignedKind> signed_kind_of(Kind kind);
/// Largest encoded message of a kind.
size_t limit_of(Kind kind);

/// Bytes that start at a multiple of 8 and end exactly where an allocation does, so that a
/// sanitizer sees the first byte read beyond them.
class AlignedBytes {
 public:
  explicit AlignedBytes(Bytes bytes);
  Bytes view() const { return {data_.get(), size_}; }
  MutableBytes span() { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(uint8_t* data) const;
  };
  std::unique_ptr<uint8_t[], Free> data_;
  size_t size_;
};

struct Decoded {
  Status status;
  std::string text;            ///< describe() of the value
  std::vector<uint8_t> again;  ///< the value encoded once more, bodies included
  Status encoded;              ///< how that went
  bool inside = true;          ///< every view lies within the decoded bytes
};

/// `bytes` must be aligned to 8.
Decoded decode(Kind kind, Bytes bytes);

/// A body and its envelope, signed by `signatures` made-up signatures.
std::vector<uint8_t> seal(SignedKind kind, Bytes body, size_t signatures = 1);

}  // namespace flotilla::golden
