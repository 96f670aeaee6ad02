// Base32 for what people read out and type (RFC 4648 §6): lower case, no padding, dashes between groups of four.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace pqc {

std::string to_base32(ByteView bytes);
// Exactly `size` bytes, in either case, dashes and blanks anywhere. Nothing for any other character or length, and
// where the bits left over are not zero: one value has one text.
std::optional<Bytes> from_base32(std::string_view text, std::size_t size);

}  // namespace pqc
