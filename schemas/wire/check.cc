#include "schemas/wire/check.h"

namespace flotilla::wire {

namespace {

constexpr Status invalid(const char* reason) {
  return Status(Code::kInvalidArgument, reason);
}
constexpr Status out_of_range(const char* reason) {
  return Status(Code::kOutOfRange, reason);
}

Status require(bool holds, const char* reason) {
  return holds ? ok_status() : invalid(reason);
}

/// No two entries name the same model.
template <typename Rows>
Status check_models(const Rows& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    FLOTILLA_TRY(check_name(rows[i].model, "model is not a valid name"));
    for (size_t k = 0; k < i; ++k) {
      FLOTILLA_TRY(require(!(rows[k].model == rows[i].model), "a model appears twice"));
    }
  }
  return ok_status();
}

}  // namespace

Status check_time(WallTime time) {
  if (time.ms < 0) return out_of_range("a time is negative");
  if (time.ms > kMaxWallTimeMs) return out_of_range("a time lies after the year 9999");
  return ok_status();
}

Status check_name(const Name& name, const char* reason) {
  return require(is_valid_name(name.view()), reason);
}

Status check_device(const DeviceId& device) {
  return require(is_valid_device_id(device.view()), "device is not a valid id");
}

Status check_text(std::string_view text, const char* reason) {
  for (char c : text) {
    if (c < 0x20 || c > 0x7E) return invalid(reason);
  }
  return ok_status();
}

Status check(const Chunk& value) {
  if (value.index >= kMaxChunks) return out_of_range("chunk index exceeds its limit");
  if (value.output_length == 0) return out_of_range("chunk has no output");
  if (value.output_length > kMaxChunkOutput) return out_of_range("chunk output exceeds its limit");
  if (value.output_offset > kMaxImageSize - value.output_length)
    return out_of_range("chunk output lies beyond the largest image");
  FLOTILLA_TRY(require(value.path.size() % kMerkleNodeSize == 0, "chunk path is not whole nodes"));
  if (value.path.size() > kMaxMerkleDepth * kMerkleNodeSize)
    return out_of_range("chunk path exceeds its limit");
  if (value.payload.size() > kChunkMaxLimit) return out_of_range("chunk payload exceeds its limit");
  return ok_status();
}

Status check_offer(Bytes transfer_envelope, Bytes release_envelope, Bytes golden) {
  FLOTILLA_TRY(require(!transfer_envelope.empty(), "offer has no transfer manifest"));
  FLOTILLA_TRY(require(!release_envelope.empty(), "offer has no release manifest"));
  if (transfer_envelope.size() > kMaxEnvelope)
    return out_of_range("transfer manifest exceeds its limit");
  if (release_envelope.size() > kMaxEnvelope)
    return out_of_range("release manifest exceeds its limit");
  if (golden.size() > kMaxGolden) return out_of_range("golden vectors exceed their limit");
  return ok_status();
}

Status check_approval_envelope(Bytes envelope) {
  FLOTILLA_TRY(require(!envelope.empty(), "an approval of the offer is empty"));
  if (envelope.size() > kMaxApproval) return out_of_range("an approval exceeds its limit");
  return ok_status();
}

Status check(const GrowthProof& value) {
  if (value.from == 0) return out_of_range("a growth proof starts from an empty log");
  FLOTILLA_TRY(require(value.path.size() % Digest::kSize == 0, "growth path is not whole nodes"));
  if (value.path.size() > kMaxGrowthPath) return out_of_range("growth path exceeds its limit");
  return ok_status();
}

namespace {

Status check_witness(const StateReport& value) {
  if (value.witness > Witness::kSplit) return Status(Code::kUnimplemented, "unknown witness");
  const bool seen = value.witness != Witness::kNone;
  if (seen == value.checkpoint.root.is_none() || seen == (value.checkpoint.size == 0))
    return invalid("a witness without a checkpoint");
  const bool split = value.witness == Witness::kSplit;
  const LogHead& other = value.conflict;
  return require(split != other.root.is_none() && split == (other.size != 0),
                 "a split view without two checkpoints");
}

Status check(const ModelState& value) {
  if (value.state > UpdateState::kFailed)
    return Status(Code::kUnimplemented, "unknown update state");
  if (value.reason > kLastReason) return Status(Code::kUnimplemented, "unknown reason");
  if (value.chunks_total > uint32_t{1} << kMaxMerkleDepth)
    return out_of_range("chunk total exceeds its limit");
  if (value.chunks_done > value.chunks_total)
    return out_of_range("more chunks done than there are");
  if (value.attestation.size() > kMaxAttestation)
    return out_of_range("attestation exceeds its limit");
  return ok_status();
}

}  // namespace

Status check(const StateReport& value) {
  FLOTILLA_TRY(check_device(value.device));
  FLOTILLA_TRY(check_name(value.hardware_class, "hardware class is not a valid name"));
  FLOTILLA_TRY(check_text(value.software.view(), "software is not printable text"));
  FLOTILLA_TRY(check_models(value.models));
  for (const ModelState& model : value.models) FLOTILLA_TRY(check(model));
  return check_witness(value);
}

Status check(const HealthReport& value) {
  FLOTILLA_TRY(check_device(value.device));
  return check_models(value.models);
}

Status check(const Acknowledgement& value) {
  return check_models(value.directives);
}

}  // namespace flotilla::wire
