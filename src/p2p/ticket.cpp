#include "p2p/ticket.h"

#include <algorithm>

#include <arpa/inet.h>

#include "crypto/hash.h"
#include "p2p/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

constexpr std::string_view prefix = "pqc1-";
constexpr std::size_t checksum_size = 4;
constexpr std::int64_t minute = 60'000;
constexpr std::size_t v4_size = 4;
constexpr std::size_t v6_size = 16;

Bytes ip_of(const std::string& host) {
  Bytes out(v6_size);
  if (::inet_pton(AF_INET6, host.c_str(), out.data()) == 1) return out;
  out.resize(v4_size);
  return ::inet_pton(AF_INET, host.c_str(), out.data()) == 1 ? out : Bytes();
}

std::string host_of(ByteView ip) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(ip.size() == v4_size ? AF_INET : AF_INET6, ip.data(), out.data(), out.size());
  return out.data();
}

Bytes encode(const Ticket& ticket) {
  Bytes out;
  wire::Writer writer(out);
  writer.u8(static_cast<std::uint8_t>(ticket.kind))
      .u32(static_cast<std::uint32_t>(ticket.expires.value / minute))
      .bytes(ticket.identity)
      .bytes(ticket.certificate);
  if (ticket.kind == Ticket::Kind::answer) writer.bytes(ticket.answers);
  std::size_t count = 0;
  for (const auto& candidate : ticket.candidates)
    if (const auto ip = ip_of(candidate.host); !ip.empty() && count++ < limits::candidates)
      writer.opaque8(ip).u16(candidate.port);
  return out;
}

wire::Result<Address> parse_candidate(wire::Reader& reader) {
  const auto ip = reader.opaque8(v6_size);
  const auto port = reader.u16();
  if (!ip || !port || *port == 0 || (ip->size() != v4_size && ip->size() != v6_size))
    return std::unexpected(wire::Error::malformed);
  return Address{host_of(*ip), *port};
}

wire::Result<Ticket> decode(ByteView bytes) {
  wire::Reader reader(bytes);
  const auto bad = std::unexpected(wire::Error::malformed);
  const auto kind = reader.u8();
  const auto minutes = reader.u32();
  const auto identity = reader.array<32>();
  const auto certificate = reader.array<32>();
  if (!kind || !minutes || !identity || !certificate || *kind < 1 || *kind > 2) return bad;
  Ticket out{.kind = static_cast<Ticket::Kind>(*kind),
             .expires = {std::int64_t{*minutes} * minute},
             .identity = *identity,
             .certificate = *certificate,
             .answers = {},
             .candidates = {}};
  if (out.kind == Ticket::Kind::answer) {
    const auto answers = reader.array<16>();
    if (!answers) return bad;
    out.answers = *answers;
  }
  while (reader.remaining() > 0) {
    auto candidate = parse_candidate(reader);
    if (!candidate || out.candidates.size() == limits::candidates) return bad;
    out.candidates.push_back(std::move(*candidate));
  }
  if (out.candidates.empty()) return bad;
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::array<std::uint8_t, 16> hash_of(const Ticket& ticket) {
  std::array<std::uint8_t, 16> out{};
  std::ranges::copy(ByteView(crypto::sha256(encode(ticket))).first(out.size()), out.begin());
  return out;
}

std::string to_text(const Ticket& ticket) {
  auto bytes = encode(ticket);
  append(bytes, ByteView(crypto::sha256(bytes)).first(checksum_size));
  return std::string(prefix) + to_base64url(bytes);
}

client::Result<Ticket> parse_ticket(std::string_view text, UnixMillis now) {
  text = trimmed(text);
  const auto bad = client::fail(ExitCode::refused, "this is not a whole ticket: it begins with '" +
                                                       std::string(prefix) + "', and has to be copied in one piece");
  if (!text.starts_with(prefix) || text.size() > limits::ticket_text) return bad;
  const auto bytes = from_base64url(text.substr(prefix.size()));
  if (!bytes || bytes->size() < checksum_size) return bad;
  const auto content = ByteView(*bytes).first(bytes->size() - checksum_size);
  const auto sum = crypto::sha256(content);
  if (!equal(ByteView(sum).first(checksum_size), ByteView(*bytes).last(checksum_size))) return bad;
  auto ticket = decode(content);
  if (!ticket) return bad;
  if (ticket->expires.value <= now.value)
    return client::fail(ExitCode::refused, "this ticket has expired: ask for a new one, or check both clocks");
  return std::move(*ticket);
}

}  // namespace pqc::p2p
