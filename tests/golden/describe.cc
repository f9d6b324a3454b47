#include "tests/golden/describe.h"

namespace flotilla::golden {
namespace {

std::string hex(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// Lines of "prefix.name=value".
class Text {
 public:
  explicit Text(std::string prefix) : prefix_(std::move(prefix)) {}

  Text& add(const char* name, uint64_t value) { return line(name, std::to_string(value)); }
  Text& add(const char* name, WallTime value) { return line(name, std::to_string(value.ms)); }
  Text& add(const char* name, Bytes value) { return line(name, hex(value)); }
  Text& add(const char* name, const Digest& value) { return line(name, hex(value.view())); }
  Text& add(const char* name, const ReportOrder& value) {
    return line(name, std::to_string(value.incarnation) + "/" + std::to_string(value.boot_count) +
                          "/" + std::to_string(value.seq));
  }
  Text& add(const char* name, const LogHead& value) {
    return line(name, std::to_string(value.size) + "/" + hex(value.root.view()));
  }
  template <size_t N>
  Text& add(const char* name, const FixedString<N>& value) {
    return line(name, std::string(value.view()));
  }
  std::string take() const { return text_; }

 private:
  Text& line(const char* name, const std::string& value) {
    text_ += prefix_ + "." + name + "=" + value + "\n";
    return *this;
  }

  std::string prefix_;
  std::string text_;
};

std::string row(const char* name, size_t i) {
  return name + std::string("[") + std::to_string(i) + "]";
}

std::string describe(const ModelState& value, const std::string& prefix) {
  Text text(prefix);
  text.add("model", value.model)
      .add("slot_size", value.slot_size)
      .add("active_digest", value.active_digest)
      .add("active_version", value.active_version)
      .add("spare_digest", value.spare_digest)
      .add("floor", value.floor)
      .add("state", static_cast<uint64_t>(value.state))
      .add("reason", static_cast<uint64_t>(value.reason))
      .add("detail", value.detail)
      .add("rollout", value.rollout)
      .add("directive.epoch", value.directive.epoch)
      .add("directive.seq", value.directive.seq);
  text.add("transfer", value.transfer)
      .add("chunks_done", value.chunks_done)
      .add("chunks_total", value.chunks_total)
      .add("bytes_received", value.bytes_received)
      .add("chunks_refused", value.chunks_refused)
      .add("attestation", value.attestation);
  return text.take();
}

std::string describe(const ModelHealth& value, const std::string& prefix) {
  return Text(prefix)
      .add("model", value.model)
      .add("loaded_digest", value.loaded_digest)
      .add("healthy", uint64_t{value.healthy})
      .add("inferences", value.inferences)
      .add("failures", value.failures)
      .add("latency_p50_us", value.latency_p50_us)
      .add("latency_p99_us", value.latency_p99_us)
      .take();
}

}  // namespace

std::string describe(const Envelope& value) {
  std::string text = Text("envelope").add("kind", static_cast<uint64_t>(value.kind)).take();
  for (size_t i = 0; i < value.signatures.size(); ++i) {
    const SignatureView& signature = value.signatures[i];
    text += Text(row("signature", i))
                .add("key_id", signature.key_id)
                .add("algorithm", static_cast<uint64_t>(signature.algorithm))
                .add("bytes", signature.bytes)
                .take();
  }
  return text;
}

std::string describe(const Keyset& value) {
  std::string text = Text("keyset")
                         .add("epoch", value.epoch)
                         .add("issued", value.issued)
                         .add("root_threshold", value.root_threshold)
                         .take();
  for (size_t i = 0; i < value.keys.size(); ++i) {
    text += Text(row("key", i))
                .add("public_key", Bytes(value.keys[i].public_key))
                .add("roles", value.keys[i].roles)
                .add("scopes", as_bytes(value.keys[i].scopes))
                .take();
  }
  for (size_t i = 0; i < value.approval_rules.size(); ++i) {
    text += Text(row("approval_rule", i))
                .add("scope", as_bytes(value.approval_rules[i].scope))
                .add("count", value.approval_rules[i].count)
                .take();
  }
  return text;
}

std::string describe(const ReleaseManifest& value) {
  return Text("release")
      .add("model", value.model)
      .add("version", value.version)
      .add("label", value.label)
      .add("hardware_class", value.hardware_class)
      .add("security_counter", value.security_counter)
      .add("image_digest", value.image_digest)
      .add("image_size", value.image_size)
      .add("golden_digest", value.golden_digest)
      .add("runtime", value.runtime)
      .add("document_digest", value.document_digest)
      .add("checkpoint_size", value.checkpoint_size)
      .add("checkpoint_root", value.checkpoint_root)
      .take();
}

std::string describe(const TransferManifest& value) {
  return Text("transfer")
      .add("release_digest", value.release_digest)
      .add("base_digest", value.base_digest)
      .add("payload_size", value.payload_size)
      .add("chunk_count", value.chunk_count)
      .add("chunk_max", value.chunk_max)
      .add("merkle_root", value.merkle_root)
      .add("codec", static_cast<uint64_t>(value.codec))
      .add("decoder_memory", value.decoder_memory)
      .add("expires", value.expires)
      .take();
}

std::string describe(const Directive& value) {
  Text text("directive");
  text.add("model", value.model)
      .add("hardware_class", value.hardware_class)
      .add("device", value.device)
      .add("epoch", value.epoch)
      .add("seq", value.seq)
      .add("rollout", value.rollout)
      .add("verb", static_cast<uint64_t>(value.verb))
      .add("release_digest", value.release_digest)
      .add("version", value.version)
      .add("image_digest", value.image_digest)
      .add("salt", Bytes(value.salt));
  text.add("issued", value.issued)
      .add("expires", value.expires)
      .add("not_before", value.not_before)
      .add("floor", value.floor)
      .add("healthy_for_s", value.healthy_for_s)
      .add("trial_deadline_s", value.trial_deadline_s)
      .add("trial_attempts", value.trial_attempts)
      .add("start_window_s", value.start_window_s)
      .add("revoked", value.revoked);
  std::string rows;
  for (size_t i = 0; i < value.offers.size(); ++i) {
    rows += Text(row("offer", i))
                .add("base_digest", value.offers[i].base_digest)
                .add("transfer", value.offers[i].transfer)
                .take();
  }
  for (size_t i = 0; i < value.cohort.size(); ++i) {
    const CohortTerm& term = value.cohort[i];
    rows += Text(row("cohort", i))
                .add("site", term.site)
                .add("low", term.low)
                .add("high", term.high)
                .take();
  }
  return text.take() + rows;
}

std::string describe(const Attestation& value) {
  return Text("attestation")
      .add("device", value.device)
      .add("model", value.model)
      .add("rollout", value.rollout)
      .add("outcome", static_cast<uint64_t>(value.outcome))
      .add("release_digest", value.release_digest)
      .add("measured_digest", value.measured_digest)
      .add("golden_digest", value.golden_digest)
      .add("engine_digest", value.engine_digest)
      .add("order", value.order)
      .take();
}

std::string describe(const Checkpoint& value) {
  return Text("checkpoint")
      .add("origin", value.origin)
      .add("head", value.head)
      .add("time", value.time)
      .take();
}

std::string describe(const Approval& value) {
  return Text("approval")
      .add("release_digest", value.release_digest)
      .add("model", value.model)
      .add("version", value.version)
      .add("hardware_class", value.hardware_class)
      .add("approver", value.approver)
      .add("issued", value.issued)
      .take();
}

std::string describe(const TransferOffer& value) {
  std::string text = describe(value.transfer) + describe(value.release) +
                     Text("offer").add("golden", value.golden).take();
  for (size_t i = 0; i < value.approvals.size(); ++i) {
    text += Text(row("approval", i))
                .add("release_digest", value.approvals[i].release_digest)
                .add("key_id", value.approvals[i].signature.key_id)
                .add("envelope", value.approvals[i].envelope)
                .take();
  }
  for (size_t i = 0; i < value.growth.size(); ++i) {
    text += Text(row("growth", i))
                .add("from", value.growth[i].from)
                .add("path", value.growth[i].path)
                .take();
  }
  return text;
}

std::string describe(const Chunk& value) {
  return Text("chunk")
      .add("transfer", value.transfer)
      .add("index", value.index)
      .add("output_offset", value.output_offset)
      .add("output_length", value.output_length)
      .add("path", value.path)
      .add("payload", value.payload)
      .take();
}

std::string describe(const StateReport& value) {
  std::string text = Text("state")
                         .add("device", value.device)
                         .add("hardware_class", value.hardware_class)
                         .add("order", value.order)
                         .add("software", value.software)
                         .add("witness", static_cast<uint64_t>(value.witness))
                         .add("checkpoint", value.checkpoint)
                         .add("conflict", value.conflict)
                         .take();
  for (size_t i = 0; i < value.models.size(); ++i) {
    text += describe(value.models[i], row("model", i));
  }
  return text;
}

std::string describe(const HealthReport& value) {
  std::string text = Text("health")
                         .add("device", value.device)
                         .add("order", value.order)
                         .add("uptime_s", value.uptime_s)
                         .take();
  for (size_t i = 0; i < value.models.size(); ++i) {
    text += describe(value.models[i], row("model", i));
  }
  return text;
}

std::string describe(const Acknowledgement& value) {
  std::string text = Text("ack")
                         .add("order", value.order)
                         .add("reconnect_window_s", value.reconnect_window_s)
                         .take();
  for (size_t i = 0; i < value.directives.size(); ++i) {
    const AcknowledgedDirective& directive = value.directives[i];
    text += Text(row("directive", i))
                .add("model", directive.model)
                .add("epoch", directive.newest.epoch)
                .add("seq", directive.newest.seq)
                .take();
  }
  return text;
}

}  // namespace flotilla::golden
