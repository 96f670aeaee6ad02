// What travels between contacts that go direct, and one path in use (docs/spec/direct.md §4 and §5).
#include <set>

#include <gtest/gtest.h>

#include "client/direct/direct_link.h"
#include "client/direct/direct_pace.h"
#include "client/limits.h"
#include "client/messages/inbox_room.h"
#include "protocol/pqxdh/limits.h"

namespace pqc::client {
namespace {

MessageId id_of(std::uint32_t number) {
  MessageId out{1};
  for (std::size_t i = 0; i < 4; ++i) out[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return out;
}
Parcel parcel_of(std::uint32_t number, std::size_t size = 10) {
  return {.id = id_of(number), .account = "bob@test", .device = 1, .body = Bytes(size, 2)};
}

TEST(DirectFrame, IsReadAsItWasWritten) {
  const auto hello = decode_direct_frame(encode_direct_hello(id_of(3)));
  ASSERT_TRUE(hello);
  EXPECT_EQ(std::get<DirectHello>(*hello).after, id_of(3));
  const auto parcel = decode_direct_frame(encode_direct_parcel(id_of(4), Bytes{1, 2, 3}));
  ASSERT_TRUE(parcel);
  EXPECT_EQ(std::get<DirectParcel>(*parcel).id, id_of(4));
  EXPECT_EQ(std::get<DirectParcel>(*parcel).envelope, (Bytes{1, 2, 3}));
  const std::vector ids{id_of(5), id_of(6)};
  const auto stored = decode_direct_frame(encode_direct_stored(ids));
  ASSERT_TRUE(stored);
  EXPECT_EQ(std::get<DirectStored>(*stored).ids, ids);
}

TEST(DirectFrame, WhatBreaksARuleIsRefused) {
  const auto hello = encode_direct_hello({});
  for (std::size_t size = 0; size < hello.size(); ++size)
    EXPECT_FALSE(decode_direct_frame(ByteView(hello).first(size))) << size;
  auto longer = hello;
  longer.push_back(0);
  EXPECT_FALSE(decode_direct_frame(longer));
  auto other = hello;
  other[5] = 2;  // the version
  EXPECT_FALSE(decode_direct_frame(other));
  EXPECT_FALSE(decode_direct_frame(encode_direct_parcel(id_of(1), {})));
  EXPECT_TRUE(decode_direct_frame(encode_direct_parcel(id_of(1), Bytes(pqxdh::max_envelope_size))));
  EXPECT_FALSE(decode_direct_frame(encode_direct_parcel(id_of(1), Bytes(pqxdh::max_envelope_size + 1))));
  EXPECT_FALSE(decode_direct_frame(encode_direct_stored({})));
  EXPECT_FALSE(decode_direct_frame(encode_direct_stored(std::vector<MessageId>(limits::direct_stored + 1))));
  EXPECT_FALSE(decode_direct_frame(Bytes{4}));
}

// One end; the test is the other one.
struct End {
  explicit End(Loop& loop, const MessageId& after = {}, DirectLink::Patience patience = {})
      : link(loop, after,
             {.send = [this](ByteView frame) { sent.push_back(*decode_direct_frame(frame)); },
              .open = [this] { ++opened; },
              .seen = [this](const MessageId& id) { return seen.contains(id); },
              .parcel = [this](const DirectParcel& parcel) -> Status {
                if (parcels.size() == room) return fail(ExitCode::quota, "full");
                parcels.push_back(parcel.id);
                return {};
              },
              .failed = [this](const Error& why) { failure = why; }},
             patience) {}
  void carry(const Parcel& parcel) {
    link.carry(parcel, [this, id = parcel.id](const ParcelOutcome& outcome) {
      if (outcome.carriage == Carriage::accepted) stored.push_back(id);
    });
  }
  void confirm(std::uint32_t number) { link.on_frame(encode_direct_stored(std::vector{id_of(number)})); }

  std::vector<DirectFrame> sent;
  std::vector<MessageId> parcels, stored;
  std::set<MessageId> seen;
  std::size_t room = 1'000'000;
  int opened = 0;
  std::optional<Error> failure;
  DirectLink link;
};

class DirectLinkTest : public ::testing::Test {
 protected:
  Loop loop;
};

TEST_F(DirectLinkTest, NothingGoesBeforeTheOtherSideSaidHello) {
  End end(loop, id_of(9));
  end.carry(parcel_of(1));
  ASSERT_EQ(end.sent.size(), 1u);
  EXPECT_EQ(std::get<DirectHello>(end.sent[0]).after, id_of(9));
  EXPECT_FALSE(end.link.is_open());
  end.link.on_frame(encode_direct_hello({}));
  EXPECT_TRUE(end.link.is_open() && end.opened == 1);
  ASSERT_EQ(end.sent.size(), 2u);
  EXPECT_EQ(std::get<DirectParcel>(end.sent[1]).id, id_of(1));
}

TEST_F(DirectLinkTest, ParcelsWaitForWhatWasSentBeforeThemThroughTheServer) {
  End end(loop);
  end.link.on_frame(encode_direct_hello(id_of(7)));
  for (std::uint32_t i = 1; i <= 3; ++i) end.link.on_frame(encode_direct_parcel(id_of(i), Bytes{1}));
  end.link.look();
  EXPECT_TRUE(end.parcels.empty() && !end.link.in_order());
  end.seen.insert(id_of(7));
  end.link.look();
  EXPECT_TRUE(end.link.in_order());
  EXPECT_EQ(end.parcels, (std::vector{id_of(1), id_of(2), id_of(3)}));
}

TEST_F(DirectLinkTest, WhatWaitsInVainIsBounded) {
  End end(loop);
  end.link.on_frame(encode_direct_hello(id_of(7)));
  for (std::uint32_t i = 0; i < limits::direct_held; ++i) end.link.on_frame(encode_direct_parcel(id_of(i), Bytes{1}));
  EXPECT_FALSE(end.failure);
  end.link.on_frame(encode_direct_parcel(id_of(0), Bytes{1}));
  EXPECT_TRUE(end.failure);
  End full(loop);
  full.room = 1;
  full.link.on_frame(encode_direct_hello({}));
  full.link.on_frame(encode_direct_parcel(id_of(1), Bytes{1}));
  EXPECT_FALSE(full.failure);
  full.link.on_frame(encode_direct_parcel(id_of(2), Bytes{1}));
  EXPECT_TRUE(full.failure);
}

TEST_F(DirectLinkTest, AFrameOutOfItsPlaceEndsIt) {
  for (const auto& first :
       {encode_direct_parcel(id_of(1), Bytes{1}), encode_direct_stored(std::vector{id_of(1)}), Bytes{9}}) {
    End end(loop);
    end.link.on_frame(first);
    EXPECT_TRUE(end.failure);
  }
  End end(loop);
  end.link.on_frame(encode_direct_hello({}));
  end.link.on_frame(encode_direct_hello({}));
  EXPECT_TRUE(end.failure);
}

TEST_F(DirectLinkTest, TheWindowOpensWithConfirmations) {
  End end(loop);
  end.link.on_frame(encode_direct_hello({}));
  const auto count = static_cast<std::uint32_t>(limits::direct_window + 5);
  for (std::uint32_t i = 0; i < count; ++i) end.carry(parcel_of(i));
  EXPECT_EQ(end.sent.size(), 1 + limits::direct_window);
  for (std::uint32_t i = 0; i < 3; ++i) end.confirm(i);
  EXPECT_EQ(end.sent.size(), 4 + limits::direct_window);
  end.confirm(count - 1);  // not on the way yet: passed over
  end.confirm(1'000'000);
  EXPECT_EQ(end.stored, (std::vector{id_of(0), id_of(1), id_of(2)}));
  End big(loop);
  big.link.on_frame(encode_direct_hello({}));
  for (std::uint32_t i = 0; i < 20; ++i) big.carry(parcel_of(i, pqxdh::max_envelope_size));
  EXPECT_EQ(big.sent.size(), 1 + limits::direct_window_bytes / pqxdh::max_envelope_size);
}

constexpr std::chrono::milliseconds tick{5};
constexpr DirectLink::Patience short_patience{.next = 40 * tick, .oldest = 60 * tick};

// What a contact says while this side waits, again and again.
template <class Work>
bool fails_while(Loop& loop, const End& end, Work work) {
  Loop::HandlePtr timer;
  std::function<void()> again = [&] {
    work();
    timer = loop.after(tick, again);
  };
  timer = loop.after(tick, again);
  return loop.run_until([&] { return end.failure.has_value(); }, std::chrono::steady_clock::now() + 1000 * tick);
}

TEST_F(DirectLinkTest, ConfirmingWhatWasNeverSentGivesNoMoreTime) {
  End end(loop, {}, short_patience);
  end.link.on_frame(encode_direct_hello({}));
  end.carry(parcel_of(1));
  std::uint32_t bogus = 1'000;
  EXPECT_TRUE(fails_while(loop, end, [&] { end.confirm(bogus++); }));
  EXPECT_TRUE(end.stored.empty());
  ASSERT_EQ(end.link.take_waiting().size(), 1u);
}

TEST_F(DirectLinkTest, ConfirmingOthersDoesNotKeepTheOldestWaiting) {
  End end(loop, {}, short_patience);
  end.link.on_frame(encode_direct_hello({}));
  end.carry(parcel_of(0));
  std::uint32_t next = 1;
  EXPECT_TRUE(fails_while(loop, end, [&] {
    end.carry(parcel_of(next));
    end.confirm(next++);
  }));
  const auto left = end.link.take_waiting();
  ASSERT_FALSE(left.empty());
  EXPECT_EQ(left.front().parcel.id, id_of(0));
}

TEST_F(DirectLinkTest, WhatWaitsToGoIsBounded) {
  End end(loop);
  for (std::uint32_t i = 0; i < limits::direct_waiting; ++i) end.carry(parcel_of(i));
  EXPECT_FALSE(end.failure);
  end.carry(parcel_of(0));
  EXPECT_TRUE(end.failure);
  EXPECT_EQ(end.link.take_waiting().size(), limits::direct_waiting + 1);
}

TEST_F(DirectLinkTest, ParcelsAreTakenAtARate) {
  End end(loop);
  end.link.on_frame(encode_direct_hello({}));
  const auto burst = static_cast<std::uint32_t>(limits::direct_burst);
  for (std::uint32_t i = 0; i < burst + 10; ++i) end.link.on_frame(encode_direct_parcel(id_of(i), Bytes{1}));
  EXPECT_GE(end.parcels.size(), burst);
  EXPECT_TRUE(
      loop.run_until([&] { return end.parcels.size() == burst + 10; }, std::chrono::steady_clock::now() + 1000 * tick));
  EXPECT_FALSE(end.failure);
  // Who does not keep to it is not listened to.
  for (std::uint32_t i = 0; i < 100 * burst && !end.failure; ++i)
    end.link.on_frame(encode_direct_parcel(id_of(i), Bytes{1}));
  EXPECT_TRUE(end.failure);
}

TEST(InboxRoom, APathTakesNothingOfTheMailboxsShare) {
  InboxRoom room;
  const InboxRoom::Device bob{"bob@test", 1}, eve{"eve@test", 1};
  for (std::size_t i = 0; i < limits::direct_window; ++i) EXPECT_TRUE(room.take_direct(eve, 10));
  EXPECT_FALSE(room.take_direct(eve, 10));
  EXPECT_TRUE(room.take_direct(bob, limits::direct_held_bytes));
  EXPECT_FALSE(room.take_direct(bob, 1));
  EXPECT_TRUE(room.mailbox_empty());
  for (std::size_t i = 0; i < limits::waiting_deliveries; ++i) EXPECT_TRUE(room.take(10));
  EXPECT_FALSE(room.take(10));
  room.give_back_direct(eve, 10);
  EXPECT_TRUE(room.take_direct(eve, 10));
  EXPECT_FALSE(room.take(10));
  room.give_back(10);
  EXPECT_TRUE(room.take(10));
}

TEST_F(DirectLinkTest, WhatWasNotConfirmedIsGivenBackInItsOrder) {
  End end(loop);
  end.link.on_frame(encode_direct_hello({}));
  for (std::uint32_t i = 0; i < 10; ++i) end.carry(parcel_of(i));
  end.confirm(1);
  std::vector<MessageId> left;
  for (const auto& waiting : end.link.take_waiting()) left.push_back(waiting.parcel.id);
  std::vector<MessageId> expected;
  for (std::uint32_t i = 0; i < 10; ++i)
    if (i != 1) expected.push_back(id_of(i));
  EXPECT_EQ(left, expected);
  // Whatever comes afterwards changes nothing.
  end.confirm(2);
  end.link.on_frame(encode_direct_parcel(id_of(3), Bytes{1}));
  EXPECT_TRUE(end.parcels.empty());
  EXPECT_EQ(end.stored.size(), 1u);
}

TEST(DirectPace, FailuresPutOffOffersOfOurs) {
  DirectPace pace;
  DirectPace::TimePoint now{std::chrono::hours(1)};
  EXPECT_TRUE(pace.may_offer(now));
  pace.begin(now);
  pace.end(now, false);
  EXPECT_FALSE(pace.may_offer(now));
  EXPECT_TRUE(pace.may_offer(now + limits::direct_interval));
  pace.end(now, true);
  EXPECT_FALSE(pace.may_offer(now + limits::direct_backoff_first - std::chrono::milliseconds(1)));
  EXPECT_TRUE(pace.may_offer(now + limits::direct_backoff_first));
  pace.end(now, true);
  EXPECT_FALSE(pace.may_offer(now + limits::direct_backoff_first));
  pace.use();
  pace.end(now, true);
  EXPECT_TRUE(pace.may_offer(now + limits::direct_backoff_first));
}

// Who offers again and again, each time with other addresses for us to check.
TEST(DirectPace, OffersThatReplaceAttemptsWaitLongerEachTime) {
  DirectPace pace;
  DirectPace::TimePoint now{std::chrono::hours(1)};
  const auto start = now;
  std::size_t answered = 0;
  for (; now < start + std::chrono::minutes(10); now += limits::direct_interval)
    if (pace.may_answer(now, answered > 0)) {
      if (answered++ > 0) pace.end(now, true);
      pace.begin(now);
    }
  EXPECT_EQ(answered, 6U) << "at once, after 1 s, and then after 30, 60, 120, 240 s";
  EXPECT_TRUE(pace.may_answer(now, false)) << "what replaces a path that was used begins anew";
}

}  // namespace
}  // namespace pqc::client
