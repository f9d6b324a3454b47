#include "controller/artifact/payload_file.h"

#include <gtest/gtest.h>

#include "controller/adapters/mbed_hasher.h"
#include "schemas/base/crc32c.h"
#include "schemas/wire/wire.h"
#include "simulator/control/memory_artifacts.h"
#include "tests/support/adapter_payloads.h"

namespace flotilla::controller {
namespace {

constexpr TransferId kTransfer = 0x0123456789abcdef;

class PayloadFileTest : public ::testing::Test {
 protected:
  PayloadFileTest() {
    Prng prng(3);
    const std::string target = flotilla::testing::random_bytes(prng, 40'000);
    const std::atomic<bool> go_on{false};
    payload_ = flotilla::testing::build_payload(hasher_, {}, as_bytes(target), {}, go_on).value();
    stored_ = store_payload(hasher_, artifacts_, kTransfer, payload_).value();
    view_ = artifacts_.open(stored_.file).value();
    bytes_ = as_text(view_->bytes());
  }

  Status open(const std::string& bytes) { return PayloadFile::open(as_bytes(bytes)).status(); }

  /// The file with a 32-bit number changed and every checksum made right again.
  std::string forged(size_t at, uint32_t value) {
    std::string bytes = bytes_;
    uint8_t* raw = reinterpret_cast<uint8_t*>(bytes.data());
    store_u32_le(raw + at, value);
    const size_t index = std::min<size_t>(load_u32_le(raw + 16), (bytes.size() - 40) / 32) * 32;
    store_u32_le(raw + 20, crc32c({raw + 40, index}));
    store_u32_le(raw + 32, crc32c({raw, 32}));
    return bytes;
  }

  MbedHasher hasher_;
  flotilla::sim::MemoryArtifacts artifacts_{hasher_};
  Payload payload_;
  StoredPayload stored_;
  std::shared_ptr<ArtifactView> view_;
  std::string bytes_;
};

TEST_F(PayloadFileTest, GivesEveryMessageBack) {
  const PayloadFile file = PayloadFile::open(view_->bytes()).value();
  ASSERT_EQ(file.chunk_count(), payload_.chunks.size());
  ASSERT_GT(file.chunk_count(), 2u);
  EXPECT_EQ(file.transfer(), kTransfer);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < file.chunk_count(); ++i) {
    const Bytes message = file.message(i);
    sum += message.size();
    const auto chunk = wire::decode_chunk(message);
    ASSERT_TRUE(chunk.ok()) << chunk.status().reason();
    EXPECT_EQ(chunk.value().transfer, kTransfer);
    EXPECT_EQ(chunk.value().index, i);
    EXPECT_EQ(as_text(chunk.value().payload), payload_.chunks[i].payload);
    EXPECT_EQ(as_text(chunk.value().path), payload_.paths[i]);
    EXPECT_TRUE(file.holds(hasher_, i, message));
    EXPECT_FALSE(file.holds(hasher_, (i + 1) % file.chunk_count(), message));
  }
  EXPECT_EQ(stored_.message_bytes, sum);
}

TEST_F(PayloadFileTest, AnyChangedByteOfHeaderOrIndexIsSeen) {
  const size_t messages = 40 + 32 * payload_.chunks.size();
  for (size_t at = 0; at < messages; ++at) {
    std::string bytes = bytes_;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    const bool padding = at >= 36 && at < 40;
    EXPECT_EQ(open(bytes).ok(), padding) << at;
  }
}

TEST_F(PayloadFileTest, EveryTruncationIsSeen) {
  for (size_t size = 0; size < bytes_.size(); size += size < 300 ? 1 : 997) {
    EXPECT_EQ(open(bytes_.substr(0, size)).code(), Code::kDataLoss) << size;
  }
  EXPECT_EQ(open(bytes_ + std::string(8, '\0')).code(), Code::kDataLoss);
}

TEST_F(PayloadFileTest, ForgedNumbersWithRightChecksumsStayInBounds) {
  for (const size_t at : {16u, 24u, 28u, 40u, 44u, 48u, 72u, 76u, 80u}) {
    for (const uint32_t value : {0u, 1u, 7u, 0x7fffffffu, 0x80000000u, 0xfffffff8u, 0xffffffffu}) {
      const std::string bytes = forged(at, value);
      if (bytes == bytes_) continue;
      EXPECT_FALSE(open(bytes).ok()) << at << " = " << value;
    }
  }
  EXPECT_TRUE(open(forged(36, 0)).ok()) << "the forger itself must not break the file";
}

TEST_F(PayloadFileTest, AnotherVersionIsNotGuessed) {
  EXPECT_EQ(open(forged(4, 2)).code(), Code::kUnimplemented);
}

TEST_F(PayloadFileTest, AFullStoreIsReported) {
  artifacts_.full = true;
  EXPECT_EQ(store_payload(hasher_, artifacts_, kTransfer, payload_).status().code(),
            Code::kResourceExhausted);
}

}  // namespace
}  // namespace flotilla::controller
