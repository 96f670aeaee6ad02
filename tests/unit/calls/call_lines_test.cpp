// What the list of calls says of one that waits for a program that can answer it.
#include "client/calls/call_lines.h"

#include <gtest/gtest.h>

#include "client/chat/relay_transport.h"
#include "crypto/random.h"
#include "support/local_keys.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

struct SetClock final : Clock {
  [[nodiscard]] UnixMillis now() const override { return time; }
  UnixMillis time{1'700'000'000'000};
};

class CallLinesTest : public testing::Test {
 protected:
  // As another program of the profile took it in.
  void keep_offer() {
    CallOffer offer{.offered_at = clock.time, .secret = {7}, .description = {}};
    offer.description.ufrag = "user";
    offer.description.password = std::string(22, 'p');
    ASSERT_EQ(store->calls.add({.id = id,
                                .contact = bob,
                                .direction = Direction::incoming,
                                .outcome = CallOutcome::missed,
                                .started = clock.time,
                                .answered = {},
                                .ended = {},
                                .relayed = false}),
              true);
    ASSERT_TRUE(waiting.keep(
        {.from = {.contact = bob, .device = 1}, .received_at = clock.time, .content = {.call = id, .what = offer}}));
  }
  [[nodiscard]] bool goes_on() { return lines.latest(1)->front().goes_on; }

  test::TemporaryFolder folder;
  std::unique_ptr<Store> store = *Store::open(std::filesystem::path(folder.path()) / "profile.db", DatabaseKey(), true);
  SetClock clock;
  const std::int64_t bob = store->contacts.find_or_add("bob@test", ContactState::accepted, clock.time)->id;
  const CallId id{1};
  Loop loop;
  test::LocalKeys keys;
  Core core{loop, *store, keys, clock, crypto::SystemRng::instance()};
  Directory directory{core};
  RelayTransport transport{core.relay};
  Outbox outbox{core, directory, core.sessions, transport};
  CallLines lines{core, directory, outbox, {}};
  WaitingOffers waiting{*store};
};

TEST_F(CallLinesTest, ACallThatWaitsGoesOnWhileItMayRing) {
  keep_offer();
  EXPECT_TRUE(goes_on());
  ASSERT_TRUE(store->contacts.set_barred(bob, true));
  EXPECT_FALSE(goes_on());
  ASSERT_TRUE(store->contacts.set_barred(bob, false));
  EXPECT_TRUE(goes_on());
}

// How it ended may come late, and is noted by what is kept of it.
TEST_F(CallLinesTest, ToListCallsForgetsNoneThatWaits) {
  keep_offer();
  clock.time = clock.time + limits::call_offer_lifetime + std::chrono::seconds(1);
  EXPECT_FALSE(goes_on());
  ASSERT_TRUE(*waiting.find());
  const auto contact = store->contacts.find(bob);
  ASSERT_TRUE(contact && *contact);
  ASSERT_TRUE(lines.take(**contact, 1, {.call = id, .what = CallTaken{.declined = true}}, clock.time));
  EXPECT_EQ(lines.latest(1)->front().outcome, CallOutcome::declined);
  EXPECT_FALSE(*waiting.find());
}

}  // namespace
}  // namespace pqc::client
