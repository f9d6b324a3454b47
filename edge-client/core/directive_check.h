#pragma once

#include "edge-client/core/boot_record.h"
#include "edge-client/core/context.h"

namespace flotilla::edge {

/// What comes before the model is known: kind, signer's role, signature.
Reason check_directive_signature(Context& context, const Signed<Directive>& directive);

/// Everything else, in the order of docs/spec/protocol.md, for a model this device has. kNone:
/// acceptable, and `repeated` says whether it is the one accepted last.
Reason check_directive(const Context& context, const Directive& directive, bool personal,
                       const ModelRecord& record, bool& repeated);

/// Makes the durable part of an acceptable directive the record's intent, all but `delta_failed`.
/// `applies` is decided here.
void renew_intent(Context& context, const Directive& directive, bool personal, ModelRecord& record);

}  // namespace flotilla::edge
