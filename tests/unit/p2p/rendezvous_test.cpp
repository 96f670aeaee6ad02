// Meeting by a code: the code, what is left at the server, and the steps with servers that are not honest
// (docs/spec/rendezvous.md §2).
#include "p2p/rendezvous.h"

#include <map>

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "p2p/limits.h"

namespace pqc::p2p {
namespace {

using client::Result;
using client::Status;

MeetingCode code(std::uint64_t seed = 1) {
  crypto::SeededRng rng(seed);
  return make_meeting_code(rng);
}

TEST(MeetingCode, ComesBackHoweverItIsTyped) {
  const auto text = to_text(code());
  EXPECT_EQ(text.size(), 24U);
  std::string upper;
  for (const char c : text)
    if (c != '-') upper.push_back(static_cast<char>(std::toupper(c)));
  for (const auto& typed : {text, upper, " " + text + "\r\n", text.substr(0, 7) + " " + text.substr(7)}) {
    const auto parsed = parse_meeting_code(typed);
    ASSERT_TRUE(parsed) << typed;
    EXPECT_TRUE(parsed->equals(code()));
  }
}

TEST(MeetingCode, FindsWhatWasMisreadOrMadeUp) {
  const auto text = to_text(code());
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const char other : std::string_view("abcdefghijklmnopqrstuvwxyz234567")) {
      auto changed = text;
      if (changed[at] == '-' || changed[at] == other) continue;
      changed[at] = other;
      EXPECT_FALSE(parse_meeting_code(changed)) << changed;
    }
  for (const auto* made_up :
       {"", "aaaa-aaaa-aaaa-aaaa-aaaa", "pass-word-pass-word-pass", "hello", "1111-1111-1111-1111-1111"})
    EXPECT_FALSE(parse_meeting_code(made_up)) << made_up;
  EXPECT_FALSE(parse_meeting_code(text + "a"));
  EXPECT_FALSE(parse_meeting_code(text.substr(0, 23)));
}

constexpr net::Fingerprint here{};
constexpr net::Fingerprint elsewhere{{1}};

MeetingSeal seal_of(const MeetingCode& of, const net::Fingerprint& server = here) {
  return MeetingSeal::make(of, server).value();
}

TEST(MeetingSeal, OpensOnlyWithTheSameCodeServerAndRound) {
  crypto::SeededRng rng(1);
  const auto mine = seal_of(code());
  const auto theirs = seal_of(code());
  const auto sealed = mine.seal(Round::offer, as_bytes("a ticket"), rng).value();
  EXPECT_EQ(theirs.open(Round::offer, sealed).value(), to_bytes(as_bytes("a ticket")));
  EXPECT_FALSE(theirs.open(Round::greeting, sealed));
  EXPECT_FALSE(theirs.open(Round::answer, sealed));
  for (const auto& other : {seal_of(code(2)), seal_of(code(), elsewhere)}) {
    EXPECT_FALSE(other.open(Round::offer, sealed));
    for (const auto round : {Round::greeting, Round::offer, Round::answer})
      for (const auto same : {Round::greeting, Round::offer, Round::answer})
        EXPECT_NE(other.slot(round), mine.slot(same));
  }
  EXPECT_NE(mine.slot(Round::greeting), mine.slot(Round::offer));
}

TEST(MeetingSeal, EveryChangeIsRefused) {
  crypto::SeededRng rng(1);
  const auto seal = seal_of(code());
  const auto sealed = seal.seal(Round::answer, {}, rng).value();
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto changed = sealed;
    changed[at] ^= 0x10;
    EXPECT_FALSE(seal.open(Round::answer, changed)) << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{48}, sealed.size() - 1})
    EXPECT_FALSE(seal.open(Round::answer, ByteView(sealed).first(size)));
  auto longer = sealed;
  longer.push_back(0);
  EXPECT_FALSE(seal.open(Round::answer, longer));
}

TEST(MeetingSeal, TellsNothingByItsSizeAndNeverRepeats) {
  crypto::SeededRng rng(1);
  const auto seal = seal_of(code());
  const auto nothing = seal.seal(Round::offer, {}, rng).value();
  EXPECT_EQ(seal.seal(Round::offer, Bytes(limits::meeting_content), rng).value().size(), nothing.size());
  EXPECT_FALSE(seal.seal(Round::offer, Bytes(limits::meeting_content + 1), rng));
  EXPECT_NE(seal.seal(Round::offer, {}, rng).value(), nothing);
  EXPECT_TRUE(seal.open(Round::offer, nothing).value().empty());
}

// A server's slots. Honest, unless a test says what else the second of a slot gets than what the first left.
struct Slots {
  struct Left {
    Bytes sealed;
    client::MeetingPlace::Exchanged tell;
  };
  std::map<Bytes, Left> first;
  std::vector<Bytes> seen;
  std::function<Bytes(const Bytes& asking, const Bytes& other)> give;

  void leave(client::Loop& loop, ByteView slot, const Bytes& sealed, client::MeetingPlace::Exchanged tell) {
    seen.push_back(sealed);
    const auto found = first.find(to_bytes(slot));
    if (found == first.end()) {
      first.emplace(to_bytes(slot), Left{sealed, std::move(tell)});
      return;
    }
    loop.post([tell, other = give ? give(sealed, found->second.sealed) : found->second.sealed] { tell(other); });
    loop.post([tell = found->second.tell, sealed] { tell(sealed); });
  }
};

class Place final : public client::MeetingPlace {
 public:
  Place(client::Loop& loop, Slots& slots) : loop_(loop), slots_(slots) {}
  void connect(Connected connected) override {
    loop_.post([connected] { connected(here); });
  }
  void exchange(ByteView slot, Bytes sealed, Exchanged exchanged) override {
    *told_ = std::move(exchanged);
    slots_.leave(loop_, slot, sealed, [told = told_](Result<Bytes> other) {
      if (const auto tell = std::exchange(*told, nullptr)) tell(std::move(other));
    });
  }
  void close() override { *told_ = nullptr; }

 private:
  client::Loop& loop_;
  Slots& slots_;
  std::shared_ptr<Exchanged> told_ = std::make_shared<Exchanged>();
};

// One who meets; its tickets are its name.
class Somebody {
 public:
  Somebody(client::Loop& loop, Slots& slots, std::string name, std::uint64_t seed)
      : name_(std::move(name)),
        rng_(seed),
        place_(loop, slots),
        rendezvous_(
            loop, place_, rng_, Bytes(32, static_cast<std::uint8_t>(name_[0])),
            {.waiting = [](const auto&) {},
             .offer = [this](const auto& take) { take(seen("offer")); },
             .join = [this](std::string_view offer, const auto& take) { take(seen("join " + std::string(offer))); },
             .connect = [this](std::string_view answer) -> Status {
               seen("connect " + std::string(answer));
               return refuses ? client::fail(ExitCode::refused, "not this one") : Status();
             },
             .done = [this](Status outcome) { outcome_ = std::move(outcome); }}) {
    rendezvous_.start(code());
  }
  [[nodiscard]] const std::optional<Status>& outcome() const { return outcome_; }
  [[nodiscard]] const std::vector<std::string>& steps() const { return steps_; }
  [[nodiscard]] bool refused() const { return outcome_ && !*outcome_ && outcome_->error().code == ExitCode::refused; }

  bool refuses = false;

 private:
  std::string seen(const std::string& step) {
    steps_.push_back(step);
    return name_;
  }

  std::string name_;
  crypto::SeededRng rng_;
  Place place_;
  std::vector<std::string> steps_;
  std::optional<Status> outcome_;
  Rendezvous rendezvous_;
};

class Meeting : public testing::Test {
 protected:
  void run_until(const std::function<bool()>& done) {
    EXPECT_TRUE(loop_.run_until(done, client::Loop::TimePoint::clock::now() + std::chrono::seconds(30)));
  }

  client::Loop loop_;
  Slots slots_;
};

TEST_F(Meeting, OneOffersAndTheOtherAnswersThat) {
  for (std::uint64_t seed = 1; seed < 4; ++seed) {
    slots_ = {};
    Somebody alice(loop_, slots_, "alice", seed);
    Somebody bob(loop_, slots_, "bob", seed + 10);
    run_until([&] { return alice.outcome() && bob.outcome(); });
    ASSERT_TRUE(*alice.outcome() && *bob.outcome());
    const bool alice_offers = alice.steps().front() == "offer";
    const std::vector<std::string> offered{"offer", alice_offers ? "connect bob" : "connect alice"};
    const std::vector<std::string> joined{alice_offers ? "join alice" : "join bob"};
    EXPECT_EQ(alice.steps(), alice_offers ? offered : joined);
    EXPECT_EQ(bob.steps(), alice_offers ? joined : offered);
    for (const auto& sealed : slots_.seen) EXPECT_EQ(sealed.size(), slots_.seen.front().size());
  }
}

TEST_F(Meeting, Threat13WhatIsReflectedIsRefused) {
  slots_.give = [](const Bytes& asking, const Bytes&) { return asking; };
  Somebody alice(loop_, slots_, "alice", 1);
  Somebody bob(loop_, slots_, "bob", 2);
  run_until([&] { return alice.refused() || bob.refused(); });
  EXPECT_TRUE(alice.steps().empty() || bob.steps().empty());
}

TEST_F(Meeting, Threat13WhatBelongsIntoAnotherRoundIsRefused) {
  std::size_t asked = 0;
  Bytes greeting;
  slots_.give = [&](const Bytes&, const Bytes& other) {
    if (asked++ == 0) greeting = other;
    return greeting;
  };
  Somebody alice(loop_, slots_, "alice", 1);
  Somebody bob(loop_, slots_, "bob", 2);
  run_until([&] { return alice.refused() || bob.refused(); });
}

TEST_F(Meeting, Threat24AServerCannotPutATicketOfItsOwnThere) {
  crypto::SeededRng rng(9);
  const auto guess = seal_of(code(2));
  slots_.give = [&](const Bytes&, const Bytes&) { return guess.seal(Round::greeting, Bytes(32, 'm'), rng).value(); };
  Somebody alice(loop_, slots_, "alice", 1);
  Somebody bob(loop_, slots_, "bob", 2);
  run_until([&] { return bob.refused(); });
  EXPECT_TRUE(bob.steps().empty());
}

TEST_F(Meeting, NobodyMeetsAnEarlierAttemptOfTheirOwn) {
  Somebody before(loop_, slots_, "alice", 1);
  Somebody after(loop_, slots_, "alice", 2);
  run_until([&] { return after.refused(); });
  EXPECT_TRUE(after.steps().empty());
}

TEST_F(Meeting, ATicketThatIsRefusedEndsIt) {
  Somebody alice(loop_, slots_, "alice", 1);
  Somebody bob(loop_, slots_, "bob", 2);
  alice.refuses = bob.refuses = true;
  run_until([&] { return alice.outcome() && bob.outcome(); });
  EXPECT_NE(alice.refused(), bob.refused());
}

}  // namespace
}  // namespace pqc::p2p
