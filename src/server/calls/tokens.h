// Bearer tokens (RFC 6750): each stands for one connection that is logged in, for as long as that lasts, and at most
// for token_lifetime (docs/spec/calls.md §8). Only their hashes are kept. One thread.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "crypto/hash.h"
#include "server/calls/limits.h"

namespace pqc::server::calls {

// Who holds a token: gone with the connection.
class TokenHolder {
 public:
  virtual ~TokenHolder() = default;
};

class Tokens {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Hash = crypto::Sha256Digest;

  struct Issued {
    std::string token;  // base64url, for the holder alone
    Hash hash{};        // to forget it by
  };
  // The text is empty when it cannot be made.
  [[nodiscard]] Issued issue(std::weak_ptr<TokenHolder> holder, Rng& rng, Time now);
  // Null for what is no token, or one of a connection that is gone, or too old.
  [[nodiscard]] std::shared_ptr<TokenHolder> find(std::string_view token, Time now) const;
  void forget(const Hash& hash) { tokens_.erase(hash); }
  [[nodiscard]] std::size_t size() const { return tokens_.size(); }

 private:
  struct Entry {
    std::weak_ptr<TokenHolder> holder;
    Time until;
  };
  std::map<Hash, Entry> tokens_;
};

}  // namespace pqc::server::calls
