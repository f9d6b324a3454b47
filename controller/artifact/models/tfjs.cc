#include "controller/artifact/models/json.h"
#include "controller/artifact/models/numbers.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kMaxManifest = uint64_t{64} << 20;
constexpr uint64_t kMaxValues = 1'000'000;  ///< of the manifest, without the model's topology
constexpr int kMaxDepth = 16;

DType dtype_of(std::string_view name) {
  if (name == "float32") return DType::kFloat32;
  if (name == "float16") return DType::kFloat16;
  if (name == "int32") return DType::kInt32;
  if (name == "uint16") return DType::kUint16;
  if (name == "uint8") return DType::kUint8;
  if (name == "bool") return DType::kBool;
  return DType::kUnknown;
}

/// Offsets are those of the weights; the manifest, another file, is named by its tensors.
class TfjsReader {
 public:
  explicit TfjsReader(Reading& reading) : reading_(reading) {}

  void read(std::string_view manifest) {
    if (manifest.size() > kMaxManifest) {
      reading_.fail("a manifest of more than 64 MiB", 0, {}, Code::kResourceExhausted);
      return;
    }
    const Json document = parse(manifest);
    if (!reading_.ok()) return;
    const auto member = document.is_object() ? document.find("weightsManifest") : document.end();
    const Json& groups = member != document.end() ? *member : document;
    if (!groups.is_array()) {
      reading_.fail("the manifest has no list weightsManifest", 0);
      return;
    }
    for (const Json& group : groups) weights_of(group);
    if (reading_.ok() && at_ != reading_.file().size()) {
      reading_.fail("the manifest describes less than the weights hold", at_);
    }
  }

 private:
  /// Everything but the topology and its like, which can be large and are not needed.
  Json parse(std::string_view manifest) {
    uint64_t values = 0;
    bool is_object = false;
    const auto keep = [&](int depth, Json::parse_event_t event, Json& value) {
      if (depth == 0) {
        is_object = is_object || event == Json::parse_event_t::object_start;
        return true;
      }
      if (is_object && depth == 1 && event == Json::parse_event_t::key) {
        return value.get_ref<const std::string&>() == "weightsManifest";
      }
      if (depth > kMaxDepth) return false;
      return ++values <= kMaxValues;
    };
    return parse_json(reading_, manifest, 0, keep);
  }

  void weights_of(const Json& group) {
    const auto weights = group.is_object() ? group.find("weights") : group.end();
    if (weights == group.end() || !weights->is_array()) {
      reading_.fail("a group of the manifest has no list of weights", at_);
      return;
    }
    for (const Json& weight : *weights) {
      if (!reading_.visit(at_) || !tensor(weight)) return;
    }
  }

  bool tensor(const Json& weight) {
    if (!weight.is_object()) return reading_.fail("a weight that is no object", at_);
    TensorSpan span;
    span.name = text_of(weight, "name");
    span.offset = at_;
    span.shape = numbers_of(reading_, weight, "shape", at_, span.name);
    std::string type = text_of(weight, "dtype");
    const auto quantised = weight.find("quantization");
    if (quantised != weight.end() && quantised->is_object()) {
      type = text_of(*quantised, "dtype");
      quantisation(*quantised, span);
    }
    span.dtype = dtype_of(type);
    if (!reading_.ok() || !measure(type, span)) return false;
    at_ += span.size;
    return reading_.add(std::move(span), Packing::kDense, span.offset);
  }

  void quantisation(const Json& stated, TensorSpan& span) {
    const auto scale = stated.find("scale");
    if (scale == stated.end() || !scale->is_number()) return;  // float16 has none
    const auto minimum = stated.find("min");
    span.quantisation.scales = {scale->get<double>()};
    if (minimum != stated.end() && minimum->is_number()) {
      span.quantisation.minimum = minimum->get<double>();
    }
  }

  bool measure(std::string_view type, TensorSpan& span) {
    const std::optional<uint64_t> count = elements_of(span.shape);
    if (!count) return reading_.fail("a shape with too many elements", at_, span.name);
    if (type == "string") return measure_texts(*count, span);
    if (type == "complex64") {
      span.size = 8 * *count;
    } else if (span.dtype != DType::kUnknown) {
      span.size = *count * bits_of(span.dtype) / 8;
    } else {
      return reading_.fail("a type that tfjs does not have", at_, span.name);
    }
    if (span.size <= reading_.file().size() - at_) return true;
    return reading_.fail("its data ends beyond the weights", at_, span.name);
  }

  /// Texts stand one after the other, each behind its length, a u32.
  bool measure_texts(uint64_t count, TensorSpan& span) {
    uint64_t end = at_;
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t length = reading_.number(end, 4);
      if (!reading_.ok() || !reading_.inside(end + 4, length)) return false;
      end += 4 + length;
    }
    span.size = end - at_;
    return true;
  }

  Reading& reading_;
  uint64_t at_ = 0;
};

}  // namespace

Result<ModelFile> read_tfjs(Bytes weights, std::string_view manifest_json,
                            std::string* explanation) {
  Reading reading(ModelFormat::kTfjs, weights);
  TfjsReader(reading).read(manifest_json);
  return reading.finish(Sharing::kRefused, explanation);
}

}  // namespace flotilla::controller
