// A session for the fuzz target of MLS messages and for the program that makes its first inputs: always the same group
// of two with one external sender, suite 1.
#pragma once

#include <memory>
#include <string_view>

#include "crypto/random.h"
#include "protocol/mls/group_state.h"

namespace pqc::mls::fuzzed {

// What an input's first byte, modulo `count`, has the rest read as.
enum class Reading : std::uint8_t {
  structures,      // every structure: what decodes encodes to the same bytes
  message,         // an encoded message for the second member
  tree,            // a ratchet tree
  welcome,         // an encoded welcome for the second member
  group_info,      // an encoded group info, for someone who joins from outside
  proposal,        // a Proposal that the first member signs and sends, in the open
  commit,          // a Commit that the first member signs and sends, sealed
  sealed_info,     // a GroupInfo that the first member signs, in a welcome
  signed_info,     // a GroupInfo that the first member signs, in the open
  signed_member,   // a KeyPackage that its owner signs, in an Add of the first member
  text,            // application data that the first member signs and seals, with padding of the input's own
  external,        // a Proposal that the external sender signs
  asked,           // a KeyPackage that its owner signs, in a proposal of its own
  joining,         // the Commit of an external commit, which the joiner signs
  sealed_secrets,  // GroupSecrets, sealed to the second member's key package
  sealed_path,     // a path secret, sealed to the second member in a commit of the first
  count,
};

class AcceptAll final : public CredentialPolicy {
 public:
  bool accepts(const Credential&, ByteView) const override { return true; }
  bool accepts_successor(const Credential&, const Credential&) const override { return true; }
  Bytes client_of(const Credential& credential, ByteView) const override { return mls::encode(credential); }
};
class NoPsks final : public PskStore {
 public:
  std::optional<SecretBytes> external(ByteView) const override { return std::nullopt; }
  std::optional<SecretBytes> resumption(ByteView, Epoch) const override { return std::nullopt; }
};

struct Session {
  AcceptAll credentials;
  NoPsks psks;
  crypto::SeededRng rng{1};
  Environment environment{credentials, psks, rng, std::nullopt};
  const Suite& suite = *find_suite(suites::x25519_aes128_ed25519);
  Identity one = identity("one"), two = identity("two"), three = identity("three"), service = identity("service");
  KeyPackageBundle bundle = make_key_package(suite, two, {0, max_lifetime}, {}, rng).value();
  Bytes first, second;  // the members' states
  Bytes welcome;        // of the second

  Session() {
    environment.external_commits = ExternalCommits::all;
    environment.allowed_suites = {suite.number, suites::x_wing_aes256_ml_dsa_87};
    const Extension senders{extension_type::external_senders,
                            encode(ExternalSenders{{{to_bytes(service.signer->public_key()), service.credential}}})};
    auto group = Group::create(suite, {1}, one, {0, max_lifetime}, {senders}, environment).value();
    CommitOptions options;
    options.proposals = {{Add{bundle.package}}};
    auto committed = group.commit(options, environment).value();
    welcome = *committed.welcome;
    first = to_bytes(committed.next.encode().view());
    second = to_bytes(Group::join(welcome, bundle, {}, environment).value().encode().view());
  }
  Identity identity(std::string_view name) {
    return {{credential_type::basic, to_bytes(as_bytes(name)), {}},
            std::make_shared<const SignatureKey>(SignatureKey::generate(suite.signature, rng).value()),
            {}};
  }
};

}  // namespace pqc::mls::fuzzed
