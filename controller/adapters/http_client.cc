#include "controller/adapters/http_client.h"

#include <httplib.h>

#include <fstream>

namespace flotilla::controller {

namespace {

constexpr size_t kBlock = 256 * 1024;
constexpr const char* kContentType = "application/octet-stream";
constexpr Status kNoAnswer{Code::kUnavailable, "no answer from the server"};

}  // namespace

/// Keeps the library out of the header.
class HttpClient::Connection {
 public:
  explicit Connection(const HttpClientOptions& options) : client(options.server) {
    client.set_connection_timeout(5);
    client.set_read_timeout(options.timeout_s);
    client.set_write_timeout(options.timeout_s);
    client.set_url_encode(false);
    if (!options.ca_file.empty()) client.set_ca_cert_path(options.ca_file.c_str());
    if (!options.token.empty()) {
      client.set_default_headers({{"Authorization", "Bearer " + options.token}});
    }
  }

  httplib::Client client;
};

HttpClient::HttpClient(HttpClientOptions options)
    : connection_(std::make_unique<Connection>(options)) {}

HttpClient::~HttpClient() = default;

Result<HttpReply> HttpClient::request(const std::string& method, const std::string& path,
                                      const std::string& body) {
  if (!connection_->client.is_valid()) {
    last_error_ = "the address is not http://HOST:PORT or https://HOST:PORT";
    return kNoAnswer;
  }
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  if (!body.empty()) request.set_header("Content-Type", "application/json");
  const auto result = connection_->client.send(request);
  if (!result) {
    last_error_ = httplib::to_string(result.error());
    return kNoAnswer;
  }
  return HttpReply{result->status, result->body};
}

Result<HttpReply> HttpClient::send_file(const std::string& method, const std::string& path,
                                        const std::string& file, uint64_t offset,
                                        const Sent& sent) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = stream ? std::streamoff{stream.tellg()} : -1;
  if (size < static_cast<std::streamoff>(offset)) {
    return Status(Code::kNotFound, "cannot read the file");
  }
  stream.seekg(static_cast<std::streamoff>(offset));
  std::vector<char> block(kBlock);
  const auto provide = [&](size_t, size_t length, httplib::DataSink& sink) {
    const size_t wanted = std::min(length, block.size());
    if (!stream.read(block.data(), static_cast<std::streamsize>(wanted))) return false;
    if (!sink.write(block.data(), wanted)) return false;
    if (sent) sent(as_bytes({block.data(), wanted}));
    return true;
  };
  const size_t length = static_cast<size_t>(size) - static_cast<size_t>(offset);
  httplib::Client& client = connection_->client;
  const auto result = method == "PUT" ? client.Put(path, length, provide, kContentType)
                                      : client.Post(path, length, provide, kContentType);
  if (!result) {
    last_error_ = httplib::to_string(result.error());
    return kNoAnswer;
  }
  return HttpReply{result->status, result->body};
}

std::string encode_path_segment(const std::string& text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace flotilla::controller
