// Writes first inputs for the fuzz targets whose formats chance does not find: the golden messages
// for fuzz_wire_decode and fuzz_manifest, a model file of each format for fuzz_model_readers,
// an expression and a document for fuzz_registry_text, chunks of codec 2 for fuzz_applier.
// usage: fuzz_seeds FOLDER    (makes FOLDER/wire_decode, FOLDER/manifest, FOLDER/model_readers,
//                              FOLDER/registry_text, FOLDER/applier)

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "schemas/protocol/delta/chunk_header.h"
#include "schemas/wire/wire.h"
#include "tests/fuzz/applier_input.h"
#include "tests/golden/samples.h"
#include "tests/support/delta_ops.h"
#include "tests/support/model_files.h"

using namespace flotilla;          // NOLINT: a program of one file
using namespace flotilla::golden;  // NOLINT

namespace {

namespace fs = std::filesystem;

/// One byte that chooses what a target does with the rest.
std::string input(size_t choice, std::string_view rest) {
  return std::string(1, static_cast<char>(choice)).append(rest);
}

bool write(const fs::path& folder, const std::string& name, std::string_view content) {
  fs::create_directories(folder);
  std::ofstream out(folder / name, std::ios::binary);
  out << content;
  return out.flush().good();
}

/// A body padded to the units of 8 bytes in which fuzz_manifest counts it.
std::string body_of(Bytes signed_bytes) {
  std::string body(as_text(signed_bytes));
  body.resize((body.size() + 7) / 8 * 8);
  return body;
}

/// The input of fuzz_manifest that stands for a message; empty when it takes no such message.
std::string manifest_input(const Sample& sample) {
  const AlignedBytes bytes(sample.bytes);
  if (sample.kind == Kind::kKeyset)
    return input(0, as_text(wire::decode_keyset(bytes.view()).value().envelope.signed_bytes));
  if (sample.kind == Kind::kDirective)
    return input(1, as_text(wire::decode_directive(bytes.view()).value().envelope.signed_bytes));
  if (sample.kind != Kind::kOffer) return {};
  const TransferOffer offer = wire::decode_offer(bytes.view()).value();
  const std::string transfer = body_of(offer.transfer.envelope.signed_bytes);
  const std::string release = body_of(offer.release.envelope.signed_bytes);
  const std::string sizes = {static_cast<char>(transfer.size() / 8),
                             static_cast<char>(release.size() / 8)};
  return input(2, sizes + transfer + release + std::string(as_text(offer.golden)));
}

bool write_messages(const fs::path& folder) {
  bool ok = true;
  for (const Sample& sample : samples()) {
    const std::string message(as_text(sample.bytes));
    const auto kind = static_cast<size_t>(sample.kind);
    ok = write(folder / "wire_decode", sample.name(), input(kind, message)) && ok;
    const std::string manifest = manifest_input(sample);
    if (!manifest.empty()) ok = write(folder / "manifest", sample.name(), manifest) && ok;
  }
  return ok;
}

bool write_models(const fs::path& folder) {
  bool ok = true;
  size_t number = 0;
  for (const std::string& file : controller::test::model_files())
    ok = write(folder / "model_readers", std::to_string(number++), input(0, file)) && ok;
  return ok;
}

bool write_texts(const fs::path& folder) {
  const std::string query = "class=orin and (metric.f1>0.9 or not tag ~ 'hall 3')";
  const std::string document =
      R"({"evaluation":[{"name":"f1","value":0.9,"ci_low":0.8,"ci_high":1}],"variants":[)"
      R"({"hardware_class":"cam","optimisation":[{"op":"prune","tool":"t"}]}]})";
  return write(folder / "registry_text", "query", input(0, query)) &&
         write(folder / "registry_text", "document", input(1, document));
}

/// With their own header, and as a stream that gets one.
bool write_chunks(const fs::path& folder) {
  bool ok = true;
  for (uint64_t seed = 1; seed <= 120; ++seed) {
    const testing::DeltaCase chunk = testing::random_case(seed);
    const std::vector<uint8_t> payload = testing::encode_case(chunk);
    Bytes stream = payload;
    delta::ChunkHeader header;
    ok = delta::read_chunk_header(stream, header) && ok;
    testing::ApplierInput input;
    input.offset = static_cast<uint16_t>(chunk.output_offset);
    input.length = static_cast<uint16_t>(chunk.output_length());
    input.base = chunk.base;
    input.payload = payload;
    if (chunk.profile == delta::kLargeProfile) {
      input.flags = testing::ApplierInput::kLarge | testing::ApplierInput::kMoreMemory;
    }
    ok = write(folder / "applier", std::to_string(seed), input.bytes()) && ok;
    input.flags |= testing::ApplierInput::kOwnHeader;
    input.payload = stream;
    ok = write(folder / "applier", std::to_string(seed) + "-stream", input.bytes()) && ok;
  }
  return ok;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
    return 2;
  }
  const bool messages = write_messages(argv[1]);
  const bool models = write_models(argv[1]);
  const bool chunks = write_chunks(argv[1]);
  const bool texts = write_texts(argv[1]);
  return messages && models && chunks && texts ? 0 : 1;
}
