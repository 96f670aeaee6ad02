// Credentials, leaf nodes, parent nodes and key packages (RFC 9420 §5.3, §7.1, §7.2, §10).
#pragma once

#include <optional>
#include <vector>

#include "protocol/mls_public/codec.h"
#include "protocol/mls_public/numbers.h"

namespace pqc::mls::inline public_part {

struct Certificate {
  Bytes data;
  void describe(this auto& self, auto& coder) { coder(self.data); }
  friend bool operator==(const Certificate&, const Certificate&) = default;
};
template <>
inline constexpr std::size_t max_count<Certificate> = max_certificates;

struct Credential {
  std::uint16_t type = credential_type::basic;
  Bytes identity;                         // basic
  std::vector<Certificate> certificates;  // x509

  void describe(this auto& self, auto& coder) {
    coder(self.type);
    if (self.type == credential_type::basic) {
      coder(self.identity);
    } else if (self.type == credential_type::x509) {
      coder(self.certificates);
    } else if constexpr (std::remove_reference_t<decltype(coder)>::decoding) {
      coder.fail();  // the form of other types is not known
    }
  }
  friend bool operator==(const Credential&, const Credential&) = default;
};

struct Extension {
  std::uint16_t type = 0;
  Bytes data;
  void describe(this auto& self, auto& coder) { coder(self.type, self.data); }
  friend bool operator==(const Extension&, const Extension&) = default;
};
template <>
inline constexpr std::size_t max_count<Extension> = max_extensions;

// Null where there is none of this type.
const Bytes* find_extension(const std::vector<Extension>& extensions, std::uint16_t type);
// RFC 9420 §13.4: no type twice.
bool distinct(const std::vector<Extension>& extensions);

struct Capabilities {
  std::vector<std::uint16_t> versions;
  std::vector<std::uint16_t> cipher_suites;
  std::vector<std::uint16_t> extensions;
  std::vector<std::uint16_t> proposals;
  std::vector<std::uint16_t> credentials;
  void describe(this auto& self, auto& coder) {
    coder(self.versions, self.cipher_suites, self.extensions, self.proposals, self.credentials);
  }
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

// RFC 9420 §11.1.
struct RequiredCapabilities {
  std::vector<std::uint16_t> extensions;
  std::vector<std::uint16_t> proposals;
  std::vector<std::uint16_t> credentials;
  void describe(this auto& self, auto& coder) { coder(self.extensions, self.proposals, self.credentials); }
};

// Seconds since 1970.
struct Lifetime {
  std::uint64_t not_before = 0;
  std::uint64_t not_after = 0;
  void describe(this auto& self, auto& coder) { coder(self.not_before, self.not_after); }
  friend bool operator==(const Lifetime&, const Lifetime&) = default;
};

enum class LeafNodeSource : std::uint8_t { key_package = 1, update = 2, commit = 3 };
constexpr bool known(LeafNodeSource source) {
  return source >= LeafNodeSource::key_package && source <= LeafNodeSource::commit;
}

struct LeafNode {
  Bytes encryption_key;
  Bytes signature_key;
  Credential credential;
  Capabilities capabilities;
  LeafNodeSource source = LeafNodeSource::key_package;
  Lifetime lifetime;  // source key_package
  Bytes parent_hash;  // source commit
  std::vector<Extension> extensions;
  Bytes signature;

  void describe_unsigned(this auto& self, auto& coder) {
    coder(self.encryption_key, self.signature_key, self.credential, self.capabilities, self.source);
    if (self.source == LeafNodeSource::key_package) coder(self.lifetime);
    if (self.source == LeafNodeSource::commit) coder(self.parent_hash);
    coder(self.extensions);
  }
  void describe(this auto& self, auto& coder) {
    self.describe_unsigned(coder);
    coder(self.signature);
  }
  friend bool operator==(const LeafNode&, const LeafNode&) = default;
};

// LeafNodeTBS, to be described: for source update and commit the group and the leaf's place are signed too. What is
// given must outlive the answer.
inline auto leaf_node_tbs(const LeafNode& leaf, ByteView group_id, LeafIndex index) {
  return [&leaf, group_id, index](auto& coder) {
    leaf.describe_unsigned(coder);
    if (leaf.source == LeafNodeSource::key_package) return;
    coder.opaque(group_id);
    coder(index);
  };
}

struct ParentNode {
  Bytes encryption_key;
  Bytes parent_hash;
  std::vector<LeafIndex> unmerged_leaves;
  void describe(this auto& self, auto& coder) { coder(self.encryption_key, self.parent_hash, self.unmerged_leaves); }
};
template <>
inline constexpr std::size_t max_count<LeafIndex> = max_leaves;

struct KeyPackage {
  std::uint16_t version = protocol_version;
  std::uint16_t cipher_suite = 0;
  Bytes init_key;
  LeafNode leaf_node;
  std::vector<Extension> extensions;
  Bytes signature;

  void describe_unsigned(this auto& self, auto& coder) {
    coder(self.version, self.cipher_suite, self.init_key, self.leaf_node, self.extensions);
  }
  void describe(this auto& self, auto& coder) {
    self.describe_unsigned(coder);
    coder(self.signature);
  }
};

// The fields that a signature covers, to be described. The value must outlive the answer.
auto unsigned_part(const auto& value) {
  return [&value](auto& coder) { value.describe_unsigned(coder); };
}

}  // namespace pqc::mls::inline public_part
