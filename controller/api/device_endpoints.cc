#include <algorithm>

#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/explain.h"
#include "controller/api/views.h"
#include "controller/domain/names.h"
#include "controller/domain/text.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

constexpr size_t kMaxCertificate = 16 * 1024;
constexpr const char* kIdRule = "1 to 64 characters of a-z, 0-9, _ and -";

Response no_device(const std::string& id) {
  return not_found("device", id, "devices: flotilla device list");
}

const Device* find_device(const Call& call) {
  const auto found = call.plane.devices().find(call.parameters.at("id"));
  return found == call.plane.devices().end() ? nullptr : &found->second;
}

/// The certificate names the device; an id beside it must agree.
void read_certificate(const Call& call, BodyReader& reader, EnrolDevice& command) {
  const std::string pem = reader.text("certificate", kMaxCertificate);
  if (pem.empty() || !reader.ok()) return;
  const auto facts = call.around.read_certificate(pem);
  if (!facts.ok()) {
    reader.fail("certificate", std::string("not usable: ") + facts.status().reason(),
                "an X.509 certificate in PEM with an ECDSA P-256 key");
    return;
  }
  const std::string& name = facts.value().common_name;
  if (!command.id.empty() && command.id != name) {
    reader.fail("id", "'" + command.id + "', but the certificate's common name is '" + name + "'",
                "left out, or the same as in the certificate");
  }
  command.id = name;
  command.public_key = facts.value().public_key;
}

void read_public_key(BodyReader& reader, EnrolDevice& command) {
  const std::string text = reader.text("public_key", 2 * command.public_key.size());
  const bool has_certificate = reader.has("certificate");
  if (!reader.ok() || (text.empty() && has_certificate)) return;
  if (has_certificate) {
    reader.fail("public_key", "given beside a certificate", "left out: the certificate has it");
  } else if (text.empty()) {
    reader.fail("certificate", "missing", "given, or id and public_key");
  } else if (!read_hex(text, command.public_key)) {
    reader.fail("public_key", "'" + text.substr(0, 20) + "...'",
                "128 hexadecimal digits: the P-256 point, x then y");
  }
}

std::optional<Refusal> read_enrolment(const Call& call, const Json& body, EnrolDevice& command) {
  BodyReader reader(body);
  command.id = reader.text("id", kMaxDeviceId);
  read_certificate(call, reader, command);
  read_public_key(reader, command);
  command.hardware_class = reader.name("hardware_class");
  command.site = reader.name("site", Need::kOptional);
  command.labels = reader.labels("labels");
  if (reader.ok() && !is_valid_device_id(command.id)) {
    reader.fail("id", "'" + command.id + "'", kIdRule);
  }
  return reader.finish();
}

bool matches(const Device& device, const std::string& hardware_class, const std::string& state) {
  if (!hardware_class.empty() && device.hardware_class != hardware_class) return false;
  if (state.empty() || state == device_state(device)) return true;
  return !device.retired && std::any_of(device.models.begin(), device.models.end(), [&](auto& m) {
    return state == state_name(m.second.reported.state);
  });
}

/// What lies in the spare slots: the device can go back to it without a network.
Json options_json(const ControlPlane& plane, const Device& device) {
  Json out = Json::array();
  for (const auto& [model, kept] : device.models) {
    const Digest& spare = kept.reported.spare_digest;
    if (spare.is_none()) continue;
    Json row = {{"model", model}, {"image", digest_json(spare)}, {"version", Json()}};
    const auto versions = plane.models().find(model);
    if (versions != plane.models().end()) {
      for (const auto& [number, version] : versions->second) {
        for (const Variant& variant : version.variants) {
          if (variant.hardware_class != device.hardware_class || variant.image_digest != spare)
            continue;
          row["version"] = number;
          row["label"] = version.label;
          row["above_floor"] = variant.security_counter >= kept.reported.floor;
          row["revoked"] =
              plane.release_state(model, number, device.hardware_class) == ReleaseState::kRevoked;
        }
      }
    }
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

Response enrol_device(const Call& call) {
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  EnrolDevice command;
  if (const auto refusal = read_enrolment(call, body, command)) return problem(*refusal);
  if (auto fault = refused(call, command)) return *fault;
  const auto enrolled = call.plane.devices().find(command.id);
  if (enrolled == call.plane.devices().end()) {
    return problem({Code::kInternal, "the device was not recorded", "report this as a defect"});
  }
  return json_response(201, device_json(enrolled->second));
}

Response list_devices(const Call& call) {
  std::optional<Response> fault;
  uint64_t limit = 100;
  if (!read_query_number(call, "limit", 1, kMaxPage, limit, fault)) return *fault;
  uint64_t with_options = 0;
  if (!read_query_number(call, "rollback_options", 0, 1, with_options, fault)) return *fault;
  const std::string hardware_class = query(call, "class");
  const std::string state = query(call, "state");
  const auto& devices = call.plane.devices();
  Json items = Json::array();
  std::optional<std::string> next;
  for (auto it = devices.upper_bound(query(call, "cursor")); it != devices.end(); ++it) {
    if (!matches(it->second, hardware_class, state)) continue;
    if (!call.access.sees(it->second)) continue;
    if (items.size() == limit) {
      next = items.back()["id"].get<std::string>();
      break;
    }
    items.push_back(device_summary_json(it->second));
    if (with_options != 0) items.back()["rollback_options"] = options_json(call.plane, it->second);
  }
  return json_response(200, list_body("devices", std::move(items), next));
}

Response get_device(const Call& call) {
  const Device* device = find_device(call);
  if (device == nullptr) return no_device(call.parameters.at("id"));
  return json_response(200, device_json(*device));
}

Response explain_device(const Call& call) {
  const Device* device = find_device(call);
  if (device == nullptr) return no_device(call.parameters.at("id"));
  return json_response(200, explain(call.plane, *device, call.around.hasher, call.now,
                                    call.around.broker_connected()));
}

Response retire_device(const Call& call) {
  const Device* device = find_device(call);
  if (device == nullptr) return no_device(call.parameters.at("id"));
  if (auto fault = refused(call, RetireDevice{device->id})) return *fault;
  const Device* after = find_device(call);
  return json_response(200, {{"id", call.parameters.at("id")},
                             {"state", after == nullptr ? "retired" : device_state(*after)}});
}

}  // namespace flotilla::controller::api
