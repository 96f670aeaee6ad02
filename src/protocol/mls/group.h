// A group as one of its members sees it (RFC 9420). Pure: no I/O and no clock; randomness, time, pre-shared keys and
// the judgement of credentials come in through the Environment.
//
//    Group::create ──┐                     ┌── commit() ──> Committed{message, welcome, next}
//    Group::join ────┼──> Group (epoch n) ─┤                   the delivery service took it: next (epoch n+1)
//    join_external ──┘        ^            └── process(commit of another) ──> epoch n+1, in place
//                             └── propose, seal, process(proposal, application): the same epoch
//
// Invariants. Nothing changes before a message is authenticated: an operation that fails leaves the encoded state byte
// for byte as it was. A message key is used once. The caller stores encode() before anything that an operation made is
// sent, and before it tells of anything received. Of the commits that members make at once the delivery service lets
// one through: whoever made another drops its `next` and processes that one.
//
// A Group serves one thread at a time; different groups are independent. A moved-from Group may only be destroyed or
// assigned to.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "protocol/mls/key_package.h"
#include "protocol/mls_public/leaf_validation.h"
#include "protocol/mls_public/tree.h"

namespace pqc::mls {

struct GroupState;
class Group;

// Pre-shared keys that the application holds, and resumption secrets of its other groups.
class PskStore {
 public:
  virtual ~PskStore() = default;
  [[nodiscard]] virtual std::optional<SecretBytes> external(ByteView psk_id) const = 0;
  [[nodiscard]] virtual std::optional<SecretBytes> resumption(ByteView group_id, Epoch epoch) const = 0;
};

// Which external commits members follow (docs/spec/mls.md §4). Whoever holds a GroupInfo can make one.
enum class ExternalCommits : std::uint8_t {
  none,
  resync,  // those that replace a leaf of the same client
  all,     // those of anyone whose credential is accepted too
};

struct Environment {
  const CredentialPolicy& credentials;
  const PskStore& psks;
  Rng& rng;
  std::optional<std::uint64_t> now;    // seconds since 1970; without it lifetimes are not looked at
  const Executor* executor = nullptr;  // spreads the checks of leaves and key packages; without it there is one thread
  // Members of one group must have the same here, or they part.
  ExternalCommits external_commits = ExternalCommits::resync;
  // Of groups that we create, join or continue, and that a ReInit may name.
  std::vector<std::uint16_t> allowed_suites{suites::x_wing_aes256_ml_dsa_87};

  [[nodiscard]] bool allows(const Suite& suite) const {
    return std::ranges::find(allowed_suites, suite.number) != allowed_suites.end();
  }
};

// How a message is framed. Commits and proposals may go in the open, for a delivery service that reads them.
struct Framing {
  WireFormat format = WireFormat::private_message;
  Bytes authenticated_data;
  std::size_t padding = 0;  // zero bytes behind the content
};

struct CommitOptions {
  std::vector<Proposal> proposals;   // by value; the pending ones go by reference
  bool include_pending = true;       // those that members proposed
  std::vector<ProposalRef> named;    // waiting ones that go in too: what came from outside goes in only so
  bool force_path = true;            // an update path even where none is required
  bool tree_in_welcome = true;       // else newcomers need tree() from elsewhere
  std::optional<Identity> identity;  // a new credential or signature key for our leaf
  Framing framing;
};

struct Committed;

// What comes from outside (`sender` is no member) waits until a commit names it or drop() forgets it.
struct ProposalReceived {
  Sender sender;
  ProposalRef ref;
  Proposal proposal;
};
struct ApplicationReceived {
  LeafIndex sender;
  Bytes data;
  Bytes authenticated_data;
};
struct CommitReceived {
  Sender sender;
  Epoch epoch;           // the new one
  bool removed = false;  // we were
  std::vector<LeafIndex> added;
};
using Event = std::variant<ProposalReceived, ApplicationReceived, CommitReceived>;

struct JoinOptions {
  std::optional<Bytes> tree;      // where the welcome does not bring it
  const Group* parent = nullptr;  // the group that was branched or reinitialised: the welcome must continue it
};

class Group {
 public:
  ~Group();
  Group(Group&&) noexcept;
  Group& operator=(Group&&) noexcept;

  // RFC 9420 §11: a group of one. Errors: limit, credential, invalid_list, invalid_leaf, not_allowed, backend.
  static Result<Group> create(const Suite& suite, Bytes group_id, const Identity& identity, Lifetime lifetime,
                              std::vector<Extension> extensions, const Environment& environment);
  // RFC 9420 §12.4.3.1. `welcome` is an encoded MLSMessage. Whether we are in a group of this id already is the
  // caller's to see.
  // Errors: not_for_us, unknown_suite, not_allowed, unknown_psk, refused, invalid_tree, invalid_leaf, credential,
  // malformed, limit.
  static Result<Group> join(ByteView welcome, const KeyPackageBundle& bundle, const JoinOptions& options,
                            const Environment& environment);

  // The state as docs/spec/mls.md §6 has it; secret, for an encrypted store only.
  [[nodiscard]] SecretBytes encode() const;
  static Result<Group> parse(ByteView encoded);

  // Each answers an encoded MLSMessage. Errors: removed, invalid_list, limit, backend.
  Result<Bytes> propose(Proposal proposal, const Framing& framing, const Environment& environment);
  // An Update of our own leaf, with a new credential or signature key where `identity` has one.
  Result<Bytes> propose_update(const std::optional<Identity>& identity, const Framing& framing,
                               const Environment& environment);
  // Forgets a waiting proposal that came from outside; a commit of another that refers to it is read after it was
  // handed in again. Error::unknown_proposal where none of outside waits under this name.
  Result<void> drop(const ProposalRef& ref);
  // Changes nothing but the place in our handshake ratchet.
  Result<Committed> commit(const CommitOptions& options, const Environment& environment);
  Result<Bytes> seal(ByteView data, ByteView authenticated_data, std::size_t padding, const Environment& environment);
  // Any message of the group. A commit makes this object the member of the next epoch.
  // Errors: all but not_for_us and bad_state.
  Result<Event> process(ByteView message, const Environment& environment);

  // RFC 9420 §8.5.
  [[nodiscard]] Result<SecretBytes> export_secret(std::string_view label, ByteView context, std::size_t length) const;
  // An encoded MLSMessage with a signed GroupInfo, for those who join by external commit.
  [[nodiscard]] Result<Bytes> group_info(bool with_tree, const Environment& environment) const;
  [[nodiscard]] ByteView epoch_authenticator() const;
  [[nodiscard]] ByteView resumption_psk() const;

  [[nodiscard]] const Suite& suite() const;
  [[nodiscard]] const GroupContext& context() const;
  [[nodiscard]] const RatchetTree& tree() const;
  [[nodiscard]] LeafIndex self() const;
  [[nodiscard]] bool active() const;
  [[nodiscard]] std::size_t pending_proposals() const;
  // The ReInit that closed the group.
  [[nodiscard]] const std::optional<ReInit>& reinit() const;

  // For this folder.
  explicit Group(GroupState state);
  [[nodiscard]] GroupState& mutable_state() { return *state_; }

 private:
  std::unique_ptr<GroupState> state_;
};

struct Committed {
  Bytes message;
  std::optional<Bytes> welcome;
  Group next;  // once the delivery service has taken the message
};

struct ExternalJoinOptions {
  std::optional<Bytes> tree;          // where the group info does not bring it
  std::optional<LeafIndex> replaces;  // an old leaf of ours ("resync")
  std::vector<PreSharedKeyId> psks;
  Bytes authenticated_data;
};

struct ExternallyJoined {
  Bytes message;
  Group group;  // once the delivery service has taken the message
};

// RFC 9420 §12.4.3.2. `group_info` is an encoded MLSMessage that a member published.
Result<ExternallyJoined> join_external(ByteView group_info, const Identity& identity,
                                       const ExternalJoinOptions& options, const Environment& environment);

// Names for the proposal PreSharedKey, each with a nonce of its own (RFC 9420 §8.4): whoever proposes the same secret
// again names it anew. A resumption secret is of usage `application`.
PreSharedKeyId name_external_psk(const Suite& suite, Bytes psk_id, Rng& rng);
PreSharedKeyId name_resumption_psk(const Suite& suite, Bytes group_id, Epoch epoch, Rng& rng);

// RFC 9420 §12.1.8: proposals from outside, in the open. By an entry of the extension external_senders, or by someone
// who asks to be added.
Result<Bytes> propose_external(const Suite& suite, ByteView group_id, Epoch epoch, Proposal proposal,
                               std::uint32_t sender_index, const SignatureKey& signer, Rng& rng);
Result<Bytes> propose_own_add(const Suite& suite, ByteView group_id, Epoch epoch, const KeyPackageBundle& bundle,
                              Rng& rng);

// RFC 9420 §11.2, §11.3: the first commit of a group that continues `parent` after its ReInit, or branches off it. The
// members are those of the key packages; `self` is a new leaf of ours.
Result<Committed> continue_group(const Group& parent, PskUsage usage, Bytes group_id, const Identity& self,
                                 Lifetime lifetime, const std::vector<KeyPackage>& members,
                                 const Environment& environment);

}  // namespace pqc::mls
