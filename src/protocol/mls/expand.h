// ExpandWithLabel (RFC 9420 §8) into memory of the caller: for secrets that live no longer than a call. All others come
// from a Kdf (kdf.h), which is made of it.
#pragma once

#include <string_view>

#include "protocol/mls_public/suite.h"

namespace pqc::mls {

// Answers false where the library fails or `out` is longer than a derivation can be.
[[nodiscard]] bool expand_with_label(const Suite& suite, ByteView secret, std::string_view label, ByteView context,
                                     ByteSpan out);

}  // namespace pqc::mls
