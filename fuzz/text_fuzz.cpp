// Base64, base64url and hexadecimal text: what decodes, encodes to the same text again.
#include <cstdlib>
#include <string_view>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = pqc::from_base64(text); bytes && pqc::to_base64(*bytes) != text) std::abort();
  if (const auto bytes = pqc::from_base64url(text); bytes && pqc::to_base64url(*bytes) != text) std::abort();
  if (const auto bytes = pqc::from_hex(text); bytes && bytes->size() * 2 != size) std::abort();
  return 0;
}
