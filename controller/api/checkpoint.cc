#include "controller/api/checkpoint.h"

#include "controller/api/keyset_keeper.h"
#include "controller/api/problem.h"
#include "controller/artifact/manifest_builder.h"

namespace flotilla::controller::api {

const SignedCheckpoint* fresh_checkpoint(const Call& call, std::optional<Refusal>& why) {
  const SignedCheckpoint* newest = call.plane.checkpoint();
  if (newest != nullptr && newest->value.head.size == call.plane.audit_size()) return newest;
  const auto draft = call.plane.draft_checkpoint(call.now);
  if (call.around.director == nullptr || !draft) {
    why = Refusal{Code::kFailedPrecondition, "there is nothing to sign, or no key to sign it with",
                  "a server with director.key signs a log that has entries"};
    return nullptr;
  }
  auto envelope = sign_checkpoint(call.around.hasher, *call.around.director, *draft);
  if (!envelope.ok()) {
    why = refusal_of(envelope.status(), "check the director key of the server");
    return nullptr;
  }
  const Outcome outcome =
      call.note(KeepCheckpoint{{*draft, std::move(envelope.value())}}, call.actor);
  why = outcome.refusal;
  return why ? nullptr : call.plane.checkpoint();
}

std::string keyset_in_force(const Call& call) {
  if (call.around.keysets == nullptr) return "";
  return std::string(call.around.keysets->current()->envelope());
}

std::optional<Refusal> newest_head(const Call& call, LogHead& out) {
  if (call.around.director == nullptr) return std::nullopt;
  std::optional<Refusal> why;
  const SignedCheckpoint* newest = fresh_checkpoint(call, why);
  if (newest != nullptr) out = newest->value.head;
  return why;
}

}  // namespace flotilla::controller::api
