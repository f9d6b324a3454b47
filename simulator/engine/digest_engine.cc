#include "simulator/engine/digest_engine.h"

#include <algorithm>

namespace flotilla::sim {
namespace {

constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;

uint64_t mix(uint64_t lane, uint64_t word) {
  lane = (lane ^ word) * kMultiplier;
  return lane ^ lane >> 32;
}

}  // namespace

void RunningDigest::begin() {
  if (kind_ == DigestKind::kSha256) {
    mbedtls_sha256_init(&sha_);
    (void)mbedtls_sha256_starts_ret(&sha_, 0);
    return;
  }
  lanes_ = {0x6A09E667F3BCC908u, 0xBB67AE8584CAA73Bu, 0x3C6EF372FE94F82Bu, 0xA54FF53A5F1D36F1u};
  pending_size_ = 0;
  size_ = 0;
}

void RunningDigest::block(const uint8_t* bytes) {
  for (size_t lane = 0; lane < lanes_.size(); ++lane) {
    lanes_[lane] = mix(lanes_[lane], load_u64_le(bytes + 8 * lane));
  }
}

void RunningDigest::update(Bytes bytes) {
  if (kind_ == DigestKind::kSha256) {
    (void)mbedtls_sha256_update_ret(&sha_, bytes.data(), bytes.size());
    return;
  }
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (pending_size_ == 0 && bytes.size() >= kBlock) {
      block(bytes.data());
      bytes = bytes.subspan(kBlock);
      continue;
    }
    const size_t take = std::min(kBlock - pending_size_, bytes.size());
    std::copy_n(bytes.begin(), take, pending_.begin() + static_cast<std::ptrdiff_t>(pending_size_));
    pending_size_ += take;
    bytes = bytes.subspan(take);
    if (pending_size_ < kBlock) continue;
    block(pending_.data());
    pending_size_ = 0;
  }
}

Digest RunningDigest::end() {
  Digest out;
  if (kind_ == DigestKind::kSha256) {
    (void)mbedtls_sha256_finish_ret(&sha_, out.bytes.data());
    mbedtls_sha256_free(&sha_);
    return out;
  }
  std::fill(pending_.begin() + static_cast<std::ptrdiff_t>(pending_size_), pending_.end(),
            uint8_t{0});
  block(pending_.data());
  for (int round = 0; round < 2; ++round) {
    for (size_t lane = 0; lane < lanes_.size(); ++lane) {
      lanes_[lane] = mix(lanes_[lane] + size_, lanes_[(lane + 3) % 4]);
    }
  }
  for (size_t lane = 0; lane < lanes_.size(); ++lane) {
    store_u64_le(out.bytes.data() + 8 * lane, lanes_[lane]);
  }
  return out;
}

Digest SimHasher::sha256(std::initializer_list<Bytes> parts) {
  RunningDigest digest(kind_);
  for (const Bytes part : parts) digest.update(part);
  return digest.end();
}

SignatureBytes make_signature(Hasher& hasher, const PublicKey& key, const Digest& digest) {
  SignatureBytes out{};
  const Digest first = hasher.sha256({as_bytes("r"), key, digest.view()});
  const Digest second = hasher.sha256({as_bytes("s"), key, digest.view()});
  copy(first.view(), MutableBytes(out).first(Digest::kSize));
  copy(second.view(), MutableBytes(out).subspan(Digest::kSize));
  return out;
}

bool is_signature(Hasher& hasher, const PublicKey& key, const Digest& digest, Bytes signature) {
  const SignatureBytes expected = make_signature(hasher, key, digest);
  return signature.size() == expected.size() && equal(signature, expected);
}

PublicKey make_key(Hasher& hasher, std::string_view name, uint64_t number) {
  uint8_t raw[8];
  store_u64_le(raw, number);
  PublicKey out{};
  const Digest x = hasher.sha256({as_bytes("key"), as_bytes(name), raw});
  copy(x.view(), MutableBytes(out).first(Digest::kSize));
  copy(x.view(), MutableBytes(out).subspan(Digest::kSize));
  return out;
}

}  // namespace flotilla::sim
