#include "controller/app/cli/anchor.h"

#include "controller/adapters/small_file.h"
#include "controller/app/cli/key_file.h"
#include "controller/artifact/aligned.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::app {

Status read_anchor(const std::string& path, proof::Anchor& out) {
  const auto text = read_small_file(path, kMaxEnvelope * 4);
  FLOTILLA_TRY(text.status());
  const AlignedCopy aligned(as_bytes(text.value()));
  const auto keyset = wire::decode_keyset(aligned.view());
  if (!keyset.ok()) {
    const auto key = load_public_key(path);
    if (!key.ok()) return {Code::kInvalidArgument, "it is neither a public key nor a keyset"};
    out.roots = {key.value()};
    return ok_status();
  }
  out.threshold = keyset.value().value.root_threshold;
  for (const KeysetKey& key : keyset.value().value.keys) {
    if ((key.roles & kRoleRoot) != 0) out.roots.push_back(key.public_key);
  }
  return ok_status();
}

}  // namespace flotilla::controller::app
