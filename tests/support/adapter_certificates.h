#pragma once

#include <string>

namespace flotilla::testing {

/// PEM files FOLDER/NAME.crt and FOLDER/NAME.key, P-256, CN = `common_name`, made with mbedTLS.
/// `issuer`: NAME of an authority in the same folder; empty: self-signed authority.
void make_certificate(const std::string& folder, const std::string& name,
                      const std::string& common_name, const std::string& issuer);

}  // namespace flotilla::testing
