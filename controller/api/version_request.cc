#include "controller/api/version_request.h"

#include <algorithm>

#include "controller/api/checkpoint.h"
#include "controller/api/declared_facts.h"
#include "controller/api/document/version_document.h"
#include "controller/api/problem.h"
#include "controller/api/release_trust.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/domain/bounds.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._+-").find(c) != std::string_view::npos;
}

/// A label of digits alone could not be told from a version's number.
bool is_label(const std::string& text) {
  return std::all_of(text.begin(), text.end(), is_label_character) &&
         std::any_of(text.begin(), text.end(), [](char c) { return c < '0' || c > '9'; });
}

/// Kept verbatim when it is text; an object is kept as compact JSON.
std::string read_document_text(BodyReader& reader) {
  const Json& value = reader.any("document");
  if (value.is_null()) return "";
  std::string text = value.is_string() ? value.get<std::string>() : to_text(value);
  if (text.size() > kMaxDocument) {
    reader.fail("document", std::to_string(text.size()) + " bytes",
                "at most " + std::to_string(kMaxDocument) + " bytes");
  }
  return text;
}

/// Size of a stored artifact; a fault when it is missing or has more than `limit` bytes.
uint64_t artifact_size(const Call& call, BodyReader& reader, const char* field,
                       const Digest& digest, uint64_t limit) {
  if (!reader.ok() || digest.is_none()) return 0;
  const std::string name(to_hex(digest).view());
  const auto view = call.around.artifacts.open(digest);
  if (!view.ok()) {
    const bool missing = view.status().code() == Code::kNotFound;
    reader.fail(field, name + ": " + (missing ? "no such artifact" : view.status().reason()),
                "the digest that POST /api/v1/artifacts answered");
    return 0;
  }
  const uint64_t size = view.value()->bytes().size();
  if (size == 0 || size > limit) {
    reader.fail(field, name + " of " + std::to_string(size) + " bytes",
                "an artifact of 1 to " + std::to_string(limit) + " bytes");
  }
  return size;
}

Variant read_variant(const Call& call, BodyReader& reader) {
  Variant variant;
  variant.hardware_class = reader.name("hardware_class");
  variant.image_digest = reader.digest("image");
  variant.golden_digest = reader.digest("golden", Need::kOptional);
  variant.runtime = reader.text("runtime", kMaxRuntimeRequirement);
  variant.security_counter =
      static_cast<uint32_t>(reader.number("security_counter", 0, UINT32_MAX, 0));
  variant.image_size = artifact_size(call, reader, "image", variant.image_digest, kMaxImageSize);
  artifact_size(call, reader, "golden", variant.golden_digest, kMaxGolden);
  return variant;
}

std::optional<Refusal> read_variants(const Call& call, BodyReader& body, ModelVersion& out) {
  const Json& variants = body.array("variants", 1, kMaxVariants);
  for (size_t i = 0; i < variants.size(); ++i) {
    BodyReader reader(variants[i], "variants[" + std::to_string(i) + "].");
    Variant variant = read_variant(call, reader);
    for (const Variant& other : out.variants) {
      if (reader.ok() && other.hardware_class == variant.hardware_class) {
        reader.fail("hardware_class", "'" + variant.hardware_class + "' a second time",
                    "different in each variant");
      }
    }
    if (auto refusal = reader.finish()) return refusal;
    out.variants.push_back(std::move(variant));
  }
  return std::nullopt;
}

std::optional<Refusal> sign_variant(const Call& call, const ModelVersion& version,
                                    Variant& variant) {
  Hasher& hasher = call.around.hasher;
  const auto envelope =
      sign_release(hasher, *call.around.release_signer, manifest_of(version, variant));
  if (!envelope.ok()) return refusal_of(envelope.status(), "check the release key of the server");
  const auto digest = release_digest(hasher, as_bytes(envelope.value()));
  if (!digest.ok()) return refusal_of(digest.status(), "report this as a defect");
  if (auto refusal = refuse_release(call, envelope.value(), false)) {
    // The keyset gives this model and class to another key: whoever has that signs.
    if (refusal->code == Code::kPermissionDenied) return std::nullopt;
    return refusal;
  }
  variant.release_envelope = envelope.value();
  variant.release_digest = digest.value();
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> take_facts(const Call& call, const Json& document,
                                  std::vector<Variant>& variants) {
  if (call.around.inspector == nullptr) return std::nullopt;
  for (Variant& variant : variants) {
    const InspectionState state = call.around.inspector->ask(variant.image_digest);
    if (state.image == nullptr) {
      return Refusal{Code::kUnavailable, "what was found in the images was forgotten",
                     "repeat the request"};
    }
    variant.facts = state.image->summary;
    if (auto refusal = check_declared(document, variant, state.image->facts)) return refusal;
  }
  return std::nullopt;
}

std::string read_document_member(BodyReader& reader, Json& document) {
  std::string text = read_document_text(reader);
  if (!reader.ok() || text.empty()) return "";
  if (const auto refusal = read_document(text, document)) reader.refuse(*refusal);
  return text;
}

std::string read_label(BodyReader& reader) {
  std::string label = reader.text("label", kMaxVersionLabel);
  if (reader.ok() && !label.empty() && !is_label(label)) {
    reader.fail("label", "'" + label + "'",
                "1 to 32 characters of A-Z, a-z, 0-9, ., _, + and -, not digits alone");
  }
  return label;
}

std::optional<Refusal> sign_version(const Call& call, ModelVersion& version) {
  LogHead log;
  if (auto refusal = newest_head(call, log)) return refusal;
  for (Variant& variant : version.variants) {
    variant.checkpoint = log;  // of a draft too: it stands in what will be signed
    if (call.around.release_signer == nullptr) continue;
    if (auto refusal = sign_variant(call, version, variant)) return refusal;
  }
  return std::nullopt;
}

std::optional<Refusal> read_version(const Call& call, const Json& body, ModelVersion& out) {
  out.model = call.parameters.at("model");
  out.version = call.plane.next_version(out.model);
  out.created = call.now;
  out.created_by = call.actor.identity;
  BodyReader reader(body);
  out.label = read_label(reader);
  Json document;
  out.document = read_document_member(reader, document);
  if (!out.document.empty()) {
    out.document_digest = call.around.hasher.sha256({as_bytes(out.document)});
  }
  if (auto refusal = read_variants(call, reader, out)) return refusal;
  if (auto refusal = reader.finish()) return refusal;
  if (auto refusal = take_facts(call, document, out.variants)) return refusal;
  return sign_version(call, out);
}

}  // namespace flotilla::controller::api
