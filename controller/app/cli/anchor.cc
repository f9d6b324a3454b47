#include "controller/app/cli/anchor.h"

#include <algorithm>

#include "controller/adapters/small_file.h"
#include "controller/app/cli/key_file.h"
#include "controller/artifact/aligned.h"
#include "controller/domain/text.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::app {

namespace {

void add_root(const PublicKey& key, proof::Anchor& out) {
  if (std::find(out.roots.begin(), out.roots.end(), key) == out.roots.end())
    out.roots.push_back(key);
}

Status read_file(const std::string& path, proof::Anchor& out, bool& is_keyset) {
  const auto text = read_small_file(path, kMaxEnvelope * 4);
  FLOTILLA_TRY(text.status());
  const AlignedCopy aligned(as_bytes(text.value()));
  const auto keyset = wire::decode_keyset(aligned.view());
  is_keyset = keyset.ok();
  if (!is_keyset) {
    const auto key = load_public_key(path);
    if (!key.ok()) return {Code::kInvalidArgument, "it is neither a public key nor a keyset"};
    add_root(key.value(), out);
    return ok_status();
  }
  out.threshold = keyset.value().value.root_threshold;
  for (const KeysetKey& key : keyset.value().value.keys) {
    if ((key.roles & kRoleRoot) != 0) add_root(key.public_key, out);
  }
  return ok_status();
}

}  // namespace

std::optional<std::string> read_anchor(const AnchorOptions& options, proof::Anchor& out) {
  if (options.threshold && options.files.empty()) return "--threshold is without --root-key";
  bool is_keyset = false;
  for (const std::string& path : options.files) {
    const Status status = read_file(path, out, is_keyset);
    if (!status.ok()) return cat("cannot use ", path, " as root key: ", status.reason());
    if (is_keyset && (options.files.size() > 1 || options.threshold))
      return cat(path, " is a keyset: it names its roots and their threshold by itself");
  }
  if (is_keyset || options.files.empty()) return std::nullopt;
  const auto all = static_cast<uint32_t>(out.roots.size());
  const uint32_t threshold = options.threshold.value_or(all);
  if (threshold == 0 || threshold > out.roots.size())
    return cat("--threshold ", threshold, " is not 1 to ", out.roots.size(),
               ", the number of different root keys");
  out.threshold = static_cast<uint8_t>(threshold);
  return std::nullopt;
}

}  // namespace flotilla::controller::app
