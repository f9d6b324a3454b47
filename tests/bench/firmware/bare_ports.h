#pragma once

#include "edge-client/core/device.h"

/// The smallest ports that link: what remains in the image is core, MQTT and the C library's mem*.
namespace flotilla::bench {

class BareCrypto final : public edge::Crypto {
 public:
  Digest sha256(std::initializer_list<Bytes> parts) override;
  bool verify(const PublicKey& key, const Digest& digest, Bytes signature) override;
  void hash_begin() override {}
  void hash_update(Bytes bytes) override;
  Digest hash_end() override { return {}; }
};

class BareStorage final : public edge::SlotStorage, public edge::Journal {
 public:
  edge::SlotGeometry geometry(uint8_t) override { return {1u << 20, 4096, 8}; }
  Status begin(uint8_t, edge::Slot, uint64_t) override { return ok_status(); }
  bool can_resume(uint8_t, edge::Slot, uint64_t) override { return true; }
  Status erase(uint8_t, edge::Slot, uint64_t, uint64_t) override { return ok_status(); }
  Status write(uint8_t, edge::Slot, uint64_t, Bytes bytes) override;
  Status read(uint8_t, edge::Slot, uint64_t, MutableBytes out) override;
  Status sync(uint8_t, edge::Slot) override { return ok_status(); }

  uint32_t capacity(edge::JournalArea) override { return 4096; }
  Status erase(edge::JournalArea, uint8_t) override { return ok_status(); }
  Status write(edge::JournalArea, uint8_t, uint32_t, Bytes bytes) override;
  Status read(edge::JournalArea, uint8_t, uint32_t, MutableBytes out) override;
  Status sync(edge::JournalArea, uint8_t) override { return ok_status(); }
};

class BareRuntime final : public edge::ModelRuntime {
 public:
  Status store_golden(uint8_t, const Digest&, Bytes) override { return ok_status(); }
  Status start_self_test(uint8_t, edge::Slot, const Digest&, const Digest&) override {
    return ok_status();
  }
  Status activate(uint8_t, edge::Slot, const Digest&) override { return ok_status(); }
  Status reload(uint8_t) override { return ok_status(); }
  edge::HealthSample health(uint8_t) override { return {}; }
};

class BareOutbox final : public edge::Outbox {
 public:
  Status request_offer(TransferId) override { return ok_status(); }
  Status request_group(TransferId, uint32_t) override { return ok_status(); }
  Status release_group(TransferId, uint32_t) override { return ok_status(); }
  Status release_offer(TransferId) override { return ok_status(); }
  Status send_state(const StateReport&) override { return ok_status(); }
  Status send_health(const HealthReport&) override { return ok_status(); }
  Result<size_t> attest(const Attestation&, MutableBytes) override { return size_t{0}; }
};

}  // namespace flotilla::bench
