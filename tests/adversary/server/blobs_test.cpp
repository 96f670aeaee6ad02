// Uploads and downloads at a real server process, frame by frame (docs/spec/relay.md §9): what holds them together, and
// what others can do to them.
#include <gtest/gtest.h>

#include "process.h"
#include "server_process.h"
#include "stranger.h"

namespace pqc::test {
namespace {

class BlobAttack : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new bench::TemporaryFolder(bench::TemporaryFolder::make().value());
    auto started = bench::ServerProcess::start(PQC_SERVER_PROGRAM, folder_->path() / "data", std::nullopt);
    ASSERT_TRUE(started) << started.error();
    server_ = new bench::ServerProcess(std::move(*started));
    address_.host = "127.0.0.1";
    address_.port = server_->port();
    const auto& suite = *crypto::find_suite(crypto::SuiteId::pq);
    keys_ = new bench::DeviceKeys(bench::DeviceKeys::make(suite, crypto::SystemRng::instance()).value());
  }
  static void TearDownTestSuite() {
    delete keys_;
    EXPECT_TRUE(server_->stop());
    delete server_;
    delete folder_;
  }

  static std::unique_ptr<Stranger> member(const std::string& name) {
    auto who = std::make_unique<Stranger>(address_);
    who->connect();
    const auto answer = who->register_account(name, *keys_);
    if (!answer.has_logged_in()) throw std::runtime_error(answer.ShortDebugString());
    return who;
  }
  static std::unique_ptr<Stranger> second_connection(const std::string& name) {
    auto who = std::make_unique<Stranger>(address_);
    who->connect();
    const auto answer = who->log_in(who->statement(name, *keys_), *keys_);
    if (!answer.has_logged_in()) throw std::runtime_error(answer.ShortDebugString());
    return who;
  }

  static std::string new_id() {
    const auto bytes = crypto::SystemRng::instance().bytes<32>();
    return std::string(as_text(bytes));
  }
  static v1::ClientFrame open(const std::string& id, std::uint64_t size, std::uint64_t offset = 0) {
    v1::ClientFrame frame;
    frame.mutable_open_upload()->set_id(id);
    frame.mutable_open_upload()->set_size(size);
    frame.mutable_open_upload()->set_offset(offset);
    return frame;
  }
  static v1::ClientFrame part(const std::string& id, std::uint64_t offset, const std::string& data) {
    v1::ClientFrame frame;
    frame.mutable_upload_part()->set_id(id);
    frame.mutable_upload_part()->set_offset(offset);
    frame.mutable_upload_part()->set_data(data);
    return frame;
  }
  static v1::ClientFrame read(const std::string& id, std::uint64_t offset, std::uint32_t bytes) {
    v1::ClientFrame frame;
    frame.mutable_read_blob()->set_id(id);
    frame.mutable_read_blob()->set_offset(offset);
    frame.mutable_read_blob()->set_bytes(bytes);
    return frame;
  }
  static v1::ClientFrame remove(const std::string& id) {
    v1::ClientFrame frame;
    frame.mutable_remove_blob()->set_id(id);
    return frame;
  }
  static v1::ErrorCode error(const v1::ServerFrame& frame) { return frame.error().code(); }

  static inline bench::TemporaryFolder* folder_ = nullptr;
  static inline bench::ServerProcess* server_ = nullptr;
  static inline net::LinkOptions address_;
  static inline bench::DeviceKeys* keys_ = nullptr;
};

TEST_F(BlobAttack, ABlobIsReadByWhoKnowsItsId) {
  auto alice = member("alice");
  auto bob = member("bob");
  const auto id = new_id();
  EXPECT_EQ(alice->ask(open(id, 10)).upload().stored(), 0U);
  EXPECT_EQ(alice->ask(part(id, 0, "01234")).upload().stored(), 5U);
  EXPECT_EQ(error(bob->ask(read(id, 0, 5))), v1::ERROR_UNKNOWN_BLOB) << "it is not whole yet";
  const auto done = alice->ask(part(id, 5, "56789")).upload();
  EXPECT_TRUE(done.complete());
  EXPECT_GT(done.expires_at(), SystemClock().now().value);
  const auto got = bob->ask(read(id, 3, 100)).blob_part();
  EXPECT_EQ(got.data(), "3456789");
  EXPECT_EQ(got.size(), 10U);
  EXPECT_EQ(bob->ask(read(id, 2, 3)).blob_part().data(), "234");
  EXPECT_EQ(error(bob->ask(read(id, 10, 1))), v1::ERROR_MALFORMED);
  EXPECT_EQ(error(bob->ask(read(new_id(), 0, 1))), v1::ERROR_UNKNOWN_BLOB);
}

TEST_F(BlobAttack, OnlyItsOwnerRemovesABlob) {
  auto owner = member("olivia");
  auto other = member("peggy");
  const auto whole = new_id();
  owner->ask(open(whole, 4));
  ASSERT_TRUE(owner->ask(part(whole, 0, "data")).upload().complete());
  EXPECT_EQ(other->ask(read(whole, 0, 4)).blob_part().data(), "data");
  // To others it is as if it were not there.
  EXPECT_EQ(error(other->ask(remove(whole))), v1::ERROR_UNKNOWN_BLOB);
  EXPECT_EQ(error(other->ask(remove(new_id()))), v1::ERROR_UNKNOWN_BLOB);
  EXPECT_EQ(error(other->ask(remove("short"))), v1::ERROR_MALFORMED);
  EXPECT_EQ(other->ask(read(whole, 0, 4)).blob_part().data(), "data");
  EXPECT_TRUE(owner->ask(remove(whole)).has_blob_removed());
  for (auto* reader : {owner.get(), other.get()})
    EXPECT_EQ(error(reader->ask(read(whole, 0, 4))), v1::ERROR_UNKNOWN_BLOB);
  EXPECT_EQ(error(owner->ask(remove(whole))), v1::ERROR_UNKNOWN_BLOB);
}

TEST_F(BlobAttack, AnUploadThatIsRemovedEndsWhoeverWritesIt) {
  auto writer = member("quentin");
  auto second = second_connection("quentin");
  const auto id = new_id();
  writer->ask(open(id, 10));
  EXPECT_EQ(writer->ask(part(id, 0, "12345")).upload().stored(), 5U);
  EXPECT_TRUE(second->ask(remove(id)).has_blob_removed());
  EXPECT_EQ(error(writer->ask(part(id, 5, "67890"))), v1::ERROR_CONFLICT);
  EXPECT_EQ(writer->ask(open(id, 10, 5)).upload().stored(), 0U) << "from the first byte on";
}

TEST_F(BlobAttack, StrangersGetAndStoreNothing) {
  Stranger stranger(address_);
  stranger.connect();
  EXPECT_EQ(error(stranger.ask(open(new_id(), 10))), v1::ERROR_REFUSED);
  EXPECT_EQ(error(stranger.ask(part(new_id(), 0, "x"))), v1::ERROR_REFUSED);
  EXPECT_EQ(error(stranger.ask(read(new_id(), 0, 1))), v1::ERROR_REFUSED);
  EXPECT_EQ(error(stranger.ask(remove(new_id()))), v1::ERROR_REFUSED);
}

TEST_F(BlobAttack, AnUploadGoesOnWhereItWasConfirmed) {
  auto first = member("carol");
  const auto id = new_id();
  first->ask(open(id, 12));
  first->ask(part(id, 0, "confirmed"));
  first.reset();
  auto second = second_connection("carol");
  // The uploader had stored the confirmation of four bytes only: the rest is written anew, with other bytes.
  EXPECT_EQ(second->ask(open(id, 12, 4)).upload().stored(), 4U);
  EXPECT_TRUE(second->ask(part(id, 4, "-anewed!")).upload().complete());
  EXPECT_EQ(second->ask(read(id, 0, 100)).blob_part().data(), "conf-anewed!");
  // Done is done, also for an uploader who did not hear of it.
  EXPECT_TRUE(second->ask(open(id, 12, 4)).upload().complete());
  EXPECT_EQ(error(second->ask(part(id, 4, "xxxxxxxx"))), v1::ERROR_CONFLICT);
  EXPECT_EQ(second->ask(read(id, 0, 100)).blob_part().data(), "conf-anewed!");
}

TEST_F(BlobAttack, OnlyTheConnectionThatOpenedItLastWrites) {
  auto first = member("dave");
  auto second = second_connection("dave");
  const auto id = new_id();
  first->ask(open(id, 10));
  EXPECT_EQ(first->ask(part(id, 0, "old ")).upload().stored(), 4U);
  EXPECT_EQ(second->ask(open(id, 10, 0)).upload().stored(), 0U);
  EXPECT_EQ(error(first->ask(part(id, 4, "stale"))), v1::ERROR_CONFLICT);
  EXPECT_EQ(second->ask(part(id, 0, "new")).upload().stored(), 3U);
  EXPECT_TRUE(second->ask(part(id, 3, "1234567")).upload().complete());
  EXPECT_EQ(first->ask(read(id, 0, 10)).blob_part().data(), "new1234567");
}

// Its last part may be on the way while another connection begins anew: then it is refused, or the other one waits.
TEST_F(BlobAttack, AnOustedConnectionCompletesNothing) {
  auto first = member("olga");
  auto second = second_connection("olga");
  for (int round = 0; round < 40; ++round) {
    const auto id = new_id();
    first->ask(open(id, 10));
    auto last = part(id, 0, "0123456789");
    last.set_request_id(77);
    first->send(last.SerializeAsString());
    const auto opened = second->ask(open(id, 10, 0));
    const auto answer = first->next();
    const bool cut = opened.has_upload() && !opened.upload().complete();
    if (!cut) {
      EXPECT_TRUE(opened.upload().complete() || error(opened) == v1::ERROR_UNAVAILABLE) << opened.ShortDebugString();
      continue;
    }
    EXPECT_EQ(error(answer), v1::ERROR_CONFLICT) << answer.ShortDebugString();
    EXPECT_EQ(error(second->ask(read(id, 0, 10))), v1::ERROR_UNKNOWN_BLOB);
    EXPECT_TRUE(second->ask(part(id, 0, "9876543210")).upload().complete());
    EXPECT_EQ(second->ask(read(id, 0, 10)).blob_part().data(), "9876543210");
  }
}

TEST_F(BlobAttack, NobodyWritesToAnothersBlob) {
  auto owner = member("erin");
  auto thief = member("frank");
  const auto id = new_id();
  owner->ask(open(id, 6));
  owner->ask(part(id, 0, "abc"));
  EXPECT_EQ(error(thief->ask(open(id, 6))), v1::ERROR_CONFLICT);
  EXPECT_EQ(error(thief->ask(open(id, 7))), v1::ERROR_CONFLICT);
  EXPECT_EQ(error(thief->ask(part(id, 3, "def"))), v1::ERROR_CONFLICT);
  // It was no interruption either.
  EXPECT_TRUE(owner->ask(part(id, 3, "def")).upload().complete());
  EXPECT_EQ(thief->ask(read(id, 0, 6)).blob_part().data(), "abcdef");
}

TEST_F(BlobAttack, RefusesWhatIsOutOfPlaceOrTooLarge) {
  auto who = member("grace");
  const auto id = new_id();
  EXPECT_EQ(error(who->ask(open("short", 10))), v1::ERROR_MALFORMED);
  EXPECT_EQ(error(who->ask(open(id, 0))), v1::ERROR_MALFORMED);
  EXPECT_EQ(error(who->ask(open(id, 10, 11))), v1::ERROR_MALFORMED);
  EXPECT_EQ(error(who->ask(open(id, std::uint64_t{1} << 32U))), v1::ERROR_TOO_LARGE);
  EXPECT_EQ(error(who->ask(part(id, 0, "x"))), v1::ERROR_CONFLICT) << "not opened";
  // An offset that the server never had: it says where it stands.
  EXPECT_EQ(who->ask(open(id, 10, 7)).upload().stored(), 0U);
  EXPECT_EQ(error(who->ask(part(id, 0, ""))), v1::ERROR_MALFORMED);
  EXPECT_EQ(error(who->ask(part(id, 0, std::string((512 << 10) + 1, 'x')))), v1::ERROR_MALFORMED);
  EXPECT_EQ(error(who->ask(part(id, 3, "xyz"))), v1::ERROR_CONFLICT) << "a gap";
  EXPECT_EQ(error(who->ask(part(id, 0, "xyz"))), v1::ERROR_CONFLICT) << "after an error it has to be opened again";
  who->ask(open(id, 10));
  EXPECT_EQ(error(who->ask(part(id, 0, "more than ten bytes"))), v1::ERROR_CONFLICT);
  EXPECT_EQ(error(who->ask(read(id, 0, 0))), v1::ERROR_MALFORMED);
}

TEST_F(BlobAttack, AnAccountsShareIsCountedWhenAnUploadIsOpened) {
  auto who = member("heidi");
  const std::uint64_t half = (std::uint64_t{2} << 30U) - 1;
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(who->ask(open(new_id(), half)).has_upload());
  EXPECT_EQ(error(who->ask(open(new_id(), half))), v1::ERROR_QUOTA);
}

TEST_F(BlobAttack, AGreedyReaderCostsTheServerLittle) {
  auto who = member("ivan");
  const auto id = new_id();
  const std::string data(512 << 10, 'x');
  who->ask(open(id, 4 * data.size()));
  for (std::uint64_t i = 0; i < 4; ++i) who->ask(part(id, i * data.size(), data));
  const auto before = bench::usage_of(server_->pid()).value().resident_bytes;
  auto greedy = second_connection("ivan");
  for (int i = 0; i < 400; ++i) {
    auto frame = read(id, 0, 512 << 10);
    frame.set_request_id(static_cast<std::uint64_t>(1000 + i));
    greedy->send(frame.SerializeAsString());
  }
  // The others are served meanwhile.
  for (int i = 0; i < 20; ++i) EXPECT_EQ(who->ask(read(id, 7, 5)).blob_part().data(), "xxxxx");
  const auto after = bench::usage_of(server_->pid()).value().resident_bytes;
  EXPECT_LT(after, before + (std::uint64_t{32} << 20U));
  for (int i = 0; i < 400; ++i) ASSERT_EQ(greedy->next().blob_part().data().size(), data.size());
}

}  // namespace
}  // namespace pqc::test
