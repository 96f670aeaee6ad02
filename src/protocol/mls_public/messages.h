// Group context, framing, welcome and group info (RFC 9420 §6, §8.1, §12.4.3).
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "protocol/mls_public/proposals.h"
#include "protocol/mls_public/suite.h"

namespace pqc::mls::inline public_part {

struct GroupContext {
  std::uint16_t version = protocol_version;
  std::uint16_t cipher_suite = 0;
  Bytes group_id;
  Epoch epoch;
  Bytes tree_hash;
  Bytes confirmed_transcript_hash;
  std::vector<Extension> extensions;
  void describe(this auto& self, auto& coder) {
    coder(self.version, self.cipher_suite, self.group_id, self.epoch, self.tree_hash, self.confirmed_transcript_hash,
          self.extensions);
  }
};

enum class ContentType : std::uint8_t { application = 1, proposal = 2, commit = 3 };
constexpr bool known(ContentType type) {
  return type >= ContentType::application && type <= ContentType::commit;
}
enum class SenderType : std::uint8_t { member = 1, external = 2, new_member_proposal = 3, new_member_commit = 4 };
constexpr bool known(SenderType type) {
  return type >= SenderType::member && type <= SenderType::new_member_commit;
}

struct Sender {
  SenderType type = SenderType::member;
  std::uint32_t index = 0;  // of a leaf, or of an external sender

  void describe(this auto& self, auto& coder) {
    coder(self.type);
    if (self.type == SenderType::member || self.type == SenderType::external) coder(self.index);
  }
  [[nodiscard]] LeafIndex leaf() const { return {index}; }
};

struct ApplicationData {
  Bytes data;
  void describe(this auto& self, auto& coder) { coder(self.data); }
};

// The alternatives stand in the order of ContentType.
using ContentBody = std::variant<ApplicationData, Proposal, Commit>;
inline ContentType type_of(const ContentBody& body) {
  return static_cast<ContentType>(body.index() + 1);
}
ContentBody empty_body(ContentType type);

struct FramedContent {
  Bytes group_id;
  Epoch epoch;
  Sender sender;
  Bytes authenticated_data;
  ContentBody body;

  void describe(this auto& self, auto& coder) {
    auto type = type_of(self.body);
    coder(self.group_id, self.epoch, self.sender, self.authenticated_data, type);
    if constexpr (std::remove_reference_t<decltype(coder)>::decoding) {
      if (coder.good()) self.body = empty_body(type);
    }
    std::visit([&](auto& body) { coder(body); }, self.body);
  }
};

struct FramedContentAuthData {
  Bytes signature;
  Bytes confirmation_tag;  // of a commit

  void describe(this auto& self, auto& coder, ContentType type) {
    coder(self.signature);
    if (type == ContentType::commit) coder(self.confirmation_tag);
  }
};

enum class WireFormat : std::uint16_t {
  public_message = 1,
  private_message = 2,
  welcome = 3,
  group_info = 4,
  key_package = 5,
};
constexpr bool known(WireFormat format) {
  return format >= WireFormat::public_message && format <= WireFormat::key_package;
}

struct AuthenticatedContent {
  WireFormat wire_format = WireFormat::public_message;
  FramedContent content;
  FramedContentAuthData auth;

  void describe(this auto& self, auto& coder) {
    coder(self.wire_format, self.content);
    self.auth.describe(coder, type_of(self.content.body));
  }
};

struct PublicMessage {
  FramedContent content;
  FramedContentAuthData auth;
  Bytes membership_tag;  // of a member

  void describe(this auto& self, auto& coder) {
    coder(self.content);
    self.auth.describe(coder, type_of(self.content.body));
    if (self.content.sender.type == SenderType::member) coder(self.membership_tag);
  }
};

struct PrivateMessage {
  Bytes group_id;
  Epoch epoch;
  ContentType content_type = ContentType::application;
  Bytes authenticated_data;
  Bytes encrypted_sender_data;
  Bytes ciphertext;

  void describe(this auto& self, auto& coder) {
    coder(self.group_id, self.epoch, self.content_type, self.authenticated_data, self.encrypted_sender_data,
          self.ciphertext);
  }
};

struct EncryptedGroupSecrets {
  Bytes new_member;  // KeyPackageRef
  HpkeCiphertext encrypted_group_secrets;
  void describe(this auto& self, auto& coder) { coder(self.new_member, self.encrypted_group_secrets); }
};
template <>
inline constexpr std::size_t max_count<EncryptedGroupSecrets> = max_leaves;

struct Welcome {
  std::uint16_t cipher_suite = 0;
  std::vector<EncryptedGroupSecrets> secrets;
  Bytes encrypted_group_info;
  void describe(this auto& self, auto& coder) { coder(self.cipher_suite, self.secrets, self.encrypted_group_info); }
};

// The content of the extension external_pub (RFC 9420 §12.4.3.2).
struct ExternalPub {
  Bytes public_key;
  void describe(this auto& self, auto& coder) { coder(self.public_key); }
};

struct GroupInfo {
  GroupContext group_context;
  std::vector<Extension> extensions;
  Bytes confirmation_tag;
  LeafIndex signer;
  Bytes signature;

  void describe_unsigned(this auto& self, auto& coder) {
    coder(self.group_context, self.extensions, self.confirmation_tag, self.signer);
  }
  void describe(this auto& self, auto& coder) {
    self.describe_unsigned(coder);
    coder(self.signature);
  }
};

// RFC 9420 §12.1.8.1.
struct ExternalSender {
  Bytes signature_key;
  Credential credential;
  void describe(this auto& self, auto& coder) { coder(self.signature_key, self.credential); }
};
template <>
inline constexpr std::size_t max_count<ExternalSender> = max_external_senders;

// The content of the extension external_senders.
struct ExternalSenders {
  std::vector<ExternalSender> list;
  void describe(this auto& self, auto& coder) { coder(self.list); }
};

// MLSMessage; the alternatives stand in the order of WireFormat.
struct Message {
  std::variant<PublicMessage, PrivateMessage, Welcome, GroupInfo, KeyPackage> body;

  void describe(this auto& self, auto& coder) {
    constexpr bool decoding = std::remove_reference_t<decltype(coder)>::decoding;
    auto version = protocol_version;
    auto format = static_cast<WireFormat>(self.body.index() + 1);
    coder(version, format);
    if constexpr (decoding) {
      if (version != protocol_version) coder.fail();
      if (coder.good()) self.body = empty_message(format);
    }
    std::visit([&](auto& body) { coder(body); }, self.body);
  }

 private:
  static decltype(body) empty_message(WireFormat format);
};

// FramedContentTBS, to be described: what the sender signs. The group context is covered for members and joiners. What
// is given must outlive the answer.
inline auto framed_content_tbs(WireFormat format, const FramedContent& content, const GroupContext& context) {
  return [format, &content, &context](auto& coder) {
    const auto sender = content.sender.type;
    coder(protocol_version, format, content);
    if (sender == SenderType::member || sender == SenderType::new_member_commit) coder(context);
  };
}
Result<void> verify_content(const Suite& suite, const AuthenticatedContent& content, const GroupContext& context,
                            ByteView public_key);

// RFC 9420 §5.2.
ProposalRef proposal_ref(const Suite& suite, const AuthenticatedContent& content);
Bytes key_package_ref(const Suite& suite, const KeyPackage& package);

// RFC 9420 §8.2: from the interim hash before a commit, and its content, the confirmed hash; from that and the
// confirmation tag the interim hash.
Bytes confirmed_transcript_hash(const Suite& suite, ByteView interim, const AuthenticatedContent& commit);
Bytes interim_transcript_hash(const Suite& suite, ByteView confirmed, const Bytes& confirmation_tag);

Result<void> verify_group_info(const Suite& suite, const GroupInfo& info, ByteView signer_key);

}  // namespace pqc::mls::inline public_part
