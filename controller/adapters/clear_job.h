#pragma once

#include "controller/adapters/shelf_job.h"

namespace flotilla::controller {

/// Removes one transfer from the broker: the offer first, so that no device starts, then the chunks
/// from the last to the first, so that a sweep finds what an interrupted clearing left.
class ClearJob final : public ShelfJob {
 public:
  ClearJob(ShelfBench& bench, std::string hardware_class, TransferId transfer,
           uint32_t chunk_count);

  void restart() override {}
  Outcome advance(MonoTime now) override;
  const std::string& trouble() const override { return trouble_; }

 private:
  ShelfBench& bench_;
  const std::string hardware_class_;
  const TransferId transfer_;
  const uint32_t chunk_count_;
  std::string trouble_;
};

/// The topics of a transfer in the order of clearing.
std::vector<ShelfPublisher::Item> clearing(const Topics& topics, std::string_view hardware_class,
                                           TransferId transfer, uint32_t chunk_count);

}  // namespace flotilla::controller
