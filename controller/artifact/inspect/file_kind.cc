#include "controller/artifact/inspect/file_kind.h"

#include <algorithm>

namespace flotilla::controller {
namespace {

constexpr size_t kLookedAt = 4096;

/// Text of no control characters but those of text files, and of well-formed UTF-8 lead bytes.
bool is_text(Bytes start) {
  size_t follow = 0;
  for (const uint8_t byte : start) {
    const bool continues = (byte & 0xC0) == 0x80;
    if (continues != (follow > 0)) return false;
    if (continues) {
      --follow;
    } else if (byte >= 0x80) {
      if (byte < 0xC2 || byte > 0xF4) return false;
      follow = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    } else if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') {
      return false;
    }
  }
  return !start.empty();
}

/// The text in lower case, from the first character that is no blank.
std::string_view skip_blanks(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const size_t start = text.find_first_not_of(" \t\r\n");
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

bool begins_with(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char want, char found) {
           return want == (found >= 'A' && found <= 'Z' ? static_cast<char>(found + 32) : found);
         });
}

}  // namespace

const char* kind_name(FileKind kind) {
  switch (kind) {
    case FileKind::kOpaque:
      return "opaque";
    case FileKind::kText:
      return "text";
    case FileKind::kPage:
      return "html";
    case FileKind::kPointer:
      return "lfs-pointer";
    case FileKind::kDelta:
      return "delta";
    case FileKind::kPayload:
      return "payload";
  }
  return "opaque";
}

FileKind kind_of(Bytes file) {
  const Bytes start = file.first(std::min(file.size(), kLookedAt));
  const std::string_view text = as_text(start);
  if (text.starts_with("FLDT")) return FileKind::kDelta;
  if (text.starts_with("FLPF")) return FileKind::kPayload;
  if (!is_text(start)) return FileKind::kOpaque;
  const std::string_view words = skip_blanks(text);
  if (words.starts_with("version https://git-lfs.github.com/spec/")) return FileKind::kPointer;
  if (begins_with(words, "<!doctype html") || begins_with(words, "<html")) return FileKind::kPage;
  return FileKind::kText;
}

}  // namespace flotilla::controller
