#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "controller/artifact/models/model_file.h"
#include "controller/artifact/parallel.h"
#include "controller/artifact/payload.h"

/// The delta engine as a whole: plan, pack, and prove that it decodes.
namespace flotilla::controller {

/// Two files and what is known of their tensors. An empty base: encode from nothing.
struct EncodeInput {
  Bytes base;
  ModelFile base_model;
  Bytes target;
  ModelFile target_model;
};

/// Tensors of a file, or none when it cannot be read as what it claims to be.
ModelFile model_of(Bytes file);

struct EncodeProgress {
  const char* step = "";  ///< for people
  size_t done = 0;
  size_t total = 0;
};

struct EncodeWatch {
  const std::atomic<bool>& cancel;  ///< polled; a cancelled encoding answers kAborted
  /// Called from any thread, also from several at once; may be empty.
  std::function<void(const EncodeProgress&)> progress;
};

/// What a tensor costs in the payload.
struct TensorCost {
  std::string name;
  std::string type;
  std::string method;  ///< that won, for people and JSON
  uint64_t size = 0;
  double coded = 0;  ///< bytes, from the range coder's own account
};

struct EncodedFile {
  std::vector<EncodedChunk> chunks;  ///< cover the target in order
  uint64_t payload_size = 0;         ///< bytes of all chunks
  uint32_t decoder_memory = 0;       ///< bytes
  bool needs_base = false;           ///< some chunk reads it
  std::vector<TensorCost> tensors;   ///< by offset
  TensorCost other;                  ///< everything outside tensors
  uint64_t framing = 0;              ///< of payload_size: chunk headers and ends of streams
};

/// kInvalidArgument, kOutOfRange or kResourceExhausted: what the limits or the files break.
Status check_limits(Bytes base, Bytes target, const PayloadLimits& limits);

/// Encodes the target against the base with codec 2, in parallel over regions of the target; the
/// result does not depend on how many run at once. Every chunk was decoded and compared: kInternal
/// when one does not give the target. The profile of `limits` is chosen from its memory.
Result<EncodedFile> encode_delta(const EncodeInput& files, const PayloadLimits& limits,
                                 Parallel& parallel, const EncodeWatch& watch);

struct SmallestFile {
  EncodedFile file;
  uint64_t full_size = 0;  ///< payload without a base
  bool full_is_estimate = false;
};

/// The same, but never larger than the payload without a base, which replaces it region by region
/// where it is smaller. Where samples say that the delta is far smaller, the full payload is not
/// made, its size is extrapolated, and "never larger" is as certain as the samples.
Result<SmallestFile> encode_smallest(const EncodeInput& files, const PayloadLimits& limits,
                                     Parallel& parallel, const EncodeWatch& watch);

}  // namespace flotilla::controller
