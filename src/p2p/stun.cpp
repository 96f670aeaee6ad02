#include "p2p/stun.h"

#include <algorithm>
#include <optional>

#include <arpa/inet.h>

#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p::stun {
namespace {

constexpr std::uint32_t magic_cookie = 0x2112A442;
constexpr std::uint16_t request = 0x0001;
constexpr std::uint16_t success = 0x0101;
constexpr std::uint16_t failure = 0x0111;
constexpr std::uint16_t mapped_address = 0x0001;
constexpr std::uint16_t message_integrity = 0x0008;
constexpr std::uint16_t error_code = 0x0009;
constexpr std::uint16_t message_integrity_sha256 = 0x001C;
constexpr std::uint16_t xor_mapped_address = 0x0020;
constexpr std::uint16_t fingerprint = 0x8028;
constexpr std::uint16_t comprehension_optional = 0x8000;
constexpr std::size_t header_size = 20;
constexpr std::size_t fingerprint_size = 8;
constexpr std::uint32_t fingerprint_mask = 0x5354554E;
constexpr std::uint8_t family_v4 = 1;
constexpr std::uint8_t family_v6 = 2;

// ITU V.42, as §14.7 has it.
std::uint32_t crc32(ByteView data) {
  std::uint32_t crc = 0xFFFF'FFFF;
  for (const auto byte : data) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB8'8320U : 0U);
  }
  return ~crc;
}

std::optional<Address> parse_address_value(ByteView value, const TransactionId& id, bool masked) {
  wire::Reader reader(value);
  const auto zero = reader.u8();
  const auto family = reader.u8();
  const auto port = reader.u16();
  if (!zero || !family || !port || (*family != family_v4 && *family != family_v6)) return std::nullopt;
  const auto raw = reader.bytes(*family == family_v4 ? 4 : 16);
  if (!raw || !reader.done()) return std::nullopt;
  // The mask: the magic cookie, then the transaction id.
  Bytes mask;
  wire::Writer(mask).u32(magic_cookie).bytes(id);
  auto bytes = to_bytes(*raw);
  std::uint16_t number = *port;
  if (masked) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] ^= mask[i];
    number ^= static_cast<std::uint16_t>(magic_cookie >> 16);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(*family == family_v4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()) == nullptr)
    return std::nullopt;
  return Address{text.data(), number};
}

struct Found {
  std::optional<Address> masked;
  std::optional<Address> plain;
  std::optional<int> refusal;
};

class Parser {
 public:
  Parser(ByteView message, const TransactionId& id) : message_(message), id_(id), reader_(message) {}

  std::expected<Answer, Error> parse();

 private:
  std::optional<Error> header();
  std::optional<Error> attribute();
  std::optional<Error> take(std::uint16_t type, ByteView value, std::size_t start);

  ByteView message_;
  const TransactionId& id_;
  wire::Reader reader_;
  std::uint16_t type_ = 0;
  Found found_;
};

std::optional<Error> Parser::header() {
  const auto type = reader_.u16();
  const auto length = reader_.u16();
  const auto cookie = reader_.u32();
  const auto id = reader_.array<12>();
  if (message_.size() > max_message || !type || !length || !cookie || !id) return Error::malformed;
  if (*cookie != magic_cookie || *length != reader_.remaining() || *length % 4 != 0) return Error::malformed;
  if (*id != id_ || (*type != success && *type != failure)) return Error::unrelated;
  type_ = *type;
  return std::nullopt;
}

std::optional<Error> Parser::attribute() {
  const auto start = message_.size() - reader_.remaining();
  const auto type = reader_.u16();
  const auto length = reader_.u16();
  if (!type || !length) return Error::malformed;
  const auto value = reader_.bytes(*length);
  const auto padding = reader_.bytes((4 - *length % 4) % 4);
  if (!value || !padding) return Error::malformed;
  return take(*type, *value, start);
}

std::optional<Error> Parser::take(std::uint16_t type, ByteView value, std::size_t start) {
  switch (type) {
    case xor_mapped_address:
    case mapped_address: {
      const auto address = parse_address_value(value, id_, type == xor_mapped_address);
      if (!address) return Error::malformed;
      auto& place = type == xor_mapped_address ? found_.masked : found_.plain;
      // §14: only the first of a kind counts.
      if (!place) place = address;
      return std::nullopt;
    }
    case error_code:
      if (value.size() < 4 || (value[2] & 7) < 3 || (value[2] & 7) > 6 || value[3] > 99) return Error::malformed;
      found_.refusal = (value[2] & 7) * 100 + value[3];
      return std::nullopt;
    case fingerprint: {
      const auto sum = crc32(message_.first(start)) ^ fingerprint_mask;
      if (reader_.remaining() != 0 || wire::Reader(value).u32() != sum || value.size() != 4) return Error::malformed;
      return std::nullopt;
    }
    case message_integrity:
    case message_integrity_sha256:
      return std::nullopt;  // without a shared key there is nothing to check
    default:
      if (type < comprehension_optional) return Error::unsupported;
      return std::nullopt;
  }
}

std::expected<Answer, Error> Parser::parse() {
  if (const auto error = header()) return std::unexpected(*error);
  for (std::size_t count = 0; reader_.remaining() > 0; ++count) {
    if (count == max_attributes) return std::unexpected(Error::malformed);
    if (const auto error = attribute()) return std::unexpected(*error);
  }
  if (type_ == failure) {
    if (!found_.refusal) return std::unexpected(Error::malformed);
    return Refusal{*found_.refusal};
  }
  const auto& address = found_.masked ? found_.masked : found_.plain;
  if (!address) return std::unexpected(Error::unsupported);
  return Mapped{*address};
}

}  // namespace

Bytes binding_request(const TransactionId& id) {
  Bytes out;
  wire::Writer(out).u16(request).u16(fingerprint_size).u32(magic_cookie).bytes(id);
  const auto sum = crc32(out) ^ fingerprint_mask;
  wire::Writer(out).u16(fingerprint).u16(4).u32(sum);
  return out;
}

std::expected<Answer, Error> parse_answer(ByteView message, const TransactionId& id) {
  return Parser(message, id).parse();
}

}  // namespace pqc::p2p::stun
