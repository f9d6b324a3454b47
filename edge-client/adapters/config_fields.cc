#include "edge-client/adapters/config_fields.h"

#include <array>

#include "schemas/base/assert.h"
#include "schemas/protocol/delta/memory.h"
#include "schemas/protocol/limits.h"

namespace flotilla::edge {
namespace {

constexpr std::array<uint64_t, 4> kFragmentLengths = {0, 1024, 2048, 4096};
constexpr uint64_t kDay = 86'400;
constexpr uint64_t kHour = 3600;
constexpr bool kRequired = true;

constexpr ConfigField text(std::string_view key, bool required, std::string_view fallback,
                           std::string_view help) {
  return {key, FieldKind::kText, required, {}, 0, 0, 0, fallback, {}, help};
}
constexpr ConfigField path(std::string_view key, bool required, std::string_view help) {
  return {key, FieldKind::kPath, required, {}, 0, 0, 0, {}, {}, help};
}
constexpr ConfigField command(std::string_view key, std::string_view help) {
  return {key, FieldKind::kCommand, false, {}, 0, 0, 0, {}, {}, help};
}
constexpr ConfigField number(std::string_view key, std::string_view unit, uint64_t low,
                             uint64_t high, uint64_t fallback, std::string_view help) {
  return {key, FieldKind::kNumber, false, unit, low, high, fallback, {}, {}, help};
}
constexpr ConfigField needed_number(std::string_view key, std::string_view unit, uint64_t low,
                                    uint64_t high, std::string_view help) {
  return {key, FieldKind::kNumber, true, unit, low, high, 0, {}, {}, help};
}

const std::array kFields = {
    text("device", false, "",
         "name of the device; must be, and defaults to, the common name of tls.cert"),
    text("hardware_class", kRequired, "", "what models are built for; as enrolled"),
    text("site", false, "", "where the device is; as enrolled"),
    text("broker.host", kRequired, "", "DNS name of the MQTT broker"),
    number("broker.port", "", 1, 65535, 8883, "its TLS port"),
    text("broker.tls_name", false, "",
         "DNS name that the broker's certificate must carry; default: broker.host"),
    text("broker.prefix", false, "flotilla", "first topic levels; the same on the controller"),
    number("broker.keep_alive_s", "seconds", 10, 65535, 60, "longest silence before a ping"),
    number("broker.connect_timeout_s", "seconds", 1, 600, 20, "wait for the broker's CONNACK"),
    number("broker.handshake_timeout_s", "seconds", 1, 600, 20, "wait for TCP and TLS together"),
    ConfigField{"broker.max_fragment_length",
                FieldKind::kChoice,
                false,
                "bytes",
                0,
                0,
                4096,
                {},
                kFragmentLengths,
                "longest TLS record asked of the broker; 0: do not ask"},
    path("tls.ca", kRequired, "PEM file: CA of the broker's certificate"),
    path("tls.cert", kRequired, "PEM file: the device's certificate"),
    path("tls.key", kRequired, "PEM file: its key, P-256, unencrypted; also signs attestations"),
    path("keyset", kRequired, "keyset that the device was provisioned with"),
    path("state_dir", kRequired, "folder for images and journal; one daemon each"),
    text("models[].name", kRequired, "",
         "model; its place in the list is fixed for the life of state_dir"),
    needed_number("models[].slot_size", "bytes", 1, kMaxImageSize,
                  "largest image; the disk must hold three"),
    command("models[].self_test", "program that judges a new image before it is activated"),
    number("models[].self_test_limit_s", "seconds", 1, kDay, 120, "then it is killed"),
    command("models[].reload", "program that makes the application load the active image"),
    number("models[].reload_limit_s", "seconds", 1, kHour, 60, "then it is killed"),
    path("models[].health_file", false, "file in which the application says how it is"),
    number("models[].health_max_age_s", "seconds", 0, kDay, 0,
           "a file unchanged for longer says nothing; 0: no limit"),
    number("decoder_memory", "bytes", delta::decoder_memory(delta::kSmallProfile), 64 << 20,
           64 << 10, "memory that a transfer may ask for"),
    number("chunk_max", "bytes", 1024, kChunkMaxLimit, kDefaultChunkMax,
           "largest chunk payload; offers with golden vectors must fit, too"),
    number("max_refused_chunks", "", 1, 10'000, 64, "bad chunks before a transfer fails"),
    number("report_retry_min_s", "seconds", 1, kHour, 2, "first repetition of a report"),
    number("report_retry_max_s", "seconds", 1, kDay, 300, "longest pause between repetitions"),
    number("health_interval_s", "seconds", 1, kDay, 60, "between health reports"),
    number("group_timeout_s", "seconds", 1, kHour, 30, "silence before chunks are asked for again"),
    number("startup_window_s", "seconds", 0, kHour, 2, "first connection: a random moment of this"),
    number("first_attempt_window_s", "seconds", 0, kDay, 30,
           "after a loss: a random moment of this, until the controller announces another"),
    number("backoff_base_s", "seconds", 1, kHour, 1,
           "first pause after a failed attempt, at most; doubles"),
    number("backoff_cap_s", "seconds", 1, kDay, 300, "longest pause"),
    number("stable_after_s", "seconds", 1, kDay, 60, "a connection this old ends the doubling"),
    text("log_level", false, "info", "debug, info, warning or error"),
};

}  // namespace

std::span<const ConfigField> config_fields() {
  return kFields;
}

const ConfigField& config_field(std::string_view key) {
  for (const ConfigField& field : kFields) {
    if (field.key == key) return field;
  }
  FLOTILLA_ASSERT(false);
  return kFields[0];
}

std::string allowed_values(const ConfigField& field) {
  switch (field.kind) {
    case FieldKind::kText:
      return "a text";
    case FieldKind::kPath:
      return "a path";
    case FieldKind::kCommand:
      return "a list of texts: program and arguments";
    case FieldKind::kNumber:
      return "a number" + (field.unit.empty() ? "" : " of " + std::string(field.unit)) + ", " +
             std::to_string(field.low) + ".." + std::to_string(field.high);
    case FieldKind::kChoice:
      break;
  }
  std::string out = "one of";
  for (uint64_t choice : field.choices) out += " " + std::to_string(choice);
  return out;
}

std::string config_reference() {
  std::string out;
  for (const ConfigField& field : kFields) {
    out += "  " + std::string(field.key);
    out.append(field.key.size() < 28 ? 28 - field.key.size() : 1, ' ');
    out += std::string(field.help) + "\n" + std::string(32, ' ') + allowed_values(field);
    const bool is_number = field.kind == FieldKind::kNumber || field.kind == FieldKind::kChoice;
    if (field.required) {
      out += "; required";
    } else if (is_number) {
      out += "; default " + std::to_string(field.fallback);
    } else if (!field.fallback_text.empty()) {
      out += "; default " + std::string(field.fallback_text);
    } else {
      out += "; optional";
    }
    out += "\n";
  }
  return out;
}

}  // namespace flotilla::edge
