// The audit log's tree: what an entry costs beyond its own write, and how long it takes to check a
// log of a million entries that was exported.
//
//   audit_bench [ENTRIES]      default: 1000000

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "controller/adapters/keys_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/mbed_signer.h"
#include "controller/adapters/openssl_verifier.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/artifact/proof/verify_log.h"
#include "controller/domain/audit_tree.h"
#include "controller/domain/checkpoints.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"
#include "tests/support/adapter_keys.h"

namespace flotilla::bench {
namespace {

using namespace controller;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string entry_bytes(uint64_t number) {
  AuditEntry entry;
  entry.number = number;
  entry.time = WallTime{1'800'000'000'000 + static_cast<int64_t>(number)};
  entry.actor = "device:cam-" + std::to_string(number % 50'000);
  entry.action = "assignment.transferring";
  entry.object = "rollout/7/device/cam-" + std::to_string(number % 50'000);
  entry.detail = "was offered";
  return encode(entry);
}

/// Appends as a step does: leaf, nodes, and their writes and the index's, gathered.
double append_all(uint64_t count, AuditTree& tree, std::string& file) {
  MbedHasher hasher;
  std::map<std::string, std::string> writes;
  double spent = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string bytes = entry_bytes(i);
    const auto start = Clock::now();
    tree.append(hasher, as_bytes(bytes), [&](uint8_t level, uint64_t index, const Digest& node) {
      writes[keys::audit_node(level, index)] = encode(AuditNode{node});
    });
    writes[keys::audit_mark("rollout/7", i)] = encode(AuditMark{});
    spent += seconds_since(start);
    if (i % 256 == 0) writes.clear();
    proof::add_entry(hasher, file, as_bytes(bytes));
  }
  return spent;
}

int run(uint64_t count) {
  MbedHasher hasher;
  OpensslVerifier verifier;
  testing::TemporaryFolder folder;
  const PublicKey key = generate_key_file(folder / "key").value();
  const auto signer = MbedSigner::load(hasher, folder / "key").value();
  Keyset keyset;
  keyset.epoch = 1;
  if (!keyset.keys.push_back({key, kRoleRoot | kRoleDirector})) return 1;
  Signer* const root = signer.get();
  AuditTree tree;
  std::string entries;
  const double appended = append_all(count, tree, entries);
  Checkpoint head;
  head.origin = FixedString<kMaxOrigin>(checkpoints::origin_of(tree));
  head.head = tree.head(hasher);
  head.time = WallTime{1};
  std::string file = proof::log_head(as_bytes(sign_keyset(hasher, {&root, 1}, keyset).value()),
                                     as_bytes(sign_checkpoint(hasher, *signer, head).value()));
  file += entries;
  const auto start = Clock::now();
  proof::CheckedHead checked;
  const auto wrong = proof::verify_log({hasher, verifier}, {{key}, 1}, as_bytes(file), nullptr,
                                       checked, [](const AuditEntry&) {});
  const double verified = seconds_since(start);
  std::printf("entries            %llu\n", static_cast<unsigned long long>(count));
  std::printf("append             %.2f us each\n", appended * 1e6 / static_cast<double>(count));
  std::printf("export             %.0f bytes each\n",
              static_cast<double>(file.size()) / static_cast<double>(count));
  std::printf("verify             %.2f s, %s\n", verified, wrong ? wrong->text.c_str() : "holds");
  return wrong ? 1 : 0;
}

}  // namespace
}  // namespace flotilla::bench

int main(int argc, char** argv) {
  return flotilla::bench::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000);
}
