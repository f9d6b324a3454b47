#include "controller/artifact/models/gguf.h"

#include <bit>

#include "controller/artifact/models/reading.h"

namespace flotilla::controller {
namespace {

// Numbers of docs/gguf.md and enum ggml_type of ggml.h.
constexpr uint64_t kHeaderSize = 24;
constexpr uint64_t kDefaultAlignment = 32;
constexpr uint64_t kMaxAlignment = uint64_t{1} << 20;
constexpr uint64_t kTypeUint32 = 4;
constexpr uint64_t kTypeString = 8;
constexpr uint64_t kTypeArray = 9;
constexpr unsigned kMaxDepth = 8;  ///< arrays of arrays

/// Bytes of a metadata value; 0: a string, an array, or unknown.
unsigned width_of(uint64_t type) {
  // uint8 int8 uint16 int16 uint32 int32 float32 bool string array uint64 int64 float64
  constexpr unsigned kWidths[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < std::size(kWidths) ? kWidths[type] : 0;
}

struct GgmlType {
  uint64_t number;
  DType dtype;
  BlockLayout block;
};

constexpr GgmlType kTypes[] = {
    {0, DType::kFloat32, {}},
    {1, DType::kFloat16, {}},
    {2, DType::kBlock, {"Q4_0", 32, 18}},
    {3, DType::kBlock, {"Q4_1", 32, 20}},
    {6, DType::kBlock, {"Q5_0", 32, 22}},
    {7, DType::kBlock, {"Q5_1", 32, 24}},
    {8, DType::kBlock, {"Q8_0", 32, 34}},
    {9, DType::kBlock, {"Q8_1", 32, 36}},
    {10, DType::kBlock, {"Q2_K", 256, 84}},
    {11, DType::kBlock, {"Q3_K", 256, 110}},
    {12, DType::kBlock, {"Q4_K", 256, 144}},
    {13, DType::kBlock, {"Q5_K", 256, 176}},
    {14, DType::kBlock, {"Q6_K", 256, 210}},
    {15, DType::kBlock, {"Q8_K", 256, 292}},
    {16, DType::kBlock, {"IQ2_XXS", 256, 66}},
    {17, DType::kBlock, {"IQ2_XS", 256, 74}},
    {18, DType::kBlock, {"IQ3_XXS", 256, 98}},
    {19, DType::kBlock, {"IQ1_S", 256, 50}},
    {20, DType::kBlock, {"IQ4_NL", 32, 18}},
    {21, DType::kBlock, {"IQ3_S", 256, 110}},
    {22, DType::kBlock, {"IQ2_S", 256, 82}},
    {23, DType::kBlock, {"IQ4_XS", 256, 136}},
    {24, DType::kInt8, {}},
    {25, DType::kInt16, {}},
    {26, DType::kInt32, {}},
    {27, DType::kInt64, {}},
    {28, DType::kFloat64, {}},
    {29, DType::kBlock, {"IQ1_M", 256, 56}},
    {30, DType::kBfloat16, {}},
    {34, DType::kBlock, {"TQ1_0", 256, 54}},
    {35, DType::kBlock, {"TQ2_0", 256, 66}},
    {39, DType::kBlock, {"MXFP4", 32, 17}},
};

class GgufReader {
 public:
  explicit GgufReader(Reading& reading) : reading_(reading) {}

  void read() {
    if (!header()) return;
    for (uint64_t i = 0; reading_.ok() && i < pairs_; ++i) pair();
    for (uint64_t i = 0; reading_.ok() && i < tensors_; ++i) tensor();
    if (!reading_.ok()) return;
    const uint64_t data = (at_ + alignment_ - 1) / alignment_ * alignment_;
    for (TensorSpan& span : spans_) {
      span.offset += data;
      if (!reading_.add(std::move(span), Packing::kDense, at_)) return;
    }
  }

 private:
  bool header() {
    const uint64_t version = reading_.number(4, 4);
    if (!reading_.ok()) return false;
    if (version != 2 && version != 3) {
      return reading_.fail("a version other than 2 and 3, or big-endian", 4, {},
                           Code::kUnimplemented);
    }
    tensors_ = reading_.number(8, 8);
    pairs_ = reading_.number(16, 8);
    at_ = kHeaderSize;
    return reading_.ok();
  }

  uint64_t take(unsigned width) {
    const uint64_t value = reading_.number(at_, width);
    at_ += width;
    return value;
  }

  std::string_view text() {
    const uint64_t size = take(8);
    if (!reading_.ok() || !reading_.inside(at_, size)) return {};
    at_ += size;
    return as_text(reading_.file().subspan(at_ - size, size));
  }

  void pair() {
    const uint64_t at = at_;
    const std::string_view key = text();
    const uint64_t type = take(4);
    if (key != "general.alignment") {
      skip(type, 0);
      return;
    }
    if (type != kTypeUint32) {
      reading_.fail("an alignment that is no uint32", at, key);
      return;
    }
    alignment_ = take(4);
    if (!reading_.ok()) return;
    if (!std::has_single_bit(alignment_) || alignment_ > kMaxAlignment) {
      reading_.fail("an alignment that is no power of two up to 1 MiB", at, key);
    }
  }

  void skip(uint64_t type, unsigned depth) {
    if (!reading_.ok()) return;
    if (type == kTypeString) {
      text();
    } else if (type == kTypeArray) {
      array(depth);
    } else if (width_of(type) != 0) {
      skip_bytes(1, width_of(type));
    } else {
      reading_.fail("a metadata value of an unknown type", at_);
    }
  }

  void array(unsigned depth) {
    const uint64_t type = take(4);
    const uint64_t count = take(8);
    if (depth == kMaxDepth) {
      reading_.fail("arrays nested deeper than 8", at_);
    } else if (width_of(type) != 0) {
      skip_bytes(count, width_of(type));
    } else {  // each element takes bytes of the file, so the file bounds the loop
      for (uint64_t i = 0; reading_.ok() && i < count; ++i) skip(type, depth + 1);
    }
  }

  void skip_bytes(uint64_t count, unsigned width) {
    if (!reading_.ok()) return;
    if (count > reading_.file().size() / width || !reading_.inside(at_, count * width)) {
      reading_.fail("a metadata value ends beyond the file", at_);
      return;
    }
    at_ += count * width;
  }

  void tensor() {
    const uint64_t at = at_;
    const std::string_view name = text();
    const uint64_t rank = take(4);
    if (!reading_.visit(at) || !reading_.charge(name.size(), at)) return;
    if (rank > kMaxTensorRank) {
      reading_.fail("more than 32 dimensions", at, name);
      return;
    }
    TensorSpan span;
    span.name = name;
    span.shape.resize(rank);
    for (uint64_t i = 0; i < rank; ++i) span.shape[rank - 1 - i] = take(8);  // innermost first
    const uint64_t type = take(4);
    span.offset = take(8);
    if (reading_.ok()) measure(type, at, std::move(span));
  }

  void measure(uint64_t type, uint64_t at, TensorSpan span) {
    for (const GgmlType& known : kTypes) {
      if (known.number != type) continue;
      span.dtype = known.dtype;
      span.block = known.block;
      const std::optional<uint64_t> size = dense_size(span);
      if (!size || span.offset > reading_.file().size()) {
        reading_.fail("its shape or offset cannot be", at, span.name);
        return;
      }
      span.size = *size;
      spans_.push_back(std::move(span));
      return;
    }
  }

  Reading& reading_;
  uint64_t at_ = 0;
  uint64_t tensors_ = 0;
  uint64_t pairs_ = 0;
  uint64_t alignment_ = kDefaultAlignment;
  std::vector<TensorSpan> spans_;
};

}  // namespace

bool is_gguf(Bytes file) {
  return file.size() >= 8 && as_text(file.first(4)) == "GGUF";
}

Result<ModelFile> read_gguf(Bytes file, std::string* explanation) {
  Reading reading(ModelFormat::kGguf, file);
  GgufReader(reading).read();
  return reading.finish(Sharing::kRefused, explanation);
}

}  // namespace flotilla::controller
