// Message protection (RFC 9420 §6): signing, the membership MAC, encryption of content and sender data.
//
// Opening a private message gives its content and the change of the secret tree; the caller accepts that change after
// it has verified the signature.
#pragma once

#include "protocol/mls/key_schedule.h"
#include "protocol/mls/secret_tree.h"
#include "protocol/mls/signature_key.h"

namespace pqc::mls {

// Signs. For a commit the confirmation tag is added later, by whoever knows the new epoch.
Result<AuthenticatedContent> sign_content(const SignatureKey& signer, WireFormat format, FramedContent content,
                                          const GroupContext& context, Rng& rng);

// §6.2. Error::refused for application data, which never goes in the open.
Result<PublicMessage> protect_public(const Suite& suite, const AuthenticatedContent& content,
                                     const GroupContext& context, ByteView membership_key);
// Checks the membership tag of members; the signature is the caller's to verify.
Result<AuthenticatedContent> unprotect_public(const Suite& suite, const PublicMessage& message,
                                              const GroupContext& context, ByteView membership_key);

// §6.3. Moves our ratchet; `padding` zero bytes are appended to the content.
Result<PrivateMessage> protect_private(const Suite& suite, const AuthenticatedContent& content, SecretTree& tree,
                                       ByteView sender_data_secret, std::size_t padding, Rng& rng);

struct OpenedPrivate {
  AuthenticatedContent content;
  SecretTree::Candidate used;
};
Result<OpenedPrivate> unprotect_private(const Suite& suite, const PrivateMessage& message, const SecretTree& tree,
                                        ByteView sender_data_secret);

// §6.3.2.
Result<KeyNonce> sender_data_keys(const Suite& suite, ByteView sender_data_secret, ByteView ciphertext);

}  // namespace pqc::mls
