#include "controller/artifact/payload_maker.h"

#include <new>

#include "controller/artifact/delta/chunk_decoder.h"
#include "controller/artifact/delta/delta_file.h"

namespace flotilla::controller {
namespace {

/// `part` decodes to its piece of the target.
bool gives(const DeltaFile::Part& part, uint32_t memory, Bytes base, Bytes target) {
  std::vector<uint8_t> output(part.output_length);
  ChunkDecoder decoder(memory);
  return decoder.decode(base, part.output_offset, output, part.payload).ok() &&
         equal(output, target.subspan(part.output_offset, part.output_length));
}

}  // namespace

PayloadMaker::PayloadMaker(const Parts& parts, const PayloadLimits& limits, Bytes target,
                           const Digest& target_digest)
    : parts_(parts),
      limits_(limits),
      target_(target),
      target_digest_(target_digest),
      target_model_(model_of(target)) {}

Result<Payload> PayloadMaker::make(Bytes base, const Digest& base_digest) {
  FLOTILLA_TRY(check_limits(base, target_, limits_));
  try {
    Result<EncodedFile> made = encoded(base, base_digest);
    if (!made.ok()) return made.status();
    return make_payload(parts_.hasher, std::move(made.value().chunks), made.value().decoder_memory);
  } catch (const std::bad_alloc&) {
    return Status(Code::kUnavailable, "there is not enough memory to encode this");
  }
}

Result<EncodedFile> PayloadMaker::encoded(Bytes base, const Digest& base_digest) {
  const Digest name = key(base_digest);
  std::optional<EncodedFile> found = recall(name, base);
  if (found) return std::move(*found);
  const EncodeInput input{base, model_of(base), target_, target_model_};
  Result<EncodedFile> made = encode_delta(input, limits_, parts_.parallel, parts_.watch);
  if (made.ok()) remember(name, base, base_digest, made.value());
  return made;
}

Digest PayloadMaker::key(const Digest& base_digest) const {
  uint8_t numbers[13];
  numbers[0] = static_cast<uint8_t>(Codec::kWeights);
  store_u32_le(numbers + 1, limits_.chunk_max);
  store_u32_le(numbers + 5, limits_.erase_unit);
  store_u32_le(numbers + 9, limits_.decoder_memory);
  return parts_.hasher.sha256({as_bytes("flotilla/payload/2\n"), base_digest.view(),
                               target_digest_.view(), Bytes(numbers)});
}

std::optional<EncodedFile> PayloadMaker::recall(const Digest& key, Bytes base) const {
  const auto view = parts_.cache.find(key);
  if (view == nullptr) return std::nullopt;
  const auto file = DeltaFile::open(view->bytes());
  if (!file.ok() || file.value().head().target_size != target_.size()) return std::nullopt;
  const std::vector<DeltaFile::Part>& chunks = file.value().parts();
  const uint32_t memory = file.value().head().decoder_memory;
  std::atomic<bool> right = true;
  parts_.parallel.for_each(chunks.size(), [&](size_t i) {
    if (right && !parts_.watch.cancel && !gives(chunks[i], memory, base, target_)) right = false;
  });
  if (!right || parts_.watch.cancel) return std::nullopt;
  EncodedFile out;
  out.decoder_memory = memory;
  for (const DeltaFile::Part& part : chunks) {
    out.chunks.push_back(
        {part.output_offset, part.output_length, std::string(as_text(part.payload))});
  }
  return out;
}

void PayloadMaker::remember(const Digest& key, Bytes base, const Digest& base_digest,
                            const EncodedFile& file) const {
  DeltaFileHead head;
  head.decoder_memory = file.decoder_memory;
  head.erase_unit = limits_.erase_unit;
  head.base_size = base.size();
  head.base = mark_of(base_digest);
  head.target_size = target_.size();
  head.target = mark_of(target_digest_);
  std::string payloads;
  for (const EncodedChunk& chunk : file.chunks) payloads += chunk.payload;
  const std::string start = delta_file_head(head, file.chunks);
  parts_.cache.keep(key, {as_bytes(start), as_bytes(payloads)});
}

}  // namespace flotilla::controller
