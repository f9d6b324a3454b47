#include "tests/support/adapter_payloads.h"

#include <cstring>

#include "controller/artifact/delta/chunk_decoder.h"
#include "controller/artifact/delta/encode_delta.h"
#include "schemas/protocol/merkle.h"

namespace flotilla::testing {
namespace {

/// Roughly normal, within +-1: the mean of four uniform draws.
float draw(Prng& prng) {
  float sum = 0;
  for (int i = 0; i < 4; ++i) sum += static_cast<float>(prng.below(1 << 20)) / float(1 << 20);
  return (sum - 2.0f) / 2.0f;
}

size_t position(Prng& prng, size_t size) {
  return prng.below(static_cast<uint32_t>(size) + 1);
}

}  // namespace

std::string random_bytes(Prng& prng, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(prng.next() >> 56);
  return bytes;
}

std::string random_weights(Prng& prng, size_t count) {
  std::string bytes(4 * count, '\0');
  for (size_t i = 0; i < count; ++i) {
    const float value = draw(prng);
    std::memcpy(bytes.data() + 4 * i, &value, sizeof value);
  }
  return bytes;
}

std::string fine_tuned(Prng& prng, const std::string& weights) {
  std::string bytes = weights;
  for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    float value = 0;
    std::memcpy(&value, bytes.data() + i, sizeof value);
    value *= 1.0f + draw(prng) / 2000.0f;
    std::memcpy(bytes.data() + i, &value, sizeof value);
  }
  return bytes;
}

std::string mutated(Prng& prng, std::string bytes) {
  const uint32_t edits = 1 + prng.below(6);
  for (uint32_t i = 0; i < edits; ++i) {
    const size_t at = position(prng, bytes.size());
    const size_t length = position(prng, bytes.size() - at) / 4;
    const uint32_t kind = prng.below(4);
    if (kind == 0) bytes.insert(at, random_bytes(prng, prng.below(2000)));
    if (kind == 1) bytes.erase(at, length);
    if (kind == 2) {
      const std::string block = bytes.substr(at, length);
      bytes.erase(at, length);
      bytes.insert(position(prng, bytes.size()), block);
    }
    if (kind == 3 && at < bytes.size()) bytes[at] = static_cast<char>(prng.next());
  }
  return bytes;
}

Result<controller::Payload> build_payload(Hasher& hasher, Bytes base, Bytes target,
                                          const controller::PayloadLimits& limits,
                                          const std::atomic<bool>& cancel) {
  const controller::EncodeInput input{base, controller::model_of(base), target,
                                      controller::model_of(target)};
  controller::InOrder in_order;
  auto encoded = controller::encode_delta(input, limits, in_order, {cancel, {}});
  if (!encoded.ok()) return encoded.status();
  return controller::make_payload(hasher, std::move(encoded.value().chunks),
                                  encoded.value().decoder_memory);
}

std::string decode_all(Hasher& hasher, Bytes base, const controller::Payload& payload) {
  std::string out;
  controller::ChunkDecoder decoder(payload.manifest.decoder_memory);
  const uint32_t count = static_cast<uint32_t>(payload.chunks.size());
  for (uint32_t i = 0; i < count; ++i) {
    const controller::EncodedChunk& coded = payload.chunks[i];
    if (coded.output_offset != out.size()) return {};
    Chunk chunk;
    chunk.index = i;
    chunk.output_offset = coded.output_offset;
    chunk.output_length = coded.output_length;
    chunk.path = as_bytes(payload.paths[i]);
    chunk.payload = as_bytes(coded.payload);
    if (!merkle::verify(hasher, chunk, count, payload.manifest.merkle_root)) return {};
    out.resize(out.size() + coded.output_length);
    const MutableBytes part(reinterpret_cast<uint8_t*>(out.data()) + coded.output_offset,
                            coded.output_length);
    if (!decoder.decode(base, coded.output_offset, part, chunk.payload).ok()) return {};
  }
  return out;
}

}  // namespace flotilla::testing
