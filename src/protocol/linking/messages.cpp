#include "protocol/linking/messages.h"

#include "identity/field_reader.h"
#include "identity/limits.h"
#include "wire/writer.h"

namespace pqc::linking {

using identity::FieldReader;
using identity::KeyKind;

Bytes encode(const Invitation& invitation) {
  Bytes out;
  wire::Writer writer(out);
  invitation.account.encode(writer);
  writer.u32(invitation.device.value)
      .u32(invitation.host.value)
      .bytes(invitation.server_key)
      .u8(invitation.history ? 1 : 0)
      .u64(invitation.last_message)
      .u8(static_cast<std::uint8_t>(invitation.suites.size()));
  for (const auto suite : invitation.suites) writer.u16(crypto::number(suite));
  writer.opaque24(invitation.record);
  return out;
}

Result<Invitation> decode_invitation(ByteView bytes) {
  FieldReader reader(bytes);
  Invitation out;
  out.account = reader.account();
  out.device = {reader.u32()};
  out.host = {reader.u32()};
  out.server_key = reader.array<32>();
  const auto history = reader.u8();
  out.history = history == 1;
  out.last_message = reader.u64();
  const auto suites = reader.u8();
  reader.require(out.device.valid() && out.host.valid() && history <= 1 && out.last_message <= INT64_MAX / 2);
  reader.require(suites > 0 && suites <= identity::max_suites);
  for (unsigned i = 0; reader.ok() && i < suites; ++i) out.suites.push_back(reader.suite());
  out.record = to_bytes(reader.opaque24(identity::max_record_size));
  if (!reader.finish()) return std::unexpected(Error::malformed);
  return out;
}

Bytes encode(const std::vector<identity::DeviceKeys>& keys) {
  Bytes out;
  wire::Writer writer(out);
  writer.u8(static_cast<std::uint8_t>(keys.size()));
  for (const auto& each : keys) {
    identity::encode_key(writer, KeyKind::device_signature, each.suite, each.signature_key);
    identity::encode_key(writer, KeyKind::device_dh, each.suite, each.dh_key);
  }
  return out;
}

Result<std::vector<identity::DeviceKeys>> decode_keys(ByteView bytes) {
  FieldReader reader(bytes);
  const auto count = reader.u8();
  reader.require(count > 0 && count <= identity::max_suites);
  std::vector<identity::DeviceKeys> out;
  for (unsigned i = 0; reader.ok() && i < count; ++i) {
    const auto suite = reader.peek_key_suite();
    auto signature_key = reader.key(KeyKind::device_signature, suite);
    out.push_back({suite, std::move(signature_key), reader.key(KeyKind::device_dh, suite)});
  }
  if (!reader.finish()) return std::unexpected(Error::malformed);
  return out;
}

}  // namespace pqc::linking
