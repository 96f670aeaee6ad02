#include "protocol/mls/key_package.h"

namespace pqc::mls {
namespace {

void list_once(std::vector<std::uint16_t>& list, std::uint16_t type) {
  if (!extension_type::is_default(type) && std::ranges::find(list, type) == list.end()) list.push_back(type);
}

}  // namespace

Capabilities capabilities_for(const Suite& suite, const std::vector<Extension>& leaf_extensions,
                              const std::vector<std::uint16_t>& group_extensions) {
  Capabilities out{{protocol_version}, {suite.number}, {}, {}, {credential_type::basic, credential_type::x509}};
  for (const auto& extension : leaf_extensions) list_once(out.extensions, extension.type);
  for (const auto type : group_extensions) list_once(out.extensions, type);
  return out;
}

LeafNode leaf_template(const Suite& suite, const Identity& identity,
                       const std::vector<std::uint16_t>& group_extensions) {
  LeafNode leaf;
  leaf.signature_key = to_bytes(identity.signer->public_key());
  leaf.credential = identity.credential;
  leaf.capabilities = capabilities_for(suite, identity.leaf_extensions, group_extensions);
  leaf.extensions = identity.leaf_extensions;
  return leaf;
}

Result<void> sign_leaf(LeafNode& leaf, const SignatureKey& signer, ByteView group_id, LeafIndex index, Rng& rng) {
  return signer.sign_with_label("LeafNodeTBS", leaf_node_tbs(leaf, group_id, index), rng)
      .transform([&](Bytes signature) { leaf.signature = std::move(signature); });
}

Result<KeyPackageBundle> make_key_package(const Suite& suite, const Identity& identity, Lifetime lifetime,
                                          const std::vector<std::uint16_t>& group_extensions, Rng& rng) {
  if (identity.signer->scheme() != suite.signature) return std::unexpected(Error::invalid_leaf);
  auto init = hpke::generate_key_pair(suite.hpke.kem, rng);
  auto leaf_pair = hpke::generate_key_pair(suite.hpke.kem, rng);
  if (!init || !leaf_pair) return std::unexpected(Error::backend);
  KeyPackageBundle out{{}, std::move(*init), std::move(*leaf_pair), identity.signer};
  auto& package = out.package;
  package.cipher_suite = suite.number;
  package.init_key = out.init_pair.public_key;
  package.leaf_node = leaf_template(suite, identity, group_extensions);
  package.leaf_node.lifetime = lifetime;
  package.leaf_node.encryption_key = out.leaf_pair.public_key;
  if (auto done = sign_leaf(package.leaf_node, *identity.signer, {}, {}, rng); !done) {
    return std::unexpected(done.error());
  }
  return identity.signer->sign_with_label("KeyPackageTBS", unsigned_part(package), rng).transform([&](Bytes signature) {
    out.package.signature = std::move(signature);
    return std::move(out);
  });
}

}  // namespace pqc::mls
