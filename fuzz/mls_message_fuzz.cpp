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

// As the first member would send it. A commit's confirmation tag is whatever: nobody knows what it should be.
void send(ContentBody body, WireFormat format) {
  auto& with = session();
  auto sender = Group::parse(with.first).value();
  auto& state = sender.mutable_state();
  FramedContent framed{state.context.group_id, state.context.epoch, {SenderType::member, 0}, {}, std::move(body)};
  auto content = sign_content(*with.one.signer, format, std::move(framed), state.context, with.rng).value();
  content.auth.confirmation_tag = Bytes(32);
  if (format == WireFormat::public_message) {
    const auto& key = state.epoch.membership_key;
    return process(encode(Message{protect_public(with.suite, content, state.context, key.view()).value()}));
  }
  process(encode(
      Message{protect_private(with.suite, content, state.secrets, state.epoch.sender_data_secret.view(), 0, with.rng)
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
  value->signature = signer.sign_with_label(label, encode_unsigned(*value), session().rng).value();
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

void signed_member(ByteView bytes) {
  auto& with = session();
  static const auto owner = with.identity("owner");
  auto package = decode<KeyPackage>(bytes);
  if (!package) return;
  package->leaf_node.signature_key = to_bytes(owner.signer->public_key());
  if (!sign_leaf(package->leaf_node, *owner.signer, {}, {}, with.rng)) return;
  const auto again = signed_by<KeyPackage>(*owner.signer, "KeyPackageTBS", encode(*package));
  if (again) send(Proposal{Add{*again}}, WireFormat::public_message);
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
