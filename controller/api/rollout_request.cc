#include "controller/api/rollout_request.h"

#include "controller/api/alias_text.h"
#include "controller/domain/bounds.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

constexpr uint64_t kMaxSeconds = 365 * 24 * 3600;

uint32_t number_u32(BodyReader& reader, const char* field, uint64_t low, uint64_t high,
                    uint32_t fallback) {
  return static_cast<uint32_t>(reader.number(field, low, high, fallback));
}

RolloutPolicy read_policy(BodyReader& body) {
  RolloutPolicy policy;
  const Json& object = body.any("policy");
  if (object.is_null()) return policy;
  BodyReader reader(object, "policy.");
  policy.canary_percent = number_u32(reader, "canary_percent", 1, 100, policy.canary_percent);
  policy.canary_count = number_u32(reader, "canary_count", 0, kMaxDevices, policy.canary_count);
  policy.max_failure_percent =
      number_u32(reader, "max_failure_percent", 0, 100, policy.max_failure_percent);
  policy.min_attempted = number_u32(reader, "min_attempted", 1, kMaxDevices, policy.min_attempted);
  policy.soak_s = number_u32(reader, "soak_s", 0, kMaxSeconds, policy.soak_s);
  policy.rollback_on_halt = reader.boolean("rollback_on_halt", policy.rollback_on_halt);
  policy.healthy_for_s = number_u32(reader, "healthy_for_s", 0, 86400, policy.healthy_for_s);
  policy.trial_deadline_s =
      number_u32(reader, "trial_deadline_s", 1, 7 * 86400, policy.trial_deadline_s);
  policy.trial_attempts =
      static_cast<uint8_t>(reader.number("trial_attempts", 1, 16, policy.trial_attempts));
  policy.start_window_s = number_u32(reader, "start_window_s", 0, 86400, policy.start_window_s);
  policy.expires_s = number_u32(reader, "expires_s", 60, kMaxSeconds, policy.expires_s);
  if (reader.ok() && policy.healthy_for_s >= policy.trial_deadline_s) {
    reader.fail("healthy_for_s",
                std::to_string(policy.healthy_for_s) + ", trial_deadline_s is " +
                    std::to_string(policy.trial_deadline_s),
                "smaller than trial_deadline_s, or no trial can be confirmed");
  }
  if (const auto refusal = reader.finish()) body.refuse(*refusal);
  return policy;
}

}  // namespace

std::string read_version(BodyReader& reader, const char* field, const char* allowed) {
  const Json& value = reader.any(field);
  if (value.is_number_unsigned()) return std::to_string(value.get<uint64_t>());
  if (value.is_string()) return value.get<std::string>();
  reader.fail(field, value.is_null() ? "missing" : quote(value), allowed);
  return "";
}

const ModelVersion* find_version(const ControlPlane& plane, const std::string& model,
                                 const std::string& number_or_label) {
  if (is_alias(number_or_label)) {
    uint32_t number = 0;
    if (resolve_alias(plane, model, number_or_label, {}, number)) return nullptr;
    return find_version(plane, model, std::to_string(number));
  }
  const auto versions = plane.models().find(model);
  if (versions == plane.models().end()) return nullptr;
  for (const auto& [number, version] : versions->second) {
    if (std::to_string(number) == number_or_label || version.label == number_or_label) {
      return &version;
    }
  }
  return nullptr;
}

std::optional<Refusal> read_rollout(const Json& body, const ControlPlane& plane,
                                    StartRollout& out) {
  BodyReader reader(body);
  out.model = reader.name("model");
  const std::string wanted =
      read_version(reader, "version", "a version's number, its label or @ALIAS");
  for (const Json& name : reader.array("hardware_classes", 0, kMaxVariants, Need::kOptional)) {
    if (!name.is_string() || !is_valid_name(name.get_ref<const std::string&>())) {
      reader.fail("hardware_classes", "not a list of class names: " + quote(name),
                  "an array of names");
      break;
    }
    out.hardware_classes.push_back(name.get<std::string>());
  }
  out.emergency = reader.boolean("emergency", false);
  out.policy = read_policy(reader);
  if (const auto refusal = reader.finish()) return refusal;
  std::string chosen = wanted;
  if (is_alias(wanted)) {
    if (auto refusal = resolve_alias(plane, out.model, wanted, out.hardware_classes, out.version))
      return refusal;
    chosen = std::to_string(out.version);
  }
  const ModelVersion* version = find_version(plane, out.model, chosen);
  if (version == nullptr) {
    return Refusal{Code::kNotFound, "model '" + out.model + "' has no version '" + wanted + "'",
                   "versions: flotilla model show " + out.model};
  }
  out.version = version->version;
  // An alias that names the version on some classes alone moves these and no other.
  if (is_alias(wanted) && out.hardware_classes.empty())
    out.hardware_classes = classes_of_alias(plane, *version, wanted);
  return std::nullopt;
}

}  // namespace flotilla::controller::api
