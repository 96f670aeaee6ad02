#include "server/calls/tokens.h"

#include "base/bytes.h"

namespace pqc::server::calls {
namespace {

std::optional<Tokens::Hash> hash_of(ByteView token) {
  Tokens::Hash out{};
  if (!crypto::hash(crypto::HashAlg::sha256, {token}, out)) return std::nullopt;
  return out;
}

}  // namespace

Tokens::Issued Tokens::issue(std::weak_ptr<TokenHolder> holder, Rng& rng, Time now) {
  const auto token = rng.bytes<token_size>();
  const auto hash = hash_of(token);
  if (!hash) return {};
  tokens_.insert_or_assign(*hash, Entry{.holder = std::move(holder), .until = now + token_lifetime});
  return {.token = to_base64url(token), .hash = *hash};
}

// Looked up by the hash, so how long that takes says nothing about other tokens.
std::shared_ptr<TokenHolder> Tokens::find(std::string_view token, Time now) const {
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != token_size) return nullptr;
  const auto hash = hash_of(*bytes);
  const auto found = hash ? tokens_.find(*hash) : tokens_.end();
  if (found == tokens_.end() || found->second.until <= now) return nullptr;
  return found->second.holder.lock();
}

}  // namespace pqc::server::calls
