#pragma once

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <cstdint>
#include <string>
#include <vector>

#include "edge-client/adapters/mbed_random.h"
#include "edge-client/adapters/tcp_connector.h"
#include "edge-client/adapters/tls_error.h"
#include "schemas/base/bytes.h"
#include "schemas/base/status.h"
#include "schemas/base/time.h"

namespace flotilla::edge {

struct TlsConfig {
  std::string host;
  uint16_t port = 8883;
  std::string server_name;              ///< what the broker's certificate must carry; empty: host
  std::string ca_file;                  ///< PEM, one or more
  std::string cert_file;                ///< PEM, the device's, chain allowed
  std::string key_file;                 ///< PEM, unencrypted
  uint32_t max_fragment_length = 4096;  ///< bytes a record; 0, 1024, 2048, 4096. 0: not negotiated
  Duration handshake_timeout = seconds(20);  ///< name resolved to TLS established
};

/// Non-blocking client connection, TLS 1.2 with mutual certificates, ECDHE-ECDSA and AEAD only. The
/// broker's name is always checked. Sessions are resumed when the broker offers it, which costs it
/// a quarter of a full handshake.
class TlsSocket {
 public:
  enum class State : uint8_t { kClosed, kConnecting, kHandshaking, kOpen };

  TlsSocket(TlsConfig config, MbedRandom& random);
  ~TlsSocket();
  TlsSocket(const TlsSocket&) = delete;
  TlsSocket& operator=(const TlsSocket&) = delete;

  /// Reads CA, certificate and key; before anything else. Errors: see explain().
  Status load();
  /// Common name of the device's certificate.
  std::string common_name() const;

  /// Resolves the name (may block, see TcpConnector) and starts to connect.
  Status open(MonoTime now);
  /// Advances connect and handshake. Not ok: failed, and closed.
  Status drive(MonoTime now);
  void close();

  /// Bytes that have arrived; 0: none at present. Not ok: the connection is over, and closed.
  Result<size_t> read(MutableBytes out);
  /// Takes a prefix of `bytes`; 0: none at present.
  Result<size_t> write(Bytes bytes);
  /// Sends what write() took.
  Status flush();

  State state() const { return state_; }
  int fd() const;
  /// POLLIN, POLLOUT: what to wait for.
  short wanted_events() const;
  /// When drive() has to be called at the latest.
  MonoTime deadline() const { return deadline_; }
  /// Why the last call failed and what to do, in one line for people.
  const std::string& explain() const { return explanation_; }
  /// Protocol, cipher suite and whether the session was resumed; for logs.
  std::string description() const;

 private:
  Status fail(std::string text);
  Status configure();
  Status begin_handshake();
  Status handshake();
  std::string explain_failure(int error) const;
  void remember_session();
  TlsNames names() const;

  static int send_bytes(void* self, const unsigned char* data, size_t size);
  static int receive_bytes(void* self, unsigned char* data, size_t size);

  TlsConfig config_;
  MbedRandom& random_;
  TcpConnector connector_;
  Fd fd_;
  mbedtls_ssl_config settings_;
  mbedtls_ssl_context ssl_;
  mbedtls_ssl_session session_;
  mbedtls_x509_crt ca_;
  mbedtls_x509_crt cert_;
  mbedtls_pk_context key_;

  State state_ = State::kClosed;
  MonoTime deadline_ = kNever;
  bool has_session_ = false;
  bool wants_write_ = false;
  std::vector<uint8_t> out_;  // one record that write() took and TLS has not
  std::string explanation_;
};

}  // namespace flotilla::edge
