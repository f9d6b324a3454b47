#include "controller/app/shelf_desk.h"

#include "controller/artifact/manifest_builder.h"
#include "controller/domain/audit_tree.h"

namespace flotilla::controller::app {

ShelfDesk::ShelfDesk(const Parts& parts)
    : parts_(parts),
      shelf_(parts.topics, parts.hasher, parts.publisher, parts.auditor, ShelfOptions{}, events()) {
}

ChunkShelf::Events ShelfDesk::events() {
  ChunkShelf::Events events;
  events.at_rest = [this](TransferId id) { parts_.mailbox.push(Fact{TransferAtRest{id}}); };
  events.cleared = [this](TransferId id) { parts_.mailbox.push(Fact{TransferCleared{id}}); };
  events.swept = [this](const std::string& hardware_class, uint32_t transfers) {
    if (transfers == 0) return;
    parts_.log(LogLevel::kInfo, "orphans_cleared",
               {{"class", hardware_class}, {"transfers", std::to_string(transfers)}});
  };
  events.trouble = [this](TransferId id, const std::string& reason) { tell(id, reason, false); };
  return events;
}

void ShelfDesk::tell(TransferId transfer, const std::string& reason, bool needs_build) {
  parts_.log(LogLevel::kWarning, "transfer_not_at_rest",
             {{"transfer", std::string(to_hex(transfer).view())}, {"reason", reason}});
  if (transfer != 0) parts_.mailbox.push(Fact{TransferRefused{transfer, reason, needs_build}});
}

/// Nothing was handed to the shelf, so that nobody tries again but who builds it anew.
void ShelfDesk::unusable(TransferId transfer, const std::string& what, Status why) {
  tell(transfer, what + ": " + why.reason(), true);
}

Result<std::string> ShelfDesk::make_offer(const PlaceTransfer& effect) {
  std::shared_ptr<ArtifactView> golden;
  if (!effect.golden_digest.is_none()) {
    const auto opened = parts_.artifacts.open(effect.golden_digest);
    if (!opened.ok()) return opened.status();
    golden = opened.value();
  }
  const std::vector<std::string> paths = growth_paths(effect);
  std::vector<GrowthProof> growth;
  for (size_t i = 0; i < paths.size(); ++i)
    growth.push_back({effect.earlier_logs[i], as_bytes(paths[i])});
  for (;;) {
    auto offer =
        build_offer(as_bytes(effect.transfer.manifest_envelope), as_bytes(effect.release_envelope),
                    golden ? golden->bytes() : Bytes(), effect.approvals, growth);
    const bool fits = offer.ok() && offer.value().size() <= effect.offer_limit;
    if (fits || growth.empty()) return offer;
    growth.pop_back();  // a proof is welcome, the release is what counts
  }
}

/// From the first of the earlier logs on; the log is what it was, so the same offer comes out.
std::vector<std::string> ShelfDesk::growth_paths(const PlaceTransfer& effect) {
  std::vector<std::string> out;
  if (parts_.store == nullptr) return out;
  for (const uint64_t from : effect.earlier_logs) {
    auto path = audit_tree::growth_path(*parts_.store, parts_.hasher, from, effect.log_size);
    if (!path.ok() || path.value().size() > kMaxGrowthPath) return out;
    out.push_back(std::move(path.value()));
  }
  return out;
}

void ShelfDesk::place(const PlaceTransfer& effect) {
  const Transfer& transfer = effect.transfer;
  known_.insert(transfer.id);
  const auto payload = parts_.artifacts.open(transfer.payload_file);
  if (!payload.ok()) return unusable(transfer.id, "payload file", payload.status());
  auto offer = make_offer(effect);
  if (!offer.ok()) return unusable(transfer.id, "golden vectors", offer.status());
  const Status placed = shelf_.place(
      {transfer.id, transfer.hardware_class, payload.value(), std::move(offer.value())});
  if (!placed.ok()) unusable(transfer.id, "payload file", placed);
}

void ShelfDesk::clear(const ClearTransfer& effect) {
  known_.erase(effect.transfer.id);
  shelf_.clear(effect.transfer.hardware_class, effect.transfer.id,
               effect.transfer.manifest.chunk_count);
}

void ShelfDesk::sweep(const std::string& hardware_class, const std::set<TransferId>& known) {
  known_.insert(known.begin(), known.end());
  shelf_.sweep(hardware_class, [this](TransferId id) { return known_.contains(id); });
}

}  // namespace flotilla::controller::app
