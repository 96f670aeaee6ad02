// Making key packages (RFC 9420 §10).
#pragma once

#include <memory>

#include "protocol/hpke/kem.h"
#include "protocol/mls/signature_key.h"
#include "protocol/mls_public/nodes.h"
#include "protocol/mls_public/suite.h"

namespace pqc::mls {

// Who a leaf stands for. The signature key is shared by the states of one member, which do not change it.
struct Identity {
  Credential credential;
  std::shared_ptr<const SignatureKey> signer;
  std::vector<Extension> leaf_extensions;
};

// What this library supports, for leaves of a suite. Types of `leaf_extensions` and `group_extensions` that are not
// default ones are listed.
Capabilities capabilities_for(const Suite& suite, const std::vector<Extension>& leaf_extensions,
                              const std::vector<std::uint16_t>& group_extensions = {});

// A key package with its private keys; those stay here until the welcome comes, and are used for one.
struct KeyPackageBundle {
  KeyPackage package;
  hpke::KeyPair init_pair;
  hpke::KeyPair leaf_pair;
  std::shared_ptr<const SignatureKey> signer;
};

// Error::invalid_leaf where the signature key is of another scheme than the suite's.
Result<KeyPackageBundle> make_key_package(const Suite& suite, const Identity& identity, Lifetime lifetime,
                                          const std::vector<std::uint16_t>& group_extensions, Rng& rng);

// A leaf without key and signature.
LeafNode leaf_template(const Suite& suite, const Identity& identity,
                       const std::vector<std::uint16_t>& group_extensions);
Result<void> sign_leaf(LeafNode& leaf, const SignatureKey& signer, ByteView group_id, LeafIndex index, Rng& rng);

}  // namespace pqc::mls
