// The authentication service of MLS (RFC 9420 §5.3.1) over account records: a member is a device that stands active in
// its account's signed device list (DESIGN §4, docs/spec/mls.md §3).
//
// The newest pinned record decides. A credential that names a newer record than the list has is refused: the caller
// fetches that record and tries again, for a message that was refused has changed nothing. So is one whose suite lies
// below the level asked for.
//
// Threads: any, if DeviceLists may be asked from any.
#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "crypto/hash.h"
#include "protocol/mls_devices/device_credential.h"
#include "protocol/mls_public/leaf_validation.h"

namespace pqc::mls_devices {

// The records that the application has verified and pinned.
class DeviceLists {
 public:
  virtual ~DeviceLists() = default;
  // Null where there is none of this account.
  [[nodiscard]] virtual std::shared_ptr<const identity::VerifiedRecord> find(
      const identity::AccountName& account) const = 0;
};

class DevicePolicy final : public mls::CredentialPolicy {
 public:
  // Signatures that held, remembered so that a device is verified once and not in every group and epoch anew.
  static constexpr std::size_t max_remembered = 1 << 16;

  explicit DevicePolicy(const DeviceLists& lists, crypto::Level minimum = crypto::default_minimum_level)
      : lists_(&lists), minimum_(minimum) {}

  // The device is active in the list, and its key there signed this key.
  [[nodiscard]] bool accepts(const mls::Credential& credential, ByteView signature_key) const override;
  // The same device, by a record that is no older.
  [[nodiscard]] bool accepts_successor(const mls::Credential& before, const mls::Credential& after) const override;
  // Account and device.
  [[nodiscard]] Bytes client_of(const mls::Credential& credential, ByteView signature_key) const override;

 private:
  [[nodiscard]] bool signed_by(const identity::VerifiedRecord& record, const DeviceCredential& credential,
                               ByteView signature_key) const;

  const DeviceLists* lists_;
  crypto::Level minimum_;
  mutable std::mutex mutex_;
  mutable std::set<crypto::Sha512Digest> remembered_;  // guarded by mutex_
};

}  // namespace pqc::mls_devices
