#include "controller/domain/log_words.h"

#include "controller/domain/text.h"

namespace flotilla::controller::log_words {
namespace {

std::string digest_word(const Digest& digest) {
  return digest.is_none() ? "none" : std::string(to_hex(digest).view());
}

/// Up to the next `end`, which goes too.
std::string_view take(std::string_view& text, char end) {
  const size_t at = text.find(end);
  const std::string_view out = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return out;
}

bool take_word(std::string_view& line, std::string_view word) {
  return take(line, ' ') == word;
}

bool take_digest(std::string_view& line, Digest& out) {
  const std::string_view word = take(line, ' ');
  return word == "none" || parse_hex(word, out);
}

bool read_line(std::string_view line, Registered& out) {
  return take_word(line, "image") && take_digest(line, out.image) && take_word(line, "release") &&
         take_digest(line, out.release) && take_word(line, "document") &&
         take_digest(line, out.document) && line.empty();
}

/// "class C, site S, key K"
bool read_enrolled_key(std::string_view detail, PublicKey& out) {
  constexpr std::string_view kBefore = ", key ";
  const size_t at = detail.rfind(kBefore);
  return at != std::string_view::npos && read_hex(detail.substr(at + kBefore.size()), out);
}

/// "changed: site S labels key K duplicate cleared", each part where it changed
bool read_changed_key(std::string_view detail, PublicKey& out) {
  if (!take_word(detail, "changed:")) return false;
  while (!detail.empty()) {
    const std::string_view word = take(detail, ' ');
    if (word == "key") return read_hex(take(detail, ' '), out);
    if (word == "site") take(detail, ' ');
  }
  return false;
}

}  // namespace

std::string registration(const ModelVersion& version) {
  std::string out;
  for (const Variant& variant : version.variants) {
    out += cat(variant.hardware_class, " image ", digest_word(variant.image_digest), " release ",
               digest_word(variant.release_digest), " document ",
               digest_word(version.document_digest), "\n");
  }
  return out;
}

std::optional<Registered> registered(const AuditEntry& entry, std::string_view hardware_class) {
  std::string_view rest = entry.evidence;
  while (!rest.empty()) {
    std::string_view line = take(rest, '\n');
    Registered out;
    if (take(line, ' ') == hardware_class && read_line(line, out)) return out;
  }
  return std::nullopt;
}

bool read_device_key(const AuditEntry& entry, PublicKey& out) {
  const bool enrolled = entry.action == "device.enrolled";
  if (!enrolled && entry.action != "device.changed") return false;
  if (entry.evidence.empty())
    return enrolled ? read_enrolled_key(entry.detail, out) : read_changed_key(entry.detail, out);
  if (entry.evidence.size() != out.size()) return false;
  copy(as_bytes(entry.evidence), out);
  return true;
}

std::string_view enrolled_class(const AuditEntry& entry) {
  std::string_view detail = entry.detail;
  if (entry.action != "device.enrolled" || !take_word(detail, "class")) return {};
  return take(detail, ',');
}

}  // namespace flotilla::controller::log_words
