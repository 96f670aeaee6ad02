// Proposals, commits and update paths (RFC 9420 §7.6, §8.4, §12.1, §12.4).
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "protocol/mls_public/nodes.h"

namespace pqc::mls::inline public_part {

enum class PskType : std::uint8_t { external = 1, resumption = 2 };
constexpr bool known(PskType type) {
  return type == PskType::external || type == PskType::resumption;
}
enum class PskUsage : std::uint8_t { application = 1, reinit = 2, branch = 3 };
constexpr bool known(PskUsage usage) {
  return usage >= PskUsage::application && usage <= PskUsage::branch;
}

struct PreSharedKeyId {
  PskType type = PskType::external;
  Bytes psk_id;                            // external
  PskUsage usage = PskUsage::application;  // resumption, with group and epoch
  Bytes group_id;
  Epoch epoch;
  Bytes nonce;

  void describe(this auto& self, auto& coder) {
    coder(self.type);
    if (self.type == PskType::external) {
      coder(self.psk_id);
    } else {
      coder(self.usage, self.group_id, self.epoch);
    }
    coder(self.nonce);
  }
  friend bool operator==(const PreSharedKeyId&, const PreSharedKeyId&) = default;
};
template <>
inline constexpr std::size_t max_count<PreSharedKeyId> = max_psks;

struct Add {
  KeyPackage key_package;
  void describe(this auto& self, auto& coder) { coder(self.key_package); }
};
struct Update {
  LeafNode leaf_node;
  void describe(this auto& self, auto& coder) { coder(self.leaf_node); }
};
struct Remove {
  LeafIndex removed;
  void describe(this auto& self, auto& coder) { coder(self.removed); }
};
struct PreSharedKey {
  PreSharedKeyId psk;
  void describe(this auto& self, auto& coder) { coder(self.psk); }
};
struct ReInit {
  Bytes group_id;
  std::uint16_t version = protocol_version;
  std::uint16_t cipher_suite = 0;
  std::vector<Extension> extensions;
  void describe(this auto& self, auto& coder) {
    coder(self.group_id, self.version, self.cipher_suite, self.extensions);
  }
};
struct ExternalInit {
  Bytes kem_output;
  void describe(this auto& self, auto& coder) { coder(self.kem_output); }
};
struct GroupContextExtensions {
  std::vector<Extension> extensions;
  void describe(this auto& self, auto& coder) { coder(self.extensions); }
};

// The alternatives stand in the order of their numbers, the first being 1.
struct Proposal {
  std::variant<Add, Update, Remove, PreSharedKey, ReInit, ExternalInit, GroupContextExtensions> body;

  void describe(this auto& self, auto& coder) {
    constexpr bool decoding = std::remove_reference_t<decltype(coder)>::decoding;
    auto type = static_cast<std::uint16_t>(self.body.index() + 1);
    coder(type);
    if constexpr (decoding) {
      if (!select(self.body, type)) coder.fail();
    }
    std::visit([&](auto& alternative) { coder(alternative); }, self.body);
  }

 private:
  // Makes the alternative of a number. Proposals of other types cannot even be skipped: they have no length.
  template <std::size_t I = 0, class Variant>
  static bool select(Variant& variant, std::uint16_t type) {
    if constexpr (I == std::variant_size_v<Variant>) {
      return false;
    } else {
      if (type != I + 1) return select<I + 1>(variant, type);
      variant.template emplace<I>();
      return true;
    }
  }
};

// The hash of the AuthenticatedContent of a proposal.
struct ProposalRef {
  Bytes hash;
  void describe(this auto& self, auto& coder) { coder(self.hash); }
  friend auto operator<=>(const ProposalRef&, const ProposalRef&) = default;
};

struct ProposalOrRef {
  std::variant<Proposal, ProposalRef> body;

  void describe(this auto& self, auto& coder) {
    auto type = static_cast<std::uint8_t>(self.body.index() + 1);
    coder(type);
    if constexpr (std::remove_reference_t<decltype(coder)>::decoding) {
      if (type == 2) self.body.template emplace<ProposalRef>();
      if (type < 1 || type > 2) coder.fail();
    }
    std::visit([&](auto& alternative) { coder(alternative); }, self.body);
  }
};
template <>
inline constexpr std::size_t max_count<ProposalOrRef> = max_proposals;

struct HpkeCiphertext {
  Bytes kem_output;
  Bytes ciphertext;
  void describe(this auto& self, auto& coder) { coder(self.kem_output, self.ciphertext); }
};
template <>
inline constexpr std::size_t max_count<HpkeCiphertext> = max_leaves;

struct UpdatePathNode {
  Bytes encryption_key;
  std::vector<HpkeCiphertext> encrypted_path_secret;
  void describe(this auto& self, auto& coder) { coder(self.encryption_key, self.encrypted_path_secret); }
};
template <>
inline constexpr std::size_t max_count<UpdatePathNode> = max_path_nodes;

struct UpdatePath {
  LeafNode leaf_node;
  std::vector<UpdatePathNode> nodes;
  void describe(this auto& self, auto& coder) { coder(self.leaf_node, self.nodes); }
};

struct Commit {
  std::vector<ProposalOrRef> proposals;
  std::optional<UpdatePath> path;
  void describe(this auto& self, auto& coder) { coder(self.proposals, self.path); }
};

}  // namespace pqc::mls::inline public_part
