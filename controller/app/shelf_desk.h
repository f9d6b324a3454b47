#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "controller/adapters/chunk_shelf.h"
#include "controller/app/log.h"
#include "controller/app/mailbox.h"
#include "controller/domain/effect.h"
#include "controller/ports/artifact_store.h"
#include "controller/ports/store.h"

namespace flotilla::controller::app {

/// Between the effects that are about payloads and the chunk shelf: opens payload files, makes
/// offers, and turns what the shelf reports into facts. No threads: whoever owns it calls it from
/// one, and hands the connections' events to shelf().
class ShelfDesk {
 public:
  struct Parts {
    const Topics& topics;
    Hasher& hasher;
    Transport& publisher;
    Transport& auditor;
    ArtifactStore& artifacts;
    Mailbox& mailbox;
    LogSink log = log_line;
    Store* store = nullptr;  ///< for growth proofs; null: offers carry none
  };

  explicit ShelfDesk(const Parts& parts);

  void place(const PlaceTransfer& effect);
  void clear(const ClearTransfer& effect);
  /// Clears what lies in the broker for the class and is not among `known` or placed later.
  void sweep(const std::string& hardware_class, const std::set<TransferId>& known);

  ChunkShelf& shelf() { return shelf_; }

 private:
  void tell(TransferId transfer, const std::string& reason, bool needs_build);
  void unusable(TransferId transfer, const std::string& what, Status why);
  Result<std::string> make_offer(const PlaceTransfer& effect);
  std::vector<std::string> growth_paths(const PlaceTransfer& effect);
  ChunkShelf::Events events();

  Parts parts_;
  ChunkShelf shelf_;
  std::set<TransferId> known_;
};

}  // namespace flotilla::controller::app
