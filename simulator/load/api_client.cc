#include "simulator/load/api_client.h"

namespace flotilla::sim {

using nlohmann::json;

namespace {

constexpr int kLastGood = 299;

/// The controller's own sentence when there is one.
std::string explain(const controller::HttpReply& reply) {
  const json body = json::parse(reply.body, nullptr, false);
  const std::string text = "HTTP " + std::to_string(reply.status);
  if (!body.is_object() || !body.contains("error")) return text;
  return text + ": " + body["error"].value("message", "") + " (" +
         body["error"].value("remedy", "") + ")";
}

}  // namespace

ApiClient::ApiClient(const std::string& server, const std::string& token)
    : http_({server, token, "", 60}) {}

json ApiClient::answer(const std::string& what, const Result<controller::HttpReply>& reply) {
  if (!reply.ok()) throw LoadError("controller: " + what + ": " + http_.last_error());
  if (reply.value().status > kLastGood) {
    throw LoadError("controller: " + what + ": " + explain(reply.value()));
  }
  return reply.value().body.empty() ? json() : json::parse(reply.value().body);
}

json ApiClient::call(const std::string& method, const std::string& path, const json& body) {
  const auto reply =
      http_.request(method, "/api/v1" + path, body.is_null() ? std::string() : body.dump());
  return answer(method + " " + path, reply);
}

json ApiClient::status() {
  return call("GET", "/status");
}

void ApiClient::define_class(const std::string& name, uint64_t slot_size, uint32_t chunk_max,
                             uint32_t decoder_memory) {
  call("PUT", "/classes/" + name,
       {{"slot_size", slot_size},
        {"chunk_max", chunk_max},
        {"erase_unit", 512},
        {"decoder_memory", decoder_memory}});
}

void ApiClient::enrol(const std::string& id, const std::string& hardware_class,
                      const std::string& public_key_hex) {
  call("POST", "/devices",
       {{"id", id}, {"hardware_class", hardware_class}, {"public_key", public_key_hex}});
}

void ApiClient::retire(const std::string& id) {
  call("DELETE", "/devices/" + id);
}

std::string ApiClient::upload(const std::string& file) {
  const json stored = answer("upload", http_.send_file("POST", "/api/v1/artifacts", file));
  return stored.at("digest").get<std::string>();
}

uint32_t ApiClient::register_version(const std::string& model, const json& variants) {
  const json made = call("POST", "/models/" + model + "/versions", {{"variants", variants}});
  return made.at("version").get<uint32_t>();
}

uint32_t ApiClient::start_rollout(const std::string& model, uint32_t version, const json& policy) {
  const json made =
      call("POST", "/rollouts", {{"model", model}, {"version", version}, {"policy", policy}});
  return made.at("id").get<uint32_t>();
}

std::string ApiClient::rollout_state(uint32_t rollout) {
  const json list = call("GET", "/rollouts");
  for (const json& entry : list.at("rollouts")) {
    if (entry.at("id") == rollout) return entry.at("state").get<std::string>();
  }
  return "unknown";
}

void ApiClient::rollout_verb(uint32_t rollout, const std::string& verb) {
  call("POST", "/rollouts/" + std::to_string(rollout) + "/" + verb, json::object());
}

}  // namespace flotilla::sim
