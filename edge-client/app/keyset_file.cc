#include "edge-client/app/keyset_file.h"

#include "edge-client/adapters/posix.h"
#include "edge-client/app/config.h"

namespace flotilla::edge {

KeysetFile::KeysetFile(const std::string& path) {
  const Result<std::string> text = read_small_file(path, kMaxEnvelope);
  if (!text.ok()) {
    throw ConfigError("keyset: " + path + ": " + text.status().reason() + " (" +
                      code_name(text.status().code()) + ")");
  }
  const Bytes source = as_bytes(text.value());
  content_.resize((source.size() + 7) / 8);
  const MutableBytes bytes(reinterpret_cast<uint8_t*>(content_.data()), source.size());
  copy(source, bytes);
  const Result<Signed<Keyset>> decoded = wire::decode_keyset(bytes);
  if (!decoded.ok()) {
    throw ConfigError("keyset: " + path + " is not a signed keyset: " + decoded.status().reason());
  }
  keyset_ = decoded.value();
}

}  // namespace flotilla::edge
