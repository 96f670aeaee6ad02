// The rules for leaf nodes and key packages (RFC 9420 §7.3, §10.1), and the application's say on credentials (§5.3.1).
#pragma once

#include <optional>

#include "protocol/mls_public/tree.h"

namespace pqc::mls::inline public_part {

// The authentication service of RFC 9420 §5.3.1: whether credentials are those of the members that the application
// means. Answers must not depend on anything that members see differently, or the group falls apart. Where an executor
// is given, all functions are called from its threads at once.
class CredentialPolicy {
 public:
  virtual ~CredentialPolicy() = default;
  // Whether the credential, of a member or an external sender, belongs to this signature key.
  [[nodiscard]] virtual bool accepts(const Credential& credential, ByteView signature_key) const = 0;
  // Whether a member may replace its credential so.
  [[nodiscard]] virtual bool accepts_successor(const Credential& before, const Credential& after) const = 0;
  // What names the client that a credential stands for: it must not be in a group twice.
  [[nodiscard]] virtual Bytes client_of(const Credential& credential, ByteView signature_key) const = 0;
};

// What leaves are measured against.
struct LeafRules {
  const Suite* suite = nullptr;
  const CredentialPolicy* credentials = nullptr;
  // Seconds since 1970; without it lifetimes are not looked at.
  std::optional<std::uint64_t> now;
};

// The signature, form and credential of a leaf by itself.
Result<void> check_leaf(const LeafRules& rules, const LeafNode& leaf, ByteView group_id, LeafIndex index);
// The same of every leaf of a tree, spread over the executor's threads; the error is that of the first bad one.
Result<void> check_leaves(const LeafRules& rules, const RatchetTree& tree, ByteView group_id, const Executor* executor);
// A key package: version, suite, its two signatures, different keys.
Result<void> check_key_package(const LeafRules& rules, const KeyPackage& package);

// Whether the leaf supports what the extensions of the group ask for: the extensions themselves, and
// required_capabilities.
bool supports(const LeafNode& leaf, const std::vector<Extension>& group_extensions);
// No client has two leaves.
bool clients_distinct(const RatchetTree& tree, const CredentialPolicy& policy);
// Error::invalid_leaf unless every member supports the group's extensions and every credential type in use.
Result<void> check_compatible(const RatchetTree& tree, const std::vector<Extension>& group_extensions);

}  // namespace pqc::mls::inline public_part
