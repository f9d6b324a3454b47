#include "controller/artifact/models/safetensors.h"

#include <map>

#include "controller/artifact/models/json.h"
#include "controller/artifact/models/numbers.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kPrefix = 8;
constexpr uint64_t kFormatMaxHeader = 100'000'000;  ///< the format's own limit
constexpr uint64_t kMaxHeader = uint64_t{32} << 20;
constexpr unsigned kMaxValues = 64;  ///< numbers and texts of one tensor's entry

DType dtype_of(std::string_view name) {
  static const std::map<std::string_view, DType> kTypes = {
      {"BOOL", DType::kBool},   {"I8", DType::kInt8},       {"U8", DType::kUint8},
      {"I16", DType::kInt16},   {"U16", DType::kUint16},    {"I32", DType::kInt32},
      {"U32", DType::kUint32},  {"I64", DType::kInt64},     {"U64", DType::kUint64},
      {"F16", DType::kFloat16}, {"BF16", DType::kBfloat16}, {"F32", DType::kFloat32},
      {"F64", DType::kFloat64}};
  const auto found = kTypes.find(name);
  return found == kTypes.end() ? DType::kUnknown : found->second;
}

bool is_integer(DType dtype) {
  return dtype == DType::kInt8 || dtype == DType::kUint8 || dtype == DType::kInt16 ||
         dtype == DType::kUint16 || dtype == DType::kInt32;
}

class SafetensorsReader {
 public:
  explicit SafetensorsReader(Reading& reading) : reading_(reading) {}

  void read() {
    const uint64_t size = reading_.number(0, kPrefix);
    if (size > kMaxHeader) {
      reading_.fail("a header of more than 32 MiB", 0, {}, Code::kResourceExhausted);
    }
    if (!reading_.ok() || !reading_.inside(kPrefix, size)) return;
    data_ = kPrefix + size;
    header(as_text(reading_.file().subspan(kPrefix, size)));
    if (reading_.ok()) check();
    for (size_t i = 0; reading_.ok() && i < spans_.size(); ++i) {
      TensorSpan span = spans_[i];
      if (is_integer(span.dtype)) span.quantisation = quantisation(span);
      reading_.add(std::move(span), Packing::kDense, kPrefix);
    }
  }

 private:
  /// Each entry is looked at when its object ends and then dropped, so that the document in memory
  /// does not grow with the header.
  void header(std::string_view text) {
    std::string name;
    unsigned values = 0;
    const auto keep = [&](int depth, Json::parse_event_t event, Json& value) {
      if (depth == 0) return true;
      if (depth == 1 && event == Json::parse_event_t::key) {
        name = value.get<std::string>();
        values = 0;
        return name != "__metadata__";
      }
      if (depth == 1 && event == Json::parse_event_t::object_end) {
        tensor(name, value);
        return false;
      }
      if (name == "__metadata__") return false;
      if (depth == 1 && event != Json::parse_event_t::object_start) {
        return reading_.fail("its entry is no object", kPrefix, name);
      }
      return ++values <= kMaxValues || reading_.fail("its entry is too long", kPrefix, name);
    };
    const Json rest = parse_json(reading_, text, kPrefix, keep);
    if (reading_.ok() && !rest.is_object()) reading_.fail("the header is no object", kPrefix);
  }

  void tensor(const std::string& name, const Json& entry) {
    if (!reading_.visit(kPrefix) || !reading_.charge(name.size(), kPrefix)) return;
    TensorSpan span;
    span.name = name;
    span.dtype = dtype_of(text_of(entry, "dtype"));
    span.shape = numbers_of(reading_, entry, "shape", kPrefix, name);
    const std::vector<uint64_t> range = numbers_of(reading_, entry, "data_offsets", kPrefix, name);
    if (!reading_.ok()) return;
    const uint64_t available = reading_.file().size() - data_;
    if (range.size() != 2 || range[0] > range[1] || range[1] > available) {
      reading_.fail("its data_offsets lie outside the file", kPrefix, name);
      return;
    }
    span.offset = data_ + range[0];
    span.size = range[1] - range[0];
    spans_.push_back(std::move(span));
  }

  /// Names are unique and nothing is left over; overlaps are found when the tensors are sorted.
  void check() {
    uint64_t described = 0;
    for (const TensorSpan& span : spans_) {
      described += span.size;
      if (by_name_.emplace(span.name, &span).second) continue;
      reading_.fail("two tensors of this name", kPrefix, span.name);
      return;
    }
    if (described != reading_.file().size() - data_) {
      reading_.fail("the tensors do not cover the data exactly", data_);
    }
  }

  const TensorSpan* find(const std::string& name, std::string_view first,
                         std::string_view second) const {
    for (const std::string_view suffix : {first, second}) {
      const auto found = by_name_.find(name + std::string(suffix));
      if (found != by_name_.end()) return found->second;
    }
    return nullptr;
  }

  /// Whether it has `count` values; its size may not have been checked yet.
  static bool holds(const TensorSpan& span, uint64_t count) {
    return elements_of(span.shape) == count && bits_of(span.dtype) >= 8 &&
           dense_size(span) == span.size;
  }

  std::vector<double> values(const TensorSpan& span) const {
    return numbers_in(reading_.file().subspan(span.offset, span.size), span.dtype);
  }

  Quantisation quantisation(const TensorSpan& span) {
    Quantisation out;
    const TensorSpan* scale = find(span.name, ".scale", "_scale");
    const uint64_t count = scale == nullptr ? 0 : elements_of(scale->shape).value_or(0);
    const int axis = axis_of(span.shape, count, -1);
    if (count == 0 || (count > 1 && axis < 0) || !holds(*scale, count)) return out;
    if (!reading_.charge(16 * count, kPrefix)) return out;
    const TensorSpan* zero = find(span.name, ".zero_point", "_zero_point");
    if (zero != nullptr) {
      if (!holds(*zero, count)) return out;
      for (const double z : values(*zero)) out.zero_points.push_back(whole(z));
    }
    out.scales = values(*scale);
    out.axis = count == 1 ? -1 : axis;
    return out;
  }

  Reading& reading_;
  uint64_t data_ = 0;
  std::vector<TensorSpan> spans_;
  std::map<std::string_view, const TensorSpan*> by_name_;
};

}  // namespace

bool is_safetensors(Bytes file) {
  if (file.size() < kPrefix + 2 || file[kPrefix] != '{') return false;
  const uint64_t size = load_u64_le(file.data());
  return size >= 2 && size <= kFormatMaxHeader;
}

Result<ModelFile> read_safetensors(Bytes file, std::string* explanation) {
  Reading reading(ModelFormat::kSafetensors, file);
  SafetensorsReader(reading).read();
  return reading.finish(Sharing::kRefused, explanation);
}

}  // namespace flotilla::controller
