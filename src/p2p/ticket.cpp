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

using net::ice::Candidate;
using net::ice::CandidateType;

constexpr std::uint8_t v4_code = 4;
constexpr std::uint8_t v6_code = 6;

// Empty for one that cannot be told.
Bytes encode(const Candidate& candidate) {
  const auto ip = ip_of(candidate.ip);
  if (ip.empty() || candidate.port == 0 || candidate.type == CandidateType::peer_reflexive) return {};
  const auto type = static_cast<unsigned>(candidate.type) << 4U;
  Bytes out;
  wire::Writer(out)
      .u8(static_cast<std::uint8_t>(type | (ip.size() == v4_size ? v4_code : v6_code)))
      .bytes(ip)
      .u16(candidate.port);
  return out;
}

// As many as fit, after what `out` has. Answers which.
std::vector<Candidate> append_candidates(Bytes& out, std::span<const Candidate> candidates, std::size_t longest) {
  std::vector<Candidate> fitted;
  for (const auto& candidate : candidates) {
    const auto encoded = encode(candidate);
    if (encoded.empty() || fitted.size() == limits::candidates || out.size() + encoded.size() > longest) continue;
    append(out, encoded);
    fitted.push_back(candidate);
  }
  return fitted;
}

Bytes encode_head(const Ticket& ticket) {
  Bytes out;
  wire::Writer writer(out);
  writer.u8(static_cast<std::uint8_t>(ticket.kind))
      .u32(static_cast<std::uint32_t>(ticket.expires.value / minute))
      .bytes(ticket.identity)
      .bytes(ticket.certificate);
  if (ticket.kind == Ticket::Kind::answer) writer.bytes(ticket.answers);
  writer.bytes(ticket.ice.ufrag).bytes(ticket.ice.password);
  return out;
}

Bytes encode(const Ticket& ticket) {
  auto out = encode_head(ticket);
  append_candidates(out, ticket.candidates, limits::ticket_bytes);
  return out;
}

wire::Result<Candidate> parse_candidate(wire::Reader& reader) {
  const auto bad = std::unexpected(wire::Error::malformed);
  const auto kind = reader.u8();
  if (!kind) return bad;
  const unsigned type = *kind >> 4U;
  const unsigned family = *kind & 0x0fU;
  if (type < static_cast<unsigned>(CandidateType::host) || type > static_cast<unsigned>(CandidateType::relayed) ||
      (family != v4_code && family != v6_code))
    return bad;
  const auto ip = reader.bytes(family == v4_code ? v4_size : v6_size);
  const auto port = reader.u16();
  if (!ip || !port || *port == 0) return bad;
  return Candidate{static_cast<CandidateType>(type), host_of(*ip), *port};
}

// To the end.
std::optional<std::vector<Candidate>> parse_candidates(wire::Reader& reader) {
  std::vector<Candidate> out;
  while (reader.remaining() > 0) {
    auto candidate = parse_candidate(reader);
    if (!candidate || out.size() == limits::candidates) return std::nullopt;
    out.push_back(std::move(*candidate));
  }
  return out;
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
             .ice = {},
             .candidates = {}};
  if (out.kind == Ticket::Kind::answer) {
    const auto answers = reader.array<16>();
    if (!answers) return bad;
    out.answers = *answers;
  }
  const auto ufrag = reader.array<3>();
  const auto password = reader.array<16>();
  if (!ufrag || !password) return bad;
  out.ice = {.ufrag = *ufrag, .password = *password};
  auto candidates = parse_candidates(reader);
  if (!candidates || candidates->empty()) return bad;
  out.candidates = std::move(*candidates);
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::vector<Candidate> by_need(std::span<const Candidate> candidates) {
  std::vector<Candidate> first, others;
  for (const auto& candidate : candidates) {
    const bool seen = std::ranges::contains(first, candidate.type, &Candidate::type);
    (seen ? others : first).push_back(candidate);
  }
  first.insert(first.end(), others.begin(), others.end());
  return first;
}

Bytes encode_candidates(std::span<const Candidate> candidates) {
  Bytes out;
  append_candidates(out, candidates, limits::candidates_bytes);
  return out;
}

std::optional<std::vector<Candidate>> decode_candidates(ByteView bytes) {
  wire::Reader reader(bytes);
  return parse_candidates(reader);
}

std::vector<Candidate> candidates_in(const Ticket& ticket) {
  auto out = encode_head(ticket);
  return append_candidates(out, ticket.candidates, limits::ticket_bytes);
}

std::vector<CandidateNews> candidates_since(std::vector<Candidate>& told, std::span<const Candidate> all, bool last) {
  std::vector<CandidateNews> out;
  for (const auto& candidate : by_need(all)) {
    if (told.size() >= limits::candidates_in_all) break;
    if (std::ranges::contains(told, candidate) || encode(candidate).empty()) continue;
    if (out.empty() || out.back().count == limits::candidates) out.emplace_back();
    append(out.back().candidates, encode(candidate));
    ++out.back().count;
    told.push_back(candidate);
  }
  if (last && out.empty()) out.emplace_back();
  if (last) out.back().last = true;
  return out;
}

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
