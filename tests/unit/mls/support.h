// Members, and a delivery service that hands each message to all others, for tests of groups.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "protocol/mls/group.h"

namespace pqc::mls::testing {

inline constexpr Lifetime forever{0, max_lifetime};

// Credentials are names; the same name is the same client.
class NamePolicy final : public CredentialPolicy {
 public:
  bool accepts(const Credential& credential, ByteView) const override { return as_text(credential.identity) != "evil"; }
  bool accepts_successor(const Credential& before, const Credential& after) const override { return before == after; }
  Bytes client_of(const Credential& credential, ByteView) const override { return mls::encode(credential); }
};

class MapPsks final : public PskStore {
 public:
  std::optional<SecretBytes> external(ByteView psk_id) const override { return find(external_, to_bytes(psk_id)); }
  std::optional<SecretBytes> resumption(ByteView group_id, Epoch epoch) const override {
    return find(resumption_, mls::encode(to_bytes(group_id), epoch));
  }
  void add_external(std::string_view id, ByteView secret) { external_[to_bytes(as_bytes(id))] = to_bytes(secret); }
  void add_resumption(const Group& group) {
    resumption_[mls::encode(group.context().group_id, group.context().epoch)] = to_bytes(group.resumption_psk());
  }

 private:
  static std::optional<SecretBytes> find(const std::map<Bytes, Bytes>& in, const Bytes& id) {
    const auto found = in.find(id);
    if (found == in.end()) return std::nullopt;
    return SecretBytes(ByteView(found->second));
  }
  std::map<Bytes, Bytes> external_, resumption_;
};

struct World {
  const Suite& suite;
  crypto::SeededRng rng;
  NamePolicy policy;
  MapPsks psks;
  Environment environment{policy, psks, rng, 1000};

  // Every suite is allowed.
  explicit World(std::uint16_t number, std::uint64_t seed = 1) : suite(*find_suite(number)), rng(seed) {
    environment.allowed_suites.clear();
    for (const auto& one : all_suites()) environment.allowed_suites.push_back(one.number);
  }

  Identity identity(std::string_view name) {
    return {{credential_type::basic, to_bytes(as_bytes(name)), {}},
            std::make_shared<const SignatureKey>(SignatureKey::generate(suite.signature, rng).value()),
            {}};
  }
  KeyPackageBundle bundle(std::string_view name) {
    return make_key_package(suite, identity(name), forever, {}, rng).value();
  }
  Group create(std::string_view name, std::vector<Extension> extensions = {}) {
    return Group::create(suite, to_bytes(as_bytes("group")), identity(name), forever, std::move(extensions),
                         environment)
        .value();
  }
};

inline Bytes copy_of(const Group& group) {
  return to_bytes(group.encode().view());
}

inline bool same_epoch(const Group& one, const Group& other) {
  return mls::encode(one.context()) == mls::encode(other.context()) &&
         equal(one.epoch_authenticator(), other.epoch_authenticator());
}

// A group of members that all see every message.
class Room {
 public:
  Room(World& world, std::size_t members) : world_(&world) {
    members_.push_back(world.create("member 0"));
    std::vector<KeyPackageBundle> bundles;
    for (std::size_t i = 1; i < members; ++i) bundles.push_back(world.bundle("member " + std::to_string(i)));
    if (!bundles.empty()) add(0, std::move(bundles));
  }

  Group& operator[](std::size_t index) { return members_.at(index); }
  std::size_t size() const { return members_.size(); }
  std::vector<Group>& all() { return members_; }

  void add(std::size_t by, std::vector<KeyPackageBundle> bundles) {
    CommitOptions options;
    for (const auto& bundle : bundles) options.proposals.push_back({Add{bundle.package}});
    const auto welcome = commit(by, options);
    ASSERT_TRUE(welcome);
    for (const auto& bundle : bundles) {
      auto joined = Group::join(*welcome, bundle, {}, world_->environment);
      ASSERT_TRUE(joined) << to_string(joined.error());
      members_.push_back(std::move(*joined));
    }
    expect_agreement();
  }

  // Answers the welcome.
  std::optional<Bytes> commit(std::size_t by, const CommitOptions& options) {
    auto committed = members_[by].commit(options, world_->environment);
    EXPECT_TRUE(committed) << to_string(committed.error());
    if (!committed) return std::nullopt;
    deliver(by, committed->message);
    members_[by] = std::move(committed->next);
    return std::move(committed->welcome);
  }

  void deliver(std::size_t from, ByteView message) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (i == from || !members_[i].active()) continue;
      const auto event = members_[i].process(message, world_->environment);
      EXPECT_TRUE(event) << "member " << i << ": " << to_string(event.error());
    }
  }

  void expect_agreement() {
    const Group* first = nullptr;
    for (const auto& member : members_) {
      if (!member.active()) continue;
      if (first == nullptr) first = &member;
      EXPECT_TRUE(same_epoch(*first, member));
    }
  }

 private:
  World* world_;
  std::vector<Group> members_;
};

}  // namespace pqc::mls::testing
