#include "controller/artifact/delta/delta_file.h"

#include <algorithm>

#include "schemas/base/crc32c.h"

namespace flotilla::controller {
namespace {

constexpr std::string_view kMagic = "FLDT";
constexpr char kVersion = 1;
constexpr size_t kChecksumSize = 4;

constexpr Status damaged(const char* reason) {
  return Status(Code::kDataLoss, reason);
}

void put_number(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_mark(std::string& out, const FileMark& mark) {
  out.append(mark.begin(), mark.end());
}

/// Takes fields off the front of bytes; after a missing or malformed one it is not ok.
class Fields {
 public:
  explicit Fields(Bytes bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  Bytes rest() const { return rest_; }

  /// LEB128; only the shortest form, at most `most`.
  uint64_t number(uint64_t most) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 63 && !rest_.empty(); shift += 7) {
      const uint8_t byte = rest_[0];
      rest_ = rest_.subspan(1);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte >= 0x80) continue;
      ok_ = ok_ && value <= most && (byte != 0 || shift == 0);
      return ok_ ? value : 0;
    }
    ok_ = false;
    return 0;
  }

  FileMark mark() {
    FileMark mark{};
    ok_ = ok_ && rest_.size() >= mark.size();
    if (!ok_) return mark;
    copy(rest_.first(mark.size()), mark);
    rest_ = rest_.subspan(mark.size());
    return mark;
  }

 private:
  Bytes rest_;
  bool ok_ = true;
};

}  // namespace

FileMark mark_of(const Digest& digest) {
  FileMark mark;
  copy(digest.view().first(mark.size()), mark);
  return mark;
}

std::string delta_file_head(const DeltaFileHead& head, const std::vector<EncodedChunk>& chunks) {
  std::string out(kMagic);
  out.push_back(kVersion);
  out.push_back(static_cast<char>(Codec::kWeights));
  put_number(out, head.decoder_memory);
  put_number(out, head.erase_unit);
  put_number(out, head.base_size);
  if (head.base_size != 0) put_mark(out, head.base);
  put_number(out, head.target_size);
  put_mark(out, head.target);
  put_number(out, chunks.size());
  for (const EncodedChunk& chunk : chunks) {
    put_number(out, (uint64_t{chunk.output_length} + head.erase_unit - 1) / head.erase_unit);
    put_number(out, chunk.payload.size());
  }
  std::string checksum(kChecksumSize, '\0');
  store_u32_le(reinterpret_cast<uint8_t*>(checksum.data()), crc32c(as_bytes(out)));
  return out + checksum;
}

Result<DeltaFile> DeltaFile::open(Bytes bytes) {
  if (bytes.size() < kMagic.size() + 2 || as_text(bytes.first(kMagic.size())) != kMagic) {
    return Status(Code::kInvalidArgument, "not a delta file");
  }
  const Bytes kind = bytes.subspan(kMagic.size(), 2);
  if (kind[0] != kVersion || kind[1] != static_cast<uint8_t>(Codec::kWeights)) {
    return Status(Code::kUnimplemented, "a delta of a version that this program does not know");
  }
  DeltaFile file;
  FLOTILLA_TRY(file.read(bytes));
  return file;
}

Status DeltaFile::read(Bytes bytes) {
  Fields fields(bytes.subspan(kMagic.size() + 2));
  head_.decoder_memory = static_cast<uint32_t>(fields.number(UINT32_MAX));
  head_.erase_unit = static_cast<uint32_t>(fields.number(kMaxChunkOutput));
  head_.base_size = fields.number(kMaxImageSize);
  if (head_.base_size != 0) head_.base = fields.mark();
  head_.target_size = fields.number(kMaxImageSize);
  head_.target = fields.mark();
  // A chunk takes two bytes of the table at least.
  const uint64_t count = fields.number(fields.rest().size() / 2);
  const bool is_empty = head_.erase_unit == 0 || head_.target_size == 0;
  if (!fields.ok() || is_empty) return damaged("the header is damaged or cut short");
  std::vector<uint64_t> sizes;
  uint64_t begin = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t units = fields.number(kMaxChunkOutput / head_.erase_unit);
    sizes.push_back(fields.number(kChunkMaxLimit));
    const uint64_t length = std::min(units * head_.erase_unit, head_.target_size - begin);
    if (!fields.ok() || length == 0) return damaged("the chunk table is damaged or cut short");
    parts_.push_back({begin, static_cast<uint32_t>(length), {}});
    begin += length;
  }
  if (begin != head_.target_size) return damaged("the chunk table does not cover the file");
  const size_t table_end = bytes.size() - fields.rest().size();
  if (fields.rest().size() < kChecksumSize) return damaged("the file is cut short");
  if (load_u32_le(fields.rest().data()) != crc32c(bytes.first(table_end))) {
    return damaged("the header was altered");
  }
  Bytes rest = fields.rest().subspan(kChecksumSize);
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (sizes[i] > rest.size()) return damaged("the file is cut short");
    parts_[i].payload = rest.first(sizes[i]);
    rest = rest.subspan(sizes[i]);
  }
  return rest.empty() ? ok_status() : damaged("bytes follow the last chunk");
}

}  // namespace flotilla::controller
