#include "protocol/mls_public/messages.h"

#include "protocol/mls_public/hashing.h"

namespace pqc::mls::inline public_part {

ContentBody empty_body(ContentType type) {
  if (type == ContentType::application) return ApplicationData{};
  if (type == ContentType::proposal) return Proposal{};
  return Commit{};
}

decltype(Message::body) Message::empty_message(WireFormat format) {
  switch (format) {
    case WireFormat::public_message:
      return PublicMessage{};
    case WireFormat::private_message:
      return PrivateMessage{};
    case WireFormat::welcome:
      return Welcome{};
    case WireFormat::group_info:
      return GroupInfo{};
    case WireFormat::key_package:
      return KeyPackage{};
  }
  return PublicMessage{};
}

Result<void> verify_content(const Suite& suite, const AuthenticatedContent& content, const GroupContext& context,
                            ByteView public_key) {
  return verify_with_label(suite.signature, public_key, "FramedContentTBS",
                           framed_content_tbs(content.wire_format, content.content, context), content.auth.signature);
}

ProposalRef proposal_ref(const Suite& suite, const AuthenticatedContent& content) {
  return {ref_hash_of(suite, "MLS 1.0 Proposal Reference", [&](auto& coder) { coder(content); })};
}

Bytes key_package_ref(const Suite& suite, const KeyPackage& package) {
  return ref_hash_of(suite, "MLS 1.0 KeyPackage Reference", [&](auto& coder) { coder(package); });
}

Bytes confirmed_transcript_hash(const Suite& suite, ByteView interim, const AuthenticatedContent& commit) {
  return to_bytes(hash_described(suite.hash, [&](auto& coder) {
                    coder.raw(interim);
                    coder(commit.wire_format, commit.content, commit.auth.signature);
                  }).view());
}

Bytes interim_transcript_hash(const Suite& suite, ByteView confirmed, const Bytes& confirmation_tag) {
  return to_bytes(hash_described(suite.hash, [&](auto& coder) {
                    coder.raw(confirmed);
                    coder(confirmation_tag);
                  }).view());
}

Result<void> verify_group_info(const Suite& suite, const GroupInfo& info, ByteView signer_key) {
  return verify_with_label(suite.signature, signer_key, "GroupInfoTBS", unsigned_part(info), info.signature);
}

}  // namespace pqc::mls::inline public_part
