#include "controller/adapters/tls_probe.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <memory>

#include "controller/adapters/file_descriptor.h"

namespace flotilla::controller {
namespace {

constexpr timeval kTimeout{3, 0};

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using Addresses = std::unique_ptr<addrinfo, Freed<freeaddrinfo>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;

/// A connected socket, or -1.
int dial(const BrokerAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found) != 0) return -1;
  const Addresses addresses(found);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int socket = ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (socket < 0) continue;
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);  // connect too
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
    if (::connect(socket, at->ai_addr, at->ai_addrlen) == 0) return socket;
    const FileDescriptor closed(socket);
  }
  return -1;
}

std::string take_errors() {
  std::string lines;
  while (const unsigned long code = ERR_get_error()) {
    char line[256];
    ERR_error_string_n(code, line, sizeof line);
    lines += line;
    lines += '\n';
  }
  return lines;
}

bool configure(SSL_CTX* context, const BrokerAddress& address) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context, address.ca_file.c_str(), nullptr) != 1) return false;
  if (address.certificate_file.empty()) return true;
  return SSL_CTX_use_certificate_chain_file(context, address.certificate_file.c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, address.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
}

}  // namespace

std::string probe_tls(const BrokerAddress& address) {
  ERR_clear_error();
  const Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || !configure(context.get(), address)) return take_errors();
  const FileDescriptor socket(dial(address));
  if (!socket.valid()) return {};
  const Session session(SSL_new(context.get()));
  if (!session || SSL_set_fd(session.get(), socket.get()) != 1) return take_errors();
  SSL_set_tlsext_host_name(session.get(), address.host.c_str());
  SSL_set1_host(session.get(), address.host.c_str());
  if (SSL_connect(session.get()) == 1) return {};
  return take_errors();
}

}  // namespace flotilla::controller
