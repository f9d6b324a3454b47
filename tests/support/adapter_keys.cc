#include "tests/support/adapter_keys.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "schemas/base/assert.h"

namespace flotilla::testing {

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string rfc6979_key() {
  return from_hex(
      "30310201010420"
      "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"
      "A00A06082A8648CE3D030107");
}

PublicKey rfc6979_public_key() {
  const std::string raw = from_hex(
      "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
      "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
  PublicKey key{};
  std::copy(raw.begin(), raw.end(), key.begin());
  return key;
}

std::shared_ptr<controller::MbedSigner> rfc6979_signer(Hasher& hasher) {
  const std::string key = rfc6979_key();
  auto signer = controller::MbedSigner::from_key(hasher, as_bytes(key));
  FLOTILLA_ASSERT(signer.ok());
  return signer.value();
}

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "flotilla-test-XXXXXX").string();
  FLOTILLA_ASSERT(::mkdtemp(path_.data()) != nullptr);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace flotilla::testing
