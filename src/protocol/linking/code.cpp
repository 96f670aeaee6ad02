#include "protocol/linking/code.h"

#include <algorithm>

#include "crypto/hash.h"
#include "protocol/linking/labels.h"

namespace pqc::linking {
namespace {

constexpr std::string_view prefix = "link1.";
constexpr std::size_t code_size = secret_size + fingerprint_size;

template <std::size_t N>
std::array<std::uint8_t, N> labelled_hash(std::string_view label, ByteView data) {
  const std::array length{static_cast<std::uint8_t>(label.size())};
  const auto digest = crypto::sha512({length, as_bytes(label), data});
  std::array<std::uint8_t, N> out{};
  std::ranges::copy_n(digest.begin(), N, out.begin());
  return out;
}

}  // namespace

LinkId Code::link_id() const {
  return labelled_hash<link_id_size>(labels::id, fingerprint);
}

KeyFingerprint fingerprint_of(ByteView public_key) {
  return labelled_hash<fingerprint_size>(labels::fingerprint, public_key);
}

std::string to_text(const Code& code) {
  Bytes bytes = to_bytes(code.secret.view());
  append(bytes, code.fingerprint);
  auto text = std::string(prefix) + to_base64url(bytes);
  wipe(bytes);
  return text;
}

std::optional<Code> parse_code(std::string_view text) {
  if (text.size() > max_code_text) return std::nullopt;
  std::string digits;
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') digits.push_back(c);
  if (!digits.starts_with(prefix)) return std::nullopt;
  auto bytes = from_base64url(std::string_view(digits).substr(prefix.size()));
  if (!bytes || bytes->size() != code_size) return std::nullopt;
  Code out{.secret = CodeSecret(std::span(*bytes).first<secret_size>()), .fingerprint = {}};
  std::ranges::copy(std::span(*bytes).subspan<secret_size>(), out.fingerprint.begin());
  wipe(*bytes);
  return out;
}

}  // namespace pqc::linking
