#pragma once

#include "controller/api/optimise/step_record.h"
#include "controller/domain/control_plane.h"

namespace flotilla::controller::api {

/// What the golden vectors of an optimised version are, as its document states it.
struct GoldenClaim {
  Digest digest;  ///< none: there are none
  std::optional<double> tolerance;
  std::string tolerance_kind = "absolute";
};

/// An optimised variant of a version, for its document.
struct ChainSource {
  const ModelVersion& origin;
  const Variant& input;
  const Json& origin_document;  ///< the newest; null: it has none
  GoldenClaim golden;
};

/// The document of an optimised version: what the origin's says of the model (not its figures,
/// which were measured with other weights), and the variant with the whole chain of its image.
Json chain_document(const ChainSource& source, const Variant& variant,
                    const std::vector<StepRecord>& records);

/// The chain of the class in a version's document: the steps common to all variants, then its own.
Json chain_of(const Json& document, const std::string& hardware_class);

/// The newest document's text of a version as JSON; null: it has none.
Json newest_document(const ControlPlane& plane, const ModelVersion& version);

}  // namespace flotilla::controller::api
