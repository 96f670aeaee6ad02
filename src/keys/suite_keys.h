// One suite's private keys of an account's device: device signature, device Diffie-Hellman, and on the primary device
// the identity (docs/spec/devices.md §1). For this folder.
#pragma once

#include <optional>

#include "base/rng.h"
#include "crypto/composite.h"
#include "crypto/dh.h"
#include "identity/account_record.h"
#include "identity/field_reader.h"
#include "keys/error.h"
#include "keys/secret_writer.h"

namespace pqc::keys {

class SuiteKeys {
 public:
  static Result<SuiteKeys> generate(const crypto::Suite& suite, bool primary, Rng& rng);
  static Result<SuiteKeys> decode(identity::FieldReader& reader, bool primary);
  void encode(SecretWriter& writer) const;

  [[nodiscard]] const crypto::Suite& suite() const { return device_.suite(); }
  // Null on a further device.
  [[nodiscard]] const crypto::CompositePrivateKey* identity_key() const { return identity_ ? &*identity_ : nullptr; }
  [[nodiscard]] const crypto::CompositePrivateKey& device_key() const { return device_; }
  [[nodiscard]] const crypto::DhPrivateKey& dh_key() const { return dh_; }
  [[nodiscard]] const std::optional<identity::IdentityKey>& public_identity() const { return public_identity_; }
  [[nodiscard]] const identity::DeviceKeys& public_device() const { return public_device_; }

 private:
  SuiteKeys(std::optional<crypto::CompositePrivateKey> identity, crypto::CompositePrivateKey device,
            crypto::DhPrivateKey dh, SecretBytes dh_private);

  std::optional<crypto::CompositePrivateKey> identity_;
  crypto::CompositePrivateKey device_;
  crypto::DhPrivateKey dh_;
  SecretBytes dh_private_;
  std::optional<identity::IdentityKey> public_identity_;
  identity::DeviceKeys public_device_;
};

}  // namespace pqc::keys
