#include "net/fingerprint.h"

#include "base/base32.h"

namespace pqc::net {

std::string to_text(const Fingerprint& fingerprint) {
  return to_base32(fingerprint.bytes);
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  Fingerprint out;
  const auto bytes = from_base32(text, out.bytes.size());
  if (!bytes) return std::nullopt;
  std::ranges::copy(*bytes, out.bytes.begin());
  return out;
}

}  // namespace pqc::net
