#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/artifact/optimise/quantise.h"

namespace flotilla::controller {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kPrefix = 8;
constexpr size_t kMaxHeader = size_t{8} << 20;
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kStatement =
    "int8, a scale for each index of dimension 0, symmetric: value = NAME.scale x NAME";

/// A tensor of the new file.
struct Piece {
  std::string name;
  Json entry;
  std::string_view data;
  size_t width = 1;  ///< bytes of an element, which its place is a multiple of
};

Status refuse(OptimiseFault& fault, std::string message, std::string remedy) {
  fault = {std::move(message), std::move(remedy)};
  return {Code::kFailedPrecondition, "this file cannot be quantised"};
}

class SafetensorsQuantiser {
 public:
  SafetensorsQuantiser(Bytes file, OptimiseFault& fault) : file_(file), fault_(fault) {}

  Result<std::string> run() {
    FLOTILLA_TRY(read_header());
    FLOTILLA_TRY(quantise());
    if (made_.empty()) {
      return refuse(fault_, "it has no float weights that int8 would make smaller",
                    "leave this step out");
    }
    collect();
    return file();
  }

 private:
  Status read_header() {
    const uint64_t size = load_u64_le(file_.data());
    if (size > kMaxHeader) return refuse(fault_, "its header has more than 8 MiB", "use a command");
    data_ = kPrefix + static_cast<size_t>(size);
    const std::string_view text = as_text(file_.subspan(kPrefix, data_ - kPrefix));
    header_ = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (header_.is_object()) return ok_status();
    return refuse(fault_, "its header is not valid JSON", "export the model again");
  }

  Status quantise() {
    const auto weights = find_weights(file_, fault_);
    if (!weights.ok()) return weights.status();
    for (const Weight& weight : weights.value()) {
      if (!is_worth_quantising(weight)) continue;
      if (header_.contains(weight.name + ".scale")) {
        return refuse(fault_, "tensor '" + weight.name + ".scale' is there already",
                      "rename it: the scales of '" + weight.name + "' need that name");
      }
      auto made = quantise_weight(file_, weight, fault_);
      if (!made.ok()) return made.status();
      made_.emplace(weight.name, std::move(made.value()));
    }
    return ok_status();
  }

  void collect() {
    for (const auto& [name, entry] : header_.items()) {
      if (name == kMetadata) continue;
      const auto found = made_.find(name);
      if (found == made_.end()) {
        keep(name, entry);
        continue;
      }
      Json values = entry;
      types_.insert(values["dtype"].get<std::string>());
      values["dtype"] = "I8";
      const Json scales = {{"dtype", "F32"}, {"shape", Json::array({entry["shape"][0]})}};
      pieces_.push_back({name, std::move(values), found->second.values, 1});
      pieces_.push_back({name + ".scale", scales, found->second.scales, 4});
    }
  }

  void keep(const std::string& name, const Json& entry) {
    const auto begin = entry["data_offsets"][0].get<size_t>();
    const auto end = entry["data_offsets"][1].get<size_t>();
    size_t elements = 1;
    for (const Json& length : entry["shape"]) elements *= length.get<size_t>();
    const size_t width = elements == 0 ? 1 : std::max<size_t>(1, (end - begin) / elements);
    pieces_.push_back({name, entry, as_text(file_.subspan(data_ + begin, end - begin)), width});
  }

  /// Wide elements come first, so that all stand at multiples of their width.
  std::string file() {
    std::vector<Piece*> order;
    for (Piece& piece : pieces_) order.push_back(&piece);
    std::stable_sort(order.begin(), order.end(),
                     [](const Piece* a, const Piece* b) { return a->width > b->width; });
    size_t at = 0;
    for (Piece* piece : order) {
      piece->entry["data_offsets"] = {at, at + piece->data.size()};
      at += piece->data.size();
    }
    Json header;
    header[kMetadata] = metadata();
    for (const Piece& piece : pieces_) header[piece.name] = piece.entry;
    std::string text = header.dump();
    text.append((kPrefix - text.size() % kPrefix) % kPrefix, ' ');
    uint8_t prefix[kPrefix];
    store_u64_le(prefix, text.size());
    std::string out(as_text(prefix));
    out.reserve(kPrefix + text.size() + at);
    out += text;
    for (const Piece* piece : order) out.append(piece->data);
    return out;
  }

  Json metadata() const {
    Json out = Json::object();
    if (header_.contains(kMetadata) && header_[kMetadata].is_object()) {
      // The format knows texts alone; anything else may nest as deep as it likes.
      for (const auto& [name, value] : header_[kMetadata].items()) {
        if (value.is_string()) out[name] = value;
      }
    }
    std::string types;
    for (const std::string& name : types_) types += (types.empty() ? "" : ", ") + name;
    out["flotilla.quantisation"] = kStatement;
    out["flotilla.quantised_from"] = types;
    return out;
  }

  Bytes file_;
  OptimiseFault& fault_;
  size_t data_ = 0;
  Json header_;
  std::map<std::string, QuantisedWeight> made_;
  std::set<std::string> types_;
  std::vector<Piece> pieces_;
};

}  // namespace

Result<std::string> quantise_safetensors(Bytes file, OptimiseFault& fault) {
  return SafetensorsQuantiser(file, fault).run();
}

}  // namespace flotilla::controller
