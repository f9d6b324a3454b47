#include "tests/golden/samples.h"

#include "schemas/wire/wire.h"
#include "tests/golden/describe.h"

namespace flotilla::golden {
namespace {

/// Recognisable bytes: first, first + 1, ...
template <size_t N>
std::array<uint8_t, N> count_from(uint8_t first) {
  std::array<uint8_t, N> bytes{};
  for (size_t i = 0; i < N; ++i) bytes[i] = static_cast<uint8_t>(first + i);
  return bytes;
}

Digest digest(uint8_t first) {
  return Digest{count_from<32>(first)};
}

Bytes zeros(size_t size) {
  static const std::array<uint8_t, 48 * 1024> bytes{};
  return Bytes(bytes).first(size);
}

/// `size` bytes that start with `first` and never repeat a short pattern.
Bytes noise(size_t size) {
  static const auto bytes = [] {
    std::array<uint8_t, 48 * 1024> out{};
    uint32_t x = 12345;
    for (uint8_t& byte : out) {
      x = x * 1664525 + 1013904223;
      byte = static_cast<uint8_t>(x >> 24);
    }
    return out;
  }();
  return Bytes(bytes).first(size);
}

/// A name of the longest length that ends in the digit `i`.
template <typename Text>
Text longest(size_t i = 0) {
  std::string text(Text::capacity() - 1, 'n');
  return Text(text + static_cast<char>('0' + i));
}

template <typename T, size_t N>
void add(FixedVector<T, N>& rows, const T& row) {
  FLOTILLA_ASSERT(rows.push_back(row));
}

ReportOrder order(Size size) {
  if (size == Size::kMin) return {};
  if (size == Size::kMax) return {UINT64_MAX, UINT32_MAX, UINT64_MAX};
  return {0x0123456789ABCDEF, 17, 4711};
}

WallTime time(Size size, int64_t plus) {
  if (size == Size::kMin) return WallTime{0};
  if (size == Size::kMax) return WallTime{kMaxWallTimeMs};
  return WallTime{1790000000000 + plus};
}

}  // namespace

Keyset keyset(Size size) {
  Keyset value;
  value.epoch = size == Size::kMin ? 0 : 3;
  value.issued = time(size, 0);
  const size_t count = size == Size::kMin ? 1 : size == Size::kTypical ? 4 : kMaxKeys;
  for (size_t i = 0; i < count; ++i) {
    KeysetKey key;
    key.public_key = count_from<64>(static_cast<uint8_t>(1 + 7 * i));
    key.roles = static_cast<uint8_t>(size == Size::kMax ? 255 : 1 << i);
    add(value.keys, key);
  }
  value.root_threshold = size == Size::kMax ? kMaxKeys : 1;
  if (size == Size::kMin) return value;
  static const std::string kLongest = std::string(31, 's') + "*/" + std::string(kMaxName, 'c');
  static const std::string kThree = kLongest + " " + kLongest + " " + kLongest;
  const bool max = size == Size::kMax;
  value.keys[1].scopes = max ? std::string_view(kThree) : "pose*/edge-arm64 */cam";
  if (max) value.keys[0].scopes = value.keys[15].scopes = kThree;
  for (uint8_t i = 0; i < (max ? kMaxApprovalRules : 1); ++i) {
    const uint8_t needed = max ? kMaxApprovals : 2;
    add(value.approval_rules, {max ? std::string_view(kLongest) : "pose/*", needed});
  }
  return value;
}

ReleaseManifest release(Size size) {
  ReleaseManifest value;
  value.model = Name("m");
  value.hardware_class = Name("c");
  value.version = 1;
  value.image_digest = digest(0x10);
  value.image_size = 1;
  if (size == Size::kMin) return value;
  const bool max = size == Size::kMax;
  value.model = max ? longest<Name>(1) : Name("pose");
  value.hardware_class = max ? longest<Name>(2) : Name("edge-arm64");
  value.version = max ? UINT32_MAX : 12;
  value.label.assign_truncated(max ? std::string(kMaxVersionLabel, '~') : "2.4.1");
  value.security_counter = max ? UINT32_MAX : 5;
  value.image_size = max ? kMaxImageSize : 3456789;
  value.golden_digest = digest(0x30);
  value.runtime.assign_truncated(max ? std::string(kMaxRuntimeRequirement, ' ') : "onnx>=1.15");
  value.document_digest = digest(0x50);
  value.checkpoint_size = max ? UINT64_MAX : 98765;
  value.checkpoint_root = digest(0x70);
  return value;
}

TransferManifest transfer(Size size) {
  TransferManifest value;
  value.release_digest = digest(0x11);
  value.merkle_root = digest(0x22);
  value.chunk_count = 1;
  value.chunk_max = 1;
  if (size == Size::kMin) return value;
  const bool max = size == Size::kMax;
  value.base_digest = digest(0x33);
  value.chunk_count = max ? kMaxChunks : 77;
  value.chunk_max = max ? kChunkMaxLimit : kDefaultChunkMax;
  value.payload_size = max ? uint64_t{kMaxChunks} * kChunkMaxLimit : 1234567;
  value.decoder_memory = max ? UINT32_MAX : 5000;
  value.expires = time(size, 86400000);
  return value;
}

Directive directive(Size size) {
  Directive value;
  value.model = Name("m");
  value.hardware_class = Name("c");
  value.release_digest = digest(0x12);
  value.image_digest = digest(0x13);
  value.version = 1;
  if (size == Size::kMin) return value;
  const bool max = size == Size::kMax;
  value.model = max ? longest<Name>(1) : Name("pose");
  value.hardware_class = max ? longest<Name>(2) : Name("edge-arm64");
  if (max) value.device = longest<DeviceId>();
  value.epoch = max ? UINT32_MAX : 3;
  value.seq = max ? UINT64_MAX : 42;
  value.rollout = max ? UINT32_MAX - 1 : 9;
  value.verb = max ? Verb::kRollback : Verb::kInstall;
  value.version = max ? UINT32_MAX - 2 : 12;
  for (size_t i = max ? 1 : kMaxOffers; i < kMaxOffers; ++i) {
    add(value.offers, Offer{digest(static_cast<uint8_t>(0x40 + i)), 0xABCDEF0123456700 + i});
  }
  add(value.offers, Offer{Digest{}, 0xFEDCBA9876543210});
  value.salt = count_from<16>(0xA0);
  for (uint32_t i = 0; i < (max ? kMaxCohortTerms : 2); ++i) {
    CohortTerm term;
    if (max || i == 1) term.site = max ? longest<Name>(i % 10) : Name("plant-7");
    term.low = 1000 * i + 1;
    term.high = max ? UINT32_MAX - i : 1000 * i + 500;
    add(value.cohort, term);
  }
  value.issued = time(size, 1);
  value.expires = time(size, 2);
  value.not_before = time(size, 3);
  value.floor = max ? UINT32_MAX - 3 : 4;
  value.healthy_for_s = max ? UINT32_MAX - 4 : 60;
  value.trial_deadline_s = max ? UINT32_MAX - 5 : 600;
  value.trial_attempts = max ? 255 : 2;
  value.start_window_s = max ? UINT32_MAX - 6 : 300;
  static const auto kRevoked = count_from<kMaxRevoked * Digest::kSize>(0x60);
  if (max) value.revoked = kRevoked;
  return value;
}

Attestation attestation(Size size) {
  Attestation value;
  const bool max = size == Size::kMax;
  value.device = max ? longest<DeviceId>() : size == Size::kMin ? DeviceId("d") : DeviceId("cam-1");
  value.model = max ? longest<Name>() : size == Size::kMin ? Name("m") : Name("pose");
  value.release_digest = digest(0x12);
  if (size == Size::kMin) return value;
  value.rollout = max ? UINT32_MAX : 9;
  value.outcome = max ? UpdateState::kReverted : UpdateState::kConfirmed;
  value.measured_digest = digest(0x13);
  value.golden_digest = digest(0x14);
  if (max) value.engine_digest = digest(0x15);
  value.order = order(size);
  return value;
}

Checkpoint checkpoint(Size size) {
  Checkpoint value;
  const bool max = size == Size::kMax;
  value.origin.assign_truncated(max ? std::string(kMaxOrigin, '~') : "flotilla/0123456789abcdef");
  value.head = {max ? UINT64_MAX : size == Size::kMin ? 1 : 4711, digest(0x16)};
  value.time = time(size, 6);
  return value;
}

Approval approval(Size size) {
  Approval value;
  const bool max = size == Size::kMax;
  value.release_digest = digest(0x12);
  value.model = max ? longest<Name>(1) : size == Size::kMin ? Name("m") : Name("pose");
  value.hardware_class = max ? longest<Name>(2) : Name(size == Size::kMin ? "c" : "edge-arm64");
  value.version = max ? UINT32_MAX : size == Size::kMin ? 1 : 12;
  value.approver.assign_truncated(max ? std::string(kMaxApproverName, '~') : "A");
  if (size == Size::kTypical) value.approver.assign_truncated("Ada Lovelace");
  value.issued = time(size, 5);
  return value;
}

Chunk chunk(Size size) {
  Chunk value;
  value.output_length = 1;
  if (size == Size::kMin) return value;
  const bool max = size == Size::kMax;
  value.transfer = max ? UINT64_MAX : 0xFEDCBA9876543210;
  value.index = max ? kMaxChunks - 1 : 33;
  value.output_length = max ? kMaxChunkOutput : 65536;
  value.output_offset = max ? kMaxImageSize - kMaxChunkOutput : 33 * 65536;
  value.path = noise((max ? kMaxMerkleDepth : 7) * kMerkleNodeSize);
  value.payload = max ? zeros(kChunkMaxLimit) : noise(1234);
  return value;
}

namespace {

Bytes sealed_attestation() {
  static const std::vector<uint8_t> sealed = [] {
    alignas(8) uint8_t arena[2048], body[kMaxAttestation];
    const auto size = wire::Encoder(arena).attestation(attestation(Size::kMax), body);
    return seal(SignedKind::kAttestation, Bytes(body, size.value()));
  }();
  return sealed;
}

ModelState model_state(Size size, size_t i) {
  ModelState model;
  const bool max = size == Size::kMax;
  model.model = max ? longest<Name>(i) : Name("pose");
  model.slot_size = max ? UINT64_MAX : 16 << 20;
  model.active_digest = digest(0x21);
  model.active_version = max ? UINT32_MAX : 12;
  model.spare_digest = digest(0x22);
  model.floor = max ? UINT32_MAX - 1 : 4;
  model.state = max ? UpdateState::kFailed : UpdateState::kTransferring;
  model.reason = max ? Reason::kOrdered : Reason::kNone;
  if (max) model.detail.assign_truncated(std::string(kMaxReasonText, '!'));
  model.rollout = max ? UINT32_MAX - 2 : 9;
  model.directive = max ? DirectivePosition{UINT32_MAX - 3, UINT64_MAX} : DirectivePosition{3, 42};
  model.transfer = max ? UINT64_MAX - 1 : 0xFEDCBA9876543210;
  model.chunks_done = max ? 65536 : 30;
  model.chunks_total = max ? 65536 : 77;
  model.bytes_received = max ? UINT64_MAX - 2 : 500000;
  model.chunks_refused = max ? UINT32_MAX - 4 : 1;
  if (max) model.attestation = sealed_attestation();
  return model;
}

}  // namespace

StateReport state(Size size) {
  StateReport value;
  const bool max = size == Size::kMax;
  value.device = max ? longest<DeviceId>() : size == Size::kMin ? DeviceId("d") : DeviceId("cam-1");
  value.hardware_class = max ? longest<Name>() : Name(size == Size::kMin ? "c" : "edge-arm64");
  if (size == Size::kMin) return value;
  value.order = order(size);
  value.software.assign_truncated(max ? std::string(32, 'S') : "flotilla-edge 0.1.0");
  for (size_t i = 0; i < (max ? kMaxReportedModels : 1); ++i) {
    add(value.models, model_state(size, i));
  }
  if (!max) return value;
  value.witness = Witness::kSplit;
  value.checkpoint = {UINT64_MAX, digest(0x16)};
  value.conflict = {UINT64_MAX, digest(0x17)};
  return value;
}

HealthReport health(Size size) {
  HealthReport value;
  const bool max = size == Size::kMax;
  value.device = max ? longest<DeviceId>() : size == Size::kMin ? DeviceId("d") : DeviceId("cam-1");
  if (size == Size::kMin) return value;
  value.order = order(size);
  value.uptime_s = max ? UINT64_MAX : 86400;
  for (size_t i = 0; i < (max ? kMaxReportedModels : 1); ++i) {
    ModelHealth model;
    model.model = max ? longest<Name>(i) : Name("pose");
    model.loaded_digest = digest(static_cast<uint8_t>(0x21 + i));
    model.healthy = true;
    model.inferences = max ? UINT64_MAX : 100000;
    model.failures = max ? UINT64_MAX - 1 : 3;
    model.latency_p50_us = max ? UINT32_MAX - 1 : 4200;
    model.latency_p99_us = max ? UINT32_MAX : 9900;
    add(value.models, model);
  }
  return value;
}

Acknowledgement acknowledgement(Size size) {
  Acknowledgement value;
  value.order = order(size);
  if (size == Size::kMin) return value;
  const bool max = size == Size::kMax;
  for (size_t i = 0; i < (max ? kMaxReportedModels : 1); ++i) {
    AcknowledgedDirective row;
    row.model = max ? longest<Name>(i) : Name("pose");
    row.newest = max ? DirectivePosition{UINT32_MAX, UINT64_MAX} : DirectivePosition{3, 42};
    add(value.directives, row);
  }
  value.reconnect_window_s = max ? UINT32_MAX : 120;
  return value;
}

// ---------------------------------------------------------------- encoded

namespace {

struct Buffers {
  alignas(8) uint8_t arena[wire::kControllerArena];
  alignas(8) uint8_t out[kChunkMaxLimit + kChunkOverhead];

  std::vector<uint8_t> take(Result<size_t> size) {
    FLOTILLA_ASSERT(size.ok());
    return {out, out + size.value()};
  }
};

std::vector<uint8_t> body(Kind kind, Size size) {
  static Buffers buffers;
  wire::Encoder encoder(buffers.arena);
  MutableBytes out = buffers.out;
  if (kind == Kind::kKeyset) return buffers.take(encoder.keyset(keyset(size), out));
  if (kind == Kind::kRelease) return buffers.take(encoder.release(release(size), out));
  if (kind == Kind::kTransfer) return buffers.take(encoder.transfer(transfer(size), out));
  if (kind == Kind::kDirective) return buffers.take(encoder.directive(directive(size), out));
  if (kind == Kind::kAttestation) return buffers.take(encoder.attestation(attestation(size), out));
  if (kind == Kind::kApproval) return buffers.take(encoder.approval(approval(size), out));
  if (kind == Kind::kCheckpoint) return buffers.take(encoder.checkpoint(checkpoint(size), out));
  if (kind == Kind::kChunk) return buffers.take(encoder.chunk(chunk(size), out));
  if (kind == Kind::kState) return buffers.take(encoder.state_report(state(size), out));
  if (kind == Kind::kHealth) return buffers.take(encoder.health_report(health(size), out));
  return buffers.take(encoder.acknowledgement(acknowledgement(size), out));
}

std::vector<uint8_t> message(Kind kind, Size size) {
  static Buffers buffers;
  const bool one = size != Size::kMax || kind == Kind::kAttestation || kind == Kind::kApproval;
  if (const auto signed_kind = signed_kind_of(kind)) {
    return seal(*signed_kind, body(kind, size), one ? 1 : kMaxSignatures);
  }
  if (kind != Kind::kOffer) return body(kind, size);
  const std::vector<uint8_t> transfer_part = message(Kind::kTransfer, size);
  const std::vector<uint8_t> release_part = message(Kind::kRelease, size);
  const bool max = size == Size::kMax;
  const size_t golden = size == Size::kMin ? 0 : max ? kMaxGolden : 700;
  const std::vector<uint8_t> consent = message(Kind::kApproval, size);
  FixedVector<Bytes, kMaxApprovals> approvals;
  for (size_t i = 0; i < (size == Size::kMin ? 0 : max ? kMaxApprovals : 1); ++i) {
    add(approvals, Bytes(consent));
  }
  const Bytes path = noise(2 * Digest::kSize);
  FixedVector<GrowthProof, kMaxGrowthProofs> growth;
  for (size_t i = 0; i < (max ? kMaxGrowthProofs : 0); ++i)
    add(growth, GrowthProof{1000 + i, path});
  wire::Encoder encoder(buffers.arena);
  return buffers.take(
      encoder.offer(transfer_part, release_part, noise(golden), buffers.out, approvals, growth));
}

std::vector<std::string> parts(Kind kind, Size size) {
  switch (kind) {
    case Kind::kKeyset:
      return {describe(keyset(size))};
    case Kind::kRelease:
      return {describe(release(size))};
    case Kind::kTransfer:
      return {describe(transfer(size))};
    case Kind::kDirective:
      return {describe(directive(size))};
    case Kind::kAttestation:
      return {describe(attestation(size))};
    case Kind::kOffer:
      return {describe(transfer(size)), describe(release(size))};
    case Kind::kChunk:
      return {describe(chunk(size))};
    case Kind::kState:
      return {describe(state(size))};
    case Kind::kHealth:
      return {describe(health(size))};
    case Kind::kAcknowledgement:
      return {describe(acknowledgement(size))};
    case Kind::kApproval:
      return {describe(approval(size))};
    case Kind::kCheckpoint:
      return {describe(checkpoint(size))};
  }
  return {};
}

}  // namespace

std::string Sample::name() const {
  constexpr const char* kSizes[] = {"-min", "-typical", "-max"};
  return name_of(kind) + std::string(kSizes[static_cast<size_t>(size)]);
}

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (size_t kind = 0; kind < kKinds; ++kind) {
    for (Size size : {Size::kMin, Size::kTypical, Size::kMax}) {
      Sample sample;
      sample.kind = static_cast<Kind>(kind);
      sample.size = size;
      sample.bytes = message(sample.kind, size);
      sample.parts = parts(sample.kind, size);
      all.push_back(sample);
    }
  }
  return all;
}

}  // namespace flotilla::golden
