#include <map>

#include "crypto/random.h"
#include "mls_checks.h"
#include "protocol/mls/group.h"

namespace pqc::vectors {
namespace {

namespace json = boost::json;

class AcceptAll final : public mls::CredentialPolicy {
 public:
  bool accepts(const mls::Credential&, ByteView) const override { return true; }
  bool accepts_successor(const mls::Credential&, const mls::Credential&) const override { return true; }
  // The vectors' members are told apart by their keys.
  Bytes client_of(const mls::Credential&, ByteView signature_key) const override { return to_bytes(signature_key); }
};

class GivenPsks final : public mls::PskStore {
 public:
  explicit GivenPsks(const json::object& from) {
    for (const auto& item : array_field(from, "external_psks")) {
      const auto& psk = item.as_object();
      psks_[hex_field(psk, "psk_id")] = hex_field(psk, "psk");
    }
  }
  std::optional<SecretBytes> external(ByteView psk_id) const override {
    const auto found = psks_.find(to_bytes(psk_id));
    if (found == psks_.end()) return std::nullopt;
    return SecretBytes(ByteView(found->second));
  }
  std::optional<SecretBytes> resumption(ByteView, mls::Epoch) const override { return std::nullopt; }

 private:
  std::map<Bytes, Bytes> psks_;
};

mls::KeyPackageBundle bundle_of(const mls::Suite& suite, const json::object& from) {
  auto message = mls::decode<mls::Message>(hex_field(from, "key_package"));
  expect(message && std::holds_alternative<mls::KeyPackage>(message->body), "key_package");
  auto& package = std::get<mls::KeyPackage>(message->body);
  auto init = hpke::key_pair_of(suite.hpke.kem, kem_private_field(suite, from, "init_priv"));
  expect(init && init->public_key == package.init_key, "init_priv");
  auto leaf = hpke::key_pair_of(suite.hpke.kem, kem_private_field(suite, from, "encryption_priv"));
  expect(leaf && leaf->public_key == package.leaf_node.encryption_key, "encryption_priv");
  auto signer = mls::SignatureKey::decode(suite.signature, signature_private_field(suite, from, "signature_priv"));
  expect(signer && equal(signer->public_key(), package.leaf_node.signature_key), "signature_priv");
  return {std::move(package), std::move(*init), std::move(*leaf),
          std::make_shared<const mls::SignatureKey>(std::move(*signer))};
}

void process(mls::Group& group, const json::value& message, const mls::Environment& environment,
             std::string_view what) {
  const auto event = group.process(hex_of(message), environment);
  expect(event.has_value(),
         std::string(what) + " is refused: " + std::string(event ? std::string_view() : mls::to_string(event.error())));
}

}  // namespace

bool check_passive_client(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  const AcceptAll credentials;
  const GivenPsks psks(from);
  crypto::SeededRng rng(5);
  mls::Environment environment{credentials, psks, rng, std::nullopt};
  environment.external_commits = mls::ExternalCommits::all;
  environment.allowed_suites.clear();
  for (const auto& one : mls::all_suites()) environment.allowed_suites.push_back(one.number);
  const auto bundle = bundle_of(*suite, from);
  mls::JoinOptions options;
  if (const auto& tree = from.at("ratchet_tree"); !tree.is_null()) options.tree = hex_of(tree);
  auto joined = mls::Group::join(hex_field(from, "welcome"), bundle, options, environment);
  expect(joined.has_value(),
         "the welcome is refused: " + std::string(joined ? std::string_view() : mls::to_string(joined.error())));
  auto group = std::move(*joined);
  expect(equal(group.epoch_authenticator(), hex_field(from, "initial_epoch_authenticator")),
         "initial_epoch_authenticator");
  for (const auto& item : array_field(from, "epochs")) {
    const auto& epoch = item.as_object();
    for (const auto& proposal : array_field(epoch, "proposals")) process(group, proposal, environment, "a proposal");
    process(group, epoch.at("commit"), environment, "a commit");
    expect(equal(group.epoch_authenticator(), hex_field(epoch, "epoch_authenticator")), "epoch_authenticator");
    const auto stored = group.encode();
    auto again = mls::Group::parse(stored.view());
    expect(again && equal(again->encode().view(), stored.view()), "the stored state comes back as another");
    group = std::move(*again);
  }
  return true;
}

}  // namespace pqc::vectors
