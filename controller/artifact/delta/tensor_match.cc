#include "controller/artifact/delta/tensor_match.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "controller/artifact/delta/tensor_likeness.h"

namespace flotilla::controller {
namespace {

constexpr double kStrange = 0.1;     ///< correlation below which a name is no evidence
constexpr double kLike = 0.25;       ///< and above which a likeness is
constexpr size_t kCandidates = 256;  ///< of one shape, that are compared with a tensor

/// What a tensor keeps through quantisation and conversion.
std::string_view stem_of(std::string_view name) {
  for (const std::string_view suffix : {"_quantized", "_quantised", "_fp16", "_int8"}) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) {
      return name.substr(0, name.size() - suffix.size());
    }
  }
  return name;
}

class Matcher {
 public:
  Matcher(const ModelFile& base, Bytes base_bytes, const ModelFile& target, Bytes target_bytes)
      : base_(base),
        base_bytes_(base_bytes),
        target_(target),
        target_bytes_(target_bytes),
        taken_(base.tensors.size(), false),
        found_(target.tensors.size(), nullptr) {}

  std::vector<const TensorSpan*> run() {
    by_key([](const TensorSpan& tensor, bool) { return name_key(tensor); });
    const std::vector<const TensorSpan*> named = part_strangers();
    by_key([this](const TensorSpan& tensor, bool of_base) { return content_key(tensor, of_base); });
    by_likeness();
    for (size_t i = 0; i < named.size(); ++i) {
      if (found_[i] == nullptr && named[i] != nullptr) join(i, index_of(*named[i]));
    }
    by_key([](const TensorSpan& tensor, bool) { return row_key(tensor); });
    by_key([](const TensorSpan& tensor, bool) { return shape_key(tensor); });
    return std::move(found_);
  }

 private:
  /// Joins what is left on both sides in order of appearance under equal keys; an empty key joins
  /// nothing.
  template <class KeyOf>
  void by_key(KeyOf&& key_of) {
    std::map<std::string, std::vector<size_t>> free;
    for (size_t i = base_.tensors.size(); i-- > 0;) {
      if (!taken_[i]) free[key_of(base_.tensors[i], true)].push_back(i);
    }
    for (size_t i = 0; i < target_.tensors.size(); ++i) {
      if (found_[i] != nullptr) continue;
      const std::string key = key_of(target_.tensors[i], false);
      const auto at = free.find(key);
      if (key.empty() || at == free.end() || at->second.empty()) continue;
      join(i, at->second.back());
      at->second.pop_back();
    }
  }

  void join(size_t target, size_t base) {
    if (taken_[base]) return;
    found_[target] = &base_.tensors[base];
    taken_[base] = true;
  }
  size_t index_of(const TensorSpan& tensor) const {
    return static_cast<size_t>(&tensor - base_.tensors.data());
  }
  std::optional<double> likeness(size_t target, size_t base) const {
    return tensor_likeness(base_bytes_, base_.tensors[base], target_bytes_,
                           target_.tensors[target]);
  }

  /// Undoes pairs of one name and no likeness: where exporters number their layers, an inserted one
  /// shifts all names behind it. Returns who was whose namesake.
  std::vector<const TensorSpan*> part_strangers() {
    std::vector<const TensorSpan*> named(found_.size(), nullptr);
    for (size_t i = 0; i < found_.size(); ++i) {
      if (found_[i] == nullptr || likeness(i, index_of(*found_[i])).value_or(1) >= kStrange)
        continue;
      named[i] = found_[i];
      taken_[index_of(*found_[i])] = false;
      found_[i] = nullptr;
    }
    return named;
  }

  /// Each tensor that is left takes the one of its shape that is most like it.
  void by_likeness() {
    std::map<std::string, std::vector<size_t>> free;
    for (size_t i = 0; i < base_.tensors.size(); ++i) {
      if (!taken_[i]) free[shape_key(base_.tensors[i])].push_back(i);
    }
    for (size_t i = 0; i < target_.tensors.size(); ++i) {
      if (found_[i] != nullptr) continue;
      const auto at = free.find(shape_key(target_.tensors[i]));
      if (at != free.end()) join_most_like(i, at->second);
    }
  }

  void join_most_like(size_t target, const std::vector<size_t>& candidates) {
    double most = kLike;
    std::optional<size_t> best;
    size_t tried = 0;
    for (const size_t base : candidates) {
      if (taken_[base]) continue;
      if (++tried > kCandidates) break;
      const double now = likeness(target, base).value_or(0);
      if (now <= most) continue;
      most = now;
      best = base;
    }
    if (best) join(target, *best);
  }

  static std::string count_of(const TensorSpan& tensor) {
    return std::to_string(elements_of(tensor.shape).value_or(0)) + ":";
  }
  static std::string name_key(const TensorSpan& tensor) {
    if (tensor.name.empty()) return {};
    return count_of(tensor) + std::string(stem_of(tensor.name));
  }
  /// Of tensors that may have more rows than their namesakes.
  static std::string row_key(const TensorSpan& tensor) {
    if (tensor.name.empty() || tensor.shape.empty()) return {};
    TensorSpan row = tensor;
    row.shape[0] = 1;
    return shape_key(row) + dtype_name(tensor.dtype) + ":" + std::string(stem_of(tensor.name));
  }
  std::string content_key(const TensorSpan& tensor, bool of_base) const {
    const Bytes file = of_base ? base_bytes_ : target_bytes_;
    const Bytes bytes = file.subspan(tensor.offset, tensor.size);
    return std::to_string(tensor.size) + ":" +
           std::to_string(std::hash<std::string_view>{}(as_text(bytes)));
  }
  static std::string shape_key(const TensorSpan& tensor) {
    std::string key = std::to_string(tensor.shape.size()) + ":";
    for (const uint64_t dimension : tensor.shape) key += std::to_string(dimension) + ",";
    return key;
  }

  const ModelFile& base_;
  Bytes base_bytes_;
  const ModelFile& target_;
  Bytes target_bytes_;
  std::vector<bool> taken_;
  std::vector<const TensorSpan*> found_;
};

}  // namespace

std::vector<const TensorSpan*> match_tensors(const ModelFile& base, Bytes base_bytes,
                                             const ModelFile& target, Bytes target_bytes) {
  return Matcher(base, base_bytes, target, target_bytes).run();
}

}  // namespace flotilla::controller
