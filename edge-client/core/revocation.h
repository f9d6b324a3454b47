#pragma once

#include "edge-client/core/boot_record.h"

/// Images that a directive has revoked. What is marked stays marked, whatever later directives say.
namespace flotilla::edge {

/// Marks the images of `record` that the list (Directive::revoked) names.
void mark_revoked(Bytes list, ModelRecord& record);

/// The list names the image of the intent, or that image is marked.
bool names_intent(Bytes list, const ModelRecord& record);

/// The digest belongs to a marked image, or to an intent that is not followed for its sake.
bool is_revoked(const ModelRecord& record, const Digest& digest);

/// The spare image may run again in place of an active one that was revoked: it ran before as far
/// as anybody knows, and the floor allows it.
bool has_way_back(const ModelRecord& record);

/// What such a device gives itself to do: back to `image`, without a transfer and at once. Of no
/// rollout, which is how it differs from what a controller asks for.
Intent own_way_back(const Intent& before, const Image& image, uint32_t epoch);
bool is_own(const Intent& intent);

}  // namespace flotilla::edge
