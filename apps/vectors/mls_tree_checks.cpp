#include <map>
#include <optional>

#include "crypto/random.h"
#include "mls_checks.h"
#include "protocol/mls/tree_kem.h"

namespace pqc::vectors {
namespace {

namespace json = boost::json;

mls::RatchetTree tree_of(const mls::Suite& suite, const json::object& from, std::string_view name) {
  const auto bytes = hex_field(from, name);
  auto tree = mls::RatchetTree::decode(suite.hash, bytes);
  expect(tree.has_value(), "the tree does not decode");
  expect(tree->encode() == bytes, "the tree encodes to other bytes");
  return std::move(*tree);
}

struct Member {
  mls::TreeKeys keys;
  std::optional<mls::SignatureKey> signer;
};

class TreeKem {
 public:
  TreeKem(const mls::Suite& suite, const json::object& from)
      : suite_(&suite), from_(&from), tree_(tree_of(suite, from, "ratchet_tree")) {
    for (const auto& item : array_field(from, "leaves_private")) add_member(item.as_object());
  }

  void run() {
    for (const auto& item : array_field(*from_, "update_paths")) {
      check_path(item.as_object());
      check_own_path({static_cast<std::uint32_t>(number_field(item.as_object(), "sender"))});
    }
  }

 private:
  void add_member(const json::object& of) {
    const mls::LeafIndex leaf{static_cast<std::uint32_t>(number_field(of, "index"))};
    auto& member = members_[leaf.value];
    auto signer = mls::SignatureKey::decode(suite_->signature, signature_private_field(*suite_, of, "signature_priv"));
    member.signer.emplace(std::move(signer.value()));
    auto pair = hpke::key_pair_of(suite_->hpke.kem, kem_private_field(*suite_, of, "encryption_priv"));
    expect(pair && pair->public_key == tree_.encryption_key(mls::node_of(leaf)), "encryption_priv");
    member.keys.set(mls::node_of(leaf), std::move(*pair));
    for (const auto& item : array_field(of, "path_secrets")) {
      const auto& known = item.as_object();
      const mls::NodeIndex node{static_cast<std::uint32_t>(number_field(known, "node"))};
      const auto implanted = member.keys.implant(*suite_, tree_, {node}, SecretBytes(hex_field(known, "path_secret")));
      expect(implanted.has_value(), "a path secret does not fit the tree");
    }
  }

  Bytes context(ByteView tree_hash) const {
    return mls::encode(mls::GroupContext{.cipher_suite = suite_->number,
                                         .group_id = hex_field(*from_, "group_id"),
                                         .epoch = {number_field(*from_, "epoch")},
                                         .tree_hash = to_bytes(tree_hash),
                                         .confirmed_transcript_hash = hex_field(*from_, "confirmed_transcript_hash"),
                                         .extensions = {}});
  }

  // Every other member takes the path; `learnt` are the secrets that the vector names.
  void everyone_decrypts(mls::LeafIndex sender, const mls::UpdatePath& path, ByteView commit_secret,
                         const json::array* learnt, ByteView tree_hash_after) {
    auto tree = tree_;
    const auto steps = mls::merge_path(*suite_, tree, sender, path);
    expect(steps.has_value(), "the path does not merge");
    if (learnt != nullptr) expect(equal(tree.root_hash(), tree_hash_after), "tree_hash_after");
    const auto group_context = context(tree.root_hash());
    for (const auto& [leaf, member] : members_) {
      if (leaf == sender.value) continue;
      auto keys = member.keys.clone();
      keys.prune(tree);
      const auto got = mls::decrypt_path(*suite_, tree, keys, {leaf}, *steps, path, {}, group_context);
      expect(got.has_value(), "a member cannot decrypt the path");
      if (learnt != nullptr) expect(equal(got->path_secret.view(), hex_of((*learnt)[leaf])), "path_secrets");
      expect(equal(got->commit_secret.view(), commit_secret), "commit_secret");
    }
  }

  void check_path(const json::object& of) {
    const auto bytes = hex_field(of, "update_path");
    const auto path = mls::decode<mls::UpdatePath>(bytes);
    expect(path && mls::encode(*path) == bytes, "update_path");
    const auto& learnt = array_field(of, "path_secrets");
    everyone_decrypts({static_cast<std::uint32_t>(number_field(of, "sender"))}, *path, hex_field(of, "commit_secret"),
                      &learnt, hex_field(of, "tree_hash_after"));
  }

  void check_own_path(mls::LeafIndex sender) {
    auto tree = tree_;
    const auto& member = members_.at(sender.value);
    auto keys = member.keys.clone();
    const auto made = mls::create_path(
        *suite_, tree, keys, sender, *tree_.leaf(sender), *member.signer, hex_field(*from_, "group_id"), {},
        [&](ByteView tree_hash) { return context(tree_hash); }, rng_);
    expect(made.has_value(), "makes no path");
    everyone_decrypts(sender, made->path, made->commit_secret.view(), nullptr, {});
  }

  const mls::Suite* suite_;
  const json::object* from_;
  mls::RatchetTree tree_;
  std::map<std::uint32_t, Member> members_;
  crypto::SeededRng rng_{4};
};

}  // namespace

bool check_tree_operations(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  auto tree = tree_of(*suite, from, "tree_before");
  expect(equal(tree.root_hash(), hex_field(from, "tree_hash_before")), "tree_hash_before");
  const auto proposal = mls::decode<mls::Proposal>(hex_field(from, "proposal"));
  expect(proposal.has_value(), "the proposal does not decode");
  if (const auto* add = std::get_if<mls::Add>(&proposal->body)) {
    expect(tree.add(add->key_package.leaf_node).has_value(), "add");
  } else if (const auto* update = std::get_if<mls::Update>(&proposal->body)) {
    tree.update({static_cast<std::uint32_t>(number_field(from, "proposal_sender"))}, update->leaf_node);
  } else if (const auto* remove = std::get_if<mls::Remove>(&proposal->body)) {
    tree.remove(remove->removed);
  }
  expect(tree.encode() == hex_field(from, "tree_after"), "tree_after");
  expect(equal(tree.root_hash(), hex_field(from, "tree_hash_after")), "tree_hash_after");
  return true;
}

bool check_tree_validation(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  auto tree = tree_of(*suite, from, "tree");
  const auto& hashes = array_field(from, "tree_hashes");
  const auto& resolutions = array_field(from, "resolutions");
  expect(hashes.size() == mls::node_count(tree.width()), "another number of nodes");
  for (std::uint32_t n = 0; n < hashes.size(); ++n) {
    expect(equal(tree.hash({n}), hex_of(hashes[n])), "tree_hashes");
    std::vector<std::uint32_t> theirs;
    for (const auto& node : resolutions[n].as_array()) theirs.push_back(node.to_number<std::uint32_t>());
    std::vector<std::uint32_t> ours;
    for (const auto node : tree.resolution({n})) ours.push_back(node.value);
    expect(ours == theirs, "resolutions");
  }
  expect(tree.verify_integrity().has_value(), "parent hashes");
  const auto group_id = hex_field(from, "group_id");
  for (std::uint32_t i = 0; i < tree.width(); ++i) {
    const auto* leaf = tree.leaf({i});
    if (leaf == nullptr) continue;
    expect(mls::verify_with_label(suite->signature, leaf->signature_key, "LeafNodeTBS",
                                  mls::leaf_node_tbs(*leaf, group_id, {i}), leaf->signature)
               .has_value(),
           "leaf signature");
  }
  return true;
}

bool check_tree_kem(const json::object& from) {
  const auto* suite = suite_of(from);
  if (suite == nullptr) return false;
  TreeKem(*suite, from).run();
  return true;
}

}  // namespace pqc::vectors
