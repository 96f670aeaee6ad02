#include "crypto/random.h"
#include "mls_checks.h"
#include "protocol/mls/protection.h"
#include "protocol/mls/welcome.h"
#include "protocol/mls_public/tree.h"

namespace pqc::vectors {
namespace {

namespace json = boost::json;

template <class T>
T decoded(const Bytes& bytes, std::string_view name) {
  auto value = mls::decode<T>(bytes);
  expect(value.has_value(), std::string(name) + " does not decode");
  expect(mls::encode(*value) == bytes, std::string(name) + " encodes to other bytes");
  return std::move(*value);
}

template <class T>
void round_trip(const json::object& from, std::string_view name) {
  decoded<T>(hex_field(from, name), name);
}

// A message of MLSMessage whose body is a T.
template <class T>
T message_field(const json::object& from, std::string_view name) {
  auto message = decoded<mls::Message>(hex_field(from, name), name);
  auto* body = std::get_if<T>(&message.body);
  expect(body != nullptr, std::string(name) + " is another kind of message");
  return std::move(*body);
}

// The group of a message protection vector, with the member at leaf 1 as sender.
class Fixture {
 public:
  Fixture(const mls::Suite& suite, const json::object& from)
      : suite_(&suite),
        from_(&from),
        signer_(
            mls::SignatureKey::decode(suite.signature, signature_private_field(suite, from, "signature_priv")).value()),
        signer_public_(hex_field(from, "signature_pub")) {}

  void run() {
    check<mls::Proposal>("proposal", mls::decode<mls::Proposal>(hex_field(*from_, "proposal")));
    check<mls::Commit>("commit", mls::decode<mls::Commit>(hex_field(*from_, "commit")));
    check_private<mls::ApplicationData>("application", mls::ApplicationData{hex_field(*from_, "application")});
    const auto open =
        signed_content(mls::WireFormat::public_message, mls::ApplicationData{hex_field(*from_, "application")});
    expect(!mls::protect_public(*suite_, open, context(), membership_key()), "application data goes in the open");
  }

 private:
  mls::GroupContext context() const {
    return {.cipher_suite = suite_->number,
            .group_id = hex_field(*from_, "group_id"),
            .epoch = {number_field(*from_, "epoch")},
            .tree_hash = hex_field(*from_, "tree_hash"),
            .confirmed_transcript_hash = hex_field(*from_, "confirmed_transcript_hash"),
            .extensions = {}};
  }
  Bytes membership_key() const { return hex_field(*from_, "membership_key"); }
  mls::SecretTree tree() const { return {*suite_, 2, SecretBytes(hex_field(*from_, "encryption_secret"))}; }

  mls::AuthenticatedContent signed_content(mls::WireFormat format, mls::ContentBody body) {
    mls::FramedContent content{context().group_id, context().epoch, {mls::SenderType::member, 1}, {}, std::move(body)};
    auto out = mls::sign_content(signer_, format, std::move(content), context(), rng_);
    expect(out.has_value(), "does not sign");
    if (mls::type_of(out->content.body) == mls::ContentType::commit) {
      out->auth.confirmation_tag = Bytes(suite_->secret_size(), 7);
    }
    return std::move(*out);
  }

  void expect_signed(const mls::AuthenticatedContent& content) {
    expect(mls::verify_content(*suite_, content, context(), signer_public_).has_value(), "the signature does not hold");
  }

  template <class T>
  void expect_body(const mls::AuthenticatedContent& content, const T& body) {
    const auto* ours = std::get_if<T>(&content.content.body);
    expect(ours != nullptr && mls::encode(*ours) == mls::encode(body), "another content");
    expect_signed(content);
  }

  template <class T>
  void check_private(std::string_view name, const T& body) {
    const auto open = [&](const mls::PrivateMessage& message) {
      return mls::unprotect_private(*suite_, message, tree(), hex_field(*from_, "sender_data_secret"));
    };
    const auto theirs = open(message_field<mls::PrivateMessage>(*from_, std::string(name) + "_priv"));
    expect(theirs.has_value(), "the private message does not open");
    expect_body(theirs->content, body);
    auto sending = tree();
    const auto ours = mls::protect_private(*suite_, signed_content(mls::WireFormat::private_message, body), sending,
                                           hex_field(*from_, "sender_data_secret"), 32, rng_);
    expect(ours.has_value(), "does not seal");
    const auto back = open(*ours);
    expect(back.has_value(), "our private message does not open");
    expect_body(back->content, body);
  }

  template <class T>
  void check(std::string_view name, const mls::Result<T>& body) {
    expect(body.has_value(), "the content does not decode");
    const auto open = [&](const mls::PublicMessage& message) {
      return mls::unprotect_public(*suite_, message, context(), membership_key());
    };
    const auto theirs = open(message_field<mls::PublicMessage>(*from_, std::string(name) + "_pub"));
    expect(theirs.has_value(), "the membership tag does not hold");
    expect_body(*theirs, *body);
    const auto ours = mls::protect_public(*suite_, signed_content(mls::WireFormat::public_message, *body), context(),
                                          membership_key());
    const auto back = open(*need(ours, "does not protect"));
    expect(back.has_value(), "our membership tag does not hold");
    expect_body(*back, *body);
    check_private<T>(name, *body);
  }

  const mls::Suite* suite_;
  const json::object* from_;
  crypto::SeededRng rng_{3};
  mls::SignatureKey signer_;
  Bytes signer_public_;
};

}  // namespace

bool check_message_protection(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  Fixture(*suite, from).run();
  return true;
}

bool check_transcript_hashes(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  const auto commit = decoded<mls::AuthenticatedContent>(hex_field(from, "authenticated_content"), "content");
  expect(mls::type_of(commit.content.body) == mls::ContentType::commit, "not a commit");
  const auto confirmed =
      mls::confirmed_transcript_hash(*suite, hex_field(from, "interim_transcript_hash_before"), commit);
  expect(confirmed == hex_field(from, "confirmed_transcript_hash_after"), "confirmed_transcript_hash_after");
  expect(mls::interim_transcript_hash(*suite, confirmed, commit.auth.confirmation_tag) ==
             hex_field(from, "interim_transcript_hash_after"),
         "interim_transcript_hash_after");
  mls::EpochSecrets epoch;
  epoch.confirmation_key = SecretBytes(hex_field(from, "confirmation_key"));
  expect(mls::confirmation_tag(*suite, epoch, confirmed) == commit.auth.confirmation_tag, "confirmation tag");
  return true;
}

bool check_messages(const json::object& from) {
  message_field<mls::Welcome>(from, "mls_welcome");
  message_field<mls::GroupInfo>(from, "mls_group_info");
  message_field<mls::KeyPackage>(from, "mls_key_package");
  const auto tree_bytes = hex_field(from, "ratchet_tree");
  const auto tree = mls::RatchetTree::decode(crypto::HashAlg::sha256, tree_bytes);
  expect(tree && tree->encode() == tree_bytes, "ratchet_tree");
  round_trip<mls::GroupSecrets>(from, "group_secrets");
  round_trip<mls::Add>(from, "add_proposal");
  round_trip<mls::Update>(from, "update_proposal");
  round_trip<mls::Remove>(from, "remove_proposal");
  round_trip<mls::PreSharedKey>(from, "pre_shared_key_proposal");
  round_trip<mls::ReInit>(from, "re_init_proposal");
  round_trip<mls::ExternalInit>(from, "external_init_proposal");
  round_trip<mls::GroupContextExtensions>(from, "group_context_extensions_proposal");
  round_trip<mls::Commit>(from, "commit");
  message_field<mls::PublicMessage>(from, "public_message_application");
  message_field<mls::PublicMessage>(from, "public_message_proposal");
  message_field<mls::PublicMessage>(from, "public_message_commit");
  message_field<mls::PrivateMessage>(from, "private_message");
  return true;
}

bool check_welcome(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  const auto package = message_field<mls::KeyPackage>(from, "key_package");
  const auto welcome = message_field<mls::Welcome>(from, "welcome");
  const auto pair = hpke::key_pair_of(suite->hpke.kem, kem_private_field(*suite, from, "init_priv"));
  const auto secrets = mls::open_group_secrets(*suite, welcome, package, *need(pair, "init_priv"));
  expect(secrets.has_value(), "the group secrets do not open");
  const auto psk = mls::psk_secret(*suite, {});
  const auto info = mls::open_group_info(*suite, welcome, secrets->joiner_secret.view(), psk->view());
  expect(info.has_value(), "the group info does not open");
  expect(mls::verify_group_info(*suite, *info, hex_field(from, "signer_pub")).has_value(), "signature");
  const auto epoch =
      mls::epoch_of_joiner(*suite, secrets->joiner_secret.view(), psk->view(), mls::encode(info->group_context));
  expect(mls::confirmation_tag(*suite, need(epoch, "epoch")->epoch, info->group_context.confirmed_transcript_hash) ==
             info->confirmation_tag,
         "confirmation tag");
  return true;
}

}  // namespace pqc::vectors
