#pragma once

#include <mbedtls/pk.h>

#include <string>

#include "edge-client/adapters/mbed_random.h"

namespace flotilla::edge::test {

/// A throw-away certificate authority that writes PEM files: P-256 keys, NAME.crt and NAME.key.
class Pki {
 public:
  struct Validity {
    const char* from = "20200101000000";
    const char* to = "20991231235959";
  };

  Pki(std::string folder, std::string name);
  ~Pki();
  Pki(const Pki&) = delete;
  Pki& operator=(const Pki&) = delete;

  void issue(const std::string& common_name, Validity validity);
  void issue(const std::string& common_name) { issue(common_name, Validity{}); }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

 private:
  void make_key(mbedtls_pk_context& key, const std::string& path);
  void write_certificate(const std::string& common_name, mbedtls_pk_context& subject_key,
                         bool is_ca, Validity validity, const std::string& path);

  std::string folder_;
  std::string name_;
  MbedRandom random_;
  mbedtls_pk_context ca_key_;
  int serial_ = 1;
};

/// Writes a keyset of one root and director key, signed by it, as a device is provisioned with.
void write_keyset(const std::string& path);

/// A folder below the temporary one, removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void write_text(const std::string& path, const std::string& text);

}  // namespace flotilla::edge::test
