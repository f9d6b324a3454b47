#include "tests/support/adapter_certificates.h"

#include <mbedtls/bignum.h>
#include <mbedtls/x509_crt.h>

#include <fstream>

#include "controller/adapters/keys_file.h"
#include "controller/adapters/mbed_keys.h"
#include "controller/adapters/mbed_random.h"
#include "controller/adapters/small_file.h"
#include "schemas/base/assert.h"

namespace flotilla::testing {
namespace {

void load_key(controller::ParsedKey& key, const std::string& path) {
  const std::string text = controller::read_small_file(path, 1 << 16).value();
  FLOTILLA_ASSERT(key.parse_private(as_bytes(text)).ok());
}

}  // namespace

void make_certificate(const std::string& folder, const std::string& name,
                      const std::string& common_name, const std::string& issuer) {
  const bool authority = issuer.empty();
  const std::string key_path = folder + "/" + name + ".key";
  FLOTILLA_ASSERT(controller::generate_key_file(key_path).ok());
  controller::ParsedKey key;
  controller::ParsedKey issuer_key;
  load_key(key, key_path);
  load_key(issuer_key, authority ? key_path : folder + "/" + issuer + ".key");
  controller::MbedRandom random;
  FLOTILLA_ASSERT(random.seed().ok());

  const std::string subject = "CN=" + common_name;
  const std::string issuer_name = authority ? subject : "CN=" + issuer;
  mbedtls_x509write_cert certificate;
  mbedtls_mpi serial;
  mbedtls_x509write_crt_init(&certificate);
  mbedtls_mpi_init(&serial);
  mbedtls_x509write_crt_set_version(&certificate, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&certificate, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&certificate, &key.context());
  mbedtls_x509write_crt_set_issuer_key(&certificate, &issuer_key.context());
  const bool made =
      mbedtls_mpi_fill_random(&serial, 8, controller::MbedRandom::fill, &random) == 0 &&
      mbedtls_x509write_crt_set_serial(&certificate, &serial) == 0 &&
      mbedtls_x509write_crt_set_subject_name(&certificate, subject.c_str()) == 0 &&
      mbedtls_x509write_crt_set_issuer_name(&certificate, issuer_name.c_str()) == 0 &&
      mbedtls_x509write_crt_set_validity(&certificate, "20200101000000", "20991231235959") == 0 &&
      mbedtls_x509write_crt_set_basic_constraints(&certificate, authority ? 1 : 0, -1) == 0;
  FLOTILLA_ASSERT(made);
  std::string pem(8192, '\0');
  FLOTILLA_ASSERT(mbedtls_x509write_crt_pem(&certificate, reinterpret_cast<uint8_t*>(pem.data()),
                                            pem.size(), controller::MbedRandom::fill,
                                            &random) == 0);
  std::ofstream(folder + "/" + name + ".crt") << pem.c_str();
  mbedtls_mpi_free(&serial);
  mbedtls_x509write_crt_free(&certificate);
}

}  // namespace flotilla::testing
