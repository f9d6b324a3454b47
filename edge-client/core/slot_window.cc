#include "edge-client/core/slot_window.h"

#include <algorithm>

#include "schemas/base/crc32c.h"

namespace flotilla::edge {

void BaseWindow::open(uint8_t model, Slot slot, uint64_t size) {
  model_ = model;
  slot_ = slot;
  size_ = size;
  valid_ = 0;
}

Status BaseWindow::at(uint64_t offset, uint32_t least, Bytes& out) {
  if (offset < begin_ || offset + least > begin_ + valid_) {
    const size_t size = std::min<uint64_t>(buffer_.size(), size_ - offset);
    valid_ = 0;
    FLOTILLA_TRY(storage_.read(model_, slot_, offset, buffer_.first(size)));
    begin_ = offset;
    valid_ = static_cast<uint32_t>(size);
  }
  out = Bytes(buffer_).subspan(offset - begin_, begin_ + valid_ - offset);
  return ok_status();
}

Status BaseWindow::checksum(uint64_t offset, uint64_t length, uint32_t& out) {
  out = 0;
  while (length > 0) {
    Bytes part;
    FLOTILLA_TRY(at(offset, 1, part));
    part = part.first(std::min<uint64_t>(part.size(), length));
    out = crc32c(part, out);
    offset += part.size();
    length -= part.size();
  }
  return ok_status();
}

void OutputWindow::open(uint8_t model, Slot slot, uint64_t offset) {
  model_ = model;
  slot_ = slot;
  begin_ = flushed_ = offset;
  filled_ = 0;
}

Status OutputWindow::put(Bytes bytes) {
  while (!bytes.empty()) {
    const size_t size = std::min<size_t>(bytes.size(), buffer_.size() - filled_);
    copy(bytes.first(size), buffer_.subspan(filled_));
    filled_ += static_cast<uint32_t>(size);
    bytes = bytes.subspan(size);
    if (filled_ == buffer_.size()) FLOTILLA_TRY(flush());
  }
  return ok_status();
}

Status OutputWindow::flush() {
  if (filled_ == 0) return ok_status();
  const Bytes bytes = buffer_.first(filled_);
  const uint64_t at = flushed_;
  flushed_ += filled_;
  filled_ = 0;
  return storage_.write(model_, slot_, at, bytes);
}

Status OutputWindow::back(uint64_t offset, MutableBytes out) {
  if (offset < flushed_) {
    const size_t old = std::min<uint64_t>(out.size(), flushed_ - offset);
    FLOTILLA_TRY(storage_.read(model_, slot_, offset, out.first(old)));
    offset += old;
    out = out.subspan(old);
  }
  if (!out.empty()) copy(Bytes(buffer_).subspan(offset - flushed_, out.size()), out);
  return ok_status();
}

Status OutputWindow::checksum(uint32_t& out) {
  out = 0;
  for (uint64_t at = begin_; at < flushed_;) {
    const size_t size = std::min<uint64_t>(buffer_.size(), flushed_ - at);
    FLOTILLA_TRY(storage_.read(model_, slot_, at, buffer_.first(size)));
    out = crc32c(buffer_.first(size), out);
    at += size;
  }
  return ok_status();
}

}  // namespace flotilla::edge
