#include "simulator/power/publisher.h"

#include <algorithm>

#include "schemas/protocol/delta/memory.h"
#include "schemas/protocol/merkle.h"
#include "schemas/protocol/trust.h"
#include "simulator/power/codec.h"

namespace flotilla::edge::test {
namespace {

/// Any injective encoding will do: the core never reads signed bytes, it only hashes them.
class Text {
 public:
  Text& add(Bytes bytes) {
    number(bytes.size());
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Text& add(std::string_view text) { return add(as_bytes(text)); }
  Text& number(uint64_t value) {
    uint8_t raw[8];
    store_u64_le(raw, value);
    out_.insert(out_.end(), raw, raw + 8);
    return *this;
  }
  std::vector<uint8_t> take() { return out_; }

 private:
  std::vector<uint8_t> out_;
};

std::vector<uint8_t> encode(const Keyset& value) {
  Text text;
  text.number(value.epoch).number(static_cast<uint64_t>(value.issued.ms));
  text.number(value.root_threshold);
  for (const KeysetKey& key : value.keys) {
    text.add(key.public_key).number(key.roles).add(key.scopes);
  }
  for (const ApprovalRule& rule : value.approval_rules) text.add(rule.scope).number(rule.count);
  return text.take();
}

std::vector<uint8_t> encode(const ReleaseManifest& value) {
  Text text;
  text.add(value.model.view()).number(value.version).add(value.hardware_class.view());
  text.number(value.security_counter).add(value.image_digest.view()).number(value.image_size);
  text.add(value.golden_digest.view()).add(value.label.view());
  return text.take();
}

std::vector<uint8_t> encode(const TransferManifest& value) {
  Text text;
  text.add(value.release_digest.view()).add(value.base_digest.view()).number(value.payload_size);
  text.number(value.chunk_count).number(value.chunk_max).add(value.merkle_root.view());
  text.number(static_cast<uint64_t>(value.codec)).number(value.decoder_memory);
  text.number(static_cast<uint64_t>(value.expires.ms));
  return text.take();
}

std::vector<uint8_t> encode(const Directive& value) {
  Text text;
  text.add(value.model.view()).add(value.hardware_class.view()).add(value.device.view());
  text.number(value.epoch).number(value.seq).number(value.rollout);
  text.number(static_cast<uint64_t>(value.verb)).add(value.release_digest.view());
  text.number(value.version).add(value.image_digest.view()).add(value.salt);
  for (const Offer& offer : value.offers) text.add(offer.base_digest.view()).number(offer.transfer);
  for (const CohortTerm& term : value.cohort) {
    text.add(term.site.view()).number(term.low).number(term.high);
  }
  text.number(static_cast<uint64_t>(value.issued.ms));
  text.number(static_cast<uint64_t>(value.expires.ms));
  text.number(static_cast<uint64_t>(value.not_before.ms)).number(value.floor);
  text.number(value.healthy_for_s).number(value.trial_deadline_s);
  text.number(value.trial_attempts).number(value.start_window_s);
  return text.take();
}

KeysetKey key_with_roles(const PublicKey& key, uint8_t roles) {
  KeysetKey out;
  out.public_key = key;
  out.roles = roles;
  return out;
}

/// Root of the leaves [from, to) and, collected on the way up, the path of leaf `index` if inside.
Digest subtree(Hasher& hasher, const std::vector<Digest>& leaves, size_t from, size_t to,
               size_t index, std::vector<uint8_t>* path) {
  if (to - from == 1) return leaves[from];
  size_t split = 1;
  while (split * 2 < to - from) split *= 2;
  const bool right = index >= from + split;
  const Digest a = subtree(hasher, leaves, from, from + split, index, right ? nullptr : path);
  const Digest b = subtree(hasher, leaves, from + split, to, index, right ? path : nullptr);
  if (path != nullptr) {
    const Bytes sibling = (right ? a : b).view();
    path->insert(path->end(), sibling.begin(), sibling.begin() + kMerkleNodeSize);
  }
  return merkle::node_hash(hasher, a.view(), b.view());
}

}  // namespace

PublicKey test_key(uint8_t number) {
  PublicKey key;
  key.fill(number);
  return key;
}

TransferOffer Publication::offer() const {
  TransferOffer out{transfer.view(), release.view(), golden, {}, {}};
  for (const SignedMessage<Approval>& approval : approvals) {
    const Signed<Approval> view = approval.view();
    (void)out.approvals.push_back(
        {{}, view.value.release_digest, view.envelope.signed_bytes, view.envelope.signatures[0]});
  }
  return out;
}

Chunk Publication::chunk(uint32_t index) const {
  Chunk out = pieces.at(index).chunk;
  out.payload = pieces[index].payload;
  out.path = pieces[index].path;
  return out;
}

template <typename T>
void Publisher::sign(SignedMessage<T>& message, const PublicKey& key) const {
  const Digest digest = signing_digest(crypto_, message.kind, message.bytes);
  message.marks.push_back({key_id(crypto_, key), crypto_.sign(key, digest)});
}

template void Publisher::sign(SignedMessage<Keyset>&, const PublicKey&) const;
template void Publisher::sign(SignedMessage<ReleaseManifest>&, const PublicKey&) const;
template void Publisher::sign(SignedMessage<TransferManifest>&, const PublicKey&) const;
template void Publisher::sign(SignedMessage<Approval>&, const PublicKey&) const;
template void Publisher::sign(SignedMessage<Directive>&, const PublicKey&) const;

Keyset Publisher::keyset_value(uint32_t epoch) const {
  Keyset value;
  value.epoch = epoch;
  value.issued = issued + seconds(epoch);
  (void)value.keys.push_back(key_with_roles(root(), kRoleRoot));
  (void)value.keys.push_back(key_with_roles(releaser(), kRoleRelease));
  (void)value.keys.push_back(key_with_roles(director(), kRoleDirector));
  return value;
}

SignedMessage<Keyset> Publisher::keyset(const Keyset& value,
                                        const std::vector<PublicKey>& signers) {
  SignedMessage<Keyset> message{value, SignedKind::kKeyset, encode(value), {}};
  for (const PublicKey& signer : signers) sign(message, signer);
  return message;
}

ReleaseManifest Publisher::release_value(Bytes image, uint32_t version, Bytes golden) {
  ReleaseManifest value;
  value.model = Name(model);
  value.version = version;
  value.hardware_class = Name(hardware_class);
  value.security_counter = version;
  value.image_digest = crypto_.digest_of(image);
  value.image_size = image.size();
  if (!golden.empty()) value.golden_digest = crypto_.digest_of(golden);
  return value;
}

SignedMessage<ReleaseManifest> Publisher::sign_release(const ReleaseManifest& value) {
  SignedMessage<ReleaseManifest> message{value, SignedKind::kRelease, encode(value), {}};
  sign(message, releaser());
  return message;
}

SignedMessage<Approval> Publisher::sign_approval(const Digest& release,
                                                 const PublicKey& approver) const {
  Approval value;
  value.release_digest = release;
  SignedMessage<Approval> message{value, SignedKind::kApproval, {}, {}};
  message.bytes.assign(release.bytes.begin(), release.bytes.end());
  sign(message, approver);
  return message;
}

SignedMessage<TransferManifest> Publisher::sign_transfer(const TransferManifest& value) {
  SignedMessage<TransferManifest> message{value, SignedKind::kTransfer, encode(value), {}};
  sign(message, director());
  return message;
}

SignedMessage<Directive> Publisher::sign_directive(const Directive& value) {
  SignedMessage<Directive> message{value, SignedKind::kDirective, encode(value), {}};
  sign(message, director());
  return message;
}

Publication Publisher::publish(const SignedMessage<ReleaseManifest>& release, Bytes base,
                               Bytes image, uint32_t range) {
  Publication out;
  out.release = release;
  TransferManifest& manifest = out.transfer.value;
  if (!base.empty()) manifest.base_digest = crypto_.digest_of(base);
  manifest.decoder_memory = delta::decoder_memory(delta::kSmallProfile);
  manifest.expires = issued + seconds(86400);
  for (uint64_t offset = 0; offset < image.size(); offset += range) {
    const uint32_t length = static_cast<uint32_t>(std::min<uint64_t>(range, image.size() - offset));
    Publication::Piece piece;
    piece.chunk.output_offset = offset;
    piece.chunk.output_length = length;
    piece.payload = base.empty() ? encode_full(image, {offset, length})
                                 : encode_delta(base, image, {offset, length});
    out.pieces.push_back(piece);
  }
  seal(out);
  return out;
}

void Publisher::seal(Publication& publication) {
  TransferManifest& manifest = publication.transfer.value;
  publication.release_digest =
      signing_digest(crypto_, SignedKind::kRelease, publication.release.bytes);
  manifest.release_digest = publication.release_digest;
  manifest.chunk_count = static_cast<uint32_t>(publication.pieces.size());
  manifest.payload_size = 0;
  manifest.chunk_max = 1;
  std::vector<Digest> leaves;
  for (uint32_t i = 0; i < manifest.chunk_count; ++i) {
    Publication::Piece& piece = publication.pieces[i];
    piece.chunk.index = i;
    manifest.payload_size += piece.payload.size();
    manifest.chunk_max = std::max(manifest.chunk_max, static_cast<uint32_t>(piece.payload.size()));
    leaves.push_back(merkle::leaf_hash(crypto_, publication.chunk(i)));
  }
  for (uint32_t i = 0; i < manifest.chunk_count; ++i) {
    publication.pieces[i].path.clear();
    manifest.merkle_root =
        subtree(crypto_, leaves, 0, leaves.size(), i, &publication.pieces[i].path);
  }
  publication.transfer = sign_transfer(manifest);
  publication.id = transfer_id(transfer_digest(crypto_, manifest));
  for (Publication::Piece& piece : publication.pieces) piece.chunk.transfer = publication.id;
}

Directive Publisher::directive_value(const Publication& full, uint64_t seq, uint32_t rollout) {
  Directive value;
  value.model = Name(model);
  value.hardware_class = Name(hardware_class);
  value.epoch = 1;
  value.seq = seq;
  value.rollout = rollout;
  value.release_digest = full.release_digest;
  value.version = full.release.value.version;
  value.image_digest = full.release.value.image_digest;
  (void)value.offers.push_back({Digest{}, full.id});
  (void)value.cohort.push_back(CohortTerm{});
  value.issued = issued + seconds(static_cast<int64_t>(seq % 1'000'000));
  value.expires = value.issued + seconds(86400);
  value.healthy_for_s = 5;
  value.trial_deadline_s = 60;
  value.trial_attempts = 3;
  return value;
}

}  // namespace flotilla::edge::test
