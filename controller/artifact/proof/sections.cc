#include "controller/artifact/proof/sections.h"

namespace flotilla::controller::proof {
namespace {

constexpr size_t kHead = 1 + 4;

}  // namespace

void add_section(std::string& out, Section kind, Bytes body) {
  uint8_t head[kHead] = {static_cast<uint8_t>(kind)};
  store_u32_le(head + 1, static_cast<uint32_t>(body.size()));
  out += as_text(head);
  out += as_text(body);
}

SectionReader::SectionReader(Bytes file, std::string_view magic) {
  ok_ = as_text(file).substr(0, magic.size()) == magic;
  if (ok_) rest_ = file.subspan(magic.size());
}

bool SectionReader::next() {
  if (!ok_ || rest_.empty()) return false;
  const bool whole = rest_.size() >= kHead && load_u32_le(rest_.data() + 1) <= rest_.size() - kHead;
  if (!whole) {
    ok_ = false;
    return false;
  }
  kind_ = rest_[0];
  body_ = rest_.subspan(kHead, load_u32_le(rest_.data() + 1));
  rest_ = rest_.subspan(kHead + body_.size());
  return true;
}

}  // namespace flotilla::controller::proof
