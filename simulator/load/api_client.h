#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "controller/adapters/http_client.h"

namespace flotilla::sim {

/// What a controller or a broker refused, in a sentence for people.
class LoadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A controller's HTTP API as far as a load test needs it. Everything throws LoadError. One thread
/// at a time.
class ApiClient {
 public:
  ApiClient(const std::string& server, const std::string& token);

  nlohmann::json status();
  void define_class(const std::string& name, uint64_t slot_size, uint32_t chunk_max,
                    uint32_t decoder_memory);
  void enrol(const std::string& id, const std::string& hardware_class,
             const std::string& public_key_hex);
  void retire(const std::string& id);
  /// Digest (hex) of the stored file.
  std::string upload(const std::string& file);
  /// The version's number.
  uint32_t register_version(const std::string& model, const nlohmann::json& variants);
  /// The rollout's number.
  uint32_t start_rollout(const std::string& model, uint32_t version, const nlohmann::json& policy);
  std::string rollout_state(uint32_t rollout);
  void rollout_verb(uint32_t rollout, const std::string& verb);

 private:
  nlohmann::json call(const std::string& method, const std::string& path,
                      const nlohmann::json& body = nullptr);
  nlohmann::json answer(const std::string& what, const Result<controller::HttpReply>& reply);

  controller::HttpClient http_;
};

}  // namespace flotilla::sim
