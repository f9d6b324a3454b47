#include "controller/adapters/http_server.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "controller/adapters/http_failure_limit.h"
#include "controller/api/problem.h"
#include "controller/api/views.h"
#include "schemas/protocol/limits.h"

namespace flotilla::controller {

namespace {

constexpr const char* kArtifactsPath = "/api/v1/artifacts";
constexpr std::string_view kUploadsPath = "/api/v1/uploads/";
constexpr uint64_t kDrainLimit = 4u << 20;
constexpr size_t kTokenIdPart = 12;  // "flt_" and the id: never the secret

MonoTime mono_now() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return MonoTime{
      duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

bool has_body(const httplib::Request& request) {
  return request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
}

api::Request translate(const httplib::Request& from) {
  api::Request request;
  request.method = from.method;
  request.path = from.path;
  for (const auto& [name, value] : from.params) request.query.emplace(name, value);
  request.authorization = from.get_header_value("Authorization");
  return request;
}

void translate(const api::Response& from, httplib::Response& to) {
  to.status = from.status;
  to.set_content(from.body, from.content_type.c_str());
  to.set_header("Cache-Control", "no-store");
  to.set_header("X-Content-Type-Options", "nosniff");
  to.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  if (from.status == 401) to.set_header("WWW-Authenticate", "Bearer");
  if (from.status == 429) to.set_header("Retry-After", "60");
}

/// Reads what is left, within reason, so that the client sees the answer and no reset.
void drain(const httplib::ContentReader& reader) {
  uint64_t drained = 0;
  reader([&](const char*, size_t size) { return (drained += size) < kDrainLimit; });
}

api::Response too_large(uint64_t limit) {
  return api::problem(413, code_name(Code::kOutOfRange),
                      "the body is larger than " + std::to_string(limit) + " bytes",
                      "send less; files go to POST /api/v1/artifacts");
}

api::Response proceed() {
  api::Response response;
  response.status = api::kProceed;
  return response;
}

api::Response storage_problem(Status status) {
  return api::problem(
      api::refusal_of(status, "free space on the server's disk, then send the file again"));
}

api::Response part_problem(Status status, const std::optional<api::UploadProgress>& known) {
  if (status.code() != Code::kFailedPrecondition) return storage_problem(status);
  const std::string here =
      known ? std::to_string(known->offset) + " of " + std::to_string(known->size) : "0";
  return api::problem({status.code(), std::string(status.reason()) + ": " + here + " bytes",
                       "ask with GET /api/v1/uploads/{id} and send the bytes that follow"});
}

}  // namespace

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0;
}

/// Owns the library's server and its thread.
class HttpServer::Listener {
 public:
  Listener(HttpServerOptions options, Stores stores, Exchange exchange)
      : options_(std::move(options)), stores_(stores), exchange_(std::move(exchange)) {
    if (options_.max_upload == 0) options_.max_upload = kMaxImageSize;
  }

  Status start(std::string& explanation);
  void stop();
  int port() const { return port_; }
  bool uses_tls() const { return !options_.certificate_file.empty(); }

 private:
  Status make_server(std::string& explanation);
  void configure();
  void answer(const httplib::Request& from, httplib::Response& to,
              const httplib::ContentReader* reader);
  api::Response exchange(const httplib::Request& from, const httplib::ContentReader* reader);
  api::Response upload(api::Request request, const httplib::Request& from,
                       const httplib::ContentReader& reader);
  api::Response receive(const httplib::ContentReader& reader, api::Upload& upload);
  api::Response receive_part(const api::Request& request, const httplib::ContentReader& reader,
                             api::Upload& upload);

  HttpServerOptions options_;
  const Stores stores_;
  Exchange exchange_;
  HttpFailureLimit failures_;
  std::unique_ptr<httplib::Server> server_;
  std::promise<void> listening_;
  std::thread thread_;
  int port_ = 0;
};

Status HttpServer::Listener::make_server(std::string& explanation) {
  if (!uses_tls()) {
    if (!is_loopback(options_.host)) {
      explanation = "listening on " + options_.host +
                    " needs --tls-cert and --tls-key; without TLS only loopback is served";
      return {Code::kFailedPrecondition, "TLS is required"};
    }
    server_ = std::make_unique<httplib::Server>();
    return ok_status();
  }
  auto server = std::make_unique<httplib::SSLServer>(options_.certificate_file.c_str(),
                                                     options_.key_file.c_str());
  if (!server->is_valid()) {
    explanation = "cannot use --tls-cert " + options_.certificate_file + " with --tls-key " +
                  options_.key_file + ": give a PEM certificate and its private key";
    return {Code::kInvalidArgument, "bad TLS certificate or key"};
  }
  SSL_CTX_set_min_proto_version(server->ssl_context(), TLS1_2_VERSION);
  server_ = std::move(server);
  return ok_status();
}

void HttpServer::Listener::configure() {
  const size_t threads = options_.threads;
  server_->new_task_queue = [this, threads] {
    listening_.set_value();
    return new httplib::ThreadPool(threads);
  };
  server_->set_payload_max_length(options_.max_upload);
  server_->set_read_timeout(options_.read_timeout_s);
  server_->set_write_timeout(options_.read_timeout_s);
  server_->set_keep_alive_max_count(1);
  // The library's default, SO_REUSEPORT, would let a second server share the port unnoticed.
  server_->set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server_->set_pre_routing_handler([](const httplib::Request& from, httplib::Response& to) {
    static const std::vector<std::string> known = {"GET", "HEAD", "PUT", "POST", "DELETE"};
    if (std::find(known.begin(), known.end(), from.method) != known.end()) {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    translate(api::problem(405, code_name(Code::kInvalidArgument), "this method is not served",
                           "see GET /api/v1/openapi.json"),
              to);
    return httplib::Server::HandlerResponse::Handled;
  });
  const auto plain = [this](const auto& from, auto& to) { answer(from, to, nullptr); };
  const auto with_body = [this](const auto& from, auto& to, const auto& reader) {
    answer(from, to, &reader);
  };
  server_->Get(".*", plain);
  server_->Post(".*", with_body);
  server_->Put(".*", with_body);
  server_->Delete(".*", with_body);
}

Status HttpServer::Listener::start(std::string& explanation) {
  FLOTILLA_TRY(make_server(explanation));
  configure();
  port_ = options_.port;
  const bool bound = port_ == 0 ? (port_ = server_->bind_to_any_port(options_.host)) > 0
                                : server_->bind_to_port(options_.host, port_);
  if (!bound) {
    explanation = "cannot listen on " + options_.host + ":" + std::to_string(options_.port) +
                  ": the port is in use, or the address is not this machine's";
    return {Code::kUnavailable, "cannot listen"};
  }
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  // The library's stop() does nothing until its loop runs, which then would never end; it makes
  // its task queue, once, right after it has noted that it runs.
  listening_.get_future().wait();
  return ok_status();
}

void HttpServer::Listener::stop() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
}

void HttpServer::Listener::answer(const httplib::Request& from, httplib::Response& to,
                                  const httplib::ContentReader* reader) {
  const std::string token = from.get_header_value("Authorization").substr(0, 7 + kTokenIdPart);
  const std::string caller = from.remote_addr + "|" + token;
  if (failures_.is_blocked(caller, mono_now())) {
    translate(
        api::problem(429, code_name(Code::kResourceExhausted),
                     "too many requests with a wrong token", "wait a minute and check the token"),
        to);
    return;
  }
  const api::Response response = exchange(from, has_body(from) ? reader : nullptr);
  if (response.status == 401) failures_.record_failure(caller, mono_now());
  translate(response, to);
}

api::Response HttpServer::Listener::exchange(const httplib::Request& from,
                                             const httplib::ContentReader* reader) {
  api::Request request = translate(from);
  if (reader == nullptr) return exchange_(std::move(request));
  if (from.is_multipart_form_data()) {
    return api::problem(415, code_name(Code::kInvalidArgument), "multipart bodies are not taken",
                        "send the bytes themselves, as application/octet-stream");
  }
  const bool is_part = from.method == "PUT" && from.path.rfind(kUploadsPath, 0) == 0;
  if (is_part || from.path == kArtifactsPath) return upload(std::move(request), from, *reader);
  const bool complete = (*reader)([&](const char* data, size_t size) {
    if (request.body.size() + size > api::kMaxBody) return false;
    request.body.append(data, size);
    return true;
  });
  if (!complete) return too_large(api::kMaxBody);
  return exchange_(std::move(request));
}

api::Response HttpServer::Listener::upload(api::Request request, const httplib::Request& from,
                                           const httplib::ContentReader& reader) {
  request.body_follows = true;
  api::Response response = exchange_(request);
  if (response.status != api::kProceed) {
    drain(reader);
    return response;
  }
  const auto length = from.get_header_value<uint64_t>("Content-Length");
  if (length > options_.max_upload) return too_large(options_.max_upload);
  api::Upload upload;
  response =
      from.path == kArtifactsPath ? receive(reader, upload) : receive_part(request, reader, upload);
  if (response.status != api::kProceed) return response;
  request.body_follows = false;
  request.upload = upload;
  return exchange_(std::move(request));
}

api::Response HttpServer::Listener::receive(const httplib::ContentReader& reader,
                                            api::Upload& upload) {
  const auto writer = stores_.artifacts.create();
  if (!writer.ok()) {
    drain(reader);
    return storage_problem(writer.status());
  }
  Status written = ok_status();
  const bool complete = reader([&](const char* data, size_t size) {
    upload.size += size;
    if (upload.size > options_.max_upload) return false;
    written = writer.value()->append(as_bytes({data, size}));
    return written.ok();
  });
  if (!written.ok()) return storage_problem(written);
  if (upload.size > options_.max_upload) return too_large(options_.max_upload);
  if (!complete || upload.size == 0) {
    return api::problem(
        {Code::kInvalidArgument, "the body ended early or is empty", "send the file again"});
  }
  const auto digest = writer.value()->finish();
  if (!digest.ok()) return storage_problem(digest.status());
  upload.digest = digest.value();
  return proceed();
}

/// The API has checked the id and the numbers.
api::Response HttpServer::Listener::receive_part(const api::Request& request,
                                                 const httplib::ContentReader& reader,
                                                 api::Upload& upload) {
  const std::string id = request.path.substr(kUploadsPath.size());
  upload.size = std::stoull(request.query.at("size"));
  if (upload.size > options_.max_upload) {
    drain(reader);
    return too_large(options_.max_upload);
  }
  const auto part =
      stores_.uploads.resume(id, upload.size, std::stoull(request.query.at("offset")));
  if (!part.ok()) {
    drain(reader);
    return part_problem(part.status(), stores_.uploads.find(id));
  }
  Status written = ok_status();
  reader([&](const char* data, size_t size) {
    written = part.value()->append(as_bytes({data, size}));
    return written.ok();
  });
  if (!written.ok()) return storage_problem(written);
  const api::UploadProgress progress{upload.size, part.value()->offset()};
  if (progress.offset < progress.size) {
    return api::json_response(200, api::upload_json(id, progress));
  }
  const auto digest = part.value()->finish();
  if (!digest.ok()) return storage_problem(digest.status());
  upload.digest = digest.value();
  return proceed();
}

HttpServer::HttpServer(HttpServerOptions options, Stores stores, Exchange exchange)
    : listener_(std::make_unique<Listener>(std::move(options), stores, std::move(exchange))) {}

HttpServer::~HttpServer() {
  stop();
}

Status HttpServer::start(std::string& explanation) {
  return listener_->start(explanation);
}

void HttpServer::stop() {
  listener_->stop();
}

int HttpServer::port() const {
  return listener_->port();
}

bool HttpServer::uses_tls() const {
  return listener_->uses_tls();
}

}  // namespace flotilla::controller
