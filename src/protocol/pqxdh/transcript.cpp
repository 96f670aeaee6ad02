#include "protocol/pqxdh/transcript.h"

#include "crypto/hash.h"
#include "identity/key_encoding.h"
#include "protocol/pqxdh/labels.h"
#include "wire/writer.h"

namespace pqc::pqxdh {
namespace {

using identity::encode_key;
using identity::KeyKind;

constexpr std::uint8_t transcript_version = 1;
constexpr std::uint32_t no_index = 0xffffffff;

void write_party(wire::Writer& writer, const identity::DeviceIdentity& party, identity::RecordVersion version) {
  party.address.account.encode(writer);
  writer.u32(party.address.device.value).u64(version.value);
  encode_key(writer, KeyKind::device_signature, party.suite, party.signature_key);
  encode_key(writer, KeyKind::device_dh, party.suite, party.dh_key);
}

void write_prekeys(wire::Writer& writer, const Transcript& t) {
  const auto suite = t.manifest.suite;
  const bool pair = t.one_time.has_value();
  writer.bytes(manifest_hash(t.manifest)).u64(t.manifest.batch.value);
  writer.u8(pair ? 1 : 0).u32(t.one_time.value_or(no_index));
  encode_key(writer, KeyKind::signed_dh_prekey, suite, t.manifest.signed_prekey);
  if (pair) encode_key(writer, KeyKind::one_time_dh_prekey, suite, t.one_time_key);
  const auto kind = pair ? KeyKind::one_time_kem_prekey : KeyKind::last_resort_kem_prekey;
  if (!t.kem_key.empty()) encode_key(writer, kind, suite, t.kem_key);
}

}  // namespace

SessionId session_id(const Transcript& t) {
  Bytes bytes;
  bytes.reserve(10'000);
  wire::Writer writer(bytes);
  writer.opaque8(as_bytes(labels::transcript)).u8(transcript_version).u16(crypto::number(t.manifest.suite));
  write_party(writer, t.initiator, t.initiator_record);
  write_party(writer, t.responder, t.responder_record);
  write_prekeys(writer, t);
  encode_key(writer, KeyKind::ephemeral_dh, t.manifest.suite, t.ephemeral_key);
  writer.opaque16(t.kem_ciphertext);
  return crypto::sha512(bytes);
}

}  // namespace pqc::pqxdh
