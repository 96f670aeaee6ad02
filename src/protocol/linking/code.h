// What the new device shows and the old one reads (docs/spec/devices.md §8): a secret that no server sees, and the
// fingerprint of the new device's ephemeral key. Pure functions; any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "protocol/linking/limits.h"

namespace pqc::linking {

using CodeSecret = Secret<struct CodeSecretTag, secret_size>;
using KeyFingerprint = std::array<std::uint8_t, fingerprint_size>;
// Under which the two find each other at the server; it follows from the fingerprint.
using LinkId = std::array<std::uint8_t, link_id_size>;

struct Code {
  CodeSecret secret;
  KeyFingerprint fingerprint{};

  [[nodiscard]] LinkId link_id() const;
};

[[nodiscard]] KeyFingerprint fingerprint_of(ByteView public_key);

// "link1." and 64 characters of base64url.
[[nodiscard]] std::string to_text(const Code& code);
// Blanks around and inside do not matter; nothing for any other text.
[[nodiscard]] std::optional<Code> parse_code(std::string_view text);

}  // namespace pqc::linking
