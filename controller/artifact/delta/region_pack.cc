#include "controller/artifact/delta/region_pack.h"

#include <algorithm>

#include "controller/artifact/delta/chunk_decoder.h"
#include "controller/artifact/delta/chunk_packer.h"

namespace flotilla::controller {

Region RegionPacker::pack(uint64_t begin, uint64_t end, const std::atomic<bool>& cancel) const {
  Region region;
  region.begin = begin;
  region.end = end;
  region.chunks = ChunkPacker(input_.base, input_.target, plan_, limits_).pack(begin, end, cancel);
  for (const EncodedChunk& chunk : region.chunks) region.size += chunk.payload.size();
  region.status =
      region.chunks.empty() ? Status(Code::kAborted, "the encoding was cancelled") : prove(region);
  return region;
}

Status RegionPacker::prove(Region& region) const {
  ChunkDecoder decoder(delta::decoder_memory(limits_.profile));
  std::vector<uint8_t> output;
  const auto observer = [&](uint64_t begin, uint64_t end, double bits) {
    charge(region, begin, end, bits);
  };
  for (const EncodedChunk& chunk : region.chunks) {
    if (chunk.payload.size() > limits_.chunk_max) {
      return {Code::kInternal, "a chunk is larger than chunk_max"};
    }
    output.resize(chunk.output_length);
    const Status status =
        decoder.decode(input_.base, chunk.output_offset, output, as_bytes(chunk.payload), observer);
    const Bytes wanted = input_.target.subspan(chunk.output_offset, chunk.output_length);
    if (!status.ok() || !equal(output, wanted)) {
      return {Code::kInternal, "a chunk does not decode to what was encoded"};
    }
  }
  return ok_status();
}

/// Bits of one operation go to the tensors it makes, by their share of its output.
void RegionPacker::charge(Region& region, uint64_t begin, uint64_t end, double bits) const {
  const std::vector<TensorSpan>& tensors = input_.target_model.tensors;
  const double each = bits / static_cast<double>(end - begin);
  auto tensor = std::upper_bound(
      tensors.begin(), tensors.end(), begin,
      [](uint64_t at, const TensorSpan& span) { return at < span.offset + span.size; });
  for (uint64_t at = begin; at < end;) {
    const bool inside = tensor != tensors.end() && tensor->offset <= at;
    const uint64_t border = tensor == tensors.end() ? end : tensor->offset;
    const uint64_t stop = std::min(end, inside ? tensor->offset + tensor->size : border);
    const size_t index = inside ? static_cast<size_t>(tensor - tensors.begin()) : tensors.size();
    if (region.costs.empty() || region.costs.back().tensor != index) {
      region.costs.push_back({index, 0});
    }
    region.costs.back().bits += each * static_cast<double>(stop - at);
    if (inside) ++tensor;
    at = stop;
  }
}

}  // namespace flotilla::controller
