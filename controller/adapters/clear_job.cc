#include "controller/adapters/clear_job.h"

namespace flotilla::controller {

ClearJob::ClearJob(ShelfBench& bench, std::string hardware_class, TransferId transfer,
                   uint32_t chunk_count)
    : bench_(bench),
      hardware_class_(std::move(hardware_class)),
      transfer_(transfer),
      chunk_count_(chunk_count) {}

ShelfJob::Outcome ClearJob::advance(MonoTime) {
  ShelfPublisher& publisher = bench_.publisher;
  if (!publisher.running()) {
    publisher.begin(clearing(bench_.topics, hardware_class_, transfer_, chunk_count_));
  }
  if (!publisher.finished()) return Outcome::kWorking;
  if (publisher.refusal().empty()) return Outcome::kDone;
  trouble_ = "clearing refused: " + publisher.refusal();
  return Outcome::kTrouble;
}

std::vector<ShelfPublisher::Item> clearing(const Topics& topics, std::string_view hardware_class,
                                           TransferId transfer, uint32_t chunk_count) {
  std::vector<ShelfPublisher::Item> items;
  items.push_back({std::string(topics.offer(hardware_class, transfer).view()), {}});
  for (uint32_t i = chunk_count; i-- > 0;) {
    items.push_back({std::string(topics.chunk(hardware_class, transfer, i).view()), {}});
  }
  return items;
}

}  // namespace flotilla::controller
