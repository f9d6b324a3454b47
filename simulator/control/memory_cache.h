#pragma once

#include <map>
#include <string>

#include "controller/ports/payload_cache.h"

namespace flotilla::sim {

/// Payloads in memory.
class MemoryCache final : public controller::PayloadCache {
 public:
  std::shared_ptr<controller::ArtifactView> find(const Digest& key) override {
    const auto at = files.find(key);
    if (at == files.end()) return nullptr;
    ++found;
    return std::make_shared<View>(at->second);
  }
  void keep(const Digest& key, std::initializer_list<Bytes> parts) override {
    std::string& file = files[key];
    file.clear();
    for (const Bytes part : parts) file += as_text(part);
    ++kept;
  }

  std::map<Digest, std::string> files;
  int found = 0;
  int kept = 0;

 private:
  class View final : public controller::ArtifactView {
   public:
    explicit View(std::string content) : content_(std::move(content)) {}
    Bytes bytes() const override { return as_bytes(content_); }

   private:
    std::string content_;
  };
};

}  // namespace flotilla::sim
