#pragma once

#include <memory>

#include "edge-client/adapters/file_journal.h"
#include "edge-client/adapters/file_storage.h"
#include "edge-client/adapters/mbed_crypto.h"
#include "edge-client/adapters/state_lock.h"
#include "edge-client/app/config.h"
#include "edge-client/app/keyset_file.h"
#include "edge-client/app/memory.h"
#include "edge-client/app/report_log.h"
#include "edge-client/app/signals.h"
#include "edge-client/app/transport.h"

namespace flotilla::edge {

/// One device: its adapters, its agent and the loop that drives them on one thread.
class Daemon {
 public:
  /// Loads certificates, key and keyset; throws ConfigError.
  explicit Daemon(DaemonConfig config);

  /// Until SIGTERM or SIGINT; the exit status.
  int run();

 private:
  bool prepare();
  void step(MonoTime now);
  void wait(MonoTime now);
  void stop(MonoTime now);

  DaemonConfig config_;
  MbedRandom random_;
  MbedCrypto crypto_;
  MbedSigner signer_;
  TlsSocket socket_;
  std::unique_ptr<KeysetFile> keyset_;
  SignalSource signals_;
  StateLock lock_;
  FileStorage storage_;
  FileJournal journal_;
  LinuxRuntime runtime_;
  ReportLog log_;
  AgentHeap heap_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<Transport> transport_;
  MonoTime stop_by_ = kNever;
  MonoTime counters_due_;  ///< a line about refused messages may be written again
};

}  // namespace flotilla::edge
