// A session that a peer began, and a crash between any two of its steps: key agreement, the store's commit, the erasing
// of the one-time pair, the removal of the note about it.
#include "client/people/sessions.h"

#include <gtest/gtest.h>

#include "client/messages/content.h"
#include "crypto/random.h"
#include "support/local_keys.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

constexpr auto suite = crypto::SuiteId::pq;
constexpr identity::DeviceId first_device{1};

// One person's client, without the network.
class Side {
 public:
  Side(std::string name, const Clock& clock) : name_(std::move(name)), clock_(clock) { start(); }

  // As after a crash: everything but the store and the keys is gone.
  void start() {
    parts_.reset();
    store_.reset();
    auto opened = Store::open(std::filesystem::path(folder_.path()) / "profile.db", DatabaseKey(), true);
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
    parts_.emplace(*store_, keys, clock_, rng_);
    const auto loaded = parts_->account.load();
    const auto there = loaded && !parts_->account.exists() ? create() : loaded;
    if (!there) throw std::runtime_error(there.error().message);
  }

  ContactRow contact(Side& peer) {
    const auto name = peer.account().name().text();
    auto row = store().contacts.find_or_add(name, ContactState::accepted, clock_.now());
    EXPECT_TRUE(row && parts_->contacts.take_record(row->id, peer.account().record().encoded()));
    return **store().contacts.find(name);
  }

  Account& account() { return parts_->account; }
  Sessions& sessions() { return parts_->sessions; }
  Store& store() { return *store_; }

  test::LocalKeys keys;

 private:
  struct Parts {
    Parts(Store& store, KeyService& keys, const Clock& clock, Rng& rng)
        : account(store, keys, clock),
          contacts(store, account, clock),
          sessions(store, account, contacts, clock, rng) {}
    Account account;
    Contacts contacts;
    Sessions sessions;
  };

  Status create() {
    return account().create(
        {.name = name_, .server = "test", .host = "h", .port = 1, .fingerprint = {}, .suites = {suite}});
  }

  std::string name_;
  const Clock& clock_;
  test::TemporaryFolder folder_;
  crypto::SeededRng rng_{7};
  std::unique_ptr<Store> store_;
  std::optional<Parts> parts_;
};

enum class Crash : std::uint8_t { before_commit, before_forgetting, before_the_note_goes, never };

class SessionsTest : public ::testing::TestWithParam<Crash> {
 protected:
  // The initial message of a session that uses pair 2 of bob's batch.
  Bytes initial_message(Side& from) {
    const auto contact = from.contact(bob);
    const auto& record = bob.account().record();
    EXPECT_TRUE(from.sessions().begin(contact, record, first_device, *crypto::find_suite(suite), batch.signed_manifest,
                                      batch.one_time.at(2)));
    Content content{.id = {}, .sent_at = clock.now(), .body = TextContent{"hello"}};
    auto sealed = from.sessions().seal(contact, record, first_device, encode_content(content));
    EXPECT_TRUE(sealed) << (sealed ? "" : sealed.error().message);
    return sealed->envelope;
  }
  std::expected<OpenedMessage, OpenError> open(Side& from, const Bytes& envelope) {
    return bob.sessions().open(bob.contact(from), &from.account().record(), first_device,
                               *pqxdh::decode_envelope(envelope));
  }
  std::uint32_t unused() { return bob.keys.holder().batches().front().unused; }

  ManualClock clock;
  Side alice{"alice", clock};
  Side bob{"bob", clock};
  Side carol{"carol", clock};
  pqxdh::PrekeyBatch batch = *bob.keys.holder().generate_batch(suite, 4, clock.now());
};

TEST_P(SessionsTest, ACrashLosesNothingAndLeavesNoKeyBehind) {
  const auto envelope = initial_message(alice);
  const auto other = initial_message(carol);
  {
    auto transaction = bob.store().begin();
    ASSERT_TRUE(open(alice, envelope));
    EXPECT_EQ(unused(), 4u);
    // The pair is taken, though it is not erased yet.
    EXPECT_EQ(open(carol, other).error(), OpenError::unreadable);
    switch (GetParam()) {
      case Crash::before_commit:
        bob.account().roll_back(*transaction);
        break;
      case Crash::before_forgetting:
        ASSERT_TRUE(transaction->commit());
        break;
      case Crash::before_the_note_goes: {
        ASSERT_TRUE(transaction->commit());
        const auto note = bob.store().forgets.all()->front();
        ASSERT_TRUE(bob.keys.holder().forget(note.prekeys, note.session));
        break;
      }
      case Crash::never:
        ASSERT_TRUE(bob.account().commit(*transaction));
        break;
    }
  }
  bob.start();
  // The server delivers it again.
  auto transaction = bob.store().begin();
  const auto again = open(alice, envelope);
  if (GetParam() == Crash::before_commit)
    EXPECT_TRUE(again);
  else
    EXPECT_EQ(again.error(), OpenError::duplicate);
  ASSERT_TRUE(bob.account().commit(*transaction));
  EXPECT_EQ(unused(), 3u);
  EXPECT_TRUE(bob.store().forgets.all()->empty());
  EXPECT_EQ(bob.store().sessions.of_device(bob.contact(alice).id, 1)->size(), 1u);
  EXPECT_EQ(open(carol, other).error(), OpenError::unreadable);
}

INSTANTIATE_TEST_SUITE_P(Steps, SessionsTest,
                         ::testing::Values(Crash::before_commit, Crash::before_forgetting, Crash::before_the_note_goes,
                                           Crash::never));

TEST_F(SessionsTest, SessionsAndRefusalsAreInTheSecurityLog) {
  const auto envelope = initial_message(alice);
  auto damaged = envelope;
  damaged.back() ^= 1;
  EXPECT_FALSE(open(alice, damaged));
  ASSERT_EQ(bob.keys.events.size(), 1u);
  EXPECT_EQ(bob.keys.events.back().kind, keys::audit::Kind::refused);
  EXPECT_EQ(bob.keys.events.back().peer, "alice@test");
  auto transaction = bob.store().begin();
  ASSERT_TRUE(open(alice, envelope));
  EXPECT_EQ(bob.keys.events.size(), 1u);  // not before it is stored
  ASSERT_TRUE(bob.account().commit(*transaction));
  ASSERT_EQ(bob.keys.events.size(), 2u);
  EXPECT_EQ(bob.keys.events.back().kind, keys::audit::Kind::session_started);
  EXPECT_EQ(bob.keys.events.back().level, "QUANTUM_RESISTANT");
  EXPECT_EQ(bob.keys.events.back().suite, "pq");
}

}  // namespace
}  // namespace pqc::client
