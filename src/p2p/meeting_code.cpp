#include "p2p/meeting_code.h"

#include "base/base32.h"
#include "crypto/hash.h"

namespace pqc::p2p {
namespace {

constexpr std::size_t sum_size = 2;

ByteView sum_of(const crypto::Sha256Digest& digest) {
  return ByteView(digest).first(sum_size);
}

}  // namespace

MeetingCode make_meeting_code(Rng& rng) {
  MeetingCode out;
  rng.fill(out.fill());
  return out;
}

std::string to_text(const MeetingCode& code) {
  auto bytes = to_bytes(code.view());
  append(bytes, sum_of(crypto::sha256(code.view())));
  auto text = to_base32(bytes);
  wipe(bytes);
  return text;
}

std::optional<MeetingCode> parse_meeting_code(std::string_view text) {
  constexpr std::string_view ends = "\t\r\n";
  while (!text.empty() && ends.contains(text.back())) text.remove_suffix(1);
  while (!text.empty() && ends.contains(text.front())) text.remove_prefix(1);
  auto bytes = from_base32(text, MeetingCode::size + sum_size);
  if (!bytes) return std::nullopt;
  const auto bits = std::span(*bytes).first<MeetingCode::size>();
  std::optional<MeetingCode> out;
  if (equal(sum_of(crypto::sha256(bits)), ByteView(*bytes).last(sum_size))) out.emplace(bits);
  wipe(*bytes);
  return out;
}

}  // namespace pqc::p2p
