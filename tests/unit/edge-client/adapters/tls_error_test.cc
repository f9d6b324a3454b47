#include "edge-client/adapters/tls_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

namespace flotilla::edge::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const TlsNames kNames{"/pki/ca.crt", "broker.plant", "10.0.0.5:8883"};

TEST(TlsErrorTest, EachFlagOfTheVerificationIsASentence) {
  EXPECT_THAT(explain_verification(MBEDTLS_X509_BADCERT_NOT_TRUSTED, kNames),
              testing::AllOf(HasSubstr("/pki/ca.crt"), HasSubstr("10.0.0.5:8883")));
  EXPECT_THAT(explain_verification(MBEDTLS_X509_BADCERT_CN_MISMATCH, kNames),
              testing::AllOf(HasSubstr("'broker.plant'"), HasSubstr("broker.tls_name")));
  EXPECT_THAT(explain_verification(MBEDTLS_X509_BADCERT_EXPIRED, kNames), HasSubstr("expired"));
  EXPECT_THAT(explain_verification(MBEDTLS_X509_BADCERT_FUTURE, kNames), HasSubstr("clock"));
  EXPECT_THAT(explain_verification(MBEDTLS_X509_BADCERT_BAD_MD, kNames), HasSubstr("P-256"));
}

TEST(TlsErrorTest, SeveralFlagsAreAllTold) {
  const std::string text =
      explain_verification(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_CN_MISMATCH, kNames);
  EXPECT_THAT(text, testing::AllOf(HasSubstr("expired"), HasSubstr("broker.plant")));
}

TEST(TlsErrorTest, AnUnknownFlagStillGivesALine) {
  const std::string text = explain_verification(MBEDTLS_X509_BADCRL_EXPIRED, kNames);
  EXPECT_THAT(text, testing::AllOf(HasSubstr("refused"), Not(HasSubstr("\n"))));
}

TEST(TlsErrorTest, NoVerificationAtAllIsNotAListOfEverything) {
  EXPECT_THAT(explain_verification(0xFFFFFFFF, kNames), HasSubstr("out of memory"));
}

TEST(TlsErrorTest, AlertsNameTheCulprit) {
  EXPECT_THAT(explain_alert(MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA, kNames), HasSubstr("tls.cert"));
  EXPECT_THAT(explain_alert(MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED, kNames), HasSubstr("renew"));
  EXPECT_THAT(explain_alert(MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, kNames),
              HasSubstr("cipher suite"));
  EXPECT_THAT(explain_alert(199, kNames), HasSubstr("alert 199"));
}

TEST(TlsErrorTest, APlainListenerIsSuspected) {
  EXPECT_THAT(explain_handshake(MBEDTLS_ERR_SSL_INVALID_RECORD, kNames),
              HasSubstr("does not speak TLS"));
}

}  // namespace
}  // namespace flotilla::edge::test
