#include "controller/artifact/build_transfers.h"

#include <new>

#include "controller/artifact/manifest_builder.h"
#include "controller/artifact/payload_file.h"
#include "controller/artifact/payload_maker.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller {
namespace {

std::string explain(const std::string& what, Status status) {
  return what + ": " + code_name(status.code()) + ": " + status.reason();
}

std::string short_name(const Digest& digest) {
  return std::string(to_hex(digest).view().substr(0, 12));
}

class TransferBuild {
 public:
  TransferBuild(const BuildTransfers& job, const BuildTools& tools, const std::atomic<bool>& cancel)
      : job_(job), tools_(tools), cancel_(cancel) {
    result_.event.rollout = job.rollout;
    result_.event.hardware_class = job.hardware_class.name;
    result_.event.for_rollback = job.for_rollback;
  }

  BuiltTransfers run() {
    const Status status = tried();
    if (status.ok()) return std::move(result_);
    result_.event.transfers.clear();
    result_.event.failure = explain(step_, status);
    result_.event.may_pass = may_pass_;
    return std::move(result_);
  }

 private:
  Status tried() {
    try {
      return build();
    } catch (const std::bad_alloc&) {
      may_pass_ = true;
      return {Code::kUnavailable, "there is not enough memory"};
    }
  }

  Status build() {
    step_ = "image " + short_name(job_.variant.image_digest);
    const auto image = tools_.store.open(job_.variant.image_digest);
    if (!image.ok()) return image.status();
    image_ = image.value();
    FLOTILLA_TRY(load_golden());
    step_ = "full payload";
    maker_.emplace(
        PayloadMaker::Parts{
            tools_.hasher, tools_.cache, tools_.parallel, {cancel_, tools_.progress}},
        PayloadLimits{job_.hardware_class.chunk_max, job_.hardware_class.erase_unit,
                      job_.hardware_class.decoder_memory},
        image_->bytes(), job_.variant.image_digest);
    Result<Payload> full = maker_->make({}, {});
    may_pass_ = full.status().code() == Code::kUnavailable;
    if (!full.ok()) return full.status();
    for (const Digest& base : job_.bases) FLOTILLA_TRY(try_delta(base, full.value()));
    step_ = "full payload";
    return keep(full.value(), Digest{});
  }

  Status load_golden() {
    if (job_.variant.golden_digest.is_none()) return ok_status();
    step_ = "golden vectors " + short_name(job_.variant.golden_digest);
    const auto golden = tools_.store.open(job_.variant.golden_digest);
    if (!golden.ok()) return golden.status();
    golden_ = golden.value();
    return ok_status();
  }

  Status try_delta(const Digest& base, const Payload& full) {
    step_ = "delta from " + short_name(base);
    if (base == job_.variant.image_digest || base.is_none()) return ok_status();
    if (result_.event.transfers.size() + 1 >= kMaxOffers) return note("more bases than offers");
    const auto view = tools_.store.open(base);
    if (!view.ok()) return note(view.status().reason());
    const Result<Payload> delta = maker_->make(view.value()->bytes(), base);
    if (delta.status().code() == Code::kAborted) return delta.status();
    if (!delta.ok()) return note(delta.status().reason());
    if (!delta_is_worth_it(delta.value().manifest.payload_size, full.manifest.payload_size)) {
      return note("not clearly smaller than the full payload");
    }
    return keep(delta.value(), base);
  }

  Status note(const char* reason) {
    result_.notes.push_back(step_ + " left out: " + reason);
    return ok_status();
  }

  /// Stores the messages and appends the signed transfer.
  Status keep(const Payload& payload, const Digest& base) {
    Transfer transfer;
    transfer.hardware_class = job_.hardware_class.name;
    transfer.model = job_.model;
    transfer.release_digest = job_.variant.release_digest;
    transfer.base_digest = base;
    transfer.manifest = payload.manifest;
    transfer.manifest.release_digest = transfer.release_digest;
    transfer.manifest.base_digest = base;
    transfer.manifest.expires = job_.expires;
    transfer.id = transfer_id(transfer_digest(tools_.hasher, transfer.manifest));

    Result<std::string> envelope = sign_transfer(tools_.hasher, tools_.director, transfer.manifest);
    if (!envelope.ok()) return envelope.status();
    transfer.manifest_envelope = std::move(envelope.value());
    transfer.keyset_epoch = job_.keyset_epoch;
    const auto offer =
        build_offer(as_bytes(transfer.manifest_envelope), as_bytes(job_.variant.release_envelope),
                    golden_ ? golden_->bytes() : Bytes{}, job_.approvals);
    if (!offer.ok()) return offer.status();
    const auto stored = store_payload(tools_.hasher, tools_.store, transfer.id, payload);
    may_pass_ = !stored.ok();
    if (!stored.ok()) return stored.status();
    transfer.payload_file = stored.value().file;
    transfer.message_bytes = stored.value().message_bytes + offer.value().size();
    result_.event.transfers.push_back(std::move(transfer));
    return ok_status();
  }

  const BuildTransfers& job_;
  const BuildTools& tools_;
  const std::atomic<bool>& cancel_;
  std::optional<PayloadMaker> maker_;
  std::shared_ptr<ArtifactView> image_;
  std::shared_ptr<ArtifactView> golden_;
  std::string step_;
  bool may_pass_ = false;  ///< it was the disk or the memory that refused
  BuiltTransfers result_;
};

}  // namespace

BuiltTransfers build_transfers(const BuildTransfers& job, const BuildTools& tools,
                               const std::atomic<bool>& cancel) {
  return TransferBuild(job, tools, cancel).run();
}

}  // namespace flotilla::controller
