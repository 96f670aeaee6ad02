#include "p2p/hello.h"

#include "base/log.h"
#include "crypto/hash.h"
#include "identity/account_name.h"
#include "p2p/labels.h"
#include "p2p/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

constexpr std::string_view magic = "PQCP";
constexpr std::uint8_t version = 1;

bool is_level(std::uint8_t number) {
  return number >= static_cast<std::uint8_t>(crypto::Level::standard) &&
         number <= static_cast<std::uint8_t>(crypto::Level::quantum_resistant);
}

wire::Result<Hello> parse(wire::Reader& reader) {
  Hello out;
  const auto bad = std::unexpected(wire::Error::malformed);
  const auto start = reader.bytes(magic.size());
  if (!start || as_text(*start) != magic || reader.u8() != version) return bad;
  const auto role = reader.u8();
  const auto encryption = reader.u8();
  const auto level = reader.u8();
  const auto nonce = reader.array<32>();
  const auto name = reader.opaque8(limits::name);
  const auto record = reader.opaque24(limits::record);
  const auto key = reader.opaque16(limits::public_key);
  if (!role || !encryption || !level || !nonce || !name || !record || !key || !reader.done()) return bad;
  if (*role < 1 || *role > 2 || !is_level(*level)) return bad;
  // The rules of an account's name, so that it can be shown and compared.
  if (!identity::AccountName::make(as_text(*name), "x")) return bad;
  out.role = static_cast<Role>(*role);
  out.encryption = *encryption;
  out.minimum_level = static_cast<crypto::Level>(*level);
  out.nonce = *nonce;
  out.name = as_text(*name);
  out.record = to_bytes(*record);
  out.key = to_bytes(*key);
  return out;
}

}  // namespace

Bytes encode(const Hello& hello) {
  Bytes out;
  wire::Writer(out)
      .bytes(as_bytes(magic))
      .u8(version)
      .u8(static_cast<std::uint8_t>(hello.role))
      .u8(hello.encryption)
      .u8(static_cast<std::uint8_t>(hello.minimum_level))
      .bytes(hello.nonce)
      .opaque8(as_bytes(hello.name))
      .opaque24(hello.record)
      .opaque16(hello.key);
  return out;
}

client::Result<Hello> decode_hello(ByteView bytes) {
  wire::Reader reader(bytes);
  auto out = parse(reader);
  if (!out)
    return client::fail(ExitCode::protocol_mismatch, "the other side does not speak this version of direct chats");
  return std::move(*out);
}

TranscriptHash hash_transcript(std::initializer_list<ByteView> messages) {
  Bytes all;
  wire::Writer writer(all);
  writer.opaque8(as_bytes(labels::transcript));
  for (const auto message : messages) writer.opaque24(message);
  return crypto::sha512(all);
}

std::unexpected<client::Error> refused(std::string_view why) {
  log(LogLevel::warning, "p2p.refused", {{"why", why}});
  return client::fail(ExitCode::refused, "what the other side sent does not verify: refused");
}

}  // namespace pqc::p2p
