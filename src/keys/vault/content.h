// What a vault holds (docs/spec/vault.md §5), and its one encoding. Secret; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "keys/vault/error.h"

namespace pqc::keys::vault {

using StoreKey = Secret<struct StoreKeyTag, 32>;

// The key holder's state, opaque here; by name.
using Items = std::map<std::string, SecretBytes>;

struct Content {
  StoreKey store_key;
  std::uint64_t witness = 0;
  Items items;
};

// Errors: limit.
[[nodiscard]] Result<SecretBytes> encode_content(const Content& content);
// Parses to the last byte. Errors: damaged.
[[nodiscard]] Result<Content> decode_content(ByteView bytes);

}  // namespace pqc::keys::vault
