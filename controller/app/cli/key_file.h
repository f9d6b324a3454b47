#pragma once

#include <memory>
#include <string>

#include "controller/adapters/mbed_signer.h"
#include "controller/app/cli/session.h"

/// Keys as operators hold them: NAME.key, a private key (PEM), and NAME.pub, its public half as 128
/// hexadecimal digits, which is all that whoever prepares a keyset needs.
namespace flotilla::controller::app {

/// 0: no such role.
uint8_t parse_key_role(const std::string& name);
/// The public half in a .pub file, a public key (PEM) or a private key.
Result<PublicKey> load_public_key(const std::string& path);
/// "9a21f0..": 16 digits.
std::string key_id_text(const PublicKey& key);
/// "NAME.pub" beside "NAME.key".
std::string public_file_of(const std::string& path);
/// Makes a private key and its .pub file; nothing that is there is touched.
Result<PublicKey> make_key_pair(const std::string& path);
/// The private key, or the failure told.
std::shared_ptr<MbedSigner> load_signer(Session& session, const std::string& path);

}  // namespace flotilla::controller::app
