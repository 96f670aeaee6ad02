#include "keys/agent_protocol/codec.h"

#include <limits>

#include "identity/limits.h"
#include "protocol/pqxdh/limits.h"

namespace pqc::keys::agent_protocol {
namespace {

constexpr int first_keys_code = proto::KEYS_NO_IDENTITY;

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> take_array(const std::string& bytes) {
  if (bytes.size() != N) return std::nullopt;
  std::array<std::uint8_t, N> out;
  std::ranges::copy(view(bytes), out.begin());
  return out;
}

Bytes take_bytes(const std::string& bytes) {
  return to_bytes(view(bytes));
}

// Milliseconds since 1970; a time before that is none.
std::optional<UnixMillis> take_time(std::int64_t value) {
  if (value < 0) return std::nullopt;
  return UnixMillis{value};
}

bool plausible_key(const std::string& key) {
  return key.size() <= identity::max_public_key_size;
}

void put(proto::Account& out, const identity::AccountName& in) {
  out.set_name(in.name());
  out.set_server(in.server());
}

void put(proto::IdentityKey& out, const identity::IdentityKey& in) {
  out.set_suite(crypto::number(in.suite));
  out.set_signature_key(text(in.signature_key));
}

std::optional<identity::IdentityKey> take(const proto::IdentityKey& in) {
  const auto suite = take_suite(in.suite());
  if (!suite || !plausible_key(in.signature_key())) return std::nullopt;
  return identity::IdentityKey{*suite, take_bytes(in.signature_key())};
}

void put(proto::DeviceKeys& out, const identity::DeviceKeys& in) {
  out.set_suite(crypto::number(in.suite));
  out.set_signature_key(text(in.signature_key));
  out.set_dh_key(text(in.dh_key));
}

std::optional<identity::DeviceKeys> take(const proto::DeviceKeys& in) {
  const auto suite = take_suite(in.suite());
  if (!suite || !plausible_key(in.signature_key()) || !plausible_key(in.dh_key())) return std::nullopt;
  return identity::DeviceKeys{*suite, take_bytes(in.signature_key()), take_bytes(in.dh_key())};
}

std::optional<identity::DeviceEntry> take(const proto::DeviceEntry& in);

// All elements of a repeated field, at most `max`; nothing where one of them is nothing.
template <class To, class From>
std::optional<std::vector<To>> take_all(const From& in, std::size_t max) {
  if (static_cast<std::size_t>(in.size()) > max) return std::nullopt;
  std::vector<To> out;
  out.reserve(static_cast<std::size_t>(in.size()));
  for (const auto& element : in) {
    auto taken = take(element);
    if (!taken) return std::nullopt;
    out.push_back(*std::move(taken));
  }
  return out;
}

void put(proto::DeviceEntry& out, const identity::DeviceEntry& in) {
  out.set_id(in.id.value);
  out.set_revoked(in.state == identity::DeviceState::revoked);
  out.set_created(in.created.value);
  out.set_revoked_at(in.revoked.value);
  for (const auto& keys : in.keys) put(*out.add_keys(), keys);
}

std::optional<identity::DeviceEntry> take(const proto::DeviceEntry& in) {
  const auto created = take_time(in.created());
  const auto revoked = take_time(in.revoked_at());
  auto keys = take_all<identity::DeviceKeys>(in.keys(), identity::max_suites);
  if (!created || !revoked || !keys) return std::nullopt;
  const auto state = in.revoked() ? identity::DeviceState::revoked : identity::DeviceState::active;
  return identity::DeviceEntry{{in.id()}, state, *created, *revoked, *std::move(keys)};
}

void put(proto::Login& out, const identity::LoginStatement& in) {
  out.set_server(text(in.server));
  agent_protocol::put(*out.mutable_address(), in.account, in.device);
  out.set_suite(crypto::number(in.suite));
  out.set_challenge(text(in.challenge));
  out.set_exporter(text(in.exporter));
}

std::optional<identity::LoginStatement> take(const proto::Login& in) {
  const auto server = take_array<32>(in.server());
  auto address = agent_protocol::take(in.address());
  const auto suite = take_suite(in.suite());
  const auto challenge = take_array<32>(in.challenge());
  const auto exporter = take_array<32>(in.exporter());
  if (!server || !address || !suite || !challenge || !exporter) return std::nullopt;
  return identity::LoginStatement{*server, std::move(address->account), address->device, *suite, *challenge, *exporter};
}

}  // namespace

proto::Code code_of(Error error) {
  return static_cast<proto::Code>(first_keys_code + static_cast<int>(error));
}

std::optional<Error> keys_error(proto::Code code) {
  if (code < first_keys_code || code > code_of(Error::backend)) return std::nullopt;
  return static_cast<Error>(code - first_keys_code);
}

void put(proto::Address& out, const identity::AccountName& account, identity::DeviceId device) {
  put(*out.mutable_account(), account);
  out.set_device(device.value);
}

std::optional<identity::AccountName> take(const proto::Account& in) {
  auto account = identity::AccountName::make(in.name(), in.server());
  if (!account) return std::nullopt;
  return *std::move(account);
}

std::optional<identity::DeviceAddress> take(const proto::Address& in) {
  auto account = take(in.account());
  if (!account || in.device() == 0) return std::nullopt;
  return identity::DeviceAddress{*std::move(account), {in.device()}};
}

std::optional<crypto::SuiteId> take_suite(std::uint32_t number) {
  if (number == 0 || number > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<crypto::SuiteId>(number);
}

void put(proto::PublicIdentity& out, const PublicIdentity& in) {
  put(*out.mutable_address(), in.account, in.device);
  for (const auto& key : in.identities) put(*out.add_identities(), key);
  for (const auto& keys : in.device_keys) put(*out.add_device_keys(), keys);
}

std::optional<PublicIdentity> take(const proto::PublicIdentity& in) {
  auto address = take(in.address());
  auto identities = take_all<identity::IdentityKey>(in.identities(), identity::max_suites);
  auto keys = take_all<identity::DeviceKeys>(in.device_keys(), identity::max_suites);
  if (!address || !identities || !keys) return std::nullopt;
  return PublicIdentity{std::move(address->account), address->device, *std::move(identities), *std::move(keys)};
}

void put(proto::SignRecord& out, const identity::AccountRecord& in) {
  put(*out.mutable_account(), in.account);
  out.set_version(in.version.value);
  out.set_predecessor(text(in.predecessor));
  out.set_issued(in.issued.value);
  out.set_expires(in.expires.value);
  for (const auto& key : in.identities) put(*out.add_identities(), key);
  for (const auto& device : in.devices) put(*out.add_devices(), device);
}

std::optional<identity::AccountRecord> take(const proto::SignRecord& in) {
  auto account = take(in.account());
  const auto predecessor = take_array<64>(in.predecessor());
  const auto issued = take_time(in.issued());
  const auto expires = take_time(in.expires());
  auto identities = take_all<identity::IdentityKey>(in.identities(), identity::max_suites);
  auto devices = take_all<identity::DeviceEntry>(in.devices(), identity::max_devices);
  if (!account || !predecessor || !issued || !expires || !identities || !devices) return std::nullopt;
  identity::AccountRecord record;
  record.account = *std::move(account);
  record.version = {in.version()};
  record.predecessor = *predecessor;
  record.issued = *issued;
  record.expires = *expires;
  record.identities = *std::move(identities);
  record.devices = *std::move(devices);
  return record;
}

void put(proto::Sign& out, const identity::Statement& in) {
  if (const auto* login = std::get_if<identity::LoginStatement>(&in)) {
    put(*out.mutable_login(), *login);
  } else if (const auto* registration = std::get_if<identity::RegistrationStatement>(&in)) {
    put(*out.mutable_registration()->mutable_login(), registration->login);
    out.mutable_registration()->set_record(text(registration->record));
  }
}

std::optional<identity::Statement> take(const proto::Sign& in) {
  if (in.has_login()) {
    auto login = take(in.login());
    if (!login) return std::nullopt;
    return *std::move(login);
  }
  if (!in.has_registration()) return std::nullopt;
  auto login = take(in.registration().login());
  const auto record = take_array<64>(in.registration().record());
  if (!login || !record) return std::nullopt;
  return identity::RegistrationStatement{*std::move(login), *record};
}

void put(proto::PrekeyBatch& out, const pqxdh::PrekeyBatch& in) {
  out.set_suite(crypto::number(in.suite));
  out.set_batch(in.batch.value);
  out.set_expires(in.expires.value);
  out.set_signed_manifest(text(in.signed_manifest));
  out.set_last_resort(text(in.last_resort));
  out.mutable_one_time()->Reserve(static_cast<int>(in.one_time.size()));
  for (const auto& pair : in.one_time) out.add_one_time(text(pair));
}

std::optional<pqxdh::PrekeyBatch> take(const proto::PrekeyBatch& in) {
  const auto suite = take_suite(in.suite());
  const auto expires = take_time(in.expires());
  if (!suite || !expires || static_cast<std::size_t>(in.one_time_size()) > pqxdh::max_batch_size) return std::nullopt;
  pqxdh::PrekeyBatch out;
  out.suite = *suite;
  out.batch = {in.batch()};
  out.expires = *expires;
  out.signed_manifest = take_bytes(in.signed_manifest());
  out.last_resort = take_bytes(in.last_resort());
  for (const auto& pair : in.one_time()) out.one_time.push_back(take_bytes(pair));
  return out;
}

void put(proto::BatchStatus& out, const BatchStatus& in) {
  out.set_suite(crypto::number(in.suite));
  out.set_batch(in.batch.value);
  out.set_created(in.created.value);
  out.set_expires(in.expires.value);
  out.set_size(in.size);
  out.set_unused(in.unused);
}

std::optional<BatchStatus> take(const proto::BatchStatus& in) {
  const auto suite = take_suite(in.suite());
  const auto created = take_time(in.created());
  const auto expires = take_time(in.expires());
  if (!suite || !created || !expires) return std::nullopt;
  return BatchStatus{*suite, {in.batch()}, *created, *expires, in.size(), in.unused()};
}

void put(proto::DeviceIdentity& out, const identity::DeviceIdentity& in) {
  put(*out.mutable_address(), in.address.account, in.address.device);
  out.set_record_version(in.record_version.value);
  out.set_suite(crypto::number(in.suite));
  out.set_signature_key(text(in.signature_key));
  out.set_dh_key(text(in.dh_key));
}

std::optional<identity::DeviceIdentity> take(const proto::DeviceIdentity& in) {
  auto address = take(in.address());
  const auto suite = take_suite(in.suite());
  if (!address || !suite || !plausible_key(in.signature_key()) || !plausible_key(in.dh_key())) return std::nullopt;
  return identity::DeviceIdentity{
      *std::move(address), {in.record_version()}, *suite, take_bytes(in.signature_key()), take_bytes(in.dh_key())};
}

void put(proto::PrekeyUse& out, const pqxdh::PrekeyUse& in) {
  out.set_suite(crypto::number(in.suite));
  out.set_batch(in.batch.value);
  if (in.one_time) out.set_one_time(*in.one_time);
}

std::optional<pqxdh::PrekeyUse> take(const proto::PrekeyUse& in) {
  const auto suite = take_suite(in.suite());
  if (!suite) return std::nullopt;
  pqxdh::PrekeyUse out{*suite, {in.batch()}, std::nullopt};
  if (in.has_one_time()) out.one_time = in.one_time();
  return out;
}

void put(proto::Initiate& out, const pqxdh::VerifiedBundle& peer, identity::RecordVersion own_record) {
  const auto& bundle = peer.bundle();
  const auto suite = bundle.manifest.suite;
  out.set_signed_manifest(text(pqxdh::encode_signed_manifest(bundle.manifest, bundle.signature)));
  out.set_prekey(text(bundle.one_time ? pqxdh::encode_one_time(suite, *bundle.one_time, bundle.path)
                                      : pqxdh::encode_last_resort(suite, bundle.last_resort)));
  put(*out.mutable_device(), peer.device());
  out.set_own_record(own_record.value);
}

std::optional<pqxdh::VerifiedBundle> take(const proto::Initiate& in) {
  auto bundle = pqxdh::decode_bundle(view(in.signed_manifest()), view(in.prekey()));
  auto device = take(in.device());
  if (!bundle || !device) return std::nullopt;
  // What verify_bundle() makes sure of beside the signature: the keys are this device's.
  const auto& manifest = bundle->manifest;
  if (manifest.suite != device->suite || manifest.account != device->address.account ||
      manifest.device != device->address.device)
    return std::nullopt;
  return pqxdh::VerifiedBundle::verified_by_client(*std::move(bundle), *std::move(device));
}

std::optional<pqxdh::SessionId> take_session_id(const std::string& bytes) {
  return take_array<64>(bytes);
}

}  // namespace pqc::keys::agent_protocol
