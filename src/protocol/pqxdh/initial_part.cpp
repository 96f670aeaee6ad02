#include "crypto/aead.h"
#include "crypto/composite.h"
#include "crypto/hash.h"
#include "identity/field_reader.h"
#include "identity/key_encoding.h"
#include "identity/limits.h"
#include "protocol/pqxdh/limits.h"
#include "protocol/pqxdh/pqxdh.h"
#include "wire/writer.h"

namespace pqc::pqxdh {
namespace {

constexpr std::uint8_t initial_part_version = 1;

void write_address(wire::Writer& writer, const identity::DeviceAddress& address, identity::RecordVersion version) {
  address.account.encode(writer);
  writer.u32(address.device.value).u64(version.value);
}

std::optional<std::uint32_t> read_index(identity::FieldReader& reader) {
  const auto one_time = reader.u8();
  reader.require(one_time <= 1);
  if (one_time != 1) return std::nullopt;
  return reader.u32();
}

// The suite fixes the length of both.
bool lengths_hold(const crypto::Suite& suite, const InitialPart& part) {
  const auto ciphertext = suite.kem ? crypto::kem_sizes(*suite.kem).ciphertext : 0;
  const auto sealed = crypto::composite_sizes(suite).signature + crypto::aead_tag_size;
  return part.kem_ciphertext.size() == ciphertext && part.sealed_signature.size() == sealed;
}

void read_fields(identity::FieldReader& reader, InitialPart& part) {
  part.sender = reader.address();
  part.sender_record = {reader.u64()};
  part.recipient = reader.address();
  part.recipient_record = {reader.u64()};
  part.prekeys.suite = part.suite;
  part.prekeys.batch = {reader.u64()};
  part.prekeys.one_time = read_index(reader);
  part.ephemeral_key = reader.key(identity::KeyKind::ephemeral_dh, part.suite);
  part.kem_ciphertext = to_bytes(reader.opaque16(max_prekey_size));
  part.sealed_signature = to_bytes(reader.opaque16(identity::max_signature_size));
  reader.require(part.sender.device.valid() && part.recipient.device.valid());
}

}  // namespace

Result<InitialPart> InitialPart::decode(ByteView bytes) {
  if (bytes.size() > max_initial_part_size) return std::unexpected(Error::limit);
  identity::FieldReader reader(bytes);
  const auto version = reader.u8();
  InitialPart part;
  part.suite = reader.suite();
  const auto* suite = crypto::find_suite(part.suite);
  if (!reader.ok()) return std::unexpected(Error::malformed);
  if (version != initial_part_version || suite == nullptr) return std::unexpected(Error::unsupported);
  read_fields(reader, part);
  if (!reader.finish() || !lengths_hold(*suite, part)) return std::unexpected(Error::malformed);
  return part;
}

Bytes InitialPart::encode() const {
  Bytes out;
  wire::Writer writer(out);
  writer.u8(initial_part_version).u16(crypto::number(suite));
  write_address(writer, sender, sender_record);
  write_address(writer, recipient, recipient_record);
  writer.u64(prekeys.batch.value).u8(prekeys.one_time ? 1 : 0);
  if (prekeys.one_time) writer.u32(*prekeys.one_time);
  identity::encode_key(writer, identity::KeyKind::ephemeral_dh, suite, ephemeral_key);
  writer.opaque16(kem_ciphertext).opaque16(sealed_signature);
  return out;
}

InitialPartHash hash_initial_part(ByteView bytes) {
  return crypto::sha512(bytes);
}

}  // namespace pqc::pqxdh
