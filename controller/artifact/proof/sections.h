#pragma once

#include <string>
#include <string_view>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"

/// Files that prove something without a server (docs/spec/audit.md): eight bytes that say what the
/// file is, then sections of kind, length and body.
namespace flotilla::controller::proof {

inline constexpr std::string_view kLogMagic = "FLAUDIT1";
inline constexpr std::string_view kBundleMagic = "FLPROOF1";

enum class Section : uint8_t {
  kKeyset = 1,         ///< envelope
  kCheckpoint = 2,     ///< envelope
  kEntry = 3,          ///< leaf hash, canonical bytes of the entry
  kRelease = 4,        ///< envelope
  kDocument = 6,       ///< version document, verbatim
  kApproval = 7,       ///< envelope
  kProvenEntry = 8,    ///< path length in nodes u8, path, canonical bytes of the entry
  kEarlierKeyset = 9,  ///< envelope
};

/// Appends one section; bodies stay below 4 GiB.
void add_section(std::string& out, Section kind, Bytes body);

/// Walks over the sections of a file in memory.
class SectionReader {
 public:
  /// Not ok() when the file does not begin with `magic`.
  SectionReader(Bytes file, std::string_view magic);

  /// False at the end, and when the rest is no section.
  bool next();
  bool ok() const { return ok_; }
  uint8_t kind() const { return kind_; }
  bool is(Section kind) const { return kind_ == static_cast<uint8_t>(kind); }
  Bytes body() const { return body_; }

 private:
  Bytes rest_;
  Bytes body_;
  uint8_t kind_ = 0;
  bool ok_ = true;
};

}  // namespace flotilla::controller::proof
