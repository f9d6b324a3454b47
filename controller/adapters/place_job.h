#pragma once

#include <memory>
#include <vector>

#include "controller/adapters/shelf_job.h"
#include "controller/artifact/payload_file.h"

namespace flotilla::controller {

/// A transfer that is to be at rest in the broker.
struct ShelfItem {
  TransferId transfer = 0;
  std::string hardware_class;
  std::shared_ptr<ArtifactView> payload;  ///< payload file
  std::string offer;                      ///< encoded offer message
};

/// Brings one transfer to rest. The offer is published last, so its presence tells whether the
/// chunks are worth an audit: without it all of them are published; with it only those that the
/// audit finds missing or wrong. What was published is audited in turn.
class PlaceJob final : public ShelfJob {
 public:
  /// `file` borrows from item.payload.
  PlaceJob(ShelfBench& bench, ShelfItem item, const PayloadFile& file);

  void restart() override;
  Outcome advance(MonoTime now) override;
  const std::string& trouble() const override { return trouble_; }

 private:
  enum class State { kAskOffer, kAuditChunks, kPublishChunks, kPublishOffer, kConfirmOffer };
  enum class Held : uint8_t { kUnknown, kYes, kNo };

  void enter(State state) { state_ = state; }
  Outcome fail(std::string why);
  Outcome ask_offer(MonoTime now);
  Outcome audit_chunks(MonoTime now);
  Outcome publish_chunks();
  Outcome chunks_settled();
  Outcome publish_offer();
  Outcome confirm_offer(MonoTime now);
  /// True once, when the answer is in.
  bool audit_offer(MonoTime now);
  bool audit_next_group(MonoTime now);
  bool next_round();
  Duration quiet() const;

  ShelfBench& bench_;
  const ShelfItem item_;
  const PayloadFile file_;
  State state_ = State::kAskOffer;
  std::vector<Held> chunks_;
  Held offer_ = Held::kUnknown;
  bool any_offer_ = false;  ///< an offer is there, possibly another one
  uint32_t group_ = 0;      ///< first group that may hold unknown chunks
  uint32_t round_ = 0;
  std::string trouble_;
};

}  // namespace flotilla::controller
