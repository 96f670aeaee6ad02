// The vault file as bytes (docs/spec/vault.md §3, §4): parsed and written, nothing decrypted.
//
// Public values only. Pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "crypto/password_hash.h"
#include "keys/vault/error.h"

namespace pqc::keys::vault {

inline constexpr std::array<std::uint8_t, 8> magic{'P', 'Q', 'C', 'V', 'A', 'U', 'L', 'T'};
inline constexpr std::uint16_t format_version = 1;
inline constexpr std::size_t salt_size = 32;
inline constexpr std::size_t key_size = 32;
inline constexpr std::size_t wrapped_size = key_size + 16;

using VaultId = std::array<std::uint8_t, 16>;
using Salt = std::array<std::uint8_t, salt_size>;

// How the vault key can be had; the values of the file.
enum class Way : std::uint8_t { passphrase = 1, keyring = 2, key_file = 3 };

struct Slot {
  Way way{};
  Salt salt{};
  crypto::Argon2Parameters argon2;  // of a passphrase only
  std::array<std::uint8_t, wrapped_size> wrapped{};
};

struct Header {
  VaultId id{};
  std::uint64_t generation = 0;
  Salt salt{};
  std::vector<Slot> slots;  // ascending by way, each once

  [[nodiscard]] const Slot* find(Way way) const;
  // In place of the slot of the same way, or as a new one.
  void put(const Slot& slot);
  void remove(Way way);
};

struct ParsedFile {
  Header header;
  Bytes head;    // the bytes before `sealed`: the content's associated data
  Bytes sealed;  // content and tag
};

// Errors: damaged, too_new.
[[nodiscard]] Result<ParsedFile> parse_file(ByteView file);
// The bytes before `sealed`.
[[nodiscard]] Bytes encode_head(const Header& header);
// The associated data of a slot's wrapped key.
[[nodiscard]] Bytes slot_context(const VaultId& id, const Slot& slot);

}  // namespace pqc::keys::vault
