// The signed account record: identity keys, suites and devices of one account (docs/spec/identity.md §6).
//
//   AccountRecord (plain values) --encode_content--> bytes --identity keys sign--> SignedRecord bytes
//   SignedRecord bytes --verify--> VerifiedRecord --verify_successor(pinned)--> the record a client pins next
//
// Only verify() makes a VerifiedRecord, so code that takes one cannot be handed unsigned devices (THREATS 3).
// Pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/composite.h"
#include "crypto/suite.h"
#include "identity/account_name.h"
#include "identity/error.h"

namespace pqc::identity {

// SHA-512 of a record's content, without its signatures: these are randomised, and signing twice is no fork.
using RecordHash = std::array<std::uint8_t, 64>;

struct IdentityKey {
  crypto::SuiteId suite{};
  Bytes signature_key;  // composite
  friend bool operator==(const IdentityKey&, const IdentityKey&) = default;
};

struct DeviceKeys {
  crypto::SuiteId suite{};
  Bytes signature_key;  // composite
  Bytes dh_key;
  friend bool operator==(const DeviceKeys&, const DeviceKeys&) = default;
};

enum class DeviceState : std::uint8_t { active = 1, revoked = 2 };

// A revoked device stays as a tombstone: no keys, and the time at which it was revoked.
struct DeviceEntry {
  DeviceId id;
  DeviceState state = DeviceState::active;
  UnixMillis created;
  UnixMillis revoked;            // 0 while active
  std::vector<DeviceKeys> keys;  // in the order of their suites; every suite of the record or fewer, never none
  friend bool operator==(const DeviceEntry&, const DeviceEntry&) = default;
};

struct AccountRecord {
  AccountName account;
  RecordVersion version{1};
  RecordHash predecessor{};  // all zero in version 1
  UnixMillis issued;
  UnixMillis expires;                   // at most record_lifetime after `issued`
  std::vector<IdentityKey> identities;  // in the order of their suites
  std::vector<DeviceEntry> devices;     // in the order of their ids
  friend bool operator==(const AccountRecord&, const AccountRecord&) = default;

  [[nodiscard]] const DeviceEntry* find(DeviceId id) const;
  [[nodiscard]] const IdentityKey* find(crypto::SuiteId suite) const;
};

// What the identity keys sign. Refuses a record that breaks a rule of §6 (Error::invalid, Error::limit).
[[nodiscard]] Result<Bytes> encode_content(const AccountRecord& record);
// The signed record: the content, then one composite signature for each identity in the same order.
[[nodiscard]] Result<Bytes> encode_signed(const AccountRecord& record, std::span<const Bytes> signatures);
// Of what encode_content() answered.
[[nodiscard]] RecordHash record_hash(ByteView content);

class VerifiedRecord {
 public:
  [[nodiscard]] const AccountRecord& record() const { return record_; }
  [[nodiscard]] const AccountName& account() const { return record_.account; }
  [[nodiscard]] RecordVersion version() const { return record_.version; }
  [[nodiscard]] const RecordHash& hash() const { return hash_; }
  // The signed bytes as they came.
  [[nodiscard]] const Bytes& encoded() const { return encoded_; }

 private:
  friend Result<VerifiedRecord> verify(ByteView, const AccountName&, UnixMillis);
  friend Result<VerifiedRecord> verify_pinned(ByteView, const AccountName&);
  VerifiedRecord(AccountRecord record, RecordHash hash, Bytes encoded)
      : record_(std::move(record)), hash_(hash), encoded_(std::move(encoded)) {}

  AccountRecord record_;
  RecordHash hash_;
  Bytes encoded_;
};

// Parses to the last byte, checks every rule, the validity at `now` and the signature of each suite that is built in
// (at least one). `signed_record` comes from anybody.
[[nodiscard]] Result<VerifiedRecord> verify(ByteView signed_record, const AccountName& account, UnixMillis now);
// The same without the validity: for a record that this client verified and pinned before, from its own store.
[[nodiscard]] Result<VerifiedRecord> verify_pinned(ByteView signed_record, const AccountName& account);

// What a successor changed.
struct Succession {
  bool same = false;  // the pinned record itself
  bool gap = false;   // versions in between were not seen
  std::vector<DeviceId> added;
  std::vector<DeviceId> revoked;
};

// Whether `next` may take the place of the pinned record (§7): the same account and identity keys, every device and
// tombstone kept, a higher version; the direct successor hashes the pinned one. The errors for which is_alarm() holds
// are to be shown to the user; the pinned record then stays.
[[nodiscard]] Result<Succession> verify_successor(const VerifiedRecord& pinned, const VerifiedRecord& next);

// The public side of one device in one suite, as a session's transcript names it. Plain values.
struct DeviceIdentity {
  DeviceAddress address;
  RecordVersion record_version;
  crypto::SuiteId suite{};
  Bytes signature_key;  // composite
  Bytes dh_key;
  friend bool operator==(const DeviceIdentity&, const DeviceIdentity&) = default;
};

// Errors: unknown_device, revoked_device, unsupported.
[[nodiscard]] Result<DeviceIdentity> find_device(const VerifiedRecord& record, DeviceId device, crypto::SuiteId suite);

// A device of a verified record with its signature key expanded, ready to verify: decoding an ML-DSA key costs as much
// as half a verification, so clients keep these. Immutable; cheap to copy; any thread.
class VerifiedDevice {
 public:
  static Result<VerifiedDevice> make(const VerifiedRecord& record, DeviceId device, crypto::SuiteId suite);

  [[nodiscard]] const DeviceIdentity& identity() const { return *identity_; }
  [[nodiscard]] const crypto::CompositePublicKey& signature_key() const { return *signature_key_; }

 private:
  VerifiedDevice() = default;
  std::shared_ptr<const DeviceIdentity> identity_;
  std::shared_ptr<const crypto::CompositePublicKey> signature_key_;
};

}  // namespace pqc::identity
