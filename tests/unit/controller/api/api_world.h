#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "controller/api/api.h"
#include "controller/api/json.h"
#include "controller/api/token_text.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"
#include "tests/support/controller_hasher.h"
#include "tests/support/controller_memory_store.h"
#include "tests/unit/controller/api/fake_artifacts.h"

namespace flotilla::testing {

/// Signs with the digest itself: enough for everything but a verifier.
class FakeSigner final : public controller::Signer {
 public:
  KeyId key_id() const override { return 7; }
  const PublicKey& public_key() const override { return key_; }
  Result<SignatureBytes> sign(const Digest& digest) override {
    SignatureBytes out{};
    copy(digest.view(), out);
    return out;
  }

 private:
  PublicKey key_{};
};

/// The API over a real control plane and a store in memory. One token of each role, without limits;
/// that of the admin holds every role.
class ApiWorld {
 public:
  ApiWorld() {
    for (size_t i = 0; i < controller::kRoles; ++i) {
      const auto role = static_cast<controller::Role>(i);
      const bool is_admin = role == controller::Role::kAdmin;
      add_token(controller::role_name(role),
                is_admin ? every_role() : std::vector<controller::Grant>{{role, {}}});
    }
    EXPECT_TRUE(plane.load(store).ok());
  }

  static std::vector<controller::Grant> every_role() {
    std::vector<controller::Grant> out;
    for (size_t i = 0; i < controller::kRoles; ++i)
      out.push_back({static_cast<controller::Role>(i), {}});
    return out;
  }

  /// A token of its own for a person; tokens[name] is its text.
  void grant(const std::string& name, std::vector<controller::Grant> grants) {
    const controller::Token token = make_token(name, name, std::move(grants));
    const auto result = plane.step(controller::AddToken{token}, {"setup", "setup"}, now);
    EXPECT_FALSE(result.refusal) << result.refusal->message;
    EXPECT_TRUE(store.commit(result.writes).ok());
  }

  controller::api::Response send(const std::string& method, const std::string& path,
                                 const nlohmann::json& body = {},
                                 const std::string& role = "admin") {
    controller::api::Request request;
    request.method = method;
    request.path = path.substr(0, path.find('?'));
    read_query(path, request);
    if (!role.empty()) request.authorization = "Bearer " + tokens[role];
    if (!body.is_null()) request.body = body.dump();
    return send(request);
  }

  controller::api::Response send(const controller::api::Request& request) {
    const controller::api::Submit submit = [this](const controller::Event& event,
                                                  const controller::Actor& actor) {
      const controller::StepResult result = plane.step(event, actor, now);
      EXPECT_TRUE(store.commit(result.writes).ok());
      for (const controller::Effect& effect : result.effects) effects.push_back(effect);
      return controller::api::Outcome{result.refusal, result.created_rollout};
    };
    return api->answer(request, plane, submit, now);
  }

  /// The body of an answer that must have this status.
  nlohmann::json expect(int status, const controller::api::Response& response) {
    EXPECT_EQ(response.status, status) << response.body;
    return nlohmann::json::parse(response.body, nullptr, false);
  }

  /// The text of a refusal: message and remedy.
  std::string expect_problem(int status, const controller::api::Response& response) {
    const nlohmann::json body = expect(status, response);
    EXPECT_TRUE(body.contains("error")) << response.body;
    if (!body.contains("error")) return "";
    EXPECT_FALSE(body["error"].value("code", "").empty());
    EXPECT_FALSE(body["error"].value("remedy", "").empty()) << response.body;
    return body["error"].value("message", "") + " / " + body["error"].value("remedy", "");
  }

  void define_class(const std::string& name) {
    expect(201, send("PUT", "/api/v1/classes/" + name, nlohmann::json::object()));
  }

  void enrol(const std::string& id, const std::string& hardware_class) {
    expect(201, send("POST", "/api/v1/devices",
                     {{"id", id},
                      {"public_key", std::string(128, '1')},
                      {"hardware_class", hardware_class},
                      {"site", "hall"}}));
  }

  std::string store_artifact(const std::string& text) {
    return std::string(to_hex(artifacts.put(text)).view());
  }

  void push(const std::string& model, const std::string& hardware_class, const std::string& label) {
    const std::string image = store_artifact("image " + model + label);
    expect(201, send("POST", "/api/v1/models/" + model + "/versions",
                     {{"label", label},
                      {"variants", {{{"hardware_class", hardware_class}, {"image", image}}}}}));
  }

  std::optional<controller::api::UploadProgress> find_upload(const std::string& id) {
    const auto found = uploads.find(id);
    return found == uploads.end() ? std::nullopt : std::optional(found->second);
  }

  TestHasher hasher;
  MemoryStore store;
  std::map<std::string, controller::api::UploadProgress> uploads;
  FakeArtifacts artifacts{hasher};
  FakeSigner signer;
  WallTime now{1'800'000'000'000};
  controller::ControlPlane plane{controller::ControlPlaneConfig{}, hasher};
  controller::api::Surroundings around{store,
                                       artifacts,
                                       hasher,
                                       &signer,
                                       [this](MutableBytes out) { fill(out, ++random_); },
                                       [](const std::string& pem) { return read_certificate(pem); },
                                       [] { return true; },
                                       [] {
                                         return std::map<std::string, uint64_t>{{"steps", 3}};
                                       },
                                       "1.2.3",
                                       [this](const std::string& id) { return find_upload(id); }};
  std::unique_ptr<controller::api::Api> api = std::make_unique<controller::api::Api>(around);
  std::map<std::string, std::string> tokens;  ///< by role
  std::vector<controller::Effect> effects;

 protected:
  uint8_t secrets_ = 100;  ///< beyond what `random` draws

 private:
  controller::Token make_token(const std::string& id, const std::string& name,
                               std::vector<controller::Grant> grants) {
    controller::api::TokenSecret secret{};
    secret.fill(++secrets_);
    controller::Token token;
    token.id = (id + "-------").substr(0, controller::api::kTokenIdSize);
    std::replace(token.id.begin(), token.id.end(), '-', 'x');
    token.name = name;
    token.identity = name;
    token.grants = std::move(grants);
    tokens[id] = controller::api::make_token(token.id, secret);
    const auto parts = controller::api::parse_token(tokens[id]);
    token.secret_hash = controller::api::token_hash(hasher, parts->secret);
    return token;
  }

  void add_token(const std::string& role, std::vector<controller::Grant> grants) {
    const controller::Token token = make_token(role, role + "-token", std::move(grants));
    store.rows[controller::keys::token(token.id)] = controller::encode(token);
  }

  static void read_query(const std::string& path, controller::api::Request& request) {
    size_t at = path.find('?');
    while (at != std::string::npos) {
      const size_t next = path.find('&', at + 1);
      const std::string pair = path.substr(at + 1, next - at - 1);
      request.query[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
      at = next;
    }
  }

  /// A certificate of this test is "CERT name".
  static Result<controller::api::CertificateFacts> read_certificate(const std::string& pem) {
    if (pem.rfind("CERT ", 0) != 0) return Status(Code::kInvalidArgument, "not a certificate");
    controller::api::CertificateFacts facts;
    facts.common_name = pem.substr(5);
    facts.public_key.fill(9);
    return facts;
  }

  uint8_t random_ = 0;
};

}  // namespace flotilla::testing
