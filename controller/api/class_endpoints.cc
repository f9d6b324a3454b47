#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/views.h"
#include "controller/domain/bounds.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

constexpr uint64_t kMinSlot = 4096;
constexpr uint64_t kMinChunk = 1024;
constexpr uint64_t kMaxDecoderMemory = uint64_t{64} << 20;
constexpr uint64_t kMaxRam = uint64_t{1} << 50;

bool is_power_of_two(uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

/// Members that are absent keep what the class has.
std::optional<Refusal> read_class(const Json& body, HardwareClass& out) {
  BodyReader reader(body);
  out.slot_size = reader.number("slot_size", kMinSlot, kMaxImageSize, out.slot_size);
  out.chunk_max =
      static_cast<uint32_t>(reader.number("chunk_max", kMinChunk, kChunkMaxLimit, out.chunk_max));
  out.erase_unit =
      static_cast<uint32_t>(reader.number("erase_unit", 1, kMaxChunkOutput, out.erase_unit));
  out.decoder_memory = static_cast<uint32_t>(
      reader.number("decoder_memory", 0, kMaxDecoderMemory, out.decoder_memory));
  out.ram = reader.number("ram", 0, kMaxRam, out.ram);
  const auto keep_or_read = [&](const char* field, std::string& text) {
    if (reader.has(field)) text = reader.text(field, kMaxClassText);
  };
  keep_or_read("runtime", out.runtime);
  keep_or_read("runtime_version", out.runtime_version);
  keep_or_read("accelerator", out.accelerator);
  keep_or_read("accelerator_generation", out.accelerator_generation);
  if (reader.ok() && !is_power_of_two(out.erase_unit)) {
    reader.fail("erase_unit", std::to_string(out.erase_unit), "a power of two");
  }
  return reader.finish();
}

}  // namespace

Response list_classes(const Call& call) {
  Json items = Json::array();
  for (const auto& [name, definition] : call.plane.classes()) {
    if (!call.access.sees(Reach{"", name, "", ""})) continue;
    items.push_back(class_json(definition));
  }
  return json_response(200, list_body("classes", std::move(items)));
}

Response get_class(const Call& call) {
  const std::string& name = call.parameters.at("name");
  const auto found = call.plane.classes().find(name);
  if (found == call.plane.classes().end()) {
    return not_found("hardware class", name, "classes: flotilla class list");
  }
  return json_response(200, class_json(found->second));
}

Response put_class(const Call& call) {
  const std::string& name = call.parameters.at("name");
  if (!is_valid_name(name)) {
    return problem({Code::kInvalidArgument, "class name '" + name + "' is not allowed",
                    "use 1 to 32 characters of a-z, 0-9, _ and -"});
  }
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  const auto found = call.plane.classes().find(name);
  const bool is_new = found == call.plane.classes().end();
  HardwareClass definition = is_new ? HardwareClass{} : found->second;
  definition.name = name;
  if (const auto refusal = read_class(body, definition)) return problem(*refusal);
  if (auto fault = refused(call, DefineClass{definition})) return *fault;
  return json_response(is_new ? 201 : 200, class_json(definition));
}

}  // namespace flotilla::controller::api
