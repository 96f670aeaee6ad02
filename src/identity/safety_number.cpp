#include "identity/safety_number.h"

#include <algorithm>

#include "crypto/hash.h"
#include "identity/key_encoding.h"
#include "identity/labels.h"
#include "wire/writer.h"

namespace pqc::identity {
namespace {

constexpr unsigned iterations = 5200;
constexpr std::uint8_t payload_version = 1;
constexpr std::size_t digit_groups = 6;
constexpr std::size_t bytes_a_group = 5;
constexpr std::size_t digits_a_group = 5;
constexpr std::size_t groups_a_line = 4;

using Fingerprint = std::array<std::uint8_t, 32>;

crypto::Sha512Digest identity_digest(const AccountRecord& record) {
  Bytes bytes;
  wire::Writer writer(bytes);
  writer.opaque8(as_bytes(labels::safety_number));
  record.account.encode(writer);
  writer.u8(static_cast<std::uint8_t>(record.identities.size()));
  for (const auto& identity : record.identities)
    encode_key(writer, KeyKind::identity_signature, identity.suite, identity.signature_key);
  return crypto::sha512(bytes);
}

Fingerprint fingerprint(const AccountRecord& record) {
  const auto digest = identity_digest(record);
  auto state = digest;
  for (unsigned i = 0; i < iterations; ++i) state = crypto::sha512({state, digest});
  Fingerprint out;
  std::ranges::copy(std::span(state).first<32>(), out.begin());
  return out;
}

std::string five_digits(std::span<const std::uint8_t, bytes_a_group> bytes) {
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = (value << 8) | byte;
  auto digits = std::to_string(value % 100'000);
  return std::string(digits_a_group - digits.size(), '0') + digits;
}

std::string thirty_digits(const Fingerprint& fingerprint) {
  std::string out;
  for (std::size_t i = 0; i < digit_groups; ++i)
    out += five_digits(std::span(fingerprint).subspan(i * bytes_a_group).first<bytes_a_group>());
  return out;
}

struct Ordered {
  Fingerprint lower;
  Fingerprint higher;
};

Ordered ordered_fingerprints(const AccountRecord& a, const AccountRecord& b) {
  const auto of_a = fingerprint(a);
  const auto of_b = fingerprint(b);
  return {std::min(of_a, of_b), std::max(of_a, of_b)};
}

}  // namespace

std::string safety_number(const AccountRecord& a, const AccountRecord& b) {
  const auto both = ordered_fingerprints(a, b);
  return thirty_digits(both.lower) + thirty_digits(both.higher);
}

std::string format_safety_number(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i * digits_a_group < digits.size(); ++i) {
    if (i != 0) out += i % groups_a_line == 0 ? '\n' : ' ';
    out += digits.substr(i * digits_a_group, digits_a_group);
  }
  return out;
}

SafetyPayload safety_payload(const AccountRecord& a, const AccountRecord& b) {
  const auto both = ordered_fingerprints(a, b);
  SafetyPayload out{payload_version};
  std::ranges::copy(both.lower, out.begin() + 1);
  std::ranges::copy(both.higher, out.begin() + 33);
  return out;
}

}  // namespace pqc::identity
