#include "simulator/load/pki.h"

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <vector>

#include "simulator/load/api_client.h"
#include "simulator/load/swarm_config.h"

namespace flotilla::sim {
namespace {

constexpr size_t kMaxPem = 8 * 1024;
constexpr const char* kFrom = "20200101000000";
constexpr const char* kUntil = "20991231235959";

void check(int error, const char* what) {
  if (error != 0) throw LoadError(std::string(what) + ": " + edge::mbed_error_text(error));
}

/// A key pair of mbedTLS.
class Key {
 public:
  Key() { mbedtls_pk_init(&pk_); }
  ~Key() { mbedtls_pk_free(&pk_); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  void make(edge::MbedRandom& random) {
    prepare();
    check(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(pk_), mbedtls_ctr_drbg_random,
                              random.context()),
          "making a key");
  }
  void load(const Digest& scalar, edge::MbedRandom& random) {
    prepare();
    mbedtls_ecp_keypair* const pair = mbedtls_pk_ec(pk_);
    check(mbedtls_ecp_group_load(&pair->grp, MBEDTLS_ECP_DP_SECP256R1), "device key");
    check(mbedtls_mpi_read_binary(&pair->d, scalar.bytes.data(), scalar.bytes.size()),
          "device key");
    check(mbedtls_ecp_mul(&pair->grp, &pair->Q, &pair->d, &pair->grp.G, mbedtls_ctr_drbg_random,
                          random.context()),
          "device key");
  }
  void load(const std::string& file) {
    check(mbedtls_pk_parse_keyfile(&pk_, file.c_str(), nullptr), file.c_str());
  }
  void write(const std::string& file) {
    std::array<unsigned char, kMaxPem> pem{};
    check(mbedtls_pk_write_key_pem(&pk_, pem.data(), pem.size()), "writing a key");
    std::ofstream(file).close();
    ::chmod(file.c_str(), 0600);
    std::ofstream(file) << reinterpret_cast<const char*>(pem.data());
  }
  mbedtls_pk_context* get() { return &pk_; }

 private:
  void prepare() {
    check(mbedtls_pk_setup(&pk_, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), "making a key");
  }

  mbedtls_pk_context pk_;
};

}  // namespace

struct Pki::Authority {
  edge::MbedRandom random;
  Key key;
  std::string name = "CN=flotilla-sim load";
  uint32_t serial = 1;
  std::vector<std::unique_ptr<Key>> devices;

  void sign(const std::string& subject, Key& subject_key, bool is_authority,
            const std::string& file);
};

/// No alternative names: without them clients compare the common name.
void Pki::Authority::sign(const std::string& subject, Key& subject_key, bool is_authority,
                          const std::string& file) {
  mbedtls_x509write_cert cert;
  mbedtls_mpi number;
  mbedtls_x509write_crt_init(&cert);
  mbedtls_mpi_init(&number);
  std::array<unsigned char, kMaxPem> pem{};
  mbedtls_x509write_crt_set_version(&cert, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&cert, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&cert, subject_key.get());
  mbedtls_x509write_crt_set_issuer_key(&cert, key.get());
  int error = mbedtls_mpi_lset(&number, static_cast<int>(serial++));
  if (error == 0) error = mbedtls_x509write_crt_set_serial(&cert, &number);
  if (error == 0) error = mbedtls_x509write_crt_set_subject_name(&cert, subject.c_str());
  if (error == 0) error = mbedtls_x509write_crt_set_issuer_name(&cert, name.c_str());
  if (error == 0) error = mbedtls_x509write_crt_set_validity(&cert, kFrom, kUntil);
  if (error == 0) error = mbedtls_x509write_crt_set_basic_constraints(&cert, is_authority, -1);
  if (error == 0) {
    error = mbedtls_x509write_crt_pem(&cert, pem.data(), pem.size(), mbedtls_ctr_drbg_random,
                                      random.context());
  }
  mbedtls_mpi_free(&number);
  mbedtls_x509write_crt_free(&cert);
  check(error, "issuing a certificate");
  std::ofstream(file) << reinterpret_cast<const char*>(pem.data());
}

Pki::Pki(std::string folder, const std::string& authority)
    : folder_(std::move(folder)), authority_(std::make_unique<Authority>()) {
  if (authority.empty()) {
    authority_->key.make(authority_->random);
    ca_file_ = folder_ + "/ca.crt";
    authority_->sign(authority_->name, authority_->key, true, ca_file_);
    return;
  }
  ca_file_ = authority + "/ca.crt";
  authority_->key.load(authority + "/ca.key");
  mbedtls_x509_crt ca;
  mbedtls_x509_crt_init(&ca);
  const int error = mbedtls_x509_crt_parse_file(&ca, ca_file_.c_str());
  std::array<char, 256> text{};
  if (error == 0) mbedtls_x509_dn_gets(text.data(), text.size(), &ca.subject);
  mbedtls_x509_crt_free(&ca);
  check(error, ca_file_.c_str());
  authority_->name = text.data();
}

Pki::~Pki() = default;

void Pki::issue(const std::string& name) {
  Key key;
  key.make(authority_->random);
  key.write(folder_ + "/" + name + ".key");
  authority_->sign("CN=" + name, key, false, folder_ + "/" + name + ".crt");
}

void Pki::write_keys(DeviceKeys& keys) {
  for (uint32_t i = 0; i < kKeyPairs; ++i) {
    auto key = std::make_unique<Key>();
    key->load(keys.scalar(i), authority_->random);
    key->write(folder_ + "/" + std::to_string(i) + ".key");
    authority_->devices.push_back(std::move(key));
  }
}

void Pki::issue_device(const std::string& id, uint32_t number) {
  authority_->sign("CN=" + id, *authority_->devices[number % kKeyPairs], false,
                   folder_ + "/" + id + ".crt");
}

}  // namespace flotilla::sim
