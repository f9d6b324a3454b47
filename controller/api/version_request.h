#pragma once

#include "controller/api/body_reader.h"
#include "controller/api/route.h"

namespace flotilla::controller::api {

/// Reads the body of POST /models/{model}/versions, looks the artifacts up and signs one release
/// manifest for each variant. `out` is complete: number, label, manifests.
std::optional<Refusal> read_version(const Call& call, const Json& body, ModelVersion& out);

/// Has the images of the variants inspected and takes over what was found. An answer: an image is
/// refused, or the work is under way (202).
std::optional<Response> inspect_variants(const Call& call, std::vector<Variant>& variants);

/// The same for the variants of a request's body, before it is read: facts are not taken over.
std::optional<Response> inspect_images(const Call& call, const Json& body);

/// What was found in the images, and whether the document agrees with it.
std::optional<Refusal> take_facts(const Call& call, const Json& document,
                                  std::vector<Variant>& variants);

/// The member `document`: an object, or its text. `document`: what it says.
std::string read_document_member(BodyReader& reader, Json& document);

/// The member `label`, which is optional.
std::string read_label(BodyReader& reader);

/// Signs the release manifest of each variant; all else of `version` must be there. Without a
/// release key they stay drafts.
std::optional<Refusal> sign_version(const Call& call, ModelVersion& version);

}  // namespace flotilla::controller::api
