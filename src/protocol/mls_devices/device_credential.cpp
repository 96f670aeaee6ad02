#include "protocol/mls_devices/device_credential.h"

#include "identity/limits.h"
#include "protocol/mls_devices/labels.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::mls_devices {
namespace {

constexpr std::uint8_t format = 1;

void write_device(wire::Writer& writer, const DeviceCredential& credential) {
  writer.u8(format);
  credential.device.account.encode(writer);
  writer.u32(credential.device.device.value).u64(credential.record_version.value);
  writer.u16(crypto::number(credential.suite));
}

std::unexpected<identity::Error> malformed() {
  return std::unexpected(identity::Error::malformed);
}

}  // namespace

Bytes DeviceCredential::signed_content(ByteView mls_signature_key) const {
  Bytes out;
  wire::Writer writer(out);
  write_device(writer, *this);
  writer.opaque16(mls_signature_key);
  return out;
}

identity::Result<mls::Credential> make_credential(const identity::DeviceIdentity& device, ByteView mls_signature_key,
                                                  const DeviceSigner& sign) {
  if (mls_signature_key.size() > identity::max_public_key_size) return std::unexpected(identity::Error::limit);
  DeviceCredential content{device.address, device.record_version, device.suite, {}};
  auto signature = sign(labels::group_key, content.signed_content(mls_signature_key));
  if (!signature) return std::unexpected(signature.error());
  mls::Credential out;
  wire::Writer writer(out.identity);
  write_device(writer, content);
  writer.opaque16(*signature);
  if (!writer.finish()) return std::unexpected(identity::Error::limit);
  return out;
}

identity::Result<DeviceCredential> parse_credential(const mls::Credential& credential) {
  if (credential.type != mls::credential_type::basic) return malformed();
  wire::Reader reader(credential.identity);
  const auto version = reader.u8();
  if (!version || *version != format) return malformed();
  auto account = identity::AccountName::decode(reader);
  if (!account) return malformed();
  const auto device = reader.u32();
  const auto record_version = reader.u64();
  const auto suite = reader.u16();
  const auto signature = reader.opaque16(identity::max_signature_size);
  if (!device || *device == 0 || !record_version || !suite || !signature || !reader.done()) return malformed();
  return DeviceCredential{
      {std::move(*account), {*device}}, {*record_version}, static_cast<crypto::SuiteId>(*suite), to_bytes(*signature)};
}

}  // namespace pqc::mls_devices
