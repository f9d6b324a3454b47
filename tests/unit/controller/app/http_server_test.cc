#include "controller/adapters/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>

#include "controller/adapters/http_client.h"
#include "controller/adapters/http_failure_limit.h"
#include "controller/api/problem.h"
#include "tests/support/controller_hasher.h"
#include "tests/unit/controller/api/fake_artifacts.h"

namespace flotilla::controller {
namespace {

/// Answers with what it was asked; refuses the token "bad".
class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    char scratch[] = "/tmp/flotilla-http-XXXXXX";
    folder = mkdtemp(scratch);
    files = FileArtifactStore::open({folder / "artifacts", {0}}, why);
    uploads = UploadFolder::open({folder / "uploads", {0}}, *files, why);
    server.emplace(options(), HttpServer::Stores{artifacts, *uploads},
                   [this](const api::Request& request) { return exchange(request); });
  }
  ~HttpServerTest() override { std::filesystem::remove_all(folder); }

  api::Response exchange(const api::Request& request) {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
    if (request.authorization == "Bearer bad") {
      return api::problem({Code::kUnauthenticated, "no", "yes"});
    }
    if (request.body_follows) {
      api::Response proceed;
      proceed.status = api::kProceed;
      return proceed;
    }
    api::Json answer = {{"method", request.method},
                        {"path", request.path},
                        {"query", request.query},
                        {"size", request.body.size()}};
    if (request.upload) {
      answer["digest"] = to_hex(request.upload->digest).view();
      answer["uploaded"] = request.upload->size;
    }
    return api::json_response(200, answer);
  }

  HttpClient client(const std::string& token = "good") {
    return HttpClient({"http://127.0.0.1:" + std::to_string(server->port()), token, "", 10});
  }

  api::Json body_of(const Result<HttpReply>& reply, int status = 200) {
    EXPECT_TRUE(reply.ok());
    if (!reply.ok()) return {};
    EXPECT_EQ(reply.value().status, status) << reply.value().body;
    return api::Json::parse(reply.value().body, nullptr, false);
  }

  void start() { ASSERT_TRUE(server->start(why).ok()) << why; }

  static HttpServerOptions options() {
    HttpServerOptions out;
    out.port = 0;
    out.max_upload = 100'000;
    return out;
  }

  std::filesystem::path folder;
  std::mutex mutex;
  std::vector<api::Request> requests;
  testing::TestHasher hasher;
  testing::FakeArtifacts artifacts{hasher};
  std::string why;
  std::unique_ptr<FileArtifactStore> files;
  std::unique_ptr<UploadFolder> uploads;
  std::optional<HttpServer> server;
};

TEST_F(HttpServerTest, CarriesMethodPathQueryAndBody) {
  start();
  const auto got = body_of(client().request("GET", "/api/v1/devices?class=cam&limit=3"));
  EXPECT_EQ(got["method"], "GET");
  EXPECT_EQ(got["path"], "/api/v1/devices");
  EXPECT_EQ(got["query"]["class"], "cam");
  EXPECT_EQ(body_of(client().request("POST", "/x", std::string(1000, 'a')))["size"], 1000);
  EXPECT_EQ(body_of(client().request("PUT", "/x", "{}"))["method"], "PUT");
  EXPECT_EQ(body_of(client().request("DELETE", "/x"))["method"], "DELETE");
  EXPECT_EQ(body_of(client().request("GET", "/a/" + encode_path_segment("b/c d")))["path"],
            "/a/b/c d");
}

TEST_F(HttpServerTest, UnknownMethodsAreRefusedWithTheirBodies) {
  start();
  body_of(client().request("PATCH", "/x", std::string(1000, 'a')), 405);
  EXPECT_TRUE(requests.empty());
}

TEST_F(HttpServerTest, ABodyBeyondTheLimitIsRefusedUnread) {
  start();
  body_of(client().request("POST", "/x", std::string(api::kMaxBody + 1, 'a')), 413);
  EXPECT_TRUE(requests.empty());
}

TEST_F(HttpServerTest, StreamsUploadsIntoTheStore) {
  start();
  const std::string content(70'000, 'm');
  std::ofstream(folder / "file") << content;
  const auto stored = body_of(client().send_file("POST", "/api/v1/artifacts", folder / "file"));
  EXPECT_EQ(stored["uploaded"], content.size());
  EXPECT_EQ(stored["digest"], to_hex(hasher.of(content)).view());
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_TRUE(requests[0].body_follows);
  EXPECT_TRUE(artifacts.contains(hasher.of(content)));
}

/// A client that dies half-way through its body.
void send_half(int port, const std::string& path, std::string_view bytes, size_t promised) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string head = "PUT " + path +
                           " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n"
                           "Content-Length: " +
                           std::to_string(promised) + "\r\n\r\n";
  ASSERT_EQ(::write(socket, head.data(), head.size()), static_cast<ssize_t>(head.size()));
  ASSERT_EQ(::write(socket, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::shutdown(socket, SHUT_WR);
  char answer[512];
  while (::read(socket, answer, sizeof answer) > 0) {
  }
  ::close(socket);
}

TEST_F(HttpServerTest, AnUploadGoesOnWhereItsConnectionBroke) {
  start();
  std::string content;
  for (int i = 0; i < 70'000; ++i) content += static_cast<char>(i * 7 >> 3);
  std::ofstream(folder / "file") << content;
  const std::string path = "/api/v1/uploads/u1?size=70000&offset=";
  send_half(server->port(), path + "0", std::string_view(content).substr(0, 30'000), 70'000);
  ASSERT_TRUE(uploads->find("u1"));
  EXPECT_EQ(uploads->find("u1")->offset, 30'000u);
  body_of(client().send_file("PUT", path + "0", folder / "file"), 409);
  const auto stored =
      body_of(client().send_file("PUT", path + "30000", folder / "file", 30'000), 200);
  EXPECT_EQ(stored["digest"], to_hex(hasher.of(content)).view());
  EXPECT_TRUE(files->contains(hasher.of(content)));
  body_of(client("bad").send_file("PUT", path + "0", folder / "file"), 401);
  body_of(client().send_file("PUT", "/api/v1/uploads/u2?size=100001&offset=0", folder / "file"),
          413);
}

TEST_F(HttpServerTest, UploadsAreAuthorizedBeforeAndBounded) {
  start();
  std::ofstream(folder / "file") << std::string(1000, 'm');
  body_of(client("bad").send_file("POST", "/api/v1/artifacts", folder / "file"), 401);
  EXPECT_TRUE(artifacts.files.empty());
  std::ofstream(folder / "large") << std::string(100'001, 'm');
  body_of(client().send_file("POST", "/api/v1/artifacts", folder / "large"), 413);
  std::ofstream(folder / "empty").close();
  body_of(client().send_file("POST", "/api/v1/artifacts", folder / "empty"), 400);
  artifacts.full = true;
  const auto full = body_of(client().send_file("POST", "/api/v1/artifacts", folder / "file"), 507);
  EXPECT_EQ(full["error"]["message"], "the disk is full");
  EXPECT_TRUE(artifacts.files.empty());
}

TEST_F(HttpServerTest, ManyWrongTokensAreTurnedAwayOthersAreNot) {
  start();
  for (uint32_t i = 0; i < HttpFailureLimit::kMaxFailures; ++i) {
    body_of(client("bad").request("GET", "/x"), 401);
  }
  const size_t asked = requests.size();
  body_of(client("bad").request("GET", "/x"), 429);
  EXPECT_EQ(requests.size(), asked) << "the loop is not asked any more";
  body_of(client("good").request("GET", "/x"), 200);
}

TEST_F(HttpServerTest, AnotherAddressThanLoopbackNeedsACertificate) {
  HttpServerOptions open = options();
  open.host = "0.0.0.0";
  HttpServer refused(open, HttpServer::Stores{artifacts, *uploads},
                     [](const api::Request&) { return api::Response{}; });
  EXPECT_FALSE(refused.start(why).ok());
  EXPECT_NE(why.find("--tls-cert"), std::string::npos) << why;
  open.certificate_file = folder / "none.crt";
  open.key_file = folder / "none.key";
  HttpServer broken(open, HttpServer::Stores{artifacts, *uploads},
                    [](const api::Request&) { return api::Response{}; });
  EXPECT_FALSE(broken.start(why).ok());
  EXPECT_NE(why.find("none.crt"), std::string::npos) << why;
}

TEST_F(HttpServerTest, APortInUseIsToldAndNothingHangs) {
  start();
  HttpServerOptions same = options();
  same.port = server->port();
  HttpServer second(same, HttpServer::Stores{artifacts, *uploads},
                    [](const api::Request&) { return api::Response{}; });
  EXPECT_FALSE(second.start(why).ok());
  EXPECT_NE(why.find("in use"), std::string::npos) << why;
}

TEST_F(HttpServerTest, StoppedAtOnceItEnds) {
  for (int i = 0; i < 100; ++i) {
    HttpServer brief(options(), HttpServer::Stores{artifacts, *uploads},
                     [](const api::Request&) { return api::Response{}; });
    ASSERT_TRUE(brief.start(why).ok()) << why;
    brief.stop();
  }
}

TEST_F(HttpServerTest, NobodyListeningIsUnavailable) {
  HttpClient client({"http://127.0.0.1:9", "t", "", 5});
  EXPECT_EQ(client.request("GET", "/x").status().code(), Code::kUnavailable);
  EXPECT_FALSE(client.last_error().empty());
  HttpClient nonsense({"not an address", "t", "", 5});
  EXPECT_FALSE(nonsense.request("GET", "/x").ok());
}

TEST(HttpFailureLimitTest, ForgetsAfterTheWindowAndStaysBounded) {
  HttpFailureLimit limit;
  const MonoTime start{1000};
  for (uint32_t i = 0; i < HttpFailureLimit::kMaxFailures; ++i) limit.record_failure("a", start);
  EXPECT_TRUE(limit.is_blocked("a", start));
  EXPECT_FALSE(limit.is_blocked("b", start));
  EXPECT_FALSE(limit.is_blocked("a", start + HttpFailureLimit::kWindow));
  for (size_t i = 0; i < 3 * HttpFailureLimit::kMaxCallers; ++i) {
    limit.record_failure(std::to_string(i), start + milliseconds(1));
  }
  EXPECT_FALSE(limit.is_blocked("a", start)) << "the oldest window made room";
}

TEST(Loopback, Addresses) {
  for (const char* host : {"127.0.0.1", "127.3.2.1", "::1", "localhost"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "example.org", "128.0.0.1"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace flotilla::controller
