// The only form in which a public key stands in a structure that is signed or hashed (docs/spec/identity.md §4):
//
//   struct { uint8 kind; uint16 suite; opaque key<1..2^16-1>; } TypedKey;
//
// The length of `key` is fixed by kind and suite, so no two kinds of keys and no two suites share an encoding
// (THREATS 8: one encoding for two key types).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "crypto/suite.h"
#include "identity/error.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::identity {

enum class KeyKind : std::uint8_t {
  identity_signature = 1,
  device_signature = 2,
  device_dh = 3,
  signed_dh_prekey = 4,
  one_time_dh_prekey = 5,
  one_time_kem_prekey = 6,
  last_resort_kem_prekey = 7,
  ephemeral_dh = 8,
};

// The one length of a key; nothing where the suite is not built in or has no key of this kind.
[[nodiscard]] std::optional<std::size_t> key_size(KeyKind kind, crypto::SuiteId suite);

void encode_key(wire::Writer& writer, KeyKind kind, crypto::SuiteId suite, ByteView key);

// Reads a key of exactly this kind and suite; a view into the reader's bytes. A suite that is not built in keeps the
// tag check but not the length check, so that records with newer suites can be carried.
[[nodiscard]] Result<ByteView> decode_key(wire::Reader& reader, KeyKind kind, crypto::SuiteId suite);

}  // namespace pqc::identity
