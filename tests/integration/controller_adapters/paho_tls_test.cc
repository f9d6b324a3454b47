#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "controller/adapters/paho_transport.h"
#include "tests/support/adapter_certificates.h"
#include "tests/support/adapter_keys.h"
#include "tests/support/adapter_mailbox.h"
#include "tests/support/adapter_mosquitto.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::Mailbox;
using flotilla::testing::make_certificate;
using flotilla::testing::Mosquitto;
using ::testing::HasSubstr;

class PahoTlsTest : public ::testing::Test {
 protected:
  PahoTlsTest() {
    make_certificate(folder_.path(), "plant", "plant", "");
    make_certificate(folder_.path(), "foreign", "foreign", "");
    make_certificate(folder_.path(), "broker", "localhost", "plant");
    make_certificate(folder_.path(), "controller", "flotilla.controller", "plant");
    make_certificate(folder_.path(), "stranger", "flotilla.controller", "foreign");
    broker_ = std::make_unique<Mosquitto>(
        folder_.path(),
        "require_certificate true\nuse_identity_as_username true\n"
        "cafile " +
            (folder_ / "plant.crt") + "\ncertfile " + (folder_ / "broker.crt") + "\nkeyfile " +
            (folder_ / "broker.key"));
  }

  /// What the transport says of its first failure; empty when it connects.
  std::string attempt(const std::string& ca, const std::string& own) {
    Mailbox box;
    std::promise<std::string> outcome;
    std::atomic<bool> told = false;
    PahoTransport::Options options;
    options.address = {.host = "localhost",
                       .port = broker_->port(),
                       .client_id = "flotilla.controller",
                       .tls = true,
                       .ca_file = folder_ / (ca + ".crt"),
                       .certificate_file = own.empty() ? "" : folder_ / (own + ".crt"),
                       .key_file = own.empty() ? "" : folder_ / (own + ".key"),
                       .username = "",
                       .password = ""};
    options.log = [&](const std::string& line) {
      if (!told.exchange(true)) outcome.set_value(line);
    };
    PahoTransport transport(options);
    TransportEvents events = box.events();
    events.connected = [&] {
      if (!told.exchange(true)) outcome.set_value("");
    };
    transport.start(std::move(events));
    auto result = outcome.get_future();
    const bool ready = result.wait_for(std::chrono::seconds(30)) == std::future_status::ready;
    transport.stop();
    return ready ? result.get() : "no outcome";
  }

  flotilla::testing::TemporaryFolder folder_;
  std::unique_ptr<Mosquitto> broker_;
};

TEST_F(PahoTlsTest, BothSidesProveWhoTheyAre) {
  EXPECT_EQ(attempt("plant", "controller"), "");
}

TEST_F(PahoTlsTest, ACertificateOfAnotherAuthorityIsRefused) {
  EXPECT_THAT(attempt("plant", "stranger"), HasSubstr("refused our certificate"));
}

TEST_F(PahoTlsTest, NoCertificateIsRefused) {
  EXPECT_THAT(attempt("plant", ""), HasSubstr("refused the TLS handshake"));
}

TEST_F(PahoTlsTest, ABrokerOfAnotherAuthorityIsNotTrusted) {
  EXPECT_THAT(attempt("foreign", "controller"), HasSubstr("ca_file does not vouch for"));
}

TEST_F(PahoTlsTest, MissingFilesAreNamedAsTheCause) {
  EXPECT_THAT(attempt("plant", "absent"), HasSubstr("cannot be used"));
}

}  // namespace
}  // namespace flotilla::controller
