#include "server/storage/group_commit.h"

#include <future>

#include <gtest/gtest.h>

namespace pqc::server::storage {
namespace {

// Only begin, commit and rollback matter here; find_recipient is what the jobs call.
class FakeStore final : public Store {
 public:
  FakeStore(std::string& trace, const bool& locked) : trace_(trace), locked_(locked) {}
  Result<void> begin() override {
    if (locked_) return trace_ += "#", std::unexpected(StoreError::busy);
    return trace_ += "(", Result<void>();
  }
  Result<void> commit() override { return trace_ += ")", Result<void>(); }
  void rollback() override { trace_ += "x"; }
  Result<Recipient> find_recipient(std::string_view name, std::uint32_t) override {
    trace_ += name;
    if (name == "!") return std::unexpected(StoreError::disk_full);
    return Recipient{};
  }
  Result<std::optional<Account>> find_account(std::string_view) override { return std::nullopt; }
  Result<std::optional<AccountId>> create_account(std::string_view, std::uint64_t, ByteView, UnixMillis) override {
    return std::nullopt;
  }
  Result<void> replace_record(AccountId, std::uint64_t, ByteView) override { return {}; }
  Result<MailboxId> put_device(AccountId, std::uint32_t, const std::vector<DeviceKey>&) override { return MailboxId{}; }
  Result<void> remove_device(AccountId, std::uint32_t) override { return {}; }
  Result<std::optional<LoginData>> find_login(std::string_view, std::uint32_t, std::uint16_t) override {
    return std::nullopt;
  }
  Result<void> set_generation(MailboxId, std::uint64_t) override { return {}; }
  Result<void> add_invite(const TokenHash&, UnixMillis) override { return {}; }
  Result<bool> has_invite(const TokenHash&, UnixMillis) override { return false; }
  Result<bool> use_invite(const TokenHash&, UnixMillis) override { return false; }
  Result<bool> put_prekeys(MailboxId, const PrekeyBatch&) override { return false; }
  Result<std::optional<Bundle>> take_prekey(MailboxId, std::uint16_t, UnixMillis) override { return std::nullopt; }
  Result<std::vector<PrekeyCount>> count_prekeys(MailboxId) override { return std::vector<PrekeyCount>(); }
  Result<std::uint32_t> count_hand_out(AccountId, MailboxId, UnixMillis) override { return 0u; }
  Result<Appended> append(const NewMessage&) override { return Appended{}; }
  Result<std::vector<StoredMessage>> read_after(MailboxId, MessageId, std::size_t, std::size_t) override {
    return std::vector<StoredMessage>();
  }
  Result<void> remove_up_to(MailboxId, MessageId) override { return {}; }
  Result<MailboxUsage> usage(MailboxId) override { return MailboxUsage{}; }
  Result<MessageId> newest(MailboxId) override { return MessageId{}; }
  Result<BlobOutcome> add_blob(const Blob&, const BlobQuota&) override { return BlobOutcome::added; }
  Result<std::optional<Blob>> find_blob(const BlobId&) override { return std::nullopt; }
  Result<bool> complete_blob(const BlobId&, UnixMillis) override { return false; }
  Result<std::vector<BlobId>> take_expired_blobs(UnixMillis, std::size_t) override { return std::vector<BlobId>(); }
  Result<std::vector<BlobId>> blobs_after(const BlobId&, std::size_t) override { return std::vector<BlobId>(); }
  Result<void> remove_blob(const BlobId&) override { return {}; }
  Result<void> sweep(UnixMillis) override { return {}; }
  Result<Totals> totals() override { return Totals{}; }

 private:
  std::string& trace_;
  const bool& locked_;
};

class GroupCommitTest : public testing::Test {
 protected:
  // Holds the storage thread in its first job until release(), so that what follows becomes one group.
  void hold() {
    auto wait = [this](Store&) -> Result<void> { return held_.get_future().wait(), Result<void>(); };
    ASSERT_TRUE(commit_.submit(0, std::move(wait), [](const Result<void>&) {}));
    while (commit_.waiting() > 0) std::this_thread::yield();
  }
  void release() {
    held_.set_value();
    commit_.stop();
  }
  bool try_submit(std::string name, std::size_t bytes) {
    auto run = [name](Store& store) { return store.find_recipient(name, 0); };
    auto done = [this, name](const Result<Recipient>& result) {
      reports_ += name + (result ? "+" : result.error() == StoreError::stopped ? "0" : "-");
    };
    return commit_.submit(bytes, std::move(run), std::move(done));
  }
  void submit(std::string name) { ASSERT_TRUE(try_submit(std::move(name), 0)); }

  std::string trace_;
  bool locked_ = false;  // by another process
  std::string reports_;
  std::promise<void> held_;
  // Reports run on the storage thread here; they are read after stop().
  GroupCommit commit_{std::make_unique<FakeStore>(trace_, locked_),
                      [](const std::function<void()>& reports) { reports(); }};
};

TEST_F(GroupCommitTest, JobsThatWaitShareOneCommit) {
  hold();
  submit("a");
  submit("b");
  submit("c");
  release();
  EXPECT_EQ(trace_, "()(abc)");
  EXPECT_EQ(reports_, "a+b+c+");
}

TEST_F(GroupCommitTest, OneThatFailsDoesNotTakeTheOthersWithIt) {
  hold();
  submit("a");
  submit("!");
  submit("c");
  release();
  EXPECT_EQ(trace_, "()(a!x(a)(!x(c)");
  EXPECT_EQ(reports_, "a+!-c+");
}

TEST_F(GroupCommitTest, OnlyOneWaitsForALockedStore) {
  hold();
  submit("a");
  submit("b");
  submit("c");
  locked_ = true;
  release();
  EXPECT_EQ(trace_, "()#");
  EXPECT_EQ(reports_, "a-b-c-");
}

TEST_F(GroupCommitTest, NothingIsTakenAfterStop) {
  commit_.stop();
  EXPECT_FALSE(commit_.submit(0, [](Store&) { return Result<void>(); }, [](const Result<void>&) {}));
}

TEST_F(GroupCommitTest, NoMoreBytesWaitThanTheLimit) {
  hold();
  constexpr auto third = max_waiting_job_bytes / 3;
  EXPECT_TRUE(try_submit("a", third));
  EXPECT_TRUE(try_submit("b", third));
  EXPECT_FALSE(try_submit("c", third)) << "the jobs themselves count, too";
  EXPECT_TRUE(try_submit("d", third / 2));
  release();
  EXPECT_EQ(reports_, "a+b+d+");
  EXPECT_EQ(commit_.waiting_bytes(), 0U) << "what was reported no longer counts";
}

TEST_F(GroupCommitTest, OneThatIsAloneIsNeverTooMuch) {
  EXPECT_TRUE(try_submit("a", 2 * max_waiting_job_bytes));
  commit_.stop();
  EXPECT_EQ(reports_, "a+");
}

TEST_F(GroupCommitTest, WhatStillWaitsWhenTheTimeIsUpIsGivenUp) {
  hold();
  submit("a");
  submit("b");
  std::jthread stopping([this] { commit_.stop(std::chrono::milliseconds(0)); });
  // Closed: the time is set by now.
  while (try_submit("", 0)) std::this_thread::yield();
  held_.set_value();
  stopping.join();
  EXPECT_EQ(trace_, "()");
  EXPECT_TRUE(reports_.starts_with("a0b0")) << reports_;
}

}  // namespace
}  // namespace pqc::server::storage
