#include "mls_groups.h"

#include <ctime>
#include <string>
#include <thread>

#include "crypto/random.h"
#include "support/thread_executor.h"

namespace pqc::mls::benched {
namespace {

// Account, device and a composite signature (docs/spec/mls.md §3).
constexpr std::size_t product_credential_size = 4'735;

struct Member {
  KeyPackage package;
  Bytes signature_key;  // private; an expanded one would take 100 kB
};

std::vector<Member> make_members(const Suite& suite, std::size_t count, KeyPackageBundle& last) {
  std::vector<Member> out(count);
  const test::ThreadExecutor threads(std::thread::hardware_concurrency());
  threads.run(count, [&](std::size_t i) {
    crypto::SeededRng rng(1'000 + i);
    auto bundle = make_key_package(suite, identity(suite, i + 1, rng), forever, {}, rng).value();
    out[i] = {bundle.package, to_bytes(bundle.signer->private_key())};
    if (i + 1 == count) last = std::move(bundle);
  });
  return out;
}

// A public key of the right form. Of X-Wing's, the last bytes are the matrix's seed and an X25519 key, of the others
// here all of it: any bytes will do.
Bytes key_of_nobody(const Bytes& like, Rng& rng) {
  auto out = like;
  rng.fill(ByteSpan(out).last(std::min<std::size_t>(out.size(), 64)));
  return out;
}

// The public side of a commit of the member at `at`.
void commit_publicly(const Suite& suite, GroupState& state, LeafIndex at, const Member& member) {
  auto& rng = environment().rng;
  auto leaf = *state.tree.leaf(at);
  const auto path = state.tree.filtered_direct_path(at);
  std::vector<Bytes> keys;
  for (std::size_t i = 0; i < path.size(); ++i) keys.push_back(key_of_nobody(leaf.encryption_key, rng));
  leaf.encryption_key = key_of_nobody(leaf.encryption_key, rng);
  leaf.source = LeafNodeSource::commit;
  leaf.parent_hash = state.tree.set_path(at, path, keys);
  const auto signer = SignatureKey::decode(suite.signature, member.signature_key).value();
  if (!sign_leaf(leaf, signer, state.context.group_id, at, rng)) std::abort();
  state.tree.set_leaf(at, std::move(leaf));
}

// Makes a state that of the member at another leaf, whose keys we made, for as long as this object lives: it may commit
// like one who was welcomed, without the cost of joining.
class StandIn {
 public:
  StandIn(GroupState& state, LeafIndex leaf, const KeyPackageBundle& bundle)
      : state_(&state), self_(state.self), keys_(std::move(state.keys)), signer_(state.signer) {
    state.self = leaf;
    state.keys = {};
    state.keys.set(node_of(leaf), {bundle.leaf_pair.private_key.clone(), bundle.leaf_pair.public_key});
    state.signer = bundle.signer;
  }
  ~StandIn() {
    state_->self = self_;
    state_->keys = std::move(keys_);
    state_->signer = signer_;
  }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

 private:
  GroupState* state_;
  LeafIndex self_;
  TreeKeys keys_;
  std::shared_ptr<const SignatureKey> signer_;
};

// The member at a leaf commits and the creator follows; answers that member.
Group commit_as(Group& creator, LeafIndex leaf, const KeyPackageBundle& bundle) {
  CommitOptions open;
  open.framing.format = WireFormat::public_message;
  auto committed = [&] {
    const StandIn stand_in(creator.mutable_state(), leaf, bundle);
    return creator.commit(open, environment()).value();
  }();
  if (!creator.process(committed.message, environment())) std::abort();
  return std::move(committed.next);
}

}  // namespace

double processor_us() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

const Environment& environment() {
  static const AcceptAll policy;
  static const NoPsks psks;
  static crypto::SeededRng rng(1);
  static const Environment one = [] {
    Environment out{policy, psks, rng, std::nullopt};
    out.allowed_suites.clear();
    for (const auto& suite : all_suites()) out.allowed_suites.push_back(suite.number);
    return out;
  }();
  return one;
}

Identity identity(const Suite& suite, std::size_t number, Rng& rng) {
  auto name = to_bytes(as_bytes(std::to_string(number)));
  if (suite.number == suites::x_wing_aes256_ml_dsa_87) name.resize(product_credential_size);
  return {{credential_type::basic, std::move(name), {}},
          std::make_shared<const SignatureKey>(SignatureKey::generate(suite.signature, rng).value()),
          {}};
}

Sample make_sample(const Suite& suite, std::size_t size, const Look& look) {
  auto& rng = environment().rng;
  auto creator = Group::create(suite, {1}, identity(suite, 0, rng), forever, {}, environment()).value();
  KeyPackageBundle last_bundle, newest = make_key_package(suite, identity(suite, size, rng), forever, {}, rng).value();
  const auto members = make_members(suite, size - 1, last_bundle);
  CommitOptions all;
  for (const auto& member : members) all.proposals.push_back({Add{member.package}});
  look(creator, all);
  creator = std::move(creator.commit(all, environment()).value().next);
  auto& state = creator.mutable_state();
  for (std::size_t leaf = 2; leaf + 1 < size; leaf += 2) {
    commit_publicly(suite, state, {static_cast<std::uint32_t>(leaf)}, members[leaf - 1]);
  }
  state.keys.prune(state.tree);
  state.context.tree_hash = to_bytes(state.tree.root_hash());
  creator = std::move(creator.commit({}, environment()).value().next);
  auto last = commit_as(creator, {static_cast<std::uint32_t>(size - 1)}, last_bundle);
  CommitOptions add;
  add.proposals = {{Add{newest.package}}};
  auto welcome = *creator.commit(add, environment())->welcome;
  return {std::move(creator), std::move(last), std::move(newest), std::move(welcome)};
}

}  // namespace pqc::mls::benched
