// An identity without any server (docs/spec/p2p.md §1): its keys in a key holder, its signed record in a file. Loop
// thread only.
#pragma once

#include <filesystem>
#include <span>

#include "base/clock.h"
#include "client/error.h"
#include "crypto/suite.h"
#include "identity/account_record.h"
#include "keys/key_holder.h"

namespace pqc::p2p {

// No server can have this name (RFC 6761 §6.4).
inline constexpr std::string_view p2p_server = "p2p.invalid";
// Such an identity has one device.
inline constexpr identity::DeviceId p2p_device{1};

[[nodiscard]] identity::Result<identity::AccountName> p2p_account(std::string_view name);

// SHA-256 over name and identity keys of all suites: what is remembered of a peer.
[[nodiscard]] Bytes identity_hash(const identity::VerifiedRecord& record);

class LocalIdentity {
 public:
  // Whether this name may be made there. Errors: invalid_name, already_registered.
  static client::Status can_create(const std::filesystem::path& file, std::string_view name);
  // Makes the keys, signs the record, writes the file. Keys without a file are what an interrupted attempt left, and
  // are replaced. Errors: invalid_name, already_registered, and those of the keys and of the disk.
  static client::Result<LocalIdentity> create(keys::KeyHolder& keys, const std::filesystem::path& file,
                                              std::string_view name, std::span<const crypto::SuiteId> suites,
                                              UnixMillis now);
  // Signs a newer record when the one in the file is past half of its life. Errors: not_registered, damaged.
  static client::Result<LocalIdentity> load(keys::KeyHolder& keys, const std::filesystem::path& file, UnixMillis now);

  [[nodiscard]] const std::string& name() const { return record_.account().name(); }
  [[nodiscard]] const identity::VerifiedRecord& record() const { return record_; }

 private:
  explicit LocalIdentity(identity::VerifiedRecord record) : record_(std::move(record)) {}
  static client::Result<LocalIdentity> adopt(ByteView signed_record, const identity::AccountName& account);

  identity::VerifiedRecord record_;
};

}  // namespace pqc::p2p
