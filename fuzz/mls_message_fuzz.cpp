// MLS: every structure that comes from outside decodes or is refused, and encodes to the same bytes; a member given
// any message takes it or stays as it was; any welcome, group info and tree is judged without harm.
//
// The first byte says as what the rest is read.
#include <cstdlib>
#include <memory>

#include "crypto/random.h"
#include "protocol/mls/group.h"
#include "protocol/mls/welcome.h"

namespace {

using namespace pqc;

class AcceptAll final : public mls::CredentialPolicy {
 public:
  bool accepts(const mls::Credential&, ByteView) const override { return true; }
  bool accepts_successor(const mls::Credential&, const mls::Credential&) const override { return true; }
  bool same_client(const mls::Credential&, const mls::Credential&) const override { return false; }
};
class NoPsks final : public mls::PskStore {
 public:
  std::optional<SecretBytes> external(ByteView) const override { return std::nullopt; }
  std::optional<SecretBytes> resumption(ByteView, mls::Epoch) const override { return std::nullopt; }
};

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
void round_trip(ByteView bytes) {
  if (const auto value = mls::decode<T>(bytes)) require(mls::encode(*value) == to_bytes(bytes));
}

// A group of two and the second member's key package, made once.
struct Fixture {
  AcceptAll credentials;
  NoPsks psks;
  crypto::SeededRng rng{1};
  mls::Environment environment{credentials, psks, rng, std::nullopt};
  const mls::Suite& suite = *mls::find_suite(mls::suites::x25519_aes128_ed25519);
  mls::Identity one = identity("one"), two = identity("two");
  mls::KeyPackageBundle bundle = mls::make_key_package(suite, two, {0, mls::max_lifetime}, {}, rng).value();
  Bytes state;

  Fixture() {
    auto first = mls::Group::create(suite, {1}, one, {0, mls::max_lifetime}, {}, environment).value();
    mls::CommitOptions options;
    options.proposals = {{mls::Add{bundle.package}}};
    const auto committed = first.commit(options, environment).value();
    state = to_bytes(mls::Group::join(*committed.welcome, bundle, {}, environment).value().encode().view());
  }
  mls::Identity identity(std::string_view name) {
    return {{mls::credential_type::basic, to_bytes(as_bytes(name)), {}},
            std::make_shared<const mls::SignatureKey>(mls::SignatureKey::generate(suite.signature, rng).value()),
            {}};
  }
};

Fixture& fixture() {
  static Fixture one;
  return one;
}

void process(ByteView message) {
  auto& with = fixture();
  auto group = mls::Group::parse(with.state).value();
  if (!group.process(message, with.environment)) require(equal(group.encode().view(), with.state));
}

void tree(ByteView bytes) {
  auto decoded = mls::RatchetTree::decode(crypto::HashAlg::sha256, bytes);
  if (!decoded) return;
  require(decoded->encode() == to_bytes(bytes));
  std::ignore = decoded->root_hash();
  std::ignore = decoded->verify_integrity();
  if (!decoded->well_formed()) return;
  for (std::uint32_t i = 0; i < std::min(decoded->width(), 8U); ++i) std::ignore = decoded->filtered_direct_path({i});
}

void structures(ByteView bytes) {
  round_trip<mls::Message>(bytes);
  round_trip<mls::AuthenticatedContent>(bytes);
  round_trip<mls::Proposal>(bytes);
  round_trip<mls::Commit>(bytes);
  round_trip<mls::UpdatePath>(bytes);
  round_trip<mls::KeyPackage>(bytes);
  round_trip<mls::GroupInfo>(bytes);
  round_trip<mls::GroupSecrets>(bytes);
  round_trip<mls::Welcome>(bytes);
  round_trip<mls::RequiredCapabilities>(bytes);
  round_trip<mls::ExternalSenders>(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  auto& with = fixture();
  switch (data[0] % 5) {
    case 0:
      structures(rest);
      break;
    case 1:
      process(rest);
      break;
    case 2:
      tree(rest);
      break;
    case 3:
      std::ignore = mls::Group::join(rest, with.bundle, {}, with.environment);
      break;
    case 4:
      std::ignore = mls::join_external(rest, with.two, {}, with.environment);
      break;
  }
  return 0;
}
