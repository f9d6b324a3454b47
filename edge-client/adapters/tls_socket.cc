#include "edge-client/adapters/tls_socket.h"

#include <mbedtls/net_sockets.h>
#include <mbedtls/oid.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "edge-client/adapters/mbed_crypto.h"

namespace flotilla::edge {
namespace {

constexpr size_t kMaxWrite = 4096;

constexpr std::array kCipherSuites = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};
constexpr std::array kCurves = {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_NONE};
constexpr std::array<int, 3> kHashes = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_NONE};

unsigned char fragment_code(uint32_t bytes) {
  if (bytes == 1024) return MBEDTLS_SSL_MAX_FRAG_LEN_1024;
  if (bytes == 2048) return MBEDTLS_SSL_MAX_FRAG_LEN_2048;
  if (bytes == 4096) return MBEDTLS_SSL_MAX_FRAG_LEN_4096;
  return MBEDTLS_SSL_MAX_FRAG_LEN_NONE;
}

/// A broker that refuses our certificate says why and closes while we still send: the send fails,
/// with the alert waiting to be read. Before encryption begins it is a plain record (RFC 5246
/// section 6.2.1): type 21, version, length 2, level, description.
bool read_alert(int fd, uint8_t& alert) {
  std::array<uint8_t, 7> record{};
  const ssize_t n = ::recv(fd, record.data(), record.size(), MSG_DONTWAIT);
  if (n != static_cast<ssize_t>(record.size())) return false;
  alert = record[6];
  return record[0] == MBEDTLS_SSL_MSG_ALERT && record[4] == 2;
}

bool try_again(int result) {
  return result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE;
}

}  // namespace

TlsSocket::TlsSocket(TlsConfig config, MbedRandom& random)
    : config_(std::move(config)), random_(random) {
  if (config_.server_name.empty()) config_.server_name = config_.host;
  mbedtls_ssl_config_init(&settings_);
  mbedtls_ssl_init(&ssl_);
  mbedtls_ssl_session_init(&session_);
  mbedtls_x509_crt_init(&ca_);
  mbedtls_x509_crt_init(&cert_);
  mbedtls_pk_init(&key_);
}

TlsSocket::~TlsSocket() {
  close();
  mbedtls_ssl_free(&ssl_);
  mbedtls_ssl_session_free(&session_);
  mbedtls_ssl_config_free(&settings_);
  mbedtls_pk_free(&key_);
  mbedtls_x509_crt_free(&cert_);
  mbedtls_x509_crt_free(&ca_);
}

TlsNames TlsSocket::names() const {
  return {config_.ca_file, config_.server_name, config_.host + ":" + std::to_string(config_.port)};
}

Status TlsSocket::fail(std::string text) {
  explanation_ = std::move(text);
  out_.clear();
  close();
  return {Code::kUnavailable, "the connection failed"};
}

Status TlsSocket::load() {
  int error = mbedtls_x509_crt_parse_file(&ca_, config_.ca_file.c_str());
  if (error != 0) {
    return fail("tls.ca: cannot read PEM certificates from " + config_.ca_file + ": " +
                (error > 0 ? "some of them are damaged" : mbed_error_text(error)));
  }
  error = mbedtls_x509_crt_parse_file(&cert_, config_.cert_file.c_str());
  if (error != 0) {
    return fail("tls.cert: cannot read a PEM certificate from " + config_.cert_file + ": " +
                (error > 0 ? "part of the chain is damaged" : mbed_error_text(error)));
  }
  error = mbedtls_pk_parse_keyfile(&key_, config_.key_file.c_str(), nullptr);
  if (error != 0) {
    return fail("tls.key: cannot read an unencrypted PEM key from " + config_.key_file + ": " +
                mbed_error_text(error));
  }
  if (mbedtls_pk_check_pair(&cert_.pk, &key_) != 0) {
    return fail("tls.key: the key in " + config_.key_file + " does not belong to the certificate " +
                config_.cert_file);
  }
  return configure();
}

Status TlsSocket::configure() {
  int error = mbedtls_ssl_config_defaults(&settings_, MBEDTLS_SSL_IS_CLIENT,
                                          MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (error != 0) return fail("TLS defaults: " + mbed_error_text(error));
  mbedtls_ssl_conf_min_version(&settings_, MBEDTLS_SSL_MAJOR_VERSION_3,
                               MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_ciphersuites(&settings_, kCipherSuites.data());
  mbedtls_ssl_conf_curves(&settings_, kCurves.data());
  mbedtls_ssl_conf_sig_hashes(&settings_, kHashes.data());
  mbedtls_ssl_conf_authmode(&settings_, MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_ssl_conf_rng(&settings_, mbedtls_ctr_drbg_random, random_.context());
  mbedtls_ssl_conf_ca_chain(&settings_, &ca_, nullptr);
  error = mbedtls_ssl_conf_own_cert(&settings_, &cert_, &key_);
  if (error != 0) return fail("TLS certificate: " + mbed_error_text(error));
  const unsigned char fragment = fragment_code(config_.max_fragment_length);
  error = mbedtls_ssl_conf_max_frag_len(&settings_, fragment);
  if (error != 0) return fail("broker.max_fragment_length: this TLS library's buffers are smaller");
  error = mbedtls_ssl_setup(&ssl_, &settings_);
  if (error != 0) return fail("TLS setup: " + mbed_error_text(error));
  return ok_status();
}

std::string TlsSocket::common_name() const {
  for (const mbedtls_x509_name* name = &cert_.subject; name != nullptr; name = name->next) {
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) != 0) continue;
    return {reinterpret_cast<const char*>(name->val.p), name->val.len};
  }
  return {};
}

Status TlsSocket::open(MonoTime now) {
  close();
  deadline_ = now + config_.handshake_timeout;
  state_ = State::kConnecting;
  switch (connector_.start(config_.host, config_.port)) {
    case TcpConnector::Progress::kPending:
      return ok_status();
    case TcpConnector::Progress::kDone:
      return begin_handshake();
    case TcpConnector::Progress::kFailed:
      break;
  }
  return fail(connector_.explain());
}

Status TlsSocket::begin_handshake() {
  fd_ = connector_.take();
  state_ = State::kHandshaking;
  wants_write_ = true;
  int error = mbedtls_ssl_session_reset(&ssl_);
  if (error == 0) error = mbedtls_ssl_set_hostname(&ssl_, config_.server_name.c_str());
  if (error != 0) return fail("TLS setup: " + mbed_error_text(error));
  // A session that is refused costs nothing: the handshake is a full one then.
  if (has_session_) (void)mbedtls_ssl_set_session(&ssl_, &session_);
  mbedtls_ssl_set_bio(&ssl_, this, send_bytes, receive_bytes, nullptr);
  return ok_status();
}

Status TlsSocket::drive(MonoTime now) {
  if (state_ == State::kClosed || state_ == State::kOpen) return ok_status();
  if (now >= deadline_) {
    const char* what =
        state_ == State::kConnecting ? "no TCP connection to " : "no TLS session with ";
    return fail(what + names().target + " within " +
                std::to_string(config_.handshake_timeout.ms / 1000) +
                " s: check the network and broker.handshake_timeout_s");
  }
  if (state_ == State::kHandshaking) return handshake();
  switch (connector_.advance()) {
    case TcpConnector::Progress::kPending:
      return ok_status();
    case TcpConnector::Progress::kDone:
      FLOTILLA_TRY(begin_handshake());
      return handshake();
    case TcpConnector::Progress::kFailed:
      break;
  }
  return fail(connector_.explain());
}

Status TlsSocket::handshake() {
  const int result = mbedtls_ssl_handshake(&ssl_);
  wants_write_ = result == MBEDTLS_ERR_SSL_WANT_WRITE;
  if (try_again(result)) return ok_status();
  if (result != 0) {
    has_session_ = false;
    return fail(explain_failure(result));
  }
  state_ = State::kOpen;
  deadline_ = kNever;
  remember_session();
  return ok_status();
}

std::string TlsSocket::explain_failure(int error) const {
  if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
    return explain_verification(mbedtls_ssl_get_verify_result(&ssl_), names());
  }
  if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && ssl_.in_msg != nullptr) {
    return explain_alert(ssl_.in_msg[1], names());
  }
  uint8_t alert = 0;
  if (error == MBEDTLS_ERR_NET_CONN_RESET && read_alert(fd_.get(), alert)) {
    return explain_alert(alert, names());
  }
  if (error == MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE) {
    return "the broker's certificate must have an ECDSA key on P-256";
  }
  return explain_handshake(error, names());
}

void TlsSocket::remember_session() {
  mbedtls_ssl_session_free(&session_);
  mbedtls_ssl_session_init(&session_);
  has_session_ = mbedtls_ssl_get_session(&ssl_, &session_) == 0;
}

void TlsSocket::close() {
  // The peer may be gone; a close notice is a courtesy.
  if (state_ == State::kOpen && flush().ok()) (void)mbedtls_ssl_close_notify(&ssl_);
  state_ = State::kClosed;
  deadline_ = kNever;
  wants_write_ = false;
  out_.clear();
  connector_.cancel();
  fd_.reset();
}

Result<size_t> TlsSocket::read(MutableBytes out) {
  if (state_ != State::kOpen) return size_t{0};
  const int result = mbedtls_ssl_read(&ssl_, out.data(), out.size());
  if (result > 0) return static_cast<size_t>(result);
  if (try_again(result)) return size_t{0};
  if (result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
    return fail("the broker closed the connection");
  }
  if (result == MBEDTLS_ERR_SSL_INVALID_RECORD) {
    return fail(
        "the broker sent a TLS record that is too large or damaged: "
        "check broker.max_fragment_length");
  }
  return fail("reading from the broker failed: " + mbed_error_text(result));
}

Status TlsSocket::flush() {
  while (state_ == State::kOpen && !out_.empty()) {
    const int result = mbedtls_ssl_write(&ssl_, out_.data(), out_.size());
    if (try_again(result)) return ok_status();
    if (result < 0) {
      return fail("writing to the broker failed: " + mbed_error_text(result));
    }
    out_.erase(out_.begin(), out_.begin() + result);
  }
  return ok_status();
}

Result<size_t> TlsSocket::write(Bytes bytes) {
  FLOTILLA_TRY(flush());
  if (state_ != State::kOpen || !out_.empty()) return size_t{0};
  const Bytes taken = bytes.first(std::min(bytes.size(), kMaxWrite));
  out_.assign(taken.begin(), taken.end());
  FLOTILLA_TRY(flush());
  return taken.size();
}

int TlsSocket::fd() const {
  return state_ == State::kConnecting ? connector_.fd() : fd_.get();
}

short TlsSocket::wanted_events() const {
  switch (state_) {
    case State::kClosed:
      return 0;
    case State::kConnecting:
      return POLLOUT;
    case State::kHandshaking:
      return wants_write_ ? POLLOUT : POLLIN;
    case State::kOpen:
      return static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT);
  }
  return 0;
}

std::string TlsSocket::description() const {
  return std::string(mbedtls_ssl_get_version(&ssl_)) + " " + mbedtls_ssl_get_ciphersuite(&ssl_);
}

int TlsSocket::send_bytes(void* self, const unsigned char* data, size_t size) {
  const int fd = static_cast<TlsSocket*>(self)->fd_.get();
  const ssize_t n = ::send(fd, data, size, MSG_NOSIGNAL);
  if (n >= 0) return static_cast<int>(n);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return MBEDTLS_ERR_SSL_WANT_WRITE;
  return errno == EPIPE || errno == ECONNRESET ? MBEDTLS_ERR_NET_CONN_RESET
                                               : MBEDTLS_ERR_NET_SEND_FAILED;
}

int TlsSocket::receive_bytes(void* self, unsigned char* data, size_t size) {
  const int fd = static_cast<TlsSocket*>(self)->fd_.get();
  const ssize_t n = ::recv(fd, data, size, 0);
  if (n >= 0) return static_cast<int>(n);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return MBEDTLS_ERR_SSL_WANT_READ;
  return errno == ECONNRESET ? MBEDTLS_ERR_NET_CONN_RESET : MBEDTLS_ERR_NET_RECV_FAILED;
}

}  // namespace flotilla::edge
