#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "controller/api/endpoints.h"
#include "controller/domain/text.h"
#include "tests/unit/controller/api/api_world.h"

/// Every route, every role, own and foreign scope, against route_rights.txt.
namespace flotilla::testing {
namespace {

using controller::Grant;
using controller::Role;
using controller::Scope;
using controller::api::Response;
using controller::api::Route;
using controller::api::routes;
using nlohmann::json;

using Rights = std::map<std::string, std::vector<std::string>>;  ///< operation -> by role, or one

Rights read_rights() {
  std::ifstream file(FLOTILLA_SOURCE_DIR "/tests/unit/controller/api/route_rights.txt");
  Rights out;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string operation;
    words >> operation;
    for (std::string word; words >> word;) out[operation].push_back(word);
  }
  return out;
}

/// In scope: model pose, class cam, site hall, alias candidate. Out of it: grip, npu, yard, stable.
class Fleet : public ApiWorld {
 public:
  Fleet() {
    define_class("cam");
    define_class("npu");
    enrol_at("d1", "cam", "hall");
    enrol_at("d2", "cam", "yard");
    enrol_at("d3", "npu", "hall");
    push_for("pose", {"cam"});  // 1: released, as there is no policy yet
    push_for("grip", {"cam"});
    for (const char* model : {"pose", "grip"}) set_policy(model, "cam");
    push_for("pose", {"cam"});         // 2: a draft
    push_for("pose", {"cam", "npu"});  // 3: released on npu
    start("pose", 1, "cam");           // rollout 1
    start("grip", 1, "cam");           // rollout 2
    start("pose", 3, "npu");           // rollout 3
    for (const char* alias : {"candidate", "stable"})
      expect(200, send("PUT", std::string("/api/v1/models/pose/aliases/") + alias,
                       {{"version", 1}, {"hardware_class", "cam"}}));
    grant("mine", {{Role::kViewer, {"pose", "cam", "", ""}}});
    grant("theirs", {{Role::kViewer, {"grip", "", "", ""}}});
    report = store_artifact("report");
    image = store_artifact("another image");
  }

  /// One that has gone through the same, at once.
  Fleet(const Fleet& other) : ApiWorld(), report(other.report), image(other.image) {
    store.rows = other.store.rows;
    artifacts.files = other.artifacts.files;
    tokens = other.tokens;
    secrets_ = other.secrets_;
    EXPECT_TRUE(plane.load(store).ok());
  }

  /// What is signed of pose 1.
  std::string envelope() const {
    const std::string& bytes = plane.models().at("pose").at(1).variants[0].release_envelope;
    return controller::hex_text(as_bytes(bytes));
  }

  static const Fleet& ready() {
    static const Fleet fleet;
    return fleet;
  }

  /// A token of one role in scope. Rollouts and policies concern every site.
  void add_scoped(Role role) {
    const bool is_at_site =
        role == Role::kViewer || role == Role::kDeviceEnroller || role == Role::kAuditor;
    const bool moves_aliases = role == Role::kOperator || role == Role::kPublisher;
    grant("scoped",
          {{role, {"pose", "cam", is_at_site ? "hall" : "", moves_aliases ? "cand*" : ""}}});
  }

  std::string report;
  std::string image;

 private:
  void enrol_at(const std::string& id, const std::string& hardware_class, const std::string& site) {
    expect(201, send("POST", "/api/v1/devices",
                     {{"id", id},
                      {"public_key", std::string(128, '1')},
                      {"hardware_class", hardware_class},
                      {"site", site}}));
  }
  void push_for(const std::string& model, const std::vector<std::string>& classes) {
    json variants = json::array();
    for (const std::string& name : classes) {
      variants.push_back({{"hardware_class", name},
                          {"image", store_artifact(model + name + std::to_string(++images_))}});
    }
    expect(201, send("POST", "/api/v1/models/" + model + "/versions", {{"variants", variants}}));
  }
  void set_policy(const std::string& model, const std::string& hardware_class) {
    expect(200, send("PUT", "/api/v1/policies",
                     {{"model", model},
                      {"hardware_class", hardware_class},
                      {"policy", {{"approvals", 2}}}}));
  }
  void start(const std::string& model, int version, const std::string& hardware_class) {
    expect(201,
           send("POST", "/api/v1/rollouts",
                {{"model", model}, {"version", version}, {"hardware_classes", {hardware_class}}}));
  }

  int images_ = 0;
};

struct Try {
  std::string what;
  std::string path;
  json body = {};
};

/// Requests of one route: one in scope, and one for each way out of it.
struct Tries {
  Try own;
  std::vector<Try> foreign;
};

json variants(const std::vector<std::string>& classes, const std::string& image) {
  json out = json::array();
  for (const std::string& name : classes)
    out.push_back({{"hardware_class", name}, {"image", image}});
  return out;
}

json device(const char* id, const char* hardware_class, const char* site) {
  json out = {
      {"id", id}, {"public_key", std::string(128, '2')}, {"hardware_class", hardware_class}};
  if (*site != '\0') out["site"] = site;
  return out;
}

json rollout(const char* model, int version, const json& classes) {
  json out = {{"model", model}, {"version", version}};
  if (!classes.is_null()) out["hardware_classes"] = classes;
  return out;
}

json viewer(const char* model, const char* hardware_class) {
  json out = {{"role", "viewer"}};
  if (*model != '\0') out["model"] = model;
  if (*hardware_class != '\0') out["hardware_class"] = hardware_class;
  return out;
}

Try new_token(const char* what, const std::vector<json>& grants) {
  return {what, "/api/v1/tokens", {{"name", "new"}, {"grants", grants}}};
}

Tries on_model(const std::string& tail, const json& body = {}) {
  const std::string path = "/api/v1/models/";
  return {{"own", path + "pose" + tail, body}, {{"model", path + "grip" + tail, body}}};
}

/// States: the body names classes, or the version has foreign ones.
Tries on_state(const std::string& verb, const char* version, json body = json::object()) {
  const std::string pose = "/api/v1/models/pose/versions/";
  json other = body;
  other["hardware_classes"] = {"npu"};
  return {{"own", pose + version + verb, body},
          {{"model", "/api/v1/models/grip/versions/1" + verb, body},
           {"class in the body", pose + "3" + verb, other},
           {"classes of the version", pose + "3" + verb, body}}};
}

Tries on_rollout(const std::string& verb) {
  const std::string path = "/api/v1/rollouts/";
  return {{"own", path + "1" + verb},
          {{"its model", path + "2" + verb}, {"its class", path + "3" + verb}}};
}

Tries on_device(const std::string& tail) {
  const std::string path = "/api/v1/devices/";
  return {{"own", path + "d1" + tail},
          {{"its site", path + "d2" + tail}, {"its class", path + "d3" + tail}}};
}

Tries on_token() {
  return {{"own", "/api/v1/tokens/minexxxx"}, {{"its grants", "/api/v1/tokens/theirsxx"}}};
}

/// How to ask for what each route with a scope does.
std::map<std::string, Tries> all_tries(const Fleet& world) {
  const std::string v = "/api/v1/models/pose/versions";
  const json evidence = {{"file", world.report}};
  std::map<std::string, Tries> out;
  out["createToken"] = {
      new_token("own", {viewer("pose", "cam")}),
      {new_token("model in a grant", {viewer("grip", "cam")}),
       new_token("unlimited grant", {viewer("", "")}),
       new_token("wider pattern", {viewer("pose*", "cam")}),
       new_token("second grant", {viewer("pose", "cam"), viewer("pose", "npu")})}};
  out["getToken"] = out["revokeToken"] = on_token();
  const json policy = {{"approvals", 1}};
  out["setPolicy"] = {
      {"own",
       "/api/v1/policies",
       {{"model", "pose"}, {"hardware_class", "cam"}, {"policy", policy}}},
      {{"model",
        "/api/v1/policies",
        {{"model", "grip"}, {"hardware_class", "cam"}, {"policy", policy}}},
       {"class",
        "/api/v1/policies",
        {{"model", "pose"}, {"hardware_class", "npu"}, {"policy", policy}}},
       {"every class", "/api/v1/policies", {{"model", "pose"}, {"policy", policy}}}}};
  out["removePolicy"] = {{"own", "/api/v1/policies?model=pose&class=cam"},
                         {{"model", "/api/v1/policies?model=grip&class=cam"}}};
  out["getClass"] = {{"own", "/api/v1/classes/cam"}, {{"class", "/api/v1/classes/npu"}}};
  out["putClass"] = {{"own", "/api/v1/classes/cam", json::object()},
                     {{"class", "/api/v1/classes/npu", json::object()}}};
  out["enrolDevice"] = {
      {"own", "/api/v1/devices", device("d9", "cam", "hall")},
      {{"class", "/api/v1/devices", device("d9", "npu", "hall")},
       {"site", "/api/v1/devices", device("d9", "cam", "yard")},
       {"no site", "/api/v1/devices", device("d9", "cam", "")},
       {"a device of another site", "/api/v1/devices", device("d2", "cam", "hall")},
       {"a device of another class", "/api/v1/devices", device("d3", "cam", "hall")}}};
  out["getDevice"] = out["retireDevice"] = on_device("");
  out["explainDevice"] = on_device("/why");
  out["getDeviceHistory"] = on_device("/history");
  out["getDeviceProof"] = on_device("/proof?model=pose");
  out["getAuditProof"] = {{"own", "/api/v1/audit/proof?entry=0"}, {}};
  out["getAuditConsistency"] = {{"own", "/api/v1/audit/consistency?from=1"}, {}};
  out["pinVersion"] = out["unpinVersion"] = on_model("/versions/1/pin");
  out["getModel"] = on_model("");
  out["listAliases"] = on_model("/aliases");
  out["getVersion"] = on_model("/versions/1");
  out["getDocument"] = on_model("/versions/1/document");
  out["getFit"] = on_model("/versions/1/fit");
  out["getLifecycle"] = on_model("/versions/1/lifecycle");
  out["getFacts"] = {
      {"own", v + "/1/facts/cam"},
      {{"class", v + "/3/facts/npu"}, {"model", "/api/v1/models/grip/versions/1/facts/cam"}}};
  out["registerVersion"] = {
      {"own", v, {{"variants", variants({"cam"}, world.image)}}},
      {{"model", "/api/v1/models/grip/versions", {{"variants", variants({"cam"}, world.image)}}},
       {"class in the body", v, {{"variants", variants({"npu"}, world.image)}}},
       {"second class in the body", v, {{"variants", variants({"cam", "npu"}, world.image)}}}}};
  const json document = {{"document", json::object()}};
  out["reviseDocument"] = {{"own", v + "/1/document", document},
                           {{"model", "/api/v1/models/grip/versions/1/document", document},
                            {"classes of the version", v + "/3/document", document}}};
  out["releaseDeltaAware"] = on_model("/versions/1/delta-aware", {{"base", "2"}, {"step", 0.5}});
  const json for_cam = {{"steps", {"prune:0.5"}}, {"hardware_class", "cam"}};
  const json for_npu = {{"steps", {"command:tvm"}}, {"hardware_class", "npu"}};
  out["optimiseVersion"] = {{"own", v + "/1/optimise", for_cam},
                            {{"model", "/api/v1/models/grip/versions/1/optimise", for_cam},
                             {"class in the body", v + "/1/optimise", for_npu}}};
  const json again = {{"run", "1"}};
  out["reproduceVersion"] = {
      {"own", v + "/1/reproduce", again},
      {{"model", "/api/v1/models/grip/versions/1/reproduce", again},
       {"class in the body", v + "/3/reproduce", {{"run", "1"}, {"hardware_class", "npu"}}}}};
  const std::string grip = "/api/v1/models/grip/versions";
  const json signature = {{"envelope", world.envelope()}};
  out["getRelease"] = {{"own", v + "/1/release/cam"},
                       {{"class", v + "/3/release/npu"}, {"model", grip + "/1/release/cam"}}};
  out["signRelease"] = {
      {"own", v + "/1/release/cam", signature},
      {{"class", v + "/3/release/npu", signature}, {"model", grip + "/1/release/cam", signature}}};
  out["postEvidence"] = on_state("/evidence", "1", evidence);
  out["approveVersion"] = on_state("/approvals", "2");
  out["releaseVersion"] = on_state("/release", "1");
  out["deprecateVersion"] = on_state("/deprecate", "1");
  out["revokeVersion"] = on_state("/revoke", "1");
  const json on_cam = {{"version", 1}, {"hardware_class", "cam"}};
  const std::string alias = "/api/v1/models/pose/aliases/";
  out["setAlias"] = {
      {"own", alias + "candidate", on_cam},
      {{"alias", alias + "stable", on_cam},
       {"model", "/api/v1/models/grip/aliases/candidate", on_cam},
       {"class in the body", alias + "candidate", {{"version", 3}, {"hardware_class", "npu"}}},
       {"every class", alias + "candidate", {{"version", 1}}}}};
  out["removeAlias"] = {{"own", alias + "candidate?class=cam"},
                        {{"alias", alias + "stable?class=cam"},
                         {"class", alias + "candidate?class=npu"},
                         {"every class", alias + "candidate"},
                         {"model", "/api/v1/models/grip/aliases/candidate?class=cam"}}};
  out["startRollout"] = {
      {"own", "/api/v1/rollouts", rollout("pose", 1, {"cam"})},
      {{"model in the body", "/api/v1/rollouts", rollout("grip", 1, {"cam"})},
       {"class in the body", "/api/v1/rollouts", rollout("pose", 3, {"npu"})},
       {"second class in the body", "/api/v1/rollouts", rollout("pose", 3, {"cam", "npu"})},
       {"classes of the version", "/api/v1/rollouts", rollout("pose", 3, {})}}};
  out["getRollout"] = on_rollout("");
  for (const char* verb : {"hold", "resume", "halt", "rollback", "cancel"})
    out[std::string(verb) + "Rollout"] = on_rollout(std::string("/") + verb);
  return out;
}

/// What a list must show and must not, by the names that its items have.
struct Shown {
  const char* list;
  const char* name;
  std::set<std::string> own;
};

std::map<std::string, Shown> all_lists(Role role) {
  const bool at_site =
      role == Role::kViewer || role == Role::kDeviceEnroller || role == Role::kAuditor;
  const std::set<std::string> devices =
      at_site ? std::set<std::string>{"d1"} : std::set<std::string>{"d1", "d2"};
  return {{"listDevices", {"devices", "id", devices}},
          {"listModels", {"models", "model", {"pose"}}},
          {"searchVersions", {"versions", "model", {"pose"}}},
          {"listRollouts", {"rollouts", "id", {"1"}}},
          {"listClasses", {"classes", "name", {"cam"}}},
          {"listTransfers", {"transfers", "model", {}}},
          {"listTokens", {"tokens", "name", {"mine", "scoped"}}},
          {"listPolicies", {"policies", "model", {"pose"}}}};
}

Response ask(Fleet& world, const Route& route, const Try& one) {
  return world.send(route.method, one.path, one.body, "scoped");
}

std::string code_of(const Response& response) {
  const json body = json::parse(response.body, nullptr, false);
  return body.is_object() && body.contains("error") ? body["error"].value("code", "") : "";
}

bool was_let_in(const Response& response) {
  static const std::set<int> kPast = {200, 201, 202, 409, 501};
  return kPast.contains(response.status);
}

class RouteRights : public ::testing::Test {
 protected:
  /// One answer of a fresh world, in which the role is granted in scope.
  Response answer(Role role, const Route& route, const Try& one) {
    Fleet world(Fleet::ready());
    world.add_scoped(role);
    return ask(world, route, one);
  }

  void check_scope(Role role, const Route& route, const Tries& tries) {
    const Response own = answer(role, route, tries.own);
    EXPECT_TRUE(was_let_in(own)) << own.status << " " << own.body;
    EXPECT_FALSE(tries.foreign.empty());
    for (const Try& one : tries.foreign) {
      const Response response = answer(role, route, one);
      // Somebody without the dimension in the grant may pass it; the table's roles have them all.
      if (skips(role, one.what)) continue;
      EXPECT_EQ(response.status, 403) << one.what << ": " << response.body;
      EXPECT_EQ(code_of(response), "scope_missing") << one.what << ": " << response.body;
    }
  }

  void check_list(Role role, const Route& route) {
    const Shown shown = all_lists(role).at(route.operation);
    const Response response = answer(role, route, {"list", route.path});
    ASSERT_EQ(response.status, 200) << response.body;
    const json body = json::parse(response.body);
    std::set<std::string> found;
    for (const auto& item : body[shown.list]) {
      const json& name = item[shown.name];
      found.insert(name.is_string() ? name.get<std::string>() : name.dump());
    }
    EXPECT_EQ(found, shown.own);
  }

  void check(Role role, const Route& route, const std::string& right) {
    SCOPED_TRACE(std::string(route.operation) + " as " + controller::role_name(role));
    Fleet world(Fleet::ready());
    const std::map<std::string, Tries> tries = all_tries(world);
    const auto known = tries.find(route.operation);
    const Try plain =
        known == tries.end() ? Try{"", route.path, json::object()} : known->second.own;
    if (right == "-") {
      const Response response = answer(role, route, plain);
      EXPECT_EQ(response.status, 403) << response.body;
      EXPECT_EQ(code_of(response), "role_missing") << response.body;
    } else if (right == "yes") {
      const Response response = answer(role, route, plain);
      EXPECT_NE(response.status, 403) << response.body;
      EXPECT_NE(response.status, 401) << response.body;
    } else if (right == "scope") {
      ASSERT_NE(known, tries.end()) << "no requests for this route";
      check_scope(role, route, known->second);
    } else if (right == "list") {
      check_list(role, route);
    } else if (right == "all") {
      EXPECT_EQ(code_of(answer(role, route, plain)), "scope_missing");
      world.grant("scoped", {{role, {}}});
      EXPECT_TRUE(was_let_in(ask(world, route, plain)));
    } else {
      ADD_FAILURE() << "the table says '" << right << "'";
    }
  }

 private:
  /// Sites limit the roles that the test gives one.
  static bool skips(Role role, const std::string& what) {
    const bool at_site =
        role == Role::kViewer || role == Role::kDeviceEnroller || role == Role::kAuditor;
    return what == "its site" && !at_site;
  }
};

TEST_F(RouteRights, EveryRouteIsInTheTableAndNothingElse) {
  std::set<std::string> served;
  for (const Route& route : routes()) served.insert(route.operation);
  std::set<std::string> listed;
  for (const auto& [operation, rights] : read_rights()) {
    listed.insert(operation);
    EXPECT_TRUE(rights.size() == controller::kRoles || rights.size() == 1) << operation;
  }
  EXPECT_EQ(served, listed);
}

TEST_F(RouteRights, EveryRouteAnswersEveryRoleAsTheTableSays) {
  const Rights table = read_rights();
  for (const Route& route : routes()) {
    const auto found = table.find(route.operation);
    if (found == table.end()) continue;  // the test above fails
    const std::vector<std::string>& rights = found->second;
    for (size_t i = 0; rights.size() == controller::kRoles && i < rights.size(); ++i)
      check(static_cast<Role>(i), route, rights[i]);
  }
}

TEST_F(RouteRights, WithoutATokenOnlyWhatIsPublicIsServed) {
  const Rights table = read_rights();
  for (const Route& route : routes()) {
    SCOPED_TRACE(route.operation);
    const std::string right = table.at(route.operation).front();
    ApiWorld world;
    const auto stranger = world.send(route.method, route.path, json::object(), "");
    EXPECT_EQ(stranger.status == 401, right != "public");
  }
}

}  // namespace
}  // namespace flotilla::testing
