// A member on standard input and output, for conversations with other implementations of MLS (interop.mjs).
//
// A line is a verb and its arguments, bytes in hexadecimal; the answer is a line "ok ARGUMENT…" or "error REASON".
//
//   suite NUMBER                  first of all
//   key_package NAME              -> MLSMessage
//   create NAME                   a group of one
//   join WELCOME                  with the key package made last
//   join_external INFO NAME       -> the commit
//   add KEY_PACKAGE               -> the commit, the welcome
//   remove LEAF | update | commit -> the commit; `commit` takes the waiting proposals
//   propose_update                -> the proposal
//   propose_remove LEAF           -> the proposal
//   open | sealed                 how commits and proposals are framed from here on
//   seal TEXT                     -> the message
//   process MESSAGE               -> the text, or "-"
//   info                          -> MLSMessage(GroupInfo) with tree and external_pub
//   authenticator | leaf          of the epoch; our own
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "crypto/random.h"
#include "protocol/mls/group.h"

namespace pqc::mls {
namespace {

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

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(to_string(result.error())));
  return std::move(*result);
}

class Peer {
 public:
  using Arguments = std::vector<std::string>;

  std::string run(const std::string& verb, const Arguments& arguments) {
    static const std::map<std::string, std::string (Peer::*)(const Arguments&)> verbs{
        {"suite", &Peer::suite},   {"key_package", &Peer::key_package},
        {"create", &Peer::create}, {"join", &Peer::join},
        {"add", &Peer::add},       {"join_external", &Peer::external},
        {"remove", &Peer::remove}, {"update", &Peer::update},
        {"commit", &Peer::commit}, {"propose_update", &Peer::propose_update},
        {"open", &Peer::open},     {"sealed", &Peer::sealed},
        {"seal", &Peer::seal},     {"process", &Peer::process},
        {"info", &Peer::info},     {"authenticator", &Peer::authenticator},
        {"leaf", &Peer::leaf},     {"propose_remove", &Peer::propose_remove}};
    const auto found = verbs.find(verb);
    if (found == verbs.end()) throw std::runtime_error("unknown verb");
    return (this->*found->second)(arguments);
  }

 private:
  static Bytes bytes(const Arguments& arguments) { return from_hex(arguments.at(0)).value(); }
  Identity identity(const std::string& name) {
    return {{credential_type::basic, to_bytes(as_bytes(name)), {}},
            std::make_shared<const SignatureKey>(must(SignatureKey::generate(suite_->signature, rng_))),
            {}};
  }
  std::string take(Committed committed) {
    group_.emplace(std::move(committed.next));
    return to_hex(committed.message) + (committed.welcome ? " " + to_hex(*committed.welcome) : "");
  }
  std::string commit_of(std::vector<Proposal> proposals, bool pending) {
    CommitOptions options;
    options.proposals = std::move(proposals);
    options.include_pending = pending;
    options.framing.format = format_;
    return take(must(group_->commit(options, environment_)));
  }

  std::string suite(const Arguments& arguments) {
    suite_ = find_suite(static_cast<std::uint16_t>(std::stoul(arguments.at(0))));
    if (suite_ == nullptr) throw std::runtime_error("unknown suite");
    environment_.allowed_suites = {suite_->number};
    environment_.external_commits = ExternalCommits::all;
    return "";
  }
  std::string key_package(const Arguments& arguments) {
    bundle_.emplace(must(make_key_package(*suite_, identity(arguments.at(0)), lifetime_, {}, rng_)));
    return to_hex(encode(Message{bundle_->package}));
  }
  std::string create(const Arguments& arguments) {
    Bytes group_id(16);
    rng_.fill(group_id);
    group_.emplace(
        must(Group::create(*suite_, std::move(group_id), identity(arguments.at(0)), lifetime_, {}, environment_)));
    return "";
  }
  std::string join(const Arguments& arguments) {
    group_.emplace(must(Group::join(bytes(arguments), *bundle_, {}, environment_)));
    return "";
  }
  std::string external(const Arguments& arguments) {
    auto joined = must(mls::join_external(bytes(arguments), identity(arguments.at(1)), {}, environment_));
    group_.emplace(std::move(joined.group));
    return to_hex(joined.message);
  }
  std::string add(const Arguments& arguments) {
    auto message = must(decode<Message>(bytes(arguments)));
    return commit_of({{Add{std::get<KeyPackage>(message.body)}}}, false);
  }
  std::string remove(const Arguments& arguments) {
    return commit_of({{Remove{LeafIndex{static_cast<std::uint32_t>(std::stoul(arguments.at(0)))}}}}, false);
  }
  std::string update(const Arguments&) { return commit_of({}, false); }
  std::string commit(const Arguments&) { return commit_of({}, true); }
  std::string propose_update(const Arguments&) {
    return to_hex(must(group_->propose_update(std::nullopt, {format_, {}, 0}, environment_)));
  }
  std::string propose_remove(const Arguments& arguments) {
    const LeafIndex leaf{static_cast<std::uint32_t>(std::stoul(arguments.at(0)))};
    return to_hex(must(group_->propose({Remove{leaf}}, {format_, {}, 0}, environment_)));
  }
  std::string open(const Arguments&) {
    format_ = WireFormat::public_message;
    return "";
  }
  std::string sealed(const Arguments&) {
    format_ = WireFormat::private_message;
    return "";
  }
  std::string seal(const Arguments& arguments) {
    return to_hex(must(group_->seal(bytes(arguments), {}, 16, environment_)));
  }
  std::string process(const Arguments& arguments) {
    const auto event = must(group_->process(bytes(arguments), environment_));
    const auto* text = std::get_if<ApplicationReceived>(&event);
    return text != nullptr ? to_hex(text->data) : "-";
  }
  std::string info(const Arguments&) { return to_hex(must(group_->group_info(true, environment_))); }
  std::string authenticator(const Arguments&) { return to_hex(group_->epoch_authenticator()); }
  std::string leaf(const Arguments&) { return std::to_string(group_->self().value); }

  const Suite* suite_ = nullptr;
  AcceptAll policy_;
  NoPsks psks_;
  crypto::SystemRng rng_;
  Environment environment_{policy_, psks_, rng_, std::nullopt};
  Lifetime lifetime_{0, 0xFFFF'FFFF};  // not looked at: no time is given
  WireFormat format_ = WireFormat::private_message;
  std::optional<KeyPackageBundle> bundle_;
  std::optional<Group> group_;
};

std::string answer(Peer& peer, const std::string& line) {
  std::istringstream words(line);
  std::string verb, word;
  words >> verb;
  Peer::Arguments arguments;
  while (words >> word) arguments.push_back(word);
  try {
    return "ok " + peer.run(verb, arguments);
  } catch (const std::exception& error) {
    return "error " + std::string(error.what());
  }
}

}  // namespace
}  // namespace pqc::mls

int main() {
  pqc::mls::Peer peer;
  for (std::string line; std::getline(std::cin, line);) std::cout << pqc::mls::answer(peer, line) << std::endl;
}
