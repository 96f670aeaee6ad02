// Writes the first inputs of fuzz_mls_message and fuzz_mls_state, taken from a real session, into folders of their
// names in a folder: fuzz/corpus. To be run again where the form of an input changes.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "mls_session.h"
#include "protocol/mls/protection.h"
#include "protocol/mls/welcome.h"

namespace pqc::mls::fuzzed {
namespace {

class Seeds {
 public:
  explicit Seeds(const std::filesystem::path& folder)
      : folder_(folder / "fuzz_mls_message"), states_(folder / "fuzz_mls_state") {
    std::filesystem::create_directories(folder_);
    std::filesystem::create_directories(states_);
  }

  void write_all() {
    message_seeds();
    proposal_seeds();
    commit_seeds();
    info_seeds();
    structure_seeds();
    outside_seeds();
    state_seeds();
  }

 private:
  Group first() const { return Group::parse(session_.first).value(); }
  const Environment& environment() const { return session_.environment; }

  void put(const std::string& name, Reading reading, ByteView content) const {
    std::ofstream out(folder_ / name, std::ios::binary);
    out.put(static_cast<char>(reading));
    out << as_text(content);
  }

  void message_seeds() const {
    const Framing open{WireFormat::public_message, {}, 0};
    put("message-text", Reading::message, first().seal(as_bytes("text"), as_bytes("open"), 3, environment()).value());
    put("message-proposal", Reading::message, first().propose({Remove{LeafIndex{1}}}, {}, environment()).value());
    put("message-open-proposal", Reading::message, first().propose_update({}, open, environment()).value());
    CommitOptions options;
    put("message-commit", Reading::message, first().commit(options, environment())->message);
    options.framing = open;
    put("message-open-commit", Reading::message, first().commit(options, environment())->message);
    const auto info = first().group_info(true, environment()).value();
    const auto joined = join_external(info, session_.three, {}, environment());
    put("message-external-commit", Reading::message, joined->message);
    put("group-info", Reading::group_info, info);
    put("welcome", Reading::welcome, session_.welcome);
  }

  std::vector<std::pair<std::string, Proposal>> proposals() const {
    PreSharedKeyId psk;
    psk.psk_id = {1};
    psk.nonce = Bytes(32);
    auto resumption = psk;
    resumption.type = PskType::resumption;
    resumption.group_id = {1};
    resumption.epoch = {1};
    auto leaf = *Group::parse(session_.second)->tree().leaf({0});
    leaf.source = LeafNodeSource::update;
    const Extension required{extension_type::required_capabilities,
                             encode(RequiredCapabilities{{}, {}, {credential_type::basic}})};
    const Extension senders{extension_type::external_senders,
                            encode(ExternalSenders{{{leaf.signature_key, leaf.credential}}})};
    return {{"add", {Add{session_.newcomer.package}}},
            {"update", {Update{std::move(leaf)}}},
            {"remove", {Remove{LeafIndex{1}}}},
            {"psk", {PreSharedKey{std::move(psk)}}},
            {"resumption", {PreSharedKey{std::move(resumption)}}},
            {"reinit", {ReInit{{2}, protocol_version, 1, {}}}},
            {"external-init", {ExternalInit{Bytes(32, 9)}}},
            {"extensions", {GroupContextExtensions{{required, senders}}}}};
  }

  void proposal_seeds() const {
    for (const auto& [name, proposal] : proposals()) put("proposal-" + name, Reading::proposal, encode(proposal));
    put("signed-member", Reading::signed_member, encode(session_.newcomer.package));
  }

  // Commits as a member makes them; their path cannot be used again, for it was made for another epoch's context.
  void commit_seeds() const {
    for (const auto& [name, proposal] : proposals()) {
      put("commit-" + name, Reading::commit, encode(Commit{{{proposal}}, std::nullopt}));
    }
    CommitOptions options;
    options.framing.format = WireFormat::public_message;
    const auto message = decode<Message>(first().commit(options, environment())->message).value();
    put("commit-path", Reading::commit, encode(std::get<Commit>(std::get<PublicMessage>(message.body).content.body)));
    put("commit-empty", Reading::commit, encode(Commit{}));
  }

  void info_seeds() const {
    const auto message = decode<Message>(first().group_info(true, environment()).value()).value();
    const auto info = encode(std::get<GroupInfo>(message.body));
    put("signed-info", Reading::signed_info, info);
    put("sealed-info", Reading::sealed_info, info);
    put("tree", Reading::tree, first().tree().encode());
  }

  void structure_seeds() const {
    put("structure-message", Reading::structures, session_.welcome);
    put("structure-key-package", Reading::structures, encode(session_.newcomer.package));
    put("structure-capabilities", Reading::structures,
        encode(RequiredCapabilities{{1, 0x7777}, {2}, {credential_type::x509}}));
  }

  // What those send who are not members, and what is under encryption.
  void outside_seeds() const {
    put("text", Reading::text, as_bytes("text"));
    for (const auto& [name, proposal] : proposals()) put("external-" + name, Reading::external, encode(proposal));
    put("asked", Reading::asked, encode(session_.newcomer.package));
    const auto info = first().group_info(true, environment()).value();
    for (const bool replaces : {false, true}) {
      ExternalJoinOptions options;
      if (replaces) options.replaces = LeafIndex{1};
      const auto joined = join_external(info, replaces ? session_.two : session_.three, options, environment());
      const auto message = decode<Message>(joined->message).value();
      put(replaces ? "joining-again" : "joining", Reading::joining,
          encode(std::get<Commit>(std::get<PublicMessage>(message.body).content.body)));
    }
    const auto welcome = std::get<Welcome>(decode<Message>(session_.welcome)->body);
    put("sealed-secrets", Reading::sealed_secrets,
        encode(
            open_group_secrets(session_.suite, welcome, session_.bundle.package, session_.bundle.init_pair).value()));
    put("sealed-path", Reading::sealed_path, Bytes(session_.suite.secret_size(), 7));
  }

  void put_state(const char* name, const Group& group) const {
    std::ofstream(states_ / name, std::ios::binary) << as_text(group.encode().view());
  }

  // Of each standing, with proposals that wait, keys that were passed over, past epochs.
  void state_seeds() const {
    put_state("member", first());
    auto busy = Group::parse(session_.second).value();
    auto sender = first();
    sender = std::move(sender.commit({}, environment())->next);
    put_state("committed", sender);
    sender = first();
    std::ignore = sender.seal(as_bytes("lost"), {}, 0, environment());
    std::ignore = busy.process(sender.seal(as_bytes("read"), {}, 0, environment()).value(), environment());
    std::ignore = busy.propose_update({}, {}, environment());
    std::ignore = busy.process(sender.propose({Remove{LeafIndex{1}}}, {}, environment()).value(), environment());
    put_state("busy", busy);
    CommitOptions options;
    options.proposals = {{ReInit{{2}, protocol_version, 1, {}}}};
    put_state("reinitialised", first().commit(options, environment())->next);
    options.proposals = {{Remove{LeafIndex{1}}}};
    auto removed = Group::parse(session_.second).value();
    std::ignore = removed.process(first().commit(options, environment())->message, environment());
    put_state("removed", removed);
  }

  struct Made : Session {
    KeyPackageBundle newcomer = make_key_package(suite, identity("newcomer"), {0, max_lifetime}, {}, rng).value();
  };
  Made session_;
  std::filesystem::path folder_, states_;
};

}  // namespace
}  // namespace pqc::mls::fuzzed

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: mls_seeds FOLDER\n";
    return 2;
  }
  pqc::mls::fuzzed::Seeds(argv[1]).write_all();
  return 0;
}
