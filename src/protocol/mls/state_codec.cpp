// The encoding of a group's state (docs/spec/mls.md §6).
#include "protocol/mls/group_state.h"

namespace pqc::mls {
namespace {

constexpr std::uint8_t state_version = 1;
constexpr std::size_t max_entries = std::size_t{4} * max_leaves;

// Appends; secrets stay in memory that is wiped.
class StateWriter {
 public:
  void put(const auto&... values) { out_.append(encode(values...)); }
  void secret(ByteView bytes) {
    put(static_cast<std::uint32_t>(bytes.size()));
    out_.append(bytes);
  }
  void count(std::size_t number) { put(static_cast<std::uint32_t>(number)); }
  void pair(const hpke::KeyPair& pair) {
    secret(pair.private_key.view());
    secret(pair.public_key);
  }
  SecretBytes take() { return std::move(out_); }

 private:
  SecretBytes out_;
};

class StateReader {
 public:
  explicit StateReader(ByteView bytes) : decoder_(bytes) {}

  Decoder& fields() { return decoder_; }
  ByteView bytes() {
    std::uint32_t size = 0;
    decoder_(size);
    return decoder_.bytes(size);
  }
  SecretBytes secret() { return SecretBytes(bytes()); }
  // Zero after an error, so that loops end.
  std::uint32_t count() {
    std::uint32_t number = 0;
    decoder_(number);
    if (number > max_entries) decoder_.fail();
    return decoder_.good() ? number : 0;
  }
  hpke::KeyPair pair() {
    auto private_key = secret();
    return {std::move(private_key), to_bytes(bytes())};
  }
  bool good() const { return decoder_.good(); }

 private:
  Decoder decoder_;
};

constexpr auto epoch_fields =
    std::array{&EpochSecrets::sender_data_secret,  &EpochSecrets::exporter_secret, &EpochSecrets::external_secret,
               &EpochSecrets::confirmation_key,    &EpochSecrets::membership_key,  &EpochSecrets::resumption_psk,
               &EpochSecrets::epoch_authenticator, &EpochSecrets::init_secret};

void put_ratchet(StateWriter& out, const HashRatchet& ratchet) {
  out.secret(ratchet.secret.view());
  out.put(ratchet.next);
  out.count(ratchet.skipped.size());
  for (const auto& [generation, keys] : ratchet.skipped) {
    out.put(generation);
    out.secret(keys.key.view());
    out.secret(keys.nonce.view());
  }
}

HashRatchet get_ratchet(StateReader& in) {
  HashRatchet out;
  out.secret = in.secret();
  in.fields()(out.next);
  for (auto left = in.count(); left > 0 && in.good(); --left) {
    std::uint32_t generation = 0;
    in.fields()(generation);
    auto key = in.secret();
    out.skipped.emplace(generation, KeyNonce{std::move(key), in.secret()});
  }
  return out;
}

void put_secret_tree(StateWriter& out, const SecretTree::Parts& parts) {
  out.put(parts.width);
  out.count(parts.nodes.size());
  for (const auto& [node, secret] : parts.nodes) {
    out.put(node);
    out.secret(secret.view());
  }
  out.count(parts.senders.size());
  for (const auto& [leaf, sender] : parts.senders) {
    out.put(leaf);
    for (const auto& ratchet : sender.ratchets) put_ratchet(out, ratchet);
  }
}

SecretTree::Parts get_secret_tree(StateReader& in) {
  SecretTree::Parts out;
  in.fields()(out.width);
  for (auto left = in.count(); left > 0 && in.good(); --left) {
    std::uint32_t node = 0;
    in.fields()(node);
    out.nodes.emplace(node, in.secret());
  }
  for (auto left = in.count(); left > 0 && in.good(); --left) {
    std::uint32_t leaf = 0;
    in.fields()(leaf);
    auto& sender = out.senders[leaf];
    for (auto& ratchet : sender.ratchets) ratchet = get_ratchet(in);
  }
  return out;
}

void put_lists(StateWriter& out, const GroupState& state) {
  out.count(state.pending.size());
  for (const auto& pending : state.pending) out.put(pending.ref, pending.sender, pending.proposal);
  out.count(state.own_updates.size());
  for (const auto& pair : state.own_updates) out.pair(pair);
  out.count(state.past.size());
  for (const auto& past : state.past) {
    out.put(past.epoch);
    out.secret(past.resumption_psk.view());
  }
}

void get_lists(StateReader& in, GroupState& state) {
  for (auto left = in.count(); left > 0 && in.good(); --left) {
    auto& pending = state.pending.emplace_back();
    in.fields()(pending.ref, pending.sender, pending.proposal);
  }
  for (auto left = in.count(); left > 0 && in.good(); --left) state.own_updates.push_back(in.pair());
  for (auto left = in.count(); left > 0 && in.good(); --left) {
    auto& past = state.past.emplace_back();
    in.fields()(past.epoch);
    past.resumption_psk = in.secret();
  }
}

std::unexpected<Error> bad_state() {
  return std::unexpected(Error::bad_state);
}

// What the bytes say must fit together.
Result<void> check(GroupState& state) {
  if (!state.tree.well_formed()) return bad_state();
  if (!equal(state.tree.root_hash(), state.context.tree_hash)) return bad_state();
  const auto* leaf = state.tree.leaf(state.self);
  if (leaf == nullptr) return bad_state();
  if (state.standing == Standing::removed) return {};
  const auto& parts = state.secrets.parts();
  if (parts.width != state.tree.width()) return bad_state();
  for (const auto& [node, secret] : parts.nodes) {
    if (node >= node_count(parts.width) || secret.size() != state.suite->secret_size()) return bad_state();
  }
  for (const auto& [sender, ratchets] : parts.senders) {
    if (sender >= parts.width) return bad_state();
  }
  for (const auto& [node, pair] : state.keys.pairs()) {
    if (state.tree.blank({node}) || state.tree.encryption_key({node}) != pair.public_key ||
        pair.private_key.size() != hpke::parameters(state.suite->hpke.kem).private_key) {
      return bad_state();
    }
  }
  return {};
}

}  // namespace

SecretBytes encode_state(const GroupState& state) {
  StateWriter out;
  out.put(state_version, state.suite->number, state.standing, state.context);
  out.secret(state.tree.encode());
  out.put(state.self, state.interim_transcript_hash, state.confirmation_tag);
  out.secret(state.signer->private_key());
  for (const auto field : epoch_fields) out.secret((state.epoch.*field).view());
  out.count(state.keys.pairs().size());
  for (const auto& [node, pair] : state.keys.pairs()) {
    out.put(node);
    out.pair(pair);
  }
  put_secret_tree(out, state.secrets.parts());
  put_lists(out, state);
  out.put(state.reinit);
  return out.take();
}

Result<GroupState> parse_state(ByteView encoded) {
  StateReader in(encoded);
  std::uint8_t version = 0;
  std::uint16_t suite = 0;
  GroupState state;
  in.fields()(version, suite, state.standing, state.context);
  state.suite = find_suite(suite);
  if (!in.good() || version != state_version || state.suite == nullptr) return bad_state();
  auto tree = RatchetTree::decode(state.suite->hash, in.bytes());
  if (!tree) return bad_state();
  state.tree = std::move(*tree);
  in.fields()(state.self, state.interim_transcript_hash, state.confirmation_tag);
  auto signer = SignatureKey::decode(state.suite->signature, in.bytes());
  if (!signer) return bad_state();
  state.signer = std::make_shared<const SignatureKey>(std::move(*signer));
  for (const auto field : epoch_fields) state.epoch.*field = in.secret();
  for (auto left = in.count(); left > 0 && in.good(); --left) {
    std::uint32_t node = 0;
    in.fields()(node);
    state.keys.set({node}, in.pair());
  }
  state.secrets = SecretTree::from_parts(*state.suite, get_secret_tree(in));
  get_lists(in, state);
  in.fields()(state.reinit);
  if (!in.fields().finish()) return bad_state();
  return check(state).transform([&] { return std::move(state); });
}

}  // namespace pqc::mls
