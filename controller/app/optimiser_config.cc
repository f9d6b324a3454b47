#include "controller/app/optimiser_config.h"

#include "controller/adapters/small_file.h"
#include "controller/api/body_reader.h"

namespace flotilla::controller::app {

namespace {

using api::BodyReader;
using api::Json;
using api::Need;

constexpr size_t kMaxFile = 256 * 1024;
constexpr size_t kMaxCommands = 64;
constexpr size_t kMaxWords = 64;
constexpr size_t kMaxPath = 4096;

std::optional<Refusal> read_limits(const Json& object, const std::string& path,
                                   SandboxLimits& limits) {
  if (object.is_null()) return std::nullopt;
  BodyReader reader(object, path);
  limits.wall_s = static_cast<uint32_t>(reader.number("wall_s", 1, 7 * 24 * 3600, limits.wall_s));
  limits.cpu_s = static_cast<uint32_t>(reader.number("cpu_s", 1, 7 * 24 * 3600, limits.cpu_s));
  limits.memory_mib = reader.number("memory_mib", 16, uint64_t{1} << 22, limits.memory_mib);
  limits.processes = static_cast<uint32_t>(reader.number("processes", 1, 65536, limits.processes));
  limits.disk_mib = reader.number("disk_mib", 1, uint64_t{1} << 24, limits.disk_mib);
  return reader.finish();
}

std::vector<std::string> read_texts(BodyReader& reader, const char* field, const Json& list) {
  std::vector<std::string> out;
  for (const Json& word : list) {
    if (!word.is_string() || word.get_ref<const std::string&>().size() > kMaxPath) {
      reader.fail(field, api::quote(word), "a list of texts");
      break;
    }
    out.push_back(word.get<std::string>());
  }
  return out;
}

/// {"argv":[..]} or the list alone.
std::optional<Refusal> read_command(const Json& value, const std::string& name,
                                    OptimiserCommand& out) {
  const Json object = value.is_array() ? Json{{"argv", value}} : value;
  const std::string path = "commands." + name + ".";
  BodyReader reader(object, path);
  out.argv = read_texts(reader, "argv", reader.array("argv", 1, kMaxWords));
  out.readable =
      read_texts(reader, "readable", reader.array("readable", 0, kMaxWords, Need::kOptional));
  if (auto refusal = read_limits(reader.any("limits"), path + "limits.", out.limits)) {
    return refusal;
  }
  if (reader.ok() && !out.argv[0].starts_with("/")) {
    reader.fail("argv", "'" + out.argv[0] + "' as its first", "an absolute path as its first");
  }
  for (const std::string& place : out.readable) {
    if (!place.starts_with("/")) reader.fail("readable", "'" + place + "'", "absolute paths");
  }
  return reader.finish();
}

bool read_need(BodyReader& reader, const char* field) {
  const std::string text = reader.text(field, 32);
  if (text.empty() || text == "required") return true;
  if (text != "when possible") {
    reader.fail(field, "'" + text + "'", "'required' or 'when possible'");
  }
  return false;
}

std::optional<Refusal> read_config(const Json& document, OptimiserConfig& out) {
  BodyReader reader(document);
  const std::string scratch = reader.text("scratch", kMaxPath);
  if (!scratch.empty()) out.scratch = scratch;
  if (!out.scratch.starts_with("/")) reader.fail("scratch", "'" + scratch + "'", "absolute");
  out.walls.needs_namespaces = read_need(reader, "namespaces");
  out.walls.needs_landlock = read_need(reader, "landlock");
  out.walls.user = static_cast<uint32_t>(reader.number("user", 1, UINT32_MAX - 1, out.walls.user));
  SandboxLimits limits;
  if (auto refusal = read_limits(reader.any("limits"), "limits.", limits)) return refusal;
  const Json& commands = reader.any("commands");
  if (!commands.is_object() || commands.empty() || commands.size() > kMaxCommands) {
    reader.fail("commands", api::quote(commands), "an object of 1 to 64 commands by name");
  }
  if (auto refusal = reader.finish()) return refusal;
  for (const auto& [name, value] : commands.items()) {
    OptimiserCommand command;
    command.limits = limits;
    if (auto refusal = read_command(value, name, command)) return refusal;
    out.commands.emplace(name, std::move(command));
  }
  return std::nullopt;
}

}  // namespace

std::string read_optimisers(const std::string& text, OptimiserConfig& out) {
  Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return "it is not a JSON object";
  const auto refusal = read_config(document, out);
  return refusal ? refusal->message + "; " + refusal->remedy : "";
}

std::string read_optimisers_file(const std::string& path, OptimiserConfig& out) {
  const auto text = read_small_file(path, kMaxFile);
  if (!text.ok()) return "cannot read " + path + ": " + text.status().reason();
  const std::string wrong = read_optimisers(text.value(), out);
  return wrong.empty() ? "" : path + ": " + wrong;
}

}  // namespace flotilla::controller::app
