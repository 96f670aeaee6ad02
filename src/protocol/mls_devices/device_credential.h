// The product's MLS credential: it binds the signature key of a leaf to a device of an account (docs/spec/mls.md §3).
//
// It is a basic credential whose identity is a DeviceCredential. A leaf's key is its own, shared with no suite of the
// device (DESIGN §4); the device signs it once with its composite key. Pure functions; any thread.
#pragma once

#include <functional>
#include <string_view>

#include "identity/account_record.h"
#include "protocol/mls_public/nodes.h"

namespace pqc::mls_devices {

struct DeviceCredential {
  identity::DeviceAddress device;
  identity::RecordVersion record_version;  // of the account's record when the device signed
  crypto::SuiteId suite{};                 // of the key that signed
  Bytes signature;                         // composite

  // What is signed, under labels::group_key: this without the signature, and the key.
  [[nodiscard]] Bytes signed_content(ByteView mls_signature_key) const;
};

// Signs as the device does, under a label; in the product the key agent.
using DeviceSigner = std::function<identity::Result<Bytes>(std::string_view label, ByteView content)>;

// `device` says who signs, and with what. Errors: what the signer answers, and identity::Error::limit.
identity::Result<mls::Credential> make_credential(const identity::DeviceIdentity& device, ByteView mls_signature_key,
                                                  const DeviceSigner& sign);

// Error::malformed for anything but a device credential. Nothing is verified yet.
identity::Result<DeviceCredential> parse_credential(const mls::Credential& credential);

}  // namespace pqc::mls_devices
