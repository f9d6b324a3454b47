#include "controller/artifact/payload_file.h"

#include "schemas/base/assert.h"
#include "schemas/base/crc32c.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller {
namespace {

// header: magic u32, version u16, flags u16 (0), transfer u64, chunk count u32, CRC-32C of the
// index u32, file size u64, CRC-32C of the bytes before it u32, 0 u32
constexpr size_t kHeaderSize = 40;
constexpr size_t kHeaderCrcAt = 32;
constexpr uint32_t kMagic = 0x46504C46;  // "FLPF"
constexpr uint16_t kVersion = 1;
// index entry: offset u64, length u32, 0 u32, first bytes of the message's SHA-256
constexpr size_t kDigestPrefix = 16;
constexpr size_t kEntrySize = 16 + kDigestPrefix;
constexpr uint64_t kAlignment = 8;
constexpr size_t kMaxChunkMessage = kChunkMaxLimit + kChunkOverhead;

uint64_t aligned(uint64_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

uint64_t messages_begin(uint32_t count) {
  return kHeaderSize + uint64_t{count} * kEntrySize;
}

MutableBytes writable(std::string& text, size_t at) {
  return {reinterpret_cast<uint8_t*>(text.data()) + at, text.size() - at};
}

std::string header(TransferId transfer, uint32_t count, const std::string& index, uint64_t size) {
  std::string out(kHeaderSize, '\0');
  uint8_t* at = writable(out, 0).data();
  store_u32_le(at, kMagic);
  store_u16_le(at + 4, kVersion);
  store_u64_le(at + 8, transfer);
  store_u32_le(at + 16, count);
  store_u32_le(at + 20, crc32c(as_bytes(index)));
  store_u64_le(at + 24, size);
  store_u32_le(at + kHeaderCrcAt, crc32c(as_bytes(out).first(kHeaderCrcAt)));
  return out;
}

std::string index_entry(Hasher& hasher, uint64_t offset, Bytes message) {
  std::string out(kEntrySize, '\0');
  uint8_t* at = writable(out, 0).data();
  store_u64_le(at, offset);
  store_u32_le(at + 8, static_cast<uint32_t>(message.size()));
  copy(hasher.sha256({message}).view().first(kDigestPrefix), writable(out, 16));
  return out;
}

Chunk chunk_message(TransferId transfer, uint32_t index, const Payload& payload) {
  Chunk chunk;
  chunk.transfer = transfer;
  chunk.index = index;
  chunk.output_offset = payload.chunks[index].output_offset;
  chunk.output_length = payload.chunks[index].output_length;
  chunk.path = as_bytes(payload.paths[index]);
  chunk.payload = as_bytes(payload.chunks[index].payload);
  return chunk;
}

/// The messages one after the other, each padded to the alignment, and their index.
struct Messages {
  std::string index;
  std::string bytes;
  uint64_t message_bytes = 0;
};

Result<Messages> encode_messages(Hasher& hasher, TransferId transfer, const Payload& payload) {
  std::vector<uint64_t> arena(wire::kControllerArena / sizeof(uint64_t));
  wire::Encoder encoder({reinterpret_cast<uint8_t*>(arena.data()), wire::kControllerArena});
  std::vector<uint8_t> buffer(kMaxChunkMessage);
  Messages out;
  const uint32_t count = static_cast<uint32_t>(payload.chunks.size());
  for (uint32_t i = 0; i < count; ++i) {
    const Result<size_t> size = encoder.chunk(chunk_message(transfer, i, payload), buffer);
    if (!size.ok()) return size.status();
    const Bytes message = Bytes(buffer).first(size.value());
    out.index += index_entry(hasher, messages_begin(count) + out.bytes.size(), message);
    out.bytes += as_text(message);
    out.bytes.resize(aligned(out.bytes.size()), '\0');
    out.message_bytes += message.size();
  }
  return out;
}

}  // namespace

Result<StoredPayload> store_payload(Hasher& hasher, ArtifactStore& store, TransferId transfer,
                                    const Payload& payload) {
  const Result<Messages> encoded = encode_messages(hasher, transfer, payload);
  if (!encoded.ok()) return encoded.status();
  const Messages& messages = encoded.value();
  const uint32_t count = static_cast<uint32_t>(payload.chunks.size());
  const uint64_t size = messages_begin(count) + messages.bytes.size();

  const auto writer = store.create();
  if (!writer.ok()) return writer.status();
  ArtifactWriter& file = *writer.value();
  FLOTILLA_TRY(file.append(as_bytes(header(transfer, count, messages.index, size))));
  FLOTILLA_TRY(file.append(as_bytes(messages.index)));
  FLOTILLA_TRY(file.append(as_bytes(messages.bytes)));
  const Result<Digest> digest = file.finish();
  if (!digest.ok()) return digest.status();
  return StoredPayload{digest.value(), messages.message_bytes};
}

Result<PayloadFile> PayloadFile::open(Bytes bytes) {
  if (bytes.size() < kHeaderSize) return Status(Code::kDataLoss, "payload file: too short");
  const uint8_t* at = bytes.data();
  if (load_u32_le(at) != kMagic) return Status(Code::kDataLoss, "payload file: wrong magic");
  if (load_u16_le(at + 4) != kVersion) {
    return Status(Code::kUnimplemented, "payload file: unknown format version");
  }
  if (load_u32_le(at + kHeaderCrcAt) != crc32c(bytes.first(kHeaderCrcAt))) {
    return Status(Code::kDataLoss, "payload file: header checksum");
  }
  PayloadFile file;
  file.bytes_ = bytes;
  file.transfer_ = load_u64_le(at + 8);
  file.count_ = load_u32_le(at + 16);
  if (load_u64_le(at + 24) != bytes.size()) return Status(Code::kDataLoss, "payload file: size");
  FLOTILLA_TRY(file.check_index());
  return file;
}

Status PayloadFile::check_index() const {
  if (count_ == 0 || count_ > kMaxChunks || messages_begin(count_) > bytes_.size()) {
    return {Code::kDataLoss, "payload file: chunk count"};
  }
  const Bytes index = bytes_.subspan(kHeaderSize, uint64_t{count_} * kEntrySize);
  if (load_u32_le(bytes_.data() + 20) != crc32c(index)) {
    return {Code::kDataLoss, "payload file: index checksum"};
  }
  uint64_t expected = messages_begin(count_);
  for (uint32_t i = 0; i < count_; ++i) {
    const Entry item = entry(i);
    const bool fits = item.offset == expected && item.length > 0 &&
                      item.length <= kMaxChunkMessage && item.length <= bytes_.size() - item.offset;
    if (!fits) return {Code::kDataLoss, "payload file: index entry"};
    expected = aligned(item.offset + item.length);
    if (expected > bytes_.size()) return {Code::kDataLoss, "payload file: padding"};
  }
  if (expected != bytes_.size()) return {Code::kDataLoss, "payload file: bytes left over"};
  return ok_status();
}

PayloadFile::Entry PayloadFile::entry(uint32_t index) const {
  FLOTILLA_ASSERT(index < count_);
  const Bytes raw = bytes_.subspan(kHeaderSize + uint64_t{index} * kEntrySize, kEntrySize);
  return {load_u64_le(raw.data()), load_u32_le(raw.data() + 8), raw.subspan(16)};
}

Bytes PayloadFile::message(uint32_t index) const {
  const Entry item = entry(index);
  return bytes_.subspan(item.offset, item.length);
}

bool PayloadFile::holds(Hasher& hasher, uint32_t index, Bytes message) const {
  const Entry item = entry(index);
  if (message.size() != item.length) return false;
  return equal(hasher.sha256({message}).view().first(kDigestPrefix), item.digest);
}

}  // namespace flotilla::controller
