#include "controller/api/reasons.h"

#include <array>

namespace flotilla::controller::api {

namespace {

struct ReasonWords {
  const char* name;
  const char* text;
  const char* remedy;
};

constexpr const char* kKeysRemedy = "check that the device was provisioned with this fleet's keys";
constexpr const char* kNewVersionRemedy = "look at the model's own logs; push a corrected version";

/// By the reason's number, which is part of the wire contract.
constexpr std::array<ReasonWords, 29> kReasons = {{
    {"none", "no reason was given", "nothing"},
    {"bad_signature", "a signature did not verify", kKeysRemedy},
    {"unknown_key", "signed with a key that is not in the device's keyset", kKeysRemedy},
    {"replayed", "the directive is older than one the device has accepted",
     "look for a second controller on the same broker"},
    {"expired", "the directive or the transfer manifest had expired",
     "start a new rollout; check the controller's clock"},
    {"wrong_class", "the release was built for another hardware class",
     "compare the device's enrolled class with its configuration"},
    {"below_floor", "the version's security counter lies below the device's floor",
     "roll out a version with a security counter at or above the floor"},
    {"image_too_large", "the image does not fit the device's slot",
     "build a smaller variant, or correct slot_size of the class"},
    {"decoder_memory", "the payload needs more decoder memory than the device has",
     "lower decoder_memory of the class"},
    {"unknown_codec", "the device's software does not know the payload's codec",
     "update the device's software"},
    {"no_offer", "no offered payload fits what the device holds",
     "check that the rollout offers a full payload: flotilla rollout show"},
    {"manifest_mismatch", "the transfer manifest does not belong to the directive",
     "check that only the controller may write the x/ topics"},
    {"bad_chunk", "chunks failed their proof", "check who may write the x/ topics"},
    {"storage_full", "the device has no room for the image", "free space on the device"},
    {"storage_error", "the device's storage failed", "inspect the device's storage"},
    {"digest_mismatch", "the stored image reads back different from the release",
     "inspect the device's storage"},
    {"self_test_failed", "the model failed its self-test on the device", kNewVersionRemedy},
    {"self_test_timeout", "the self-test did not end in time",
     "raise the self-test's timeout on the device or push a faster variant"},
    {"self_test_error", "the self-test could not be run",
     "check the self-test command in the device's configuration"},
    {"activation_failed", "the new model could not be activated",
     "check the reload hook in the device's configuration"},
    {"health_timeout", "the application did not report health in time",
     "check that the application writes its health file and was reloaded"},
    {"health_wrong_digest", "the application runs other bytes than those installed",
     "check that the reload hook makes the application open the active model again"},
    {"unhealthy", "the application reported itself unhealthy", kNewVersionRemedy},
    {"attempts_exhausted", "the device restarted too often during the trial",
     "look for crashes of the application or for power loss"},
    {"superseded", "a newer directive took its place", "nothing"},
    {"ordered", "the controller ordered it", "nothing"},
    {"not_delegated", "the key that signed the release may not sign for this model and class",
     "sign with a key that may: flotilla key show; or delegate: flotilla key delegate"},
    {"not_approved", "the release carries fewer approvals than the keyset asks for",
     "have approvers sign it: flotilla model approve"},
    {"revoked", "the release was revoked", "roll out another version"},
}};
static_assert(kReasons.size() == static_cast<size_t>(kLastReason) + 1);

constexpr ReasonWords kUnknown = {"unknown", "a reason that this version does not know",
                                  "update the controller"};

const ReasonWords& words(Reason reason) {
  const auto number = static_cast<size_t>(reason);
  return number < kReasons.size() ? kReasons[number] : kUnknown;
}

}  // namespace

const char* reason_name(Reason reason) {
  return words(reason).name;
}

const char* reason_text(Reason reason) {
  return words(reason).text;
}

const char* reason_remedy(Reason reason) {
  return words(reason).remedy;
}

}  // namespace flotilla::controller::api
