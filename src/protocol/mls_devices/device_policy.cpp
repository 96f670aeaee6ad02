#include "protocol/mls_devices/device_policy.h"

#include "protocol/mls_devices/labels.h"

namespace pqc::mls_devices {

bool DevicePolicy::signed_by(const identity::VerifiedRecord& record, const DeviceCredential& credential,
                             ByteView signature_key) const {
  const auto device = identity::find_device(record, credential.device.device, credential.suite);
  if (!device) return false;
  const auto content = credential.signed_content(signature_key);
  // The device's key stands in it, so what was remembered of an older record says nothing about another key.
  const auto name = crypto::sha512(
      {crypto::sha512(device->signature_key), crypto::sha512(content), crypto::sha512(credential.signature)});
  {
    const std::lock_guard lock(mutex_);
    if (remembered_.contains(name)) return true;
  }
  const auto verifier = identity::VerifiedDevice::make(record, credential.device.device, credential.suite);
  if (!verifier || !verifier->signature_key().verify(labels::group_key, content, credential.signature)) return false;
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= max_remembered) remembered_.clear();
  remembered_.insert(name);
  return true;
}

bool DevicePolicy::accepts(const mls::Credential& credential, ByteView signature_key) const {
  const auto parsed = parse_credential(credential);
  if (!parsed) return false;
  const auto* suite = crypto::find_suite(parsed->suite);
  if (suite == nullptr || suite->level < minimum_) return false;
  const auto record = lists_->find(parsed->device.account);
  return record && record->account() == parsed->device.account && parsed->record_version <= record->version() &&
         signed_by(*record, *parsed, signature_key);
}

bool DevicePolicy::accepts_successor(const mls::Credential& before, const mls::Credential& after) const {
  const auto old_one = parse_credential(before), new_one = parse_credential(after);
  return old_one && new_one && old_one->device == new_one->device && old_one->record_version <= new_one->record_version;
}

Bytes DevicePolicy::client_of(const mls::Credential& credential, ByteView) const {
  const auto parsed = parse_credential(credential);
  if (!parsed) return mls::encode(credential);
  Bytes out;
  wire::Writer writer(out);
  parsed->device.account.encode(writer);
  writer.u32(parsed->device.device.value);
  return out;
}

}  // namespace pqc::mls_devices
