#pragma once

#include <memory>
#include <string>

#include "simulator/load/device_keys.h"

namespace flotilla::sim {

/// Certificates for a run: an authority (its own, or an operator's), and what it issues. ECDSA
/// P-256, valid for long. Everything throws LoadError.
class Pki {
 public:
  /// `authority`: folder with ca.crt and ca.key; empty: a new one in `folder`.
  Pki(std::string folder, const std::string& authority);
  ~Pki();

  /// Writes FOLDER/NAME.crt and FOLDER/NAME.key.
  void issue(const std::string& name);
  /// Writes FOLDER/ID.crt for a key of the pool; after write_keys().
  void issue_device(const std::string& id, uint32_t number);
  /// Writes the pool's keys as FOLDER/NUMBER.key.
  void write_keys(DeviceKeys& keys);

  const std::string& ca_file() const { return ca_file_; }
  const std::string& folder() const { return folder_; }

 private:
  struct Authority;

  std::string folder_;
  std::string ca_file_;
  std::unique_ptr<Authority> authority_;
};

}  // namespace flotilla::sim
