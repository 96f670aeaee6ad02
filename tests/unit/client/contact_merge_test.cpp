// What a history or a backup says of a contact, beside what a device knows that was quicker (THREATS 3): the user's
// decisions come through, and keys that the server gave in the meantime do not stand in their way.
#include "client/backup/contact_merge.h"

#include <gtest/gtest.h>

#include "client/backup/backup_records.h"
#include "support/person.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

constexpr UnixMillis now = test::start_time;

class ContactMergeTest : public ::testing::Test {
 protected:
  ContactMergeTest() {
    auto opened = Store::open(std::filesystem::path(folder.path()) / "profile.db", DatabaseKey(), true);
    EXPECT_TRUE(opened);
    store = std::move(*opened);
  }
  // As the other device has it.
  ContactRow from(const test::Person& person) const {
    ContactRow row;
    row.peer = person.account.text();
    row.state = ContactState::accepted;
    row.verified = true;
    row.record = person.record->encoded();
    row.level = 3;
    row.suite = 3;
    row.timer = 60;
    row.timer_revision = 2;
    row.timer_change = {7};
    return row;
  }
  // As this device got it from the server.
  std::int64_t pinned_here(const test::Person& person) {
    const auto row = store->contacts.find_or_add(person.account.text(), ContactState::stranger, now);
    EXPECT_TRUE(store->contacts.pin_record(row->id, person.record->encoded(), now));
    EXPECT_TRUE(store->sessions.add({.id = 0,
                                     .contact = row->id,
                                     .device = 1,
                                     .transcript = Bytes(64, 1),
                                     .initial_hash = {},
                                     .suite = 3,
                                     .sends = true,
                                     .initial = {},
                                     .state = SecretBytes(Bytes{1}),
                                     .created_at = now},
                                    5));
    return row->id;
  }
  Merged take(const ContactRow& other) {
    const auto known = store->contacts.find_or_add(other.peer, ContactState::stranger, now);
    auto merged = merge_contact(*store, *known, other, now);
    EXPECT_TRUE(merged);
    return merged.value_or(Merged::taken);
  }
  ContactRow row(const std::string& peer) { return store->contacts.find(peer)->value(); }
  bool has_session(std::int64_t contact) { return !store->sessions.of_device(contact, 1)->empty(); }
  std::size_t notices() { return store->messages.notices_not_shown()->size(); }

  test::TemporaryFolder folder;
  std::unique_ptr<Store> store;
  test::Person bob{"bob", 1, crypto::SuiteId::pq};
  test::Person false_bob{"bob", 2, crypto::SuiteId::pq};
};

TEST_F(ContactMergeTest, Threat3AForgedPinDoesNotKeepTheTrueOneOut) {
  const auto id = pinned_here(false_bob);
  EXPECT_EQ(take(from(bob)), Merged::identity_changed);
  const auto merged = row(bob.account.text());
  EXPECT_EQ(merged.record, bob.record->encoded());
  EXPECT_EQ(merged.changed_record, false_bob.record->encoded());
  EXPECT_TRUE(merged.blocked());
  EXPECT_TRUE(merged.verified);
  EXPECT_FALSE(has_session(id));
  ASSERT_EQ(notices(), 1U);
  EXPECT_EQ(store->messages.notices_not_shown()->front().kind, NoticeKind::identity_changed);
  // A second time nothing is new.
  EXPECT_EQ(take(from(bob)), Merged::taken);
  EXPECT_EQ(notices(), 1U);
}

TEST_F(ContactMergeTest, Threat3WhatWasSealedForForgedKeysDoesNotGoOut) {
  const auto id = pinned_here(false_bob);
  MessageRow message;
  message.contact = id;
  message.message.id = {1};
  message.message.direction = Direction::outgoing;
  message.message.status = MessageStatus::queued;
  const auto seq = store->messages.add(message)->value();
  ASSERT_TRUE(store->messages.set_sealed(seq, 3));
  ASSERT_TRUE(store->outbox.add(
      {.seq = 0, .id = {9}, .contact = id, .peer = {}, .device = 1, .body = Bytes(1), .message = seq}, now));
  take(from(bob));
  EXPECT_EQ(*store->outbox.size(), 0);
  EXPECT_EQ(store->messages.to_seal(10)->size(), 1U);
}

TEST_F(ContactMergeTest, TheSameIdentityKeepsItsSessionsAndGetsItsMarks) {
  const auto id = pinned_here(bob);
  EXPECT_EQ(take(from(bob)), Merged::taken);
  const auto merged = row(bob.account.text());
  EXPECT_TRUE(merged.verified);
  EXPECT_EQ(merged.state, ContactState::accepted);
  EXPECT_EQ(merged.timer, 60U);
  EXPECT_EQ(merged.level, 3);
  EXPECT_FALSE(merged.blocked());
  EXPECT_TRUE(has_session(id));
  EXPECT_EQ(notices(), 0U);
}

TEST_F(ContactMergeTest, OfOneIdentityTheNewerRecordCounts) {
  const auto older = from(bob);
  bob.publish(test::successor_of(*bob.record));
  pinned_here(bob);
  take(older);
  EXPECT_EQ(row(bob.account.text()).record, bob.record->encoded());
  EXPECT_TRUE(row(bob.account.text()).verified);
  bob.publish(test::successor_of(*bob.record));
  take(from(bob));
  EXPECT_EQ(row(bob.account.text()).record, bob.record->encoded());
}

TEST_F(ContactMergeTest, Threat16WhoIsBlockedElsewhereIsBlockedHere) {
  auto eve = from(bob);
  eve.state = ContactState::stranger;
  eve.barred = true;
  pinned_here(bob);
  take(eve);
  EXPECT_TRUE(row(bob.account.text()).barred);
  // And not let in again by a record that does not know of it.
  take(from(bob));
  EXPECT_TRUE(row(bob.account.text()).barred);
}

TEST_F(ContactMergeTest, WhatTheUserComparedOnThisDeviceStays) {
  const auto id = pinned_here(false_bob);
  ASSERT_TRUE(store->contacts.set_verified(id, true));
  EXPECT_EQ(take(from(bob)), Merged::taken);
  EXPECT_EQ(row(bob.account.text()).record, false_bob.record->encoded());
  EXPECT_TRUE(row(bob.account.text()).verified);
}

TEST_F(ContactMergeTest, KeysThatDoNotVerifyTakeNobodysPlace) {
  pinned_here(bob);
  auto damaged = from(bob);
  damaged.record.back() ^= 1;
  damaged.barred = true;
  take(damaged);
  EXPECT_EQ(row(bob.account.text()).record, bob.record->encoded());
  EXPECT_FALSE(row(bob.account.text()).verified);
  EXPECT_TRUE(row(bob.account.text()).barred);
}

TEST_F(ContactMergeTest, Threat3RecordsOfAHistorySayWhoHadOtherKeys) {
  pinned_here(false_bob);
  RecordReader reader(*store, now, 100);
  ASSERT_TRUE(reader.take(encode_record(from(bob)).view()));
  EXPECT_EQ(reader.changed(), std::vector{bob.account.text()});
}

}  // namespace
}  // namespace pqc::client
