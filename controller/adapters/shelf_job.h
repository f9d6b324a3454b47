#pragma once

#include <string>

#include "controller/adapters/shelf_audit.h"
#include "controller/adapters/shelf_publisher.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::controller {

struct ShelfOptions {
  size_t window = 32;                  ///< publishes in flight
  Duration quiet = milliseconds(300);  ///< see ShelfAudit; doubled from round to round
  Duration quiet_max = seconds(5);
  uint32_t rounds_max = 5;     ///< of publishing before the broker is given a rest
  Duration rest = seconds(5);  ///< after a refusal; doubled from refusal to refusal
  Duration rest_max = seconds(300);
};

/// What the jobs of the shelf share; one job at a time works with it.
struct ShelfBench {
  const Topics& topics;
  Hasher& hasher;
  const ShelfOptions& options;
  ShelfAudit& audit;
  ShelfPublisher& publisher;
};

/// One piece of work with the broker. advance() never waits; it is called again and again.
class ShelfJob {
 public:
  enum class Outcome { kWorking, kDone, kTrouble };

  virtual ~ShelfJob() = default;
  /// Back to the beginning: the broker was away and may have forgotten anything.
  virtual void restart() = 0;
  virtual Outcome advance(MonoTime now) = 0;
  /// After kTrouble: why, for people.
  virtual const std::string& trouble() const = 0;
};

}  // namespace flotilla::controller
