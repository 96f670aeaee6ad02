// STUN binding messages, both sides (RFC 8489): §5 (header), §14.1 and §14.2 (addresses), §14.7 (FINGERPRINT), §14.8
// and §14.13 (errors). Pure; the server's half allocates nothing. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"

namespace pqc::net::stun {

using TransactionId = std::array<std::uint8_t, 12>;

inline constexpr std::uint16_t default_port = 3478;
inline constexpr std::size_t header_size = 20;
// What a datagram may bring (RFC 8489 §6.1: the path MTU), and how many attributes are looked at.
inline constexpr std::size_t max_message = 1500;
inline constexpr std::size_t max_attributes = 32;
// Attributes not understood that an answer names; a request with more learns of these first.
inline constexpr std::size_t max_unknown = 8;
// The largest answer: a header, ERROR-CODE with its phrase, UNKNOWN-ATTRIBUTES, FINGERPRINT.
inline constexpr std::size_t max_answer = header_size + 28 + 4 + 2 * max_unknown + 8;

// A transport address as the wire has it. An IPv4 address is the first four bytes, the others are 0.
struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v6 = false;
  std::uint16_t port = 0;
  friend bool operator==(const Address&, const Address&) = default;
};
// "192.0.2.1", "2001:db8::1"
std::string host_text(const Address& address);

enum class Error : std::uint8_t {
  malformed,    // not a STUN message, or damaged
  unrelated,    // not the answer to this request; not a binding request
  unsupported,  // an attribute that has to be understood and is not (§6.3.3), or no address
};

// What the first bytes of a stream say: the size of the message they begin, nothing as long as they are too few.
// Error::malformed when they begin no message.
std::expected<std::optional<std::size_t>, Error> message_size(ByteView start);

// --- A client's side.

// A binding request with FINGERPRINT.
[[nodiscard]] Bytes binding_request(const TransactionId& id);

struct Mapped {
  Address address;
  friend bool operator==(const Mapped&, const Mapped&) = default;
};
// 300 to 699.
struct Refusal {
  int code = 0;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};
using Answer = std::variant<Mapped, Refusal>;

// XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS. A FINGERPRINT that is there has to hold and to be the last attribute.
[[nodiscard]] std::expected<Answer, Error> parse_answer(ByteView message, const TransactionId& id);

// --- A server's side.

struct Request {
  // The magic cookie; anything else is the start of the longer id of a client of RFC 3489.
  std::uint32_t cookie = 0;
  TransactionId id{};
  bool has_fingerprint = false;  // and it holds
  // Attributes that have to be understood and are not, in their order.
  std::array<std::uint16_t, max_unknown> unknown{};
  std::size_t unknown_count = 0;
};
// A binding request. Credentials are passed over, as a server that answers everybody does (§12).
[[nodiscard]] std::expected<Request, Error> parse_request(ByteView message);

// Answers to a request, with FINGERPRINT if it had one; the number of bytes written. `out` has max_answer bytes.
// Without the magic cookie the address is a plain MAPPED-ADDRESS (§11).
std::size_t write_mapped(const Request& request, const Address& source, ByteSpan out);
// 420 (Unknown Attribute), with their types.
std::size_t write_unknown(const Request& request, ByteSpan out);

}  // namespace pqc::net::stun
