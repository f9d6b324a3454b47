#include "controller/app/admin_token.h"

#include <sys/random.h>

#include "controller/api/token_text.h"
#include "schemas/base/assert.h"

namespace flotilla::controller::app {

void fill_random(MutableBytes out) {
  // Up to 256 bytes come whole once the pool is seeded: getrandom(2).
  for (size_t done = 0; done < out.size();) {
    const ssize_t got = ::getrandom(out.data() + done, out.size() - done, 0);
    FLOTILLA_ASSERT(got > 0);
    done += static_cast<size_t>(got);
  }
}

FreshToken make_admin_token(Hasher& hasher) {
  std::array<uint8_t, 5> id{};
  api::TokenSecret secret{};
  fill_random(id);
  fill_random(secret);
  FreshToken token;
  token.record.id = api::make_token_id(id);
  token.record.name = "admin";
  token.record.identity = "admin";
  token.record.grants = first_grants();
  token.text = api::make_token(token.record.id, secret);
  token.record.secret_hash = api::token_hash(hasher, api::parse_token(token.text)->secret);
  return token;
}

}  // namespace flotilla::controller::app
