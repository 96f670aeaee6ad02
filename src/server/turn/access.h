// Time-limited access to a TURN server (docs/spec/turn.md): coturn's `use-auth-secret`, called the REST convention. The
// two servers share a secret; the name says until when, the password is its MAC. Any thread.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace pqc::server::turn {

// How long access may be opened with it; what is open by then stays.
inline constexpr std::chrono::hours lifetime{12};
// Of the shared secret, and of one address of a TURN server and their number.
inline constexpr std::size_t min_secret_size = 16;
inline constexpr std::size_t max_secret_size = 256;
inline constexpr std::size_t max_uri_size = 256;
inline constexpr std::size_t max_uris = 8;

struct Access {
  std::string username;  // "1763719200:0123456789abcdef": seconds since 1970, and who
  std::string password;  // base64 of HMAC-SHA1(secret, username)
};

class Issuer {
 public:
  // Reads the secret from the first line of a file that only its owner may read. `uris` are separated by blanks or
  // commas. The error says what is wrong, for people.
  static std::expected<Issuer, std::string> make(const std::string& uris, const std::string& secret_file);
  Issuer(std::vector<std::string> uris, SecretBytes secret) : uris_(std::move(uris)), secret_(std::move(secret)) {}

  // The same account is the same to the TURN server, which may so hold it to a quota, but nobody there learns its name.
  [[nodiscard]] Access access(std::int64_t account, UnixMillis now) const;
  [[nodiscard]] const std::vector<std::string>& uris() const { return uris_; }

 private:
  std::vector<std::string> uris_;
  SecretBytes secret_;
};

// "turn:HOST:PORT?transport=udp", "turns:HOST" (RFC 7065), or nothing.
std::expected<std::vector<std::string>, std::string> parse_uris(const std::string& text);

}  // namespace pqc::server::turn
