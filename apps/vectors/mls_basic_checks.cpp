#include "crypto/random.h"
#include "mls_checks.h"
#include "protocol/mls/key_schedule.h"
#include "protocol/mls/protection.h"
#include "protocol/mls/secret_tree.h"
#include "protocol/mls/signature_key.h"
#include "protocol/mls_public/hashing.h"
#include "protocol/mls_public/tree_math.h"
#include "wire/reader.h"

namespace pqc::vectors {
namespace {

namespace json = boost::json;

bool same(const SecretBytes& ours, const Bytes& theirs) {
  return equal(ours.view(), theirs);
}

void check_relation(const json::object& from, std::string_view name, std::uint32_t count, auto relation) {
  const auto& list = array_field(from, name);
  expect(list.size() == count, "another number of nodes");
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!list[i].is_null()) expect(relation(mls::NodeIndex{i}).value == list[i].to_number<std::uint32_t>(), name);
  }
}

void check_generation(const mls::SecretTree& tree, std::uint32_t leaf, const json::object& from) {
  const mls::Generation generation{static_cast<std::uint32_t>(number_field(from, "generation"))};
  const auto handshake = tree.look_up({leaf}, mls::RatchetKind::handshake, generation);
  const auto application = tree.look_up({leaf}, mls::RatchetKind::application, generation);
  expect(handshake && application, "no key");
  expect(same(handshake->keys.key, hex_field(from, "handshake_key")) &&
             same(handshake->keys.nonce, hex_field(from, "handshake_nonce")),
         "another handshake key");
  expect(same(application->keys.key, hex_field(from, "application_key")) &&
             same(application->keys.nonce, hex_field(from, "application_nonce")),
         "another application key");
}

void check_signing(const mls::Suite& suite, const json::object& from) {
  crypto::SeededRng rng(1);
  const auto label = text_field(from, "label");
  const auto content = hex_field(from, "content"), public_key = hex_field(from, "pub");
  const auto verify = [&](ByteView signature) {
    return mls::verify_with_label(suite.signature, public_key, label, content, signature).has_value();
  };
  expect(verify(hex_field(from, "signature")), "the signature does not verify");
  const auto key = mls::SignatureKey::decode(suite.signature, signature_private_field(suite, from, "priv"));
  expect(key && equal(key->public_key(), public_key), "another public signature key");
  const auto ours = key->sign_with_label(label, content, rng);
  expect(ours && verify(*ours), "our signature does not verify");
}

void check_encryption(const mls::Suite& suite, const json::object& from) {
  crypto::SeededRng rng(2);
  const auto label = text_field(from, "label");
  const auto context = hex_field(from, "context"), plaintext = hex_field(from, "plaintext");
  const auto pair = hpke::key_pair_of(suite.hpke.kem, kem_private_field(suite, from, "priv"));
  expect(pair && pair->public_key == hex_field(from, "pub"), "another public key");
  const mls::HpkeCiphertext theirs{hex_field(from, "kem_output"), hex_field(from, "ciphertext")};
  const auto opened = mls::decrypt_with_label(suite, *pair, label, context, theirs);
  expect(opened && same(*opened, plaintext), "does not open");
  const auto ours =
      mls::encrypt_with_label(suite, pair->public_key, mls::label_info(suite, label, context).value(), plaintext, rng);
  expect(ours.has_value(), "does not encrypt");
  const auto again = mls::decrypt_with_label(suite, *pair, label, context, *ours);
  expect(again && same(*again, plaintext), "our own does not open");
}

Bytes context_of(const mls::Suite& suite, const json::object& of, const Bytes& group_id, std::uint64_t epoch) {
  return mls::encode(mls::GroupContext{.cipher_suite = suite.number,
                                       .group_id = group_id,
                                       .epoch = {epoch},
                                       .tree_hash = hex_field(of, "tree_hash"),
                                       .confirmed_transcript_hash = hex_field(of, "confirmed_transcript_hash"),
                                       .extensions = {}});
}

void check_epoch(const mls::Suite& suite, const json::object& of, const mls::NewEpoch& ours) {
  const auto& epoch = ours.epoch;
  const std::pair<std::string_view, const SecretBytes*> secrets[]{{"joiner_secret", &ours.joiner.joiner_secret},
                                                                  {"welcome_secret", &ours.joiner.welcome_secret},
                                                                  {"init_secret", &epoch.init_secret},
                                                                  {"sender_data_secret", &epoch.sender_data_secret},
                                                                  {"encryption_secret", &epoch.encryption_secret},
                                                                  {"exporter_secret", &epoch.exporter_secret},
                                                                  {"epoch_authenticator", &epoch.epoch_authenticator},
                                                                  {"external_secret", &epoch.external_secret},
                                                                  {"confirmation_key", &epoch.confirmation_key},
                                                                  {"membership_key", &epoch.membership_key},
                                                                  {"resumption_psk", &epoch.resumption_psk}};
  for (const auto& [name, secret] : secrets) expect(same(*secret, hex_field(of, name)), name);
  const auto external = mls::external_key_pair(suite, epoch);
  expect(external && external->public_key == hex_field(of, "external_pub"), "external_pub");
  const auto& exporter = object_field(of, "exporter");
  const auto exported = mls::export_secret(suite, epoch, text_field(exporter, "label"), hex_field(exporter, "context"),
                                           number_field(exporter, "length"));
  expect(exported && same(*exported, hex_field(exporter, "secret")), "exporter");
}

}  // namespace

bool check_tree_math(const json::object& from) {
  const auto width = static_cast<std::uint32_t>(number_field(from, "n_leaves"));
  const auto count = mls::node_count(width);
  expect(count == number_field(from, "n_nodes"), "n_nodes");
  expect(mls::root(width).value == number_field(from, "root"), "root");
  check_relation(from, "left", count, [](auto node) { return mls::left(node); });
  check_relation(from, "right", count, [](auto node) { return mls::right(node); });
  check_relation(from, "parent", count, [](auto node) { return mls::parent(node); });
  check_relation(from, "sibling", count, [](auto node) { return mls::sibling(node); });
  return true;
}

bool check_vector_header(const json::object& from) {
  const auto header = hex_field(from, "vlbytes_header");
  wire::Reader reader(header);
  const auto length = reader.varint();
  expect(length && reader.done() && *length == number_field(from, "length"), "another length");
  return true;
}

bool check_crypto_basics(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  const auto& ref = object_field(from, "ref_hash");
  expect(mls::ref_hash_of(*suite, text_field(ref, "label"), mls::raw_bytes(hex_field(ref, "value"))) ==
             hex_field(ref, "out"),
         "ref_hash");
  mls::Kdf kdf(*suite);
  const auto& expand = object_field(from, "expand_with_label");
  expect(same(kdf.expand_with_label(hex_field(expand, "secret"), text_field(expand, "label"),
                                    hex_field(expand, "context"), number_field(expand, "length")),
              hex_field(expand, "out")),
         "expand_with_label");
  const auto& derive = object_field(from, "derive_secret");
  expect(same(kdf.derive_secret(hex_field(derive, "secret"), text_field(derive, "label")), hex_field(derive, "out")),
         "derive_secret");
  const auto& tree = object_field(from, "derive_tree_secret");
  const mls::Generation generation{static_cast<std::uint32_t>(number_field(tree, "generation"))};
  expect(same(kdf.derive_tree_secret(hex_field(tree, "secret"), text_field(tree, "label"), generation,
                                     number_field(tree, "length")),
              hex_field(tree, "out")),
         "derive_tree_secret");
  check_signing(*suite, object_field(from, "sign_with_label"));
  check_encryption(*suite, object_field(from, "encrypt_with_label"));
  return true;
}

bool check_secret_tree(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  const auto& sender = object_field(from, "sender_data");
  const auto keys =
      mls::sender_data_keys(*suite, hex_field(sender, "sender_data_secret"), hex_field(sender, "ciphertext"));
  expect(keys && same(keys->key, hex_field(sender, "key")) && same(keys->nonce, hex_field(sender, "nonce")),
         "sender data");
  const auto& leaves = array_field(from, "leaves");
  const mls::SecretTree tree(*suite, mls::width_for(static_cast<std::uint32_t>(leaves.size())),
                             SecretBytes(hex_field(from, "encryption_secret")));
  for (std::uint32_t leaf = 0; leaf < leaves.size(); ++leaf) {
    for (const auto& item : leaves[leaf].as_array()) check_generation(tree, leaf, item.as_object());
  }
  return true;
}

bool check_key_schedule(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  const auto group_id = hex_field(from, "group_id");
  SecretBytes init(hex_field(from, "initial_init_secret"));
  std::uint64_t number = 0;
  for (const auto& item : array_field(from, "epochs")) {
    const auto& of = item.as_object();
    const auto context = context_of(*suite, of, group_id, number++);
    expect(context == hex_field(of, "group_context"), "group_context");
    const auto ours =
        mls::next_epoch(*suite, init.view(), hex_field(of, "commit_secret"), hex_field(of, "psk_secret"), context);
    expect(ours.has_value(), "the key schedule fails");
    check_epoch(*suite, of, *ours);
    init = ours->epoch.init_secret.clone();
  }
  return true;
}

bool check_psk_secret(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  std::vector<mls::Psk> psks;
  for (const auto& item : array_field(from, "psks")) {
    const auto& psk = item.as_object();
    mls::PreSharedKeyId id;
    id.psk_id = hex_field(psk, "psk_id");
    id.nonce = hex_field(psk, "psk_nonce");
    psks.push_back({std::move(id), SecretBytes(hex_field(psk, "psk"))});
  }
  const auto secret = mls::psk_secret(*suite, psks);
  expect(secret && same(*secret, hex_field(from, "psk_secret")), "another secret");
  return true;
}

}  // namespace pqc::vectors
