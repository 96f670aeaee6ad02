#include "net/stun/message.h"

#include <algorithm>
#include <span>
#include <string_view>

#include <arpa/inet.h>

#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::net::stun {
namespace {

constexpr std::uint32_t magic_cookie = 0x2112A442;
constexpr std::uint16_t request_type = 0x0001;
constexpr std::uint16_t success = 0x0101;
constexpr std::uint16_t failure = 0x0111;
constexpr std::uint16_t mapped_address = 0x0001;
constexpr std::uint16_t username = 0x0006;
constexpr std::uint16_t message_integrity = 0x0008;
constexpr std::uint16_t error_code = 0x0009;
constexpr std::uint16_t unknown_attributes = 0x000A;
constexpr std::uint16_t realm = 0x0014;
constexpr std::uint16_t nonce = 0x0015;
constexpr std::uint16_t message_integrity_sha256 = 0x001C;
constexpr std::uint16_t password_algorithm = 0x001D;
constexpr std::uint16_t userhash = 0x001E;
constexpr std::uint16_t xor_mapped_address = 0x0020;
constexpr std::uint16_t fingerprint = 0x8028;
constexpr std::uint16_t comprehension_optional = 0x8000;
constexpr std::size_t fingerprint_size = 8;
constexpr std::uint32_t fingerprint_mask = 0x5354554E;
constexpr std::uint8_t family_v4 = 1;
constexpr std::uint8_t family_v6 = 2;
constexpr std::string_view unknown_phrase = "Unknown Attribute";

constexpr std::size_t padding_of(std::size_t size) {
  return (4 - size % 4) % 4;
}

// ITU V.42, as §14.7 has it, a byte at a time.
constexpr auto crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    auto crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB8'8320U : 0U);
    table[i] = crc;
  }
  return table;
}();

std::uint32_t fingerprint_of(ByteView data) {
  std::uint32_t crc = 0xFFFF'FFFF;
  for (const auto byte : data) crc = crc >> 8 ^ crc_table[(crc ^ byte) & 0xFF];
  return ~crc ^ fingerprint_mask;
}

// §14.2: the port under the cookie's first half, the address under the cookie and the transaction id.
Address masked(Address address, const TransactionId& id) {
  std::array<std::uint8_t, 16> mask{0x21, 0x12, 0xA4, 0x42};
  std::ranges::copy(id, mask.begin() + 4);
  for (std::size_t i = 0; i < (address.is_v6 ? 16 : 4); ++i) address.bytes[i] ^= mask[i];
  address.port ^= static_cast<std::uint16_t>(magic_cookie >> 16);
  return address;
}

std::optional<Address> parse_address_value(ByteView value) {
  wire::Reader reader(value);
  const auto zero = reader.u8();
  const auto family = reader.u8();
  const auto port = reader.u16();
  if (!zero || !family || !port || (*family != family_v4 && *family != family_v6)) return std::nullopt;
  Address out{.bytes = {}, .is_v6 = *family == family_v6, .port = *port};
  const auto raw = reader.bytes(out.is_v6 ? 16 : 4);
  if (!raw || !reader.done()) return std::nullopt;
  std::ranges::copy(*raw, out.bytes.begin());
  return out;
}

struct Attribute {
  std::uint16_t type = 0;
  ByteView value;
};

// The header of a message and its attributes, one after the other. A FINGERPRINT is checked on the way.
class Message {
 public:
  static std::expected<Message, Error> parse(ByteView bytes);

  [[nodiscard]] std::uint16_t type() const { return type_; }
  [[nodiscard]] std::uint32_t cookie() const { return cookie_; }
  [[nodiscard]] const TransactionId& id() const { return id_; }
  [[nodiscard]] bool has_fingerprint() const { return has_fingerprint_; }
  // Nothing at the end.
  std::expected<std::optional<Attribute>, Error> next();

 private:
  explicit Message(ByteView bytes) : bytes_(bytes), reader_(bytes) {}

  ByteView bytes_;
  wire::Reader reader_;
  std::uint16_t type_ = 0;
  std::uint32_t cookie_ = 0;
  TransactionId id_{};
  std::size_t count_ = 0;
  bool has_fingerprint_ = false;
};

std::expected<Message, Error> Message::parse(ByteView bytes) {
  Message out(bytes);
  const auto type = out.reader_.u16();
  const auto length = out.reader_.u16();
  const auto cookie = out.reader_.u32();
  const auto id = out.reader_.array<12>();
  if (bytes.size() > max_message || !type || !length || !cookie || !id) return std::unexpected(Error::malformed);
  if (*length != out.reader_.remaining() || *length % 4 != 0) return std::unexpected(Error::malformed);
  out.type_ = *type;
  out.cookie_ = *cookie;
  out.id_ = *id;
  return out;
}

std::expected<std::optional<Attribute>, Error> Message::next() {
  if (reader_.remaining() == 0) return std::nullopt;
  const auto start = bytes_.size() - reader_.remaining();
  const auto type = reader_.u16();
  const auto length = reader_.u16();
  if (++count_ > max_attributes || !type || !length) return std::unexpected(Error::malformed);
  const auto value = reader_.bytes(*length);
  if (!value || !reader_.bytes(padding_of(*length))) return std::unexpected(Error::malformed);
  if (*type == fingerprint) {
    const auto sum = wire::Reader(*value).u32();
    if (reader_.remaining() != 0 || value->size() != 4 || sum != fingerprint_of(bytes_.first(start)))
      return std::unexpected(Error::malformed);
    has_fingerprint_ = true;
  }
  return Attribute{*type, *value};
}

struct Found {
  std::optional<Address> masked;
  std::optional<Address> plain;
  std::optional<int> refusal;
};

std::optional<Error> take(const Attribute& attribute, const TransactionId& id, Found& found) {
  const auto value = attribute.value;
  switch (attribute.type) {
    case xor_mapped_address:
    case mapped_address: {
      const bool is_masked = attribute.type == xor_mapped_address;
      const auto address = parse_address_value(value);
      if (!address) return Error::malformed;
      // §14: only the first of a kind counts.
      if (auto& place = is_masked ? found.masked : found.plain; !place)
        place = is_masked ? masked(*address, id) : *address;
      return std::nullopt;
    }
    case error_code:
      if (value.size() < 4 || (value[2] & 7) < 3 || (value[2] & 7) > 6 || value[3] > 99) return Error::malformed;
      found.refusal = (value[2] & 7) * 100 + value[3];
      return std::nullopt;
    case message_integrity:
    case message_integrity_sha256:
    case unknown_attributes:
      return std::nullopt;  // without a shared key there is nothing to check; the code of an error says enough
    default:
      if (attribute.type < comprehension_optional) return Error::unsupported;
      return std::nullopt;
  }
}

// What a request with credentials brings (§9). §14.5: behind MESSAGE-INTEGRITY nothing counts.
bool is_passed_over(std::uint16_t type) {
  switch (type) {
    case username:
    case message_integrity:
    case realm:
    case nonce:
    case message_integrity_sha256:
    case password_algorithm:
    case userhash:
      return true;
    default:
      return type >= comprehension_optional;
  }
}

// Header and attributes, which come to `size` bytes; the FINGERPRINT follows.
class AnswerWriter {
 public:
  AnswerWriter(std::uint16_t type, const Request& request, std::size_t size, ByteSpan out)
      : out_(out), writer_(out), has_fingerprint_(request.has_fingerprint) {
    const auto all = size + (has_fingerprint_ ? fingerprint_size : 0);
    writer_.u16(type).u16(static_cast<std::uint16_t>(all)).u32(request.cookie).bytes(request.id);
  }
  wire::Writer& writer() { return writer_; }
  std::size_t finish() {
    const auto used = writer_.finish();
    if (used && has_fingerprint_) writer_.u16(fingerprint).u16(4).u32(fingerprint_of(out_.first(*used)));
    return writer_.finish().value_or(0);
  }

 private:
  ByteSpan out_;
  wire::Writer writer_;
  bool has_fingerprint_;
};

}  // namespace

std::string host_text(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(address.is_v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size()) == nullptr)
    return {};
  return text.data();
}

std::expected<std::optional<std::size_t>, Error> message_size(ByteView start) {
  wire::Reader reader(start);
  const auto type = reader.u16();
  const auto length = reader.u16();
  const auto cookie = reader.u32();
  if (!start.empty() && (start[0] & 0xC0) != 0) return std::unexpected(Error::malformed);
  if (!type || !length || !cookie) return std::nullopt;
  if (*cookie != magic_cookie || *length % 4 != 0) return std::unexpected(Error::malformed);
  return header_size + *length;
}

Bytes binding_request(const TransactionId& id) {
  Bytes out;
  wire::Writer(out).u16(request_type).u16(fingerprint_size).u32(magic_cookie).bytes(id);
  const auto sum = fingerprint_of(out);
  wire::Writer(out).u16(fingerprint).u16(4).u32(sum);
  return out;
}

std::expected<Answer, Error> parse_answer(ByteView bytes, const TransactionId& id) {
  auto message = Message::parse(bytes);
  if (!message) return std::unexpected(message.error());
  if (message->cookie() != magic_cookie || message->id() != id ||
      (message->type() != success && message->type() != failure))
    return std::unexpected(Error::unrelated);
  Found found;
  for (;;) {
    const auto attribute = message->next();
    if (!attribute) return std::unexpected(attribute.error());
    if (!*attribute) break;
    if (const auto error = take(**attribute, id, found)) return std::unexpected(*error);
  }
  if (message->type() == failure) {
    if (!found.refusal) return std::unexpected(Error::malformed);
    return Refusal{*found.refusal};
  }
  const auto& address = found.masked ? found.masked : found.plain;
  if (!address) return std::unexpected(Error::unsupported);
  return Mapped{*address};
}

std::expected<Request, Error> parse_request(ByteView bytes) {
  auto message = Message::parse(bytes);
  if (!message) return std::unexpected(message.error());
  if (message->type() != request_type) return std::unexpected(Error::unrelated);
  Request out{
      .cookie = message->cookie(), .id = message->id(), .has_fingerprint = false, .unknown = {}, .unknown_count = 0};
  bool ended = false;
  for (;;) {
    const auto attribute = message->next();
    if (!attribute) return std::unexpected(attribute.error());
    if (!*attribute) break;
    const auto type = (*attribute)->type;
    if (!ended && !is_passed_over(type) && out.unknown_count < max_unknown) out.unknown[out.unknown_count++] = type;
    ended = ended || type == message_integrity || type == message_integrity_sha256;
  }
  out.has_fingerprint = message->has_fingerprint();
  return out;
}

std::size_t write_mapped(const Request& request, const Address& source, ByteSpan out) {
  const std::size_t size = source.is_v6 ? 16 : 4;
  const bool is_masked = request.cookie == magic_cookie;
  const auto told = is_masked ? masked(source, request.id) : source;
  AnswerWriter answer(success, request, 8 + size, out);
  answer.writer()
      .u16(is_masked ? xor_mapped_address : mapped_address)
      .u16(static_cast<std::uint16_t>(4 + size))
      .u8(0)
      .u8(source.is_v6 ? family_v6 : family_v4)
      .u16(told.port)
      .bytes(ByteView(told.bytes).first(size));
  return answer.finish();
}

std::size_t write_unknown(const Request& request, ByteSpan out) {
  constexpr auto phrase_size = unknown_phrase.size() + padding_of(unknown_phrase.size());
  const auto types_size = 2 * request.unknown_count;
  AnswerWriter answer(failure, request, 8 + phrase_size + 4 + types_size + padding_of(types_size), out);
  auto& writer = answer.writer();
  writer.u16(error_code).u16(static_cast<std::uint16_t>(4 + unknown_phrase.size())).u32(0x0000'0414);
  writer.bytes(as_bytes(unknown_phrase));
  for (std::size_t i = unknown_phrase.size(); i < phrase_size; ++i) writer.u8(0);
  writer.u16(unknown_attributes).u16(static_cast<std::uint16_t>(types_size));
  for (const auto type : std::span(request.unknown).first(request.unknown_count)) writer.u16(type);
  if (padding_of(types_size) != 0) writer.u16(0);
  return answer.finish();
}

}  // namespace pqc::net::stun
