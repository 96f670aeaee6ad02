#include "client/backup/backup.h"

#include <fstream>

#include <gtest/gtest.h>

#include "client/backup/backup_file.h"
#include "client/store/restored_rows.h"
#include "crypto/random.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

namespace fs = std::filesystem;

constexpr UnixMillis now{1'700'000'000'000};
constexpr crypto::Argon2Parameters quick{.memory_kib = 64, .passes = 1, .lanes = 1};

class BackupTest : public ::testing::Test {
 protected:
  static SecretBytes passphrase(std::string_view text = "correct horse") { return SecretBytes(as_bytes(text)); }

  std::unique_ptr<Store> store(const std::string& name) {
    auto opened = Store::open(fs::path(folder.path(name)), DatabaseKey(), true);
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  void write(std::size_t records, std::size_t size) {
    auto writer = BackupWriter::create(file, passphrase(), quick, rng);
    ASSERT_TRUE(writer);
    for (std::size_t i = 0; i < records; ++i) ASSERT_TRUE((*writer)->add(Bytes(size, static_cast<std::uint8_t>(i))));
    ASSERT_TRUE((*writer)->finish());
  }
  // How many records come out, or the error.
  Result<std::size_t> read() {
    auto reader = BackupReader::open(file, passphrase());
    if (!reader) return pass(reader);
    for (std::size_t count = 0;; ++count) {
      auto record = (*reader)->next();
      if (!record) return pass(record);
      if (!*record) return count;
    }
  }
  Bytes content() {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const Bytes& bytes) {
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  test::TemporaryFolder folder;
  fs::path file{folder.path("backup")};
  crypto::SeededRng rng{3};
};

TEST_F(BackupTest, RecordsOfEverySizeComeBackAcrossPieces) {
  // With the length before each record, these fill no piece, one to the byte, and several.
  for (const std::size_t size : {0UL, 1UL, backup_piece_size - 4, backup_piece_size, backup_record_size}) {
    fs::remove(file);
    write(3, size);
    EXPECT_EQ(read().value_or(0), 3U) << size;
  }
  fs::remove(file);
  write(1, backup_piece_size - 4);
  EXPECT_EQ(fs::file_size(file), backup_header_size + backup_piece_size + 16);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(BackupTest, AnyChangedByteIsNoticed) {
  write(2, 40);
  const auto good = content();
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 1;
    put(bad);
    EXPECT_FALSE(read()) << i;
  }
}

TEST_F(BackupTest, CutsAddedBytesAndReorderedPiecesAreNoticed) {
  write(3, backup_piece_size);
  const auto good = content();
  const auto piece = backup_piece_size + 16;
  for (const auto size : {good.size() - 1, backup_header_size + 2 * piece, backup_header_size + piece,
                          backup_header_size, std::size_t{3}, std::size_t{0}}) {
    put({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_FALSE(read()) << size;
  }
  auto more = good;
  more.push_back(0);
  put(more);
  EXPECT_FALSE(read());
  auto swapped = good;
  std::swap_ranges(swapped.begin() + backup_header_size, swapped.begin() + backup_header_size + piece,
                   swapped.begin() + backup_header_size + piece);
  put(swapped);
  EXPECT_FALSE(read());
}

TEST_F(BackupTest, ErrorsSayWhatIsWrong) {
  write(1, 1);
  EXPECT_EQ(BackupReader::open(file, passphrase("wrong")).error().code, ExitCode::wrong_key);
  EXPECT_EQ(BackupWriter::create(file, passphrase(), quick, rng).error().code, ExitCode::usage);
  auto bytes = content();
  bytes[9] = 2;
  put(bytes);
  EXPECT_EQ(read().error().code, ExitCode::too_new);
  bytes[9] = 1;
  bytes[10] = 0xFF;  // more memory than any machine has
  put(bytes);
  EXPECT_EQ(read().error().code, ExitCode::damaged);
  put(Bytes(200, 7));
  EXPECT_EQ(read().error().code, ExitCode::damaged);
  fs::remove(file);
  EXPECT_EQ(read().error().code, ExitCode::missing);
}

// What the user keeps beside it under any name stays as it is.
TEST_F(BackupTest, NothingThatIsThereIsTouched) {
  const auto beside = file.string() + ".new";
  std::ofstream(beside) << "the user's own";
  write(1, 10);
  EXPECT_EQ(read().value_or(0), 1U);
  fs::remove(file);
  {
    ASSERT_TRUE(BackupWriter::create(file, passphrase(), quick, rng));
  }
  std::ifstream in(beside);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "the user's own");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST_F(BackupTest, AnUnfinishedOneLeavesNothing) {
  {
    auto writer = BackupWriter::create(file, passphrase(), quick, rng);
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->add(Bytes(10)));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

class RestoreTest : public BackupTest {
 protected:
  RestoreTest() : old(store("old.db")) {
    bob = old->contacts.find_or_add("bob@test", ContactState::accepted, now)->id;
    EXPECT_TRUE(old->contacts.pin_record(bob, Bytes{1, 2, 3}, now));
    EXPECT_TRUE(old->contacts.set_verified(bob, true));
    EXPECT_TRUE(old->contacts.pin_suite(bob, 3, 3));
    EXPECT_TRUE(old->contacts.set_timer(bob, 60, 4, Bytes{9}));
    EXPECT_TRUE(old->contacts.set_barred(old->contacts.find_or_add("eve@test", ContactState::stranger, now)->id, true));
    EXPECT_TRUE(old->account.set_number(setting::keep_days, 365));
    EXPECT_TRUE(old->sessions.add({.id = 0,
                                   .contact = bob,
                                   .device = 1,
                                   .transcript = Bytes(64, 1),
                                   .initial_hash = {},
                                   .suite = 3,
                                   .sends = true,
                                   .initial = {},
                                   .state = SecretBytes(Bytes{1}),
                                   .created_at = now},
                                  5));
    add(1, Direction::incoming, MessageStatus::received, "from bob");
    add(2, Direction::outgoing, MessageStatus::delivered, "to bob");
    add(3, Direction::outgoing, MessageStatus::queued, "never went out");
    EXPECT_TRUE(old->calls.add(call(1, CallOutcome::completed)));
    EXPECT_TRUE(old->calls.add(call(2, CallOutcome::missed)));
  }
  void add(std::uint8_t id, Direction direction, MessageStatus status, const std::string& text) {
    MessageRow row;
    row.contact = bob;
    row.message.id = {id};
    row.message.direction = direction;
    row.message.status = status;
    row.message.text = text;
    row.message.sent_at = row.message.stored_at = now;
    ASSERT_TRUE(old->messages.add(row));
  }
  [[nodiscard]] CallRow call(std::uint8_t id, CallOutcome outcome) const {
    return {.id = {id},
            .contact = bob,
            .direction = Direction::outgoing,
            .outcome = outcome,
            .started = {1'000 + id},
            .answered = {2'000},
            .ended = {3'000},
            .relayed = true};
  }
  // A profile with an account of its own.
  std::unique_ptr<Store> profile(const std::string& name) {
    auto out = store(name);
    const AccountRow carol{
        .name = "carol", .server = "test", .host = "test", .port = 1, .pin = Bytes(32), .record = {1}};
    EXPECT_TRUE(out->account.save(carol, now));
    return out;
  }
  Result<BackupCounts> back_up() { return write_backup(*old, file, passphrase(), quick, now, rng); }

  std::unique_ptr<Store> old;
  std::int64_t bob = 0;
};

TEST_F(RestoreTest, EverythingComesBackButSessions) {
  ASSERT_TRUE(back_up());
  auto fresh = profile("new.db");
  const auto counts = restore_backup(*fresh, file, passphrase(), now);
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts->contacts, 2U);
  EXPECT_EQ(counts->messages, 3U);
  EXPECT_EQ(counts->calls, 2U);
  const auto calls = fresh->calls.latest(10);
  ASSERT_TRUE(calls && calls->size() == 2U);
  EXPECT_EQ(calls->front().outcome, CallOutcome::missed);
  const auto& spoken = calls->back();
  EXPECT_EQ(spoken.id, to_hex(call(1, {}).id));
  EXPECT_EQ(spoken.peer, "bob@test");
  EXPECT_EQ(spoken.direction, Direction::outgoing);
  EXPECT_EQ(spoken.outcome, CallOutcome::completed);
  EXPECT_EQ(std::tuple(spoken.started.value, spoken.answered.value, spoken.ended.value, spoken.relayed),
            std::tuple(1'001, 2'000, 3'000, true));
  const auto contact = fresh->contacts.find("bob@test");
  ASSERT_TRUE(contact && *contact);
  EXPECT_TRUE((*contact)->verified);
  EXPECT_EQ((*contact)->record, (Bytes{1, 2, 3}));
  EXPECT_EQ((*contact)->timer, 60U);
  EXPECT_EQ((*contact)->level, 3);
  EXPECT_TRUE(fresh->contacts.find("eve@test")->value().barred);
  EXPECT_FALSE(*RestoredRows(*fresh).has_session((*contact)->id));
  EXPECT_EQ(fresh->account.number(setting::keep_days)->value_or(0), 365);
  const auto history = fresh->messages.history((*contact)->id, 10);
  ASSERT_EQ(history->size(), 3U);
  EXPECT_EQ((*history)[0].message.text, "from bob");
  EXPECT_EQ((*history)[1].message.status, MessageStatus::delivered);
  EXPECT_EQ((*history)[2].message.status, MessageStatus::failed);
  EXPECT_TRUE(fresh->messages.not_shown(10)->empty());
  EXPECT_TRUE(fresh->messages.to_seal(10)->empty());
  EXPECT_EQ(fresh->search
                .find({.contact = 0, .words = "bob", .since = {}, .before = {}, .after = {}, .limit = 9, .now = now})
                ->size(),
            2U);
}

TEST_F(RestoreTest, TwiceIsAsOnceAndPinnedKeysStay) {
  ASSERT_TRUE(back_up());
  auto fresh = profile("new.db");
  const auto known = fresh->contacts.find_or_add("bob@test", ContactState::accepted, now)->id;
  ASSERT_TRUE(fresh->contacts.pin_record(known, Bytes{7}, now));
  ASSERT_TRUE(restore_backup(*fresh, file, passphrase(), now));
  const auto again = restore_backup(*fresh, file, passphrase(), now);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->contacts + again->messages, 0U);
  EXPECT_EQ(fresh->contacts.find(known)->value().record, (Bytes{7}));
  EXPECT_FALSE(fresh->contacts.find(known)->value().verified);
  EXPECT_EQ(fresh->messages.history(known, 10)->size(), 3U);
}

// Under its name a profile keeps the other devices of its account.
TEST_F(RestoreTest, TheAccountItselfIsNoContact) {
  const AccountRow alice{.name = "alice", .server = "test", .host = "test", .port = 1, .pin = Bytes(32), .record = {1}};
  ASSERT_TRUE(old->account.save(alice, now));
  ASSERT_TRUE(old->contacts.find_or_add("alice@test", ContactState::accepted, now));
  const auto written = back_up();
  ASSERT_TRUE(written);
  EXPECT_EQ(written->contacts, 2U);
  // One of an earlier version has it.
  auto fresh = store("new.db");
  ASSERT_TRUE(fresh->account.save(alice, now));
  RecordReader reader(*fresh, now);
  const auto row = old->contacts.find("alice@test");
  ASSERT_TRUE(row && *row);
  ASSERT_TRUE(reader.take(encode_record(**row).view()));
  EXPECT_TRUE(fresh->contacts.all()->empty());
}

// A device that is linked has its history below what reached it by itself.
TEST_F(RestoreTest, MessagesKeepTheirNumbersWhereThatIsAskedFor) {
  auto fresh = store("new.db");
  ASSERT_TRUE(RestoredRows(*fresh).reserve_numbers(100));
  const auto contact = fresh->contacts.find_or_add("bob@test", ContactState::accepted, now)->id;
  MessageRow live;
  live.contact = contact;
  live.message.id = {99};
  live.message.text = "came by itself";
  EXPECT_EQ(fresh->messages.add(live)->value_or(0), 101);
  RecordReader reader(*fresh, now, 100);
  const auto rows = RestoredRows(*old).after(0, 10);
  for (int twice = 0; twice < 2; ++twice)
    for (const auto& row : *rows) ASSERT_TRUE(reader.take(encode_record(row).view()));
  EXPECT_EQ(reader.counts().messages, 3U);
  const auto history = fresh->messages.history(contact, 10);
  ASSERT_EQ(history->size(), 4U);
  EXPECT_EQ((*history)[0].message.text, "from bob");
  EXPECT_EQ((*history)[0].message.seq, 1);
  EXPECT_EQ((*history)[3].message.text, "came by itself");
  EXPECT_EQ(RestoredRows(*fresh).newest().value_or(0), 101);
}

// Whoever could not be told before the connection ended is told on another one, also where a session had been begun.
TEST_F(RestoreTest, EveryContactIsOwedAGreetingUntilItIsStored) {
  ASSERT_TRUE(back_up());
  auto fresh = profile("new.db");
  RestoredRows rows(*fresh);
  EXPECT_TRUE(rows.to_greet("carol@test")->empty());
  ASSERT_TRUE(restore_backup(*fresh, file, passphrase(), now));
  const auto id = fresh->contacts.find("bob@test")->value().id;
  EXPECT_EQ(*rows.to_greet("carol@test"), std::vector{id});
  ASSERT_TRUE(fresh->sessions.add({.id = 0,
                                   .contact = id,
                                   .device = 1,
                                   .transcript = Bytes(64, 1),
                                   .initial_hash = {},
                                   .suite = 3,
                                   .sends = true,
                                   .initial = {},
                                   .state = SecretBytes(Bytes{1}),
                                   .created_at = now},
                                  5));
  EXPECT_EQ(*rows.to_greet("carol@test"), std::vector{id});
  ASSERT_TRUE(rows.set_greeted(id));
  EXPECT_TRUE(rows.to_greet("carol@test")->empty());
  EXPECT_EQ(fresh->account.number(setting::restored)->value_or(9), 0);
}

TEST_F(RestoreTest, AProfileWithoutAnAccountIsRefused) {
  ASSERT_TRUE(back_up());
  auto fresh = store("new.db");
  EXPECT_EQ(restore_backup(*fresh, file, passphrase(), now).error().code, ExitCode::not_registered);
  EXPECT_TRUE(fresh->contacts.all()->empty());
}

TEST_F(RestoreTest, AMessageWhoseNumberIsTakenGetsAnotherOne) {
  auto fresh = store("new.db");
  MessageRow here;
  here.contact = fresh->contacts.find_or_add("bob@test", ContactState::accepted, now)->id;
  here.message.id = {99};
  ASSERT_EQ(fresh->messages.add(here)->value_or(0), 1);
  RecordReader reader(*fresh, now, 100);
  const auto rows = RestoredRows(*old).after(0, 10);
  for (const auto& row : *rows) ASSERT_TRUE(reader.take(encode_record(row).view()));
  EXPECT_EQ(reader.counts().messages, 3U);
  EXPECT_EQ(fresh->messages.history(here.contact, 10)->size(), 4U);
}

TEST_F(RestoreTest, ADamagedOneChangesNothing) {
  for (std::uint8_t i = 10; i < 250; ++i) add(i, Direction::incoming, MessageStatus::received, std::string(2000, 'x'));
  ASSERT_TRUE(back_up());
  auto bytes = content();
  bytes.back() ^= 1;
  put(bytes);
  auto fresh = profile("new.db");
  EXPECT_EQ(restore_backup(*fresh, file, passphrase(), now).error().code, ExitCode::damaged);
  EXPECT_TRUE(fresh->contacts.all()->empty());
}

}  // namespace
}  // namespace pqc::client
