#include "edge-client/app/status.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "edge-client/adapters/active_link.h"
#include "edge-client/adapters/mbed_crypto.h"
#include "edge-client/adapters/posix.h"

namespace flotilla::edge {
namespace {

Result<Digest> measure(const std::string& path) {
  const Fd file = open_file(path, O_RDONLY);
  if (!file.valid()) return file_error(errno, "cannot open the slot file", path);
  MbedCrypto crypto;
  crypto.hash_begin();
  std::array<uint8_t, 65536> buffer;
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error(errno, "cannot read the slot file", path);
    if (n == 0) return crypto.hash_end();
    crypto.hash_update(Bytes(buffer).first(static_cast<size_t>(n)));
  }
}

}  // namespace

int print_status(const DaemonConfig& config) {
  int exit_status = 0;
  for (const ModelConfig& model : config.models) {
    const std::string name(model.runtime.name.view());
    const Slot slot = read_active(model.runtime.folder);
    if (slot == Slot::kNone) {
      std::printf("model=%s active=none\n", name.c_str());
      continue;
    }
    const Result<Digest> digest = measure(model.runtime.folder.slot(slot));
    if (!digest.ok()) {
      exit_status = 1;
      continue;
    }
    const std::string hex(to_hex(digest.value()).view());
    std::printf("model=%s active=%s digest=%s\n", name.c_str(), ModelFolder::slot_name(slot),
                hex.c_str());
  }
  return exit_status;
}

}  // namespace flotilla::edge
