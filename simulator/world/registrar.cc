#include "simulator/world/registrar.h"

#include "controller/artifact/manifest_builder.h"
#include "schemas/protocol/delta/memory.h"
#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

Quality parse_quality(const std::string& text) {
  if (text == "self_test") return Quality::kFailsSelfTest;
  if (text == "unhealthy") return Quality::kUnhealthy;
  if (text == "degrades") return Quality::kDegrades;
  if (text == "crashes") return Quality::kCrashes;
  return Quality::kGood;
}

}  // namespace

Status Registrar::define_classes() {
  const Settings& settings = world_.scenario().settings;
  for (const std::string& name : settings.classes) {
    DefineClass command;
    command.definition.name = name;
    command.definition.slot_size = settings.slot;
    command.definition.chunk_max = settings.chunk_max;
    command.definition.erase_unit = settings.erase_unit;
    command.definition.decoder_memory = delta::decoder_memory(delta::kSmallProfile);
    FLOTILLA_TRY(world_.controller().execute(command, "admin"));
  }
  return ok_status();
}

/// Version 1 is noise, each later one the one before with a share of its 64-byte blocks changed.
std::string Registrar::image_bytes(const std::string& hardware_class, uint32_t number) const {
  const Settings& settings = world_.scenario().settings;
  constexpr size_t kBlock = 64;
  std::string bytes(settings.image, '\0');
  for (uint32_t version = 1; version <= number; ++version) {
    Chance draw = world_.chance().split("image " + hardware_class, version);
    for (size_t block = 0; block < bytes.size(); block += kBlock) {
      if (version > 1 && draw.below(100) >= settings.change_percent) continue;
      for (size_t i = block; i < std::min(block + kBlock, bytes.size()); ++i) {
        bytes[i] = static_cast<char>(draw.below(256));
      }
    }
  }
  return bytes;
}

Status Registrar::publish(const Words& words) {
  ControllerHost& controller = world_.controller();
  const uint32_t number = static_cast<uint32_t>(parse_number(words.at(1)).value_or(1));
  RegisterVersion command;
  command.version.model = World::kModel;
  command.version.version = number;
  command.version.label = "v" + std::to_string(number);
  command.version.created = controller.wall_now();
  command.version.created_by = "admin";
  for (const std::string& name : world_.scenario().settings.classes) {
    const std::string bytes = image_bytes(name, number);
    Variant variant;
    variant.hardware_class = name;
    variant.image_digest = controller.artifacts().add(bytes);
    variant.image_size = bytes.size();
    variant.security_counter = static_cast<uint32_t>(words.number("counter", 1));
    ReleaseManifest release;
    release.model = Name(World::kModel);
    release.version = number;
    release.label.assign_truncated(command.version.label);
    release.hardware_class = Name(name);
    release.security_counter = variant.security_counter;
    release.image_digest = variant.image_digest;
    release.image_size = variant.image_size;
    const auto envelope = sign_release(controller.hasher(), controller.release_key(), release);
    FLOTILLA_TRY(envelope.status());
    variant.release_envelope = envelope.value();
    const auto digest = release_digest(controller.hasher(), as_bytes(variant.release_envelope));
    FLOTILLA_TRY(digest.status());
    variant.release_digest = digest.value();
    command.version.variants.push_back(variant);
    world_.catalogue().add(variant.image_digest,
                           {name, World::kModel, number, bytes.size(), release.security_counter,
                            parse_quality(words.word("quality", "good")),
                            static_cast<uint32_t>(words.number("affected", 100))});
    world_.remember_image(name, number, variant.image_digest);
  }
  return controller.execute(command, "publisher");
}

}  // namespace flotilla::sim
