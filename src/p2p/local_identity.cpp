#include "p2p/local_identity.h"

#include "base/log.h"
#include "client/files.h"
#include "crypto/hash.h"
#include "identity/limits.h"
#include "p2p/labels.h"
#include "p2p/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

using client::Result;

// A crash between signing a record and writing it leaves a version that cannot be signed again for other times.
constexpr std::uint64_t versions_tried = 16;

std::unexpected<client::Error> keys_failed(keys::Error error) {
  return client::fail(error == keys::Error::locked ? ExitCode::locked : ExitCode::unexpected,
                      "the keys of this identity cannot be used: " + std::string(keys::name_of(error)));
}

std::unexpected<client::Error> damaged(const std::filesystem::path& file) {
  return client::fail(ExitCode::damaged, file.string() + " is damaged: restore it from a backup, with the folder keys");
}

identity::AccountRecord first_record(const keys::PublicIdentity& who, UnixMillis now) {
  return {.account = who.account,
          .version = {1},
          .predecessor = {},
          .issued = now,
          .expires = now + identity::record_lifetime,
          .identities = who.identities,
          .devices = {{.id = who.device, .created = now, .revoked = {}, .keys = who.device_keys}}};
}

// The file: opaque8 name, then the signed record.
Result<Bytes> write(const std::filesystem::path& file, std::string_view name, const Bytes& signed_record) {
  Bytes content;
  wire::Writer(content).opaque8(as_bytes(name)).bytes(signed_record);
  if (auto written = client::write_private_file(file, content); !written) return client::pass(written);
  return signed_record;
}

Result<Bytes> renew(keys::KeyHolder& keys, const identity::VerifiedRecord& current, UnixMillis now) {
  auto next = current.record();
  next.predecessor = current.hash();
  next.issued = now;
  next.expires = now + identity::record_lifetime;
  for (std::uint64_t step = 0; step < versions_tried; ++step) {
    ++next.version.value;
    auto signed_record = keys.sign_record(next);
    if (signed_record) return std::move(*signed_record);
    if (signed_record.error() != keys::Error::invalid && signed_record.error() != keys::Error::mismatch)
      return keys_failed(signed_record.error());
  }
  return client::fail(ExitCode::damaged, "the keys of this identity have signed newer records than the one here");
}

}  // namespace

identity::Result<identity::AccountName> p2p_account(std::string_view name) {
  return identity::AccountName::make(name, p2p_server);
}

Bytes identity_hash(const identity::VerifiedRecord& record) {
  Bytes all;
  wire::Writer writer(all);
  writer.opaque8(as_bytes(labels::identity)).opaque8(as_bytes(record.account().name()));
  for (const auto& key : record.record().identities) writer.u16(crypto::number(key.suite)).opaque16(key.signature_key);
  const auto digest = crypto::sha256(all);
  return {digest.begin(), digest.end()};
}

Result<LocalIdentity> LocalIdentity::adopt(ByteView signed_record, const identity::AccountName& account) {
  auto verified = identity::verify_pinned(signed_record, account);
  if (!verified)
    return client::fail(ExitCode::damaged, "this identity's own record does not verify (" +
                                               std::string(identity::name_of(verified.error())) + ")");
  return LocalIdentity(std::move(*verified));
}

client::Status LocalIdentity::can_create(const std::filesystem::path& file, std::string_view name) {
  if (!p2p_account(name))
    return client::fail(ExitCode::invalid_name,
                        "'" + printable(name) +
                            "' cannot be a name: use 1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or "
                            "digit");
  std::error_code code;
  if (std::filesystem::exists(file, code) || code)
    return client::fail(ExitCode::already_registered, "there is an identity in " + file.parent_path().string() +
                                                          " already: use another --profile for another one");
  return {};
}

Result<LocalIdentity> LocalIdentity::create(keys::KeyHolder& keys, const std::filesystem::path& file,
                                            std::string_view name, std::span<const crypto::SuiteId> suites,
                                            UnixMillis now) {
  if (auto checked = can_create(file, name); !checked) return client::pass(checked);
  const auto account = p2p_account(name);
  if (!account) return client::fail(ExitCode::invalid_name, "this cannot be a name");
  if (keys.public_identity())
    if (auto discarded = keys.discard(); !discarded) return keys_failed(discarded.error());
  auto made = keys.create(*account, p2p_device, suites);
  if (!made) return keys_failed(made.error());
  const auto signed_record = keys.sign_record(first_record(*made, now));
  if (!signed_record) return keys_failed(signed_record.error());
  auto written = write(file, name, *signed_record);
  if (!written) return client::pass(written);
  return adopt(*written, *account);
}

Result<LocalIdentity> LocalIdentity::load(keys::KeyHolder& keys, const std::filesystem::path& file, UnixMillis now) {
  auto content = client::read_private_file(file, limits::record + limits::name + 1);
  if (!content && content.error().code == ExitCode::missing)
    return client::fail(ExitCode::not_registered, "there is no identity here: pqc-chat identity create NAME");
  if (!content) return client::pass(content);
  wire::Reader reader(content->view());
  const auto name = reader.opaque8(limits::name);
  if (!name) return damaged(file);
  const auto account = p2p_account(as_text(*name));
  const auto record = reader.rest(limits::record);
  if (!account || !record) return damaged(file);
  auto loaded = adopt(*record, *account);
  if (!loaded) return loaded;
  const auto& current = loaded->record().record();
  if (now < current.issued + (current.expires - current.issued) / 2) return loaded;
  auto renewed = renew(keys, loaded->record(), now);
  if (!renewed) return client::pass(renewed);
  auto written = write(file, account->name(), *renewed);
  if (!written) return client::pass(written);
  return adopt(*written, *account);
}

}  // namespace pqc::p2p
