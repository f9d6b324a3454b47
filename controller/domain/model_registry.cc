#include "controller/domain/model_registry.h"

#include <set>

#include "controller/domain/bounds.h"
#include "controller/domain/lifecycle.h"
#include "controller/domain/log_words.h"
#include "controller/domain/text.h"

namespace flotilla::controller::model_registry {
namespace {

std::string object_of(const ModelVersion& r) {
  return cat("model/", r.model, "/", r.version);
}

Refused invalid(std::string message, std::string remedy) {
  return refusal(Code::kInvalidArgument, std::move(message), std::move(remedy));
}

Refused check_identity(const ModelVersion& r) {
  if (!is_valid_name(r.model)) {
    return invalid(cat("'", r.model, "' is not a valid model name"),
                   "use 1 to 32 of a-z, 0-9, _ and -");
  }
  if (r.label.size() > kMaxVersionLabel) {
    return invalid(cat("the label has ", r.label.size(), " bytes, more than ", kMaxVersionLabel),
                   "shorten the label");
  }
  if (r.document.size() > kMaxDocument) {
    return invalid(
        cat("the version document has ", r.document.size(), " bytes, more than ", kMaxDocument),
        "keep large reports elsewhere and link to them");
  }
  if (r.variants.empty() || r.variants.size() > kMaxVariants) {
    return invalid(cat("the version has ", r.variants.size(), " variants, not 1 to ", kMaxVariants),
                   "give one variant for each hardware class");
  }
  return std::nullopt;
}

Refused check_manifest(const Variant& v) {
  if (v.release_envelope.empty() != v.release_digest.is_none() || v.image_digest.is_none()) {
    return invalid(cat("the variant for ", v.hardware_class, " has no image or half a signature"),
                   "register it unsigned, or with its release manifest");
  }
  if (v.release_envelope.size() > kMaxEnvelope || v.runtime.size() > kMaxRuntimeRequirement) {
    return invalid(cat("the release manifest for ", v.hardware_class,
                       " is too long: ", v.release_envelope.size(), " of ", kMaxEnvelope,
                       " bytes, runtime ", v.runtime.size(), " of ", kMaxRuntimeRequirement),
                   "shorten the runtime requirement or sign with fewer keys");
  }
  return std::nullopt;
}

Refused check_variant(const FleetState& state, const Variant& v) {
  const auto found = state.classes.find(v.hardware_class);
  if (found == state.classes.end()) {
    return refusal(Code::kNotFound, cat("hardware class '", v.hardware_class, "' does not exist"),
                   "define it first");
  }
  if (v.image_size == 0 || v.image_size > found->second.slot_size) {
    return refusal(Code::kOutOfRange,
                   cat("the image for ", v.hardware_class, " has ", v.image_size,
                       " bytes; a slot of the class holds ", found->second.slot_size),
                   "make the model smaller, or correct the class's slot_size");
  }
  return check_manifest(v);
}

Refused check_variants(const FleetState& state, const ModelVersion& r) {
  std::set<std::string> seen;
  for (const Variant& variant : r.variants) {
    if (!seen.insert(variant.hardware_class).second) {
      return invalid(cat("two variants are for class ", variant.hardware_class),
                     "give one variant for each hardware class");
    }
    if (Refused why = check_variant(state, variant)) return why;
  }
  return std::nullopt;
}

/// The same image and golden vectors for the same classes.
bool is_same_content(const ModelVersion& a, const ModelVersion& b) {
  const auto content = [](const ModelVersion& r) {
    std::map<std::string, std::pair<Digest, Digest>> out;
    for (const Variant& v : r.variants) out[v.hardware_class] = {v.image_digest, v.golden_digest};
    return out;
  };
  return content(a) == content(b);
}

Refused check_label(const ModelVersion& r, const std::map<uint32_t, ModelVersion>& versions) {
  for (const auto& [number, known] : versions) {
    if (known.label != r.label || (is_deleted(known) && r.label.empty())) continue;
    if (is_deleted(known)) {
      return refusal(Code::kAlreadyExists,
                     cat("label '", r.label, "' names version ", number, " of ", r.model,
                         ", whose bytes were deleted"),
                     "push it with another label; versions never change");
    }
    if (is_same_content(known, r)) {
      return refusal(Code::kAlreadyExists,
                     cat("version ", number, " of ", r.model, " is exactly this already"),
                     cat("use version ", number));
    }
    if (!r.label.empty()) {
      return refusal(Code::kAlreadyExists,
                     cat("label '", r.label, "' names version ", number, " of ", r.model,
                         ", which has other content"),
                     "choose another label; versions never change");
    }
  }
  return std::nullopt;
}

/// A delta-aware version must not pass for the one that it was made from.
Refused check_lineage(const ModelVersion& r, const std::map<uint32_t, ModelVersion>& versions) {
  if (r.lineage.rounded_from == 0) return std::nullopt;
  const auto origin = versions.find(r.lineage.rounded_from);
  if (origin == versions.end() || !versions.contains(r.lineage.base)) {
    return refusal(Code::kNotFound,
                   cat("version ", r.lineage.rounded_from, " or ", r.lineage.base, " of ", r.model,
                       " does not exist"),
                   "name versions of this model");
  }
  if (r.lineage.rounded_from == r.lineage.base || r.label.empty()) {
    return invalid("a delta-aware version needs a base other than its origin, and a label",
                   "name another base, or a label");
  }
  for (const Variant& variant : r.variants) {
    for (const Variant& other : origin->second.variants) {
      if (variant.image_digest != other.image_digest) continue;
      return invalid(cat("the image for ", variant.hardware_class, " is that of version ",
                         r.lineage.rounded_from),
                     "roll out that version");
    }
  }
  return std::nullopt;
}

Refused check_number(const FleetState& state, const ModelVersion& r) {
  const uint32_t next = next_version(state, r.model);
  if (next > kMaxVersions) {
    return refusal(Code::kResourceExhausted,
                   cat(r.model, " has ", kMaxVersions, " versions already"), "start a new model");
  }
  if (r.version == next) return std::nullopt;
  return refusal(Code::kAborted,
                 cat("the manifests are signed for version ", r.version, " of ", r.model,
                     ", but its next version is ", next),
                 "repeat the request; another version was registered meanwhile");
}

Refused check(const FleetState& state, const ModelVersion& r) {
  if (Refused why = check_identity(r)) return why;
  if (Refused why = check_variants(state, r)) return why;
  const auto versions = state.models.find(r.model);
  static const std::map<uint32_t, ModelVersion> kNone;
  const auto& known = versions == state.models.end() ? kNone : versions->second;
  if (Refused why = check_lineage(r, known)) return why;
  if (versions != state.models.end()) {
    if (Refused why = check_label(r, known)) return why;
  } else if (state.models.size() >= kMaxRegisteredModels) {
    return refusal(Code::kResourceExhausted,
                   cat("there are ", kMaxRegisteredModels, " models already"),
                   "register a version of one of them");
  }
  return check_number(state, r);
}

}  // namespace

Refused register_version(StepContext& step, const RegisterVersion& command) {
  if (Refused why = check(step.state, command.version)) return why;
  ModelVersion& kept = step.state.models[command.version.model][command.version.version] =
      command.version;
  kept.created = step.now;
  kept.created_by = step.identity;
  step.touch(kept);
  std::string detail = kept.label.empty() ? "" : cat("label ", kept.label, ";");
  if (kept.lineage.rounded_from != 0) {
    detail += cat(" version ", kept.lineage.rounded_from, " rounded for base ", kept.lineage.base,
                  ", step ", millionths_text(kept.lineage.step_ppm), ";");
  }
  for (const Variant& variant : kept.variants) {
    detail += cat(" ", variant.hardware_class, " ", to_hex(variant.image_digest).view());
  }
  step.audit("version.registered", object_of(kept), detail, log_words::registration(kept));
  lifecycle::registered(step, kept);
  return std::nullopt;
}

uint32_t next_version(const FleetState& state, std::string_view model) {
  const auto versions = state.models.find(std::string(model));
  if (versions == state.models.end() || versions->second.empty()) return 1;
  return versions->second.rbegin()->first + 1;
}

}  // namespace flotilla::controller::model_registry
