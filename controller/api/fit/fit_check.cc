#include "controller/api/fit/fit_check.h"

#include <algorithm>
#include <cmath>

#include "schemas/protocol/delta/memory.h"

namespace flotilla::controller::api {

namespace {

const Json& member(const Json& object, const char* name) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}

std::string bytes_text(uint64_t bytes) {
  return std::to_string(bytes) + " bytes";
}

/// The document's block of the class.
const Json& block_of(const Json& document, const std::string& hardware_class) {
  static const Json kNull;
  for (const Json& block : member(document, "variants")) {
    if (member(block, "hardware_class") == hardware_class) return block;
  }
  return kNull;
}

/// Bytes of a measured number, by its unit; 0: there is none, or of an unknown unit.
double bytes_of(const Json& measured) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr Unit kUnits[] = {{"", 1},
                             {"B", 1},
                             {"bytes", 1},
                             {"kB", 1e3},
                             {"KB", 1e3},
                             {"MB", 1e6},
                             {"GB", 1e9},
                             {"KiB", 1024},
                             {"MiB", 1024.0 * 1024},
                             {"GiB", 1024.0 * 1024 * 1024}};
  const Json& value = member(measured, "value");
  if (!value.is_number()) return 0;
  const std::string unit = text_of(member(measured, "unit"));
  for (const Unit& known : kUnits) {
    if (unit == known.name) return value.get<double>() * known.bytes;
  }
  return 0;
}

FitCheck compare_sizes(const char* what, uint64_t needs, uint64_t has, const char* source) {
  FitCheck check{what, needs == 0 ? "" : bytes_text(needs), has == 0 ? "" : bytes_text(has)};
  check.source = source;
  if (needs == 0 || has == 0) return check;
  check.verdict = needs <= has ? FitVerdict::kFits : FitVerdict::kDoesNotFit;
  return check;
}

FitCheck check_ram(const Json& block, const HardwareClass& definition) {
  const Json& stated = member(member(block, "requires"), "ram_bytes");
  if (stated.is_number_unsigned()) {
    return compare_sizes("ram", stated.get<uint64_t>(), definition.ram, "document, requires");
  }
  constexpr double kMost = 9e18;
  const double measured = bytes_of(member(member(block, "measured"), "ram_peak"));
  const auto bytes = static_cast<uint64_t>(std::ceil(std::clamp(measured, 0.0, kMost)));
  return compare_sizes("ram", bytes, definition.ram, "document, measured");
}

struct RuntimeNeed {
  std::string name;
  std::string version;  ///< oldest that can
  const char* source = "";
};

/// The document's, else that of the push: NAME>=VERSION.
RuntimeNeed runtime_need(const Variant& variant, const Json& block) {
  const Json& stated = member(block, "runtime");
  if (stated.is_object()) {
    return {text_of(member(stated, "name")), text_of(member(stated, "min_version")), "document"};
  }
  const size_t sign = variant.runtime.find(">=");
  if (sign == std::string::npos) return {variant.runtime, "", "push"};
  return {variant.runtime.substr(0, sign), variant.runtime.substr(sign + 2), "push"};
}

FitCheck check_runtime(const Variant& variant, const Json& block, const HardwareClass& definition) {
  const RuntimeNeed need = runtime_need(variant, block);
  FitCheck check{"runtime", need.name + (need.version.empty() ? "" : " >= " + need.version),
                 definition.runtime +
                     (definition.runtime_version.empty() ? "" : " " + definition.runtime_version)};
  check.source = need.source;
  const bool same = !need.name.empty() && need.name == definition.runtime;
  const bool differ = !need.name.empty() && !definition.runtime.empty() && !same;
  const bool has_versions = !need.version.empty() && !definition.runtime_version.empty();
  const bool too_old =
      same && has_versions && compare_versions(definition.runtime_version, need.version) < 0;
  if (differ || too_old) {
    check.verdict = FitVerdict::kDoesNotFit;
  } else if (same && (need.version.empty() || has_versions)) {
    check.verdict = FitVerdict::kFits;
  }
  return check;
}

FitCheck check_accelerator(const Json& block, const HardwareClass& definition) {
  const Json& stated = member(block, "accelerator");
  const std::string kind = text_of(member(stated, "kind"));
  const std::string generation = text_of(member(stated, "generation"));
  const auto both = [](const std::string& a, const std::string& b) {
    return b.empty() ? a : a + " " + b;
  };
  FitCheck check{"accelerator", both(kind, generation),
                 both(definition.accelerator, definition.accelerator_generation)};
  check.source = "document";
  const auto differ = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
  };
  if (kind == "cpu" && definition.accelerator.empty()) {
    check.verdict = FitVerdict::kFits;
  } else if (differ(kind, definition.accelerator) ||
             differ(generation, definition.accelerator_generation)) {
    check.verdict = FitVerdict::kDoesNotFit;
  } else if (!kind.empty() && kind == definition.accelerator &&
             (generation.empty() || generation == definition.accelerator_generation)) {
    check.verdict = FitVerdict::kFits;
  }
  return check;
}

const char* verdict_name(FitVerdict verdict) {
  switch (verdict) {
    case FitVerdict::kFits:
      return "fits";
    case FitVerdict::kUnknown:
      return "unknown";
    case FitVerdict::kDoesNotFit:
      return "does not fit";
  }
  return "unknown";
}

/// The part of a version up to the next dot, which is taken off.
std::string_view next_part(std::string_view& version) {
  const size_t dot = version.find('.');
  const std::string_view part = version.substr(0, dot);
  version = dot == std::string_view::npos ? std::string_view() : version.substr(dot + 1);
  return part;
}

bool is_number(std::string_view part) {
  return part.size() <= 18 &&
         std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Without leading zeros, so that longer is larger.
std::string_view digits_of(std::string_view part) {
  const size_t first = part.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : part.substr(first);
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const std::string_view left = next_part(a);
    const std::string_view right = next_part(b);
    if (!is_number(left) || !is_number(right)) {
      if (const int order = left.compare(right); order != 0) return order;
      continue;
    }
    const std::string_view x = digits_of(left);
    const std::string_view y = digits_of(right);
    if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
    if (const int order = x.compare(y); order != 0) return order;
  }
  return 0;
}

std::vector<FitCheck> check_fit(const Variant& variant, const Json& document,
                                const HardwareClass& definition) {
  const Json& block = block_of(document, variant.hardware_class);
  return {compare_sizes("slot", variant.image_size, definition.slot_size, "image"),
          check_ram(block, definition), check_runtime(variant, block, definition),
          check_accelerator(block, definition),
          compare_sizes("decoder memory", delta::decoder_memory(delta::kSmallProfile),
                        definition.decoder_memory, "codec")};
}

std::optional<Refusal> refuse_misfit(const std::vector<FitCheck>& checks,
                                     const std::string& version,
                                     const std::string& hardware_class) {
  for (const FitCheck& check : checks) {
    if (check.verdict != FitVerdict::kDoesNotFit) continue;
    return Refusal{Code::kFailedPrecondition,
                   version + " does not fit class " + hardware_class + ": " + check.what +
                       ": it needs " + check.needs + " (" + check.source + "), the class has " +
                       check.has,
                   "see 'flotilla model fit'; leave the class out, or correct the class or the "
                   "version document"};
  }
  return std::nullopt;
}

Json fit_json(const std::string& hardware_class, const std::vector<FitCheck>& checks) {
  Json list = Json::array();
  bool fits = true;
  for (const FitCheck& check : checks) {
    fits = fits && check.verdict != FitVerdict::kDoesNotFit;
    list.push_back({{"check", check.what},
                    {"needs", check.needs},
                    {"has", check.has},
                    {"verdict", verdict_name(check.verdict)},
                    {"source", check.source}});
  }
  return {{"hardware_class", hardware_class}, {"fits", fits}, {"checks", std::move(list)}};
}

}  // namespace flotilla::controller::api
