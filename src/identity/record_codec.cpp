#include "identity/record_codec.h"

#include <algorithm>

#include "identity/field_reader.h"
#include "identity/limits.h"
#include "wire/writer.h"

namespace pqc::identity {
namespace {

constexpr std::uint8_t record_format = 1;

void write_time(wire::Writer& writer, UnixMillis time) {
  writer.u64(static_cast<std::uint64_t>(time.value));
}

void write_device(wire::Writer& writer, const DeviceEntry& device) {
  writer.u32(device.id.value).u8(static_cast<std::uint8_t>(device.state));
  write_time(writer, device.created);
  write_time(writer, device.revoked);
  writer.u8(static_cast<std::uint8_t>(device.keys.size()));
  for (const auto& keys : device.keys) {
    encode_key(writer, KeyKind::device_signature, keys.suite, keys.signature_key);
    encode_key(writer, KeyKind::device_dh, keys.suite, keys.dh_key);
  }
}

IdentityKey read_identity(FieldReader& reader) {
  const auto suite = reader.peek_key_suite();
  return {suite, reader.key(KeyKind::identity_signature, suite)};
}

DeviceKeys read_device_keys(FieldReader& reader) {
  const auto suite = reader.peek_key_suite();
  auto signature_key = reader.key(KeyKind::device_signature, suite);
  return {suite, std::move(signature_key), reader.key(KeyKind::device_dh, suite)};
}

DeviceEntry read_device(FieldReader& reader) {
  DeviceEntry device;
  device.id = {reader.u32()};
  const auto state = reader.u8();
  reader.require(state == 1 || state == 2);
  device.state = static_cast<DeviceState>(state);
  device.created = reader.time();
  device.revoked = reader.time();
  const auto count = reader.u8();
  reader.require(count <= max_suites);
  for (unsigned i = 0; reader.ok() && i < count; ++i) device.keys.push_back(read_device_keys(reader));
  return device;
}

Result<AccountRecord> parse_content(ByteView content) {
  FieldReader reader(content);
  AccountRecord record;
  reader.require(reader.u8() == record_format);
  record.account = reader.account();
  record.version = {reader.u64()};
  record.predecessor = reader.array<64>();
  record.issued = reader.time();
  record.expires = reader.time();
  const auto suites = reader.u8();
  reader.require(suites <= max_suites);
  for (unsigned i = 0; reader.ok() && i < suites; ++i) record.identities.push_back(read_identity(reader));
  const auto devices = reader.u16();
  reader.require(devices <= max_devices);
  for (unsigned i = 0; reader.ok() && i < devices; ++i) record.devices.push_back(read_device(reader));
  if (!reader.finish()) return std::unexpected(Error::malformed);
  return record;
}

template <class List, class Projection>
bool strictly_ascending(const List& list, Projection projection) {
  return std::ranges::adjacent_find(list, std::ranges::greater_equal{}, projection) == list.end();
}

bool has_length(KeyKind kind, crypto::SuiteId suite, const Bytes& key) {
  if (key.empty() || key.size() > max_public_key_size) return false;
  return crypto::find_suite(suite) == nullptr || key_size(kind, suite) == key.size();
}

bool valid_keys(const AccountRecord& record, const DeviceKeys& keys) {
  return record.find(keys.suite) != nullptr && has_length(KeyKind::device_signature, keys.suite, keys.signature_key) &&
         has_length(KeyKind::device_dh, keys.suite, keys.dh_key);
}

bool valid_device(const AccountRecord& record, const DeviceEntry& device) {
  if (!device.id.valid() || device.created.value < 0) return false;
  if (device.state == DeviceState::revoked) return device.keys.empty() && device.revoked >= device.created;
  return device.state == DeviceState::active && device.revoked.value == 0 && !device.keys.empty() &&
         strictly_ascending(device.keys, &DeviceKeys::suite) &&
         std::ranges::all_of(device.keys, [&](const auto& keys) { return valid_keys(record, keys); });
}

bool valid_head(const AccountRecord& record) {
  const bool first = record.version.value == 1;
  return record.version.value >= 1 && (record.predecessor == RecordHash{}) == first && record.issued.value >= 0 &&
         record.expires > record.issued && record.expires - record.issued <= record_lifetime &&
         !record.account.name().empty();
}

bool valid_identities(const AccountRecord& record) {
  return !record.identities.empty() && strictly_ascending(record.identities, &IdentityKey::suite) &&
         std::ranges::all_of(record.identities, [](const auto& identity) {
           return has_length(KeyKind::identity_signature, identity.suite, identity.signature_key);
         });
}

}  // namespace

Result<void> check_rules(const AccountRecord& record) {
  const auto active = std::ranges::count(record.devices, DeviceState::active, &DeviceEntry::state);
  if (record.identities.size() > max_suites || record.devices.size() > max_devices ||
      static_cast<std::size_t>(active) > max_active_devices)
    return std::unexpected(Error::limit);
  const bool valid = valid_head(record) && valid_identities(record) &&
                     strictly_ascending(record.devices, &DeviceEntry::id) &&
                     std::ranges::all_of(record.devices, [&](const auto& d) { return valid_device(record, d); });
  if (!valid) return std::unexpected(Error::invalid);
  return {};
}

Result<Bytes> encode_content(const AccountRecord& record) {
  if (auto rules = check_rules(record); !rules) return std::unexpected(rules.error());
  Bytes out;
  wire::Writer writer(out);
  writer.u8(record_format);
  record.account.encode(writer);
  writer.u64(record.version.value).bytes(record.predecessor);
  write_time(writer, record.issued);
  write_time(writer, record.expires);
  writer.u8(static_cast<std::uint8_t>(record.identities.size()));
  for (const auto& identity : record.identities)
    encode_key(writer, KeyKind::identity_signature, identity.suite, identity.signature_key);
  writer.u16(static_cast<std::uint16_t>(record.devices.size()));
  for (const auto& device : record.devices) write_device(writer, device);
  if (!writer.finish()) return std::unexpected(Error::limit);
  return out;
}

Result<Bytes> encode_signed(const AccountRecord& record, std::span<const Bytes> signatures) {
  if (signatures.size() != record.identities.size()) return std::unexpected(Error::invalid);
  const auto content = encode_content(record);
  if (!content) return std::unexpected(content.error());
  Bytes out;
  wire::Writer writer(out);
  writer.opaque24(*content);
  for (const auto& signature : signatures) writer.opaque16(signature);
  if (!writer.finish() || out.size() > max_record_size) return std::unexpected(Error::limit);
  return out;
}

Result<ParsedRecord> parse_signed(ByteView signed_record) {
  if (signed_record.size() > max_record_size) return std::unexpected(Error::limit);
  FieldReader reader(signed_record);
  ParsedRecord parsed;
  parsed.content = reader.opaque24(max_record_size);
  auto record = parse_content(parsed.content);
  if (!record) return std::unexpected(record.error());
  parsed.record = *std::move(record);
  for (std::size_t i = 0; i < parsed.record.identities.size(); ++i)
    parsed.signatures.push_back(reader.opaque16(max_signature_size));
  if (!reader.finish()) return std::unexpected(Error::malformed);
  if (auto rules = check_rules(parsed.record); !rules) return std::unexpected(rules.error());
  return parsed;
}

}  // namespace pqc::identity
