// MLS: every structure that comes from outside decodes or is refused, and encodes to the same bytes; a member given
// any message takes it or stays as it was; any welcome, group info and tree is judged without harm. What only a member
// can send is signed and sealed here, so that the rules behind the signature are reached too.
//
// The first byte says as what the rest is read (mls_session.h).
#include <algorithm>
#include <cstdlib>

#include "mls_session.h"
#include "protocol/mls/protection.h"
#include "protocol/mls/welcome.h"

namespace pqc::mls::fuzzed {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

Session& session() {
  static Session one;
  return one;
}

template <class T>
void round_trip(ByteView bytes) {
  if (const auto value = decode<T>(bytes)) require(encode(*value) == to_bytes(bytes));
}

void structures(ByteView bytes) {
  round_trip<Message>(bytes);
  round_trip<AuthenticatedContent>(bytes);
  round_trip<Proposal>(bytes);
  round_trip<Commit>(bytes);
  round_trip<UpdatePath>(bytes);
  round_trip<KeyPackage>(bytes);
  round_trip<GroupInfo>(bytes);
  round_trip<GroupSecrets>(bytes);
  round_trip<Welcome>(bytes);
  round_trip<RequiredCapabilities>(bytes);
  round_trip<ExternalSenders>(bytes);
}

// Taken, or refused with the state as it was; and what was taken can be stored and goes on.
void process(ByteView message) {
  auto& with = session();
  auto group = Group::parse(with.second).value();
  if (!group.process(message, with.environment)) return require(equal(group.encode().view(), with.second));
  require(Group::parse(group.encode().view()).has_value());
  if (group.active()) require(group.seal({}, {}, 0, with.environment).has_value());
}

void tree(ByteView bytes) {
  auto decoded = RatchetTree::decode(crypto::HashAlg::sha256, bytes);
  if (!decoded) return;
  require(decoded->encode() == to_bytes(bytes));
  std::ignore = decoded->root_hash();
  std::ignore = decoded->verify_integrity();
  if (!decoded->well_formed()) return;
  for (std::uint32_t i = 0; i < std::min(decoded->width(), 8U); ++i) std::ignore = decoded->filtered_direct_path({i});
}

// A commit's confirmation tag is whatever: nobody knows what it should be.
AuthenticatedContent signed_content(const GroupState& state, Sender sender, ContentBody body, WireFormat format,
                                    const SignatureKey& signer) {
  FramedContent framed{state.context.group_id, state.context.epoch, sender, {}, std::move(body)};
  auto content = sign_content(signer, format, std::move(framed), state.context, session().rng).value();
  content.auth.confirmation_tag = Bytes(32);
  return content;
}

// In the open, as this sender would send it.
void send_openly(Sender sender, ContentBody body, const SignatureKey& signer) {
  auto& with = session();
  auto group = Group::parse(with.first).value();
  const auto& state = group.mutable_state();
  const auto content = signed_content(state, sender, std::move(body), WireFormat::public_message, signer);
  const auto& key = state.epoch.membership_key;
  process(encode(Message{protect_public(with.suite, content, state.context, key.view()).value()}));
}

// As the first member would send it.
void send(ContentBody body, WireFormat format, std::size_t padding = 0) {
  auto& with = session();
  const Sender first{SenderType::member, 0};
  if (format == WireFormat::public_message) return send_openly(first, std::move(body), *with.one.signer);
  auto group = Group::parse(with.first).value();
  auto& state = group.mutable_state();
  const auto content = signed_content(state, first, std::move(body), format, *with.one.signer);
  process(encode(Message{
      protect_private(with.suite, content, state.secrets, state.epoch.sender_data_secret.view(), padding, with.rng)
          .value()}));
}

template <class T>
void send_as(ByteView bytes, WireFormat format) {
  if (auto body = decode<T>(bytes)) send(std::move(*body), format);
}

template <class T>
std::optional<T> signed_by(const SignatureKey& signer, std::string_view label, ByteView bytes) {
  auto value = decode<T>(bytes);
  if (!value) return std::nullopt;
  value->signature = signer.sign_with_label(label, unsigned_part(*value), session().rng).value();
  return std::move(*value);
}

void sealed_info(ByteView bytes) {
  auto& with = session();
  const auto info = signed_by<GroupInfo>(*with.one.signer, "GroupInfoTBS", bytes);
  if (!info) return;
  const JoinerSecrets secrets{SecretBytes(32), welcome_secret(with.suite, Bytes(32), Bytes(32)).value()};
  std::vector<Newcomer> newcomers;
  newcomers.push_back({&with.bundle.package, std::nullopt});
  const auto welcome = seal_welcome(with.suite, *info, secrets, newcomers, {}, with.rng).value();
  std::ignore = Group::join(encode(Message{welcome}), with.bundle, {}, with.environment);
}

void signed_info(ByteView bytes) {
  auto& with = session();
  const auto info = signed_by<GroupInfo>(*with.one.signer, "GroupInfoTBS", bytes);
  if (info) std::ignore = join_external(encode(Message{*info}), with.two, {}, with.environment);
}

const Identity& owner() {
  static const auto one = session().identity("owner");
  return one;
}

std::optional<KeyPackage> owned_package(ByteView bytes) {
  auto package = decode<KeyPackage>(bytes);
  if (!package) return std::nullopt;
  package->leaf_node.signature_key = to_bytes(owner().signer->public_key());
  if (!sign_leaf(package->leaf_node, *owner().signer, {}, {}, session().rng)) return std::nullopt;
  return signed_by<KeyPackage>(*owner().signer, "KeyPackageTBS", encode(*package));
}

void signed_member(ByteView bytes) {
  if (const auto package = owned_package(bytes)) send(Proposal{Add{*package}}, WireFormat::public_message);
}

void asked(ByteView bytes) {
  const auto package = owned_package(bytes);
  if (package) send_openly({SenderType::new_member_proposal, 0}, Proposal{Add{*package}}, *owner().signer);
}

void external(ByteView bytes) {
  if (auto proposal = decode<Proposal>(bytes)) {
    send_openly({SenderType::external, 0}, std::move(*proposal), *session().service.signer);
  }
}

// The leaf is signed for the place that the joiner would have.
void joining(ByteView bytes) {
  auto& with = session();
  auto commit = decode<Commit>(bytes);
  if (!commit) return;
  if (commit->path) {
    auto& leaf = commit->path->leaf_node;
    leaf.signature_key = to_bytes(owner().signer->public_key());
    const bool replaces = commit->proposals.size() > 1;
    if (!sign_leaf(leaf, *owner().signer, Bytes{1}, {replaces ? 1U : 2U}, with.rng)) return;
  }
  send_openly({SenderType::new_member_commit, 0}, std::move(*commit), *owner().signer);
}

void text(ByteView bytes) {
  send(ApplicationData{to_bytes(bytes)}, WireFormat::private_message, bytes.empty() ? 0 : bytes.front());
}

// The welcome is the session's, but for the secrets of its newcomer.
void sealed_secrets(ByteView bytes) {
  auto& with = session();
  auto welcome = std::get<Welcome>(decode<Message>(with.welcome)->body);
  const auto info = label_info(with.suite, "Welcome", welcome.encrypted_group_info);
  welcome.secrets.front().encrypted_group_secrets =
      encrypt_with_label(with.suite, with.bundle.package.init_key, *info, bytes, with.rng).value();
  std::ignore = Group::join(encode(Message{welcome}), with.bundle, {}, with.environment);
}

// A commit of the first member, made for the epoch as it is but for what its path encrypts.
void sealed_path(ByteView bytes) {
  auto& with = session();
  auto group = Group::parse(with.first).value();
  CommitOptions options;
  options.framing.format = WireFormat::public_message;
  const auto made = group.commit(options, with.environment).value();
  auto commit = std::get<Commit>(std::get<PublicMessage>(decode<Message>(made.message)->body).content.body);
  auto context = made.next.context();
  context.confirmed_transcript_hash = group.context().confirmed_transcript_hash;
  const auto info = label_info(with.suite, "UpdatePathNode", encode(context));
  const auto& to = group.tree().leaf({1})->encryption_key;
  commit.path->nodes.front().encrypted_path_secret.front() =
      encrypt_with_label(with.suite, to, *info, bytes, with.rng).value();
  send(std::move(commit), WireFormat::private_message);
}

void read(Reading reading, ByteView rest) {
  auto& with = session();
  switch (reading) {
    case Reading::structures:
      return structures(rest);
    case Reading::message:
      return process(rest);
    case Reading::tree:
      return tree(rest);
    case Reading::welcome:
      std::ignore = Group::join(rest, with.bundle, {}, with.environment);
      return;
    case Reading::group_info:
      std::ignore = join_external(rest, with.two, {}, with.environment);
      return;
    case Reading::proposal:
      return send_as<Proposal>(rest, WireFormat::public_message);
    case Reading::commit:
      return send_as<Commit>(rest, WireFormat::private_message);
    case Reading::sealed_info:
      return sealed_info(rest);
    case Reading::signed_info:
      return signed_info(rest);
    case Reading::signed_member:
      return signed_member(rest);
    case Reading::text:
      return text(rest);
    case Reading::external:
      return external(rest);
    case Reading::asked:
      return asked(rest);
    case Reading::joining:
      return joining(rest);
    case Reading::sealed_secrets:
      return sealed_secrets(rest);
    case Reading::sealed_path:
      return sealed_path(rest);
    case Reading::count:
      return;
  }
}

}  // namespace
}  // namespace pqc::mls::fuzzed

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc::mls::fuzzed;
  if (size == 0) return 0;
  const auto reading = static_cast<Reading>(data[0] % static_cast<std::uint8_t>(Reading::count));
  read(reading, {data + 1, size - 1});
  return 0;
}
