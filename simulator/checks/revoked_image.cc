#include <map>

#include "controller/artifact/aligned.h"
#include "edge-client/core/boot_record.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"
#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

/// Who has accepted a directive that revokes an image puts it on trial no more. To come to rest in
/// one, since something must run, is not a trial.
class RevokedImage final : public Checker {
 public:
  const char* name() const override { return "safety.revoked"; }
  uint32_t hears() const override { return kHearsPublications | kHearsActivations; }

  void on_published(World& world, const std::string& client, const Message& message,
                    bool) override {
    if (client != "flotilla.controller") return;
    const ParsedTopic topic = parse_topic(world.controller().topics(), message.topic);
    if (topic.kind != TopicKind::kClassDirective) return;
    const AlignedCopy bytes(as_bytes(message.payload));
    const auto published = wire::decode_directive(bytes.view());
    if (!published.ok()) return;
    const Directive& directive = published.value().value;
    for (Bytes list = directive.revoked; list.size() >= Digest::kSize;
         list = list.subspan(Digest::kSize)) {
      Digest image;
      (void)digest_from(list.first(Digest::kSize), image);
      told_.try_emplace({std::string(topic.hardware_class), image},
                        DirectivePosition{directive.epoch, directive.seq});
    }
  }

  void on_activated(World& world, DeviceHost& device, const Digest& image, const Digest&) override {
    const auto told = told_.find({world.hardware_class_of(device), image});
    if (told == told_.end() || !device.has_power()) return;
    edge::ModelRecord record;
    edge::BootRecord boot;
    const auto found = boot.load(device.medium(), 0, Name(World::kModel), record);
    if (found != edge::RecordPair::Found::kValid) return;
    const bool trial = record.state == UpdateState::kTrial && record.target.digest == image;
    if (trial && record.class_position >= told->second) {
      world.violation(*this, std::string(device.id()) + " starts an image that it knows revoked");
    }
  }

 private:
  /// Class and image -> the first directive that revoked it.
  std::map<std::pair<std::string, Digest>, DirectivePosition> told_;
};

}  // namespace

std::unique_ptr<Checker> make_revoked_image() {
  return std::make_unique<RevokedImage>();
}

}  // namespace flotilla::sim
