// Calls through real clients and a real server, with media that only say that they are there (docs/spec/calls.md): who
// rings, who gets the call, what each side is told, and what stays in the history.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "client/client.h"
#include "server_process.h"
#include "support/device.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds wait{30};

CallPath path_of(std::uint8_t number, std::uint32_t round) {
  return {.ufrag = "user" + std::to_string(number) + std::to_string(round),
          .password = std::string(22, 'p'),
          .candidates = {}};
}

// Describes itself at once, is connected as soon as it is told with whom.
class PretendedMedia final : public CallMedia {
 public:
  // What one program's media were told, for the test to look at.
  struct Seen {
    Loop* loop = nullptr;
    std::uint8_t number = 0;
    bool offering = false;
    bool muted = false;
    bool there = false;
    std::optional<ConnectMedia> with = {};
    std::string our_name = {};
    std::string their_name = {};
    std::pair<std::uint32_t, CallPath> followed = {};
    std::string recorded_to = {};
    CallMediaEvents events = {};
  };

  PretendedMedia(Seen& seen, bool offering, CallMediaEvents events) : seen_(seen), events_(std::move(events)) {
    seen_.offering = offering;
    seen_.events = events_;
    seen_.there = true;
    CallDescription description{
        .fingerprint = {seen_.number}, .ufrag = "user", .password = std::string(22, 'p'), .candidates = {}};
    later([this, description] { events_.described(description); });
  }
  ~PretendedMedia() override { seen_.there = false; }
  void record(Result<RecordingPlan> plan) override { seen_.recorded_to = plan ? plan->path : plan.error().message; }
  void connect(const ConnectMedia& with, const std::string& our_name, const std::string& their_name) override {
    seen_.with = with;
    seen_.our_name = our_name;
    seen_.their_name = their_name;
    later([this] { events_.connected(); });
  }
  void restart(std::uint32_t round) override {
    later([this, round] { events_.restarted(round, path_of(seen_.number, round)); });
  }
  void follow(std::uint32_t round, const CallPath& theirs) override { seen_.followed = {round, theirs}; }
  void set_muted(bool muted) override { seen_.muted = muted; }
  [[nodiscard]] CallQuality quality() const override { return {.relayed = false, .words = "acorn zebra"}; }

 private:
  void later(std::function<void()> work) {
    seen_.loop->post([weak = std::weak_ptr(alive_), work = std::move(work)] {
      if (!weak.expired()) work();
    });
  }

  Seen& seen_;
  CallMediaEvents events_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

// One program that stays connected.
struct Program {
  std::unique_ptr<Client> client;
  PretendedMedia::Seen media;
  std::vector<CallInfo> events;

  [[nodiscard]] CallPhase phase() const { return events.empty() ? CallPhase::none : events.back().phase; }
  [[nodiscard]] std::optional<CallOutcome> outcome() const {
    return phase() == CallPhase::over ? std::optional(events.back().outcome) : std::nullopt;
  }
};

class CallsTest : public ::testing::Test {
 protected:
  CallsTest() = default;
  // A configuration of the server that ends with the name of a file, which holds a secret.
  explicit CallsTest(const std::string& configuration) : server_configuration(configuration) {}
  OpenOptions options(const std::string& name) { return options(name, nullptr, seconds(30)); }
  virtual OpenOptions options(const std::string& name, Program* program, milliseconds ringing) {
    OpenOptions out;
    out.profile = {std::filesystem::path(folder.path()) / name};
    out.calls.timing.ringing = ringing;
    if (program != nullptr)
      out.calls.make_media = [program](Loop&, const CallSetup& setup,
                                       CallMediaEvents events) -> Result<std::unique_ptr<CallMedia>> {
        return std::make_unique<PretendedMedia>(program->media, setup.offering, std::move(events));
      };
    return out;
  }
  void register_account(const std::string& name) {
    RegisterOptions out;
    out.open = options(name);
    out.name = name;
    out.host = "127.0.0.1";
    out.port = server.port();
    const auto made = Client::register_account(std::move(out));
    ASSERT_TRUE(made) << made.error().message;
  }
  Program& start(const std::string& name, bool follow = true, milliseconds ringing = seconds(30)) {
    auto& program = *programs.emplace_back(std::make_unique<Program>());
    auto opened = Client::open(options(name, &program, ringing));
    EXPECT_TRUE(opened) << opened.error().message;
    program.client = std::move(*opened);
    program.media.loop = &program.client->loop();
    program.media.number = static_cast<std::uint8_t>(programs.size());
    if (!follow) return program;
    EXPECT_TRUE(program.client->catch_up(wait));
    EXPECT_TRUE(program.client->follow([&program](const Event& event) {
      if (const auto* call = std::get_if<CallInfo>(&event)) program.events.push_back(*call);
    }));
    return program;
  }
  static void take_turn(Client& client) {
    client.loop().run_until([] { return false; }, steady_clock::now() + milliseconds(2));
  }
  // Each has a loop of its own: they take turns.
  bool until(const std::function<bool()>& done) {
    const auto end = steady_clock::now() + wait;
    while (!done() && steady_clock::now() < end)
      for (const auto& program : programs)
        if (program->client) take_turn(*program->client);
    return done();
  }
  // They have written to each other before.
  void make_contacts(const std::string& one, const std::string& other) {
    for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
      auto opened = Client::open(options(from));
      ASSERT_TRUE(opened);
      ASSERT_TRUE((*opened)->catch_up(wait));
      const auto message = (*opened)->send(to, "hello");
      ASSERT_TRUE(message);
      ASSERT_TRUE((*opened)->await(message->seq, Until::sent, wait));
      (*opened)->close();
    }
  }
  void SetUp() override {
    register_account("alice");
    register_account("bob");
    make_contacts("alice", "bob");
  }
  void TearDown() override {
    for (const auto& program : programs)
      if (program->client) program->client->close();
  }
  std::string configuration_file() {
    if (server_configuration.empty()) return {};
    std::ofstream(folder.path("secret")) << "not much of a secret, but long enough\n";
    std::filesystem::permissions(folder.path("secret"), std::filesystem::perms::owner_read);
    std::ofstream(folder.path("server.conf")) << server_configuration << folder.path("secret") << "\n";
    return folder.path("server.conf");
  }
  static Result<CallInfo> call(Program& program, CallRequest request) { return program.client->call(request); }

  test::TemporaryFolder folder;
  std::string server_configuration;
  ServerProcess server{folder.path("server"), configuration_file()};
  std::vector<std::unique_ptr<Program>> programs;
};

TEST_F(CallsTest, TwoPeopleTalkAndHangUp) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  const CallAudio relayed{.in = {}, .out = {}, .relay_only = true};
  EXPECT_EQ(call(alice, PlaceCallRequest{.peer = "bob", .audio = relayed}).error().code, ExitCode::unreachable);
  const auto placed = call(alice, PlaceCallRequest{.peer = "bob", .audio = {}});
  ASSERT_TRUE(placed) << placed.error().message;
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
  EXPECT_TRUE(bob.events.back().peer.starts_with("alice@"));
  EXPECT_EQ(bob.events.back().id, alice.events.back().id);
  EXPECT_FALSE(bob.media.there) << "nothing is opened before the user answers";
  EXPECT_EQ(call(bob, PlaceCallRequest{.peer = "alice", .audio = {}}).error().code, ExitCode::in_call);
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));

  // Both bring the same into the secret, from opposite sides.
  ASSERT_TRUE(alice.media.with && bob.media.with);
  EXPECT_TRUE(alice.media.with->offering);
  EXPECT_FALSE(bob.media.with->offering);
  EXPECT_EQ(alice.media.with->their_secret, bob.media.with->ours.secret);
  EXPECT_EQ(bob.media.with->their_secret, alice.media.with->ours.secret);
  EXPECT_EQ(alice.media.with->theirs, bob.media.with->ours.description);
  EXPECT_EQ(bob.media.with->theirs, alice.media.with->ours.description);
  EXPECT_NE(alice.media.with->ours.secret, bob.media.with->ours.secret);
  EXPECT_EQ(alice.media.our_name, bob.media.their_name);
  EXPECT_EQ(alice.media.their_name, bob.media.our_name);
  EXPECT_TRUE(bob.media.our_name.starts_with("bob@") && bob.media.our_name.ends_with("/1"));

  EXPECT_TRUE(call(bob, MuteRequest{.on = {}})->muted);
  EXPECT_TRUE(bob.media.muted);
  EXPECT_FALSE(call(bob, MuteRequest{.on = false})->muted);
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::completed);
  EXPECT_EQ(*bob.outcome(), CallOutcome::completed);
  EXPECT_FALSE(alice.media.there || bob.media.there);
  for (auto* side : {&alice, &bob}) {
    const auto calls = side->client->calls(10);
    ASSERT_TRUE(calls && calls->size() == 1U);
    EXPECT_EQ(calls->front().outcome, CallOutcome::completed);
    EXPECT_GT(calls->front().answered.value, 0);
    EXPECT_GE(calls->front().ended.value, calls->front().answered.value);
  }
  EXPECT_EQ(call(alice, HangUpRequest{}).error().code, ExitCode::no_call);
}

TEST_F(CallsTest, ARecordingGoesWhereTheUserWantsIt) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  const auto record = std::filesystem::path(folder.path()) / "call.pqcrec";
  for (const auto& bad : {std::string(folder.path()), std::string("call.pqcrec"), std::string("/nowhere/call.pqcrec")})
    EXPECT_FALSE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {.record = bad}})) << bad;
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {.record = record.string()}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  EXPECT_EQ(call(bob, AnswerCallRequest{.audio = {.record = folder.path()}}).error().code, ExitCode::usage);
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_EQ(alice.media.recorded_to, record);
  EXPECT_TRUE(bob.media.recorded_to.empty());
  EXPECT_EQ(bob.client->calls(10)->size(), 1U) << "nobody was rung before";
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));

  // A key belongs to a profile and a header.
  Bytes header{'P', 'Q', 'C', '-', 'R', 'E', 'C', 1};
  EXPECT_FALSE(alice.client->recording_key(header));
  header.resize(40);
  const auto key = alice.client->recording_key(header);
  const auto again = alice.client->recording_key(header);
  const auto theirs = bob.client->recording_key(header);
  ASSERT_TRUE(key && again && theirs);
  EXPECT_TRUE(std::ranges::equal(key->view(), again->view()));
  EXPECT_FALSE(std::ranges::equal(key->view(), theirs->view()));
}

TEST_F(CallsTest, ALostPathIsFoundAgainThroughTheRatchet) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  alice.media.events.silent(false);
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::reconnecting; }));
  EXPECT_EQ(bob.phase(), CallPhase::active);
  ASSERT_TRUE(until([&] { return alice.media.followed.first == 1 && bob.media.followed.first == 1; }));
  EXPECT_EQ(alice.media.followed.second, path_of(bob.media.number, 1));
  EXPECT_EQ(bob.media.followed.second, path_of(alice.media.number, 1));
  alice.media.events.back();
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active; }));
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::completed);
}

TEST_F(CallsTest, WhatWasMutedStaysMutedUntilTheCallIsOver) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  EXPECT_TRUE(call(alice, MuteRequest{.on = true})->muted);
  EXPECT_TRUE(call(bob, MuteRequest{.on = true})->muted);
  EXPECT_TRUE(call(bob, AnswerCallRequest{})->muted);
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_TRUE(alice.media.muted && bob.media.muted);
  EXPECT_TRUE(alice.events.back().muted && bob.events.back().muted);
  ASSERT_TRUE(call(bob, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));

  // The next call begins anew; unmuted while it rings it is unmuted.
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  EXPECT_FALSE(bob.events.back().muted);
  EXPECT_TRUE(call(bob, MuteRequest{.on = {}})->muted);
  EXPECT_FALSE(call(bob, MuteRequest{.on = {}})->muted);
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_FALSE(alice.media.muted || bob.media.muted);
}

// Of two calls at once one gives way, with media of its own: muted is muted in the other too.
TEST_F(CallsTest, GlareDoesNotUnmute) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(call(bob, PlaceCallRequest{.peer = "alice", .audio = {}}));
  EXPECT_TRUE(call(alice, MuteRequest{.on = true})->muted);
  EXPECT_TRUE(call(bob, MuteRequest{.on = true})->muted);
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_TRUE(alice.media.muted && bob.media.muted);
}

TEST_F(CallsTest, BlockingSomebodyEndsTheCallWithThem) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  const auto block = [&](bool blocked) {
    ASSERT_TRUE(bob.client->change(SetBlocked{.peer = "alice", .blocked = blocked}));
  };
  // Who calls is not told.
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
  block(true);
  ASSERT_TRUE(until([&] { return bob.outcome().has_value(); }));
  EXPECT_EQ(*bob.outcome(), CallOutcome::missed);
  EXPECT_EQ(call(bob, AnswerCallRequest{}).error().code, ExitCode::no_call);
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::cancelled);

  block(false);
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  block(true);
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  EXPECT_EQ(*bob.outcome(), CallOutcome::completed);
  EXPECT_EQ(*alice.outcome(), CallOutcome::completed);
  EXPECT_FALSE(alice.media.there || bob.media.there);
}

TEST_F(CallsTest, DeclinedBusyAndCancelledAreToldApart) {
  register_account("carol");
  make_contacts("carol", "bob");
  auto& alice = start("alice");
  auto& bob = start("bob");
  auto& carol = start("carol");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  // bob is being called: who calls meanwhile finds him busy.
  ASSERT_TRUE(call(carol, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return carol.outcome().has_value(); }));
  EXPECT_EQ(*carol.outcome(), CallOutcome::busy);
  ASSERT_TRUE(call(bob, DeclineCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::declined);
  EXPECT_EQ(*bob.outcome(), CallOutcome::declined);

  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return bob.outcome().has_value(); }));
  EXPECT_EQ(*bob.outcome(), CallOutcome::missed);
  EXPECT_EQ(*alice.outcome(), CallOutcome::cancelled);
  EXPECT_EQ(bob.client->calls(10)->size(), 3U);
}

// Further ones cost nothing here: no ringing, no row, no answer.
TEST_F(CallsTest, TooManyOffersOfOneContactAreDropped) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  for (std::size_t i = 0; i < limits::call_offers_a_minute; ++i) {
    ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
    ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
    ASSERT_TRUE(call(alice, HangUpRequest{}));
    ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  }
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  // The server has answered the call before the first message: the offer goes before the second one.
  const auto first = alice.client->send("bob", "do you hear me?");
  ASSERT_TRUE(first);
  ASSERT_TRUE(alice.client->await(first->seq, Until::sent, wait));
  ASSERT_TRUE(alice.client->send("bob", "nothing rings?"));
  MessageQuery query;
  query.peer = "alice";
  query.limit = 1;
  ASSERT_TRUE(until([&] {
    const auto found = bob.client->find(query);
    return found && found->size() == 1U && found->front().text == "nothing rings?";
  }));
  EXPECT_EQ(bob.phase(), CallPhase::over);
  EXPECT_EQ(alice.phase(), CallPhase::calling);
  EXPECT_EQ(bob.client->calls(10)->size(), limits::call_offers_a_minute);
}

TEST_F(CallsTest, NobodyAnswersAndNobodyIsThere) {
  auto& alice = start("alice", true, milliseconds(1'500));
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::unreachable);
  // The offer lies in bob's mailbox, with the caller's word that it is over.
  auto& bob = start("bob");
  ASSERT_TRUE(until([&] {
    const auto calls = bob.client->calls(10);
    return calls && calls->size() == 1U && calls->front().outcome == CallOutcome::missed;
  }));
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::over && bob.phase() == CallPhase::over; }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::unanswered);
  EXPECT_EQ(*bob.outcome(), CallOutcome::missed);
}

// A server that names a relay, and paths that only count.
class HidingTest : public CallsTest {
 protected:
  class CountedPath final : public DirectPath {
   public:
    explicit CountedPath(int& there) : there_(++there) {}
    ~CountedPath() override { --there_; }
    Status accept(std::string_view) override { return {}; }
    Status add(ByteView, bool) override { return {}; }
    void send(ByteView) override {}

   private:
    int& there_;
  };
  class CountedPaths final : public DirectPaths {
   public:
    explicit CountedPaths(int& there) : there_(there) {}
    DirectPathPtr offer(DirectPath::Handlers) override { return std::make_unique<CountedPath>(there_); }
    Result<DirectPathPtr> answer(std::string_view, DirectPath::Handlers) override {
      return std::make_unique<CountedPath>(there_);
    }

   private:
    int& there_;
  };

  HidingTest() : CallsTest("[turn]\nuris = turn:127.0.0.1:1\nsecretfile = ") {}
  OpenOptions options(const std::string& name, Program* program, milliseconds ringing) override {
    auto out = CallsTest::options(name, program, ringing);
    if (program != nullptr)
      out.direct = {.policy = DirectPolicy::on, .make = [this](Loop&, const std::function<StunService()>&) {
                      return std::make_unique<CountedPaths>(there);
                    }};
    return out;
  }
  void TearDown() override {
    CallsTest::TearDown();
    programs.clear();
  }
  int there = 0;
};

TEST_F(HidingTest, ACallByRelaysOnlyEndsTheDirectPathToTheSamePerson) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  // Who hears that the other side would go direct offers a path.
  ASSERT_TRUE(bob.client->send("alice", "shall we?"));
  ASSERT_TRUE(until([&] { return there == 1; }));
  const CallAudio relayed{.in = {}, .out = {}, .relay_only = true};
  const auto placed = call(alice, PlaceCallRequest{.peer = "bob", .audio = relayed});
  ASSERT_TRUE(placed) << placed.error().message;
  ASSERT_TRUE(until([&] { return there == 0; }));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_EQ(there, 0);
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
}

// Who never was a contact rings nowhere and learns no more than that nobody is there (THREATS 16).
TEST_F(CallsTest, Threat16StrangersDoNotRing) {
  register_account("mallory");
  auto& bob = start("bob");
  auto& mallory = start("mallory", true, milliseconds(1'500));
  ASSERT_TRUE(call(mallory, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return mallory.outcome().has_value(); }));
  EXPECT_EQ(*mallory.outcome(), CallOutcome::unreachable);
  EXPECT_TRUE(bob.events.empty());
  EXPECT_TRUE(bob.client->calls(10)->empty());
}

// Both ring; who answers has the call, and the other one never had what the call's secret is made of.
TEST_F(CallsTest, TheFirstDeviceThatAnswersGetsTheCall) {
  {
    Device laptop{folder.path("bob"), "bob", server.port()};
    Device phone{folder.path("phone"), "bob", server.port()};
    laptop.open();
    phone.join(laptop, {2});
    // The copy makes a contact of alice on the phone too.
    ASSERT_TRUE(laptop.send("alice", "from two devices now"));
    phone.catch_up();
    phone.close();
    laptop.close();
  }
  auto& alice = start("alice");
  auto& laptop = start("bob");
  auto& phone = start("phone");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return laptop.phase() == CallPhase::rings_here && phone.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(phone, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && laptop.outcome(); }));
  EXPECT_EQ(*laptop.outcome(), CallOutcome::answered_elsewhere);
  EXPECT_EQ(alice.media.with->peer.device, 2U);
  EXPECT_FALSE(laptop.media.with);
  EXPECT_EQ(call(laptop, AnswerCallRequest{}).error().code, ExitCode::no_call);
  ASSERT_TRUE(call(phone, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));
  EXPECT_EQ(laptop.client->calls(10)->front().outcome, CallOutcome::answered_elsewhere);
  EXPECT_EQ(phone.client->calls(10)->front().outcome, CallOutcome::completed);

  // Declined on one, it stops on the other.
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return laptop.phase() == CallPhase::rings_here && phone.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(laptop, DeclineCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && phone.outcome(); }));
  EXPECT_EQ(*phone.outcome(), CallOutcome::declined);
}

// A program that ends while it answers leaves the call to the other devices, and one that never could ring leaves it to
// the next program of the profile.
TEST_F(CallsTest, WhatAProgramCannotAnswerRingsOn) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  bob.client->close();
  bob.client.reset();
  // What bob says now comes behind whatever was said of the call.
  auto brief = Client::open(options("bob"));
  ASSERT_TRUE(brief);
  const auto later_said = (*brief)->send("alice", "does it ring?");
  ASSERT_TRUE(later_said && (*brief)->await(later_said->seq, Until::sent, wait));
  MessageQuery query;
  query.peer = "bob";
  query.limit = 1;
  ASSERT_TRUE(until([&] {
    const auto found = alice.client->find(query);
    return found && found->size() == 1U && found->front().text == "does it ring?";
  }));
  EXPECT_EQ(alice.phase(), CallPhase::rings_there) << "nobody declined";
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));

  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE((*brief)->catch_up(wait));
  ASSERT_TRUE(until([&] {
    take_turn(**brief);
    return (*brief)->calls(10)->size() == 2U;
  }));
  EXPECT_EQ((*brief)->calls(1)->front().outcome, CallOutcome::missed);
  EXPECT_EQ((*brief)->call(AnswerCallRequest{}).error().code, ExitCode::busy) << "it makes no calls";
  (*brief)->close();
  brief->reset();
  auto& later = start("bob");
  ASSERT_TRUE(until([&] { return later.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
  ASSERT_TRUE(call(later, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && later.phase() == CallPhase::active; }));
  EXPECT_EQ(later.media.with->their_secret, alice.media.with->ours.secret);
}

// Nobody is called, and nobody is answered, where there is no sound.
TEST_F(CallsTest, SoundIsLookedAtBeforeAnybodyRings) {
  auto silent = options("alice");
  silent.calls.make_media = [](Loop&, const CallSetup&, CallMediaEvents) -> Result<std::unique_ptr<CallMedia>> {
    return fail(ExitCode::unexpected, "this is not asked for");
  };
  silent.calls.check_audio = [](const CallAudio&) { return Status(fail(ExitCode::missing, "there is no microphone")); };
  auto alice = Client::open(silent);
  ASSERT_TRUE(alice);
  EXPECT_EQ((*alice)->call(PlaceCallRequest{.peer = "bob", .audio = {}}).error().code, ExitCode::missing);
  EXPECT_TRUE((*alice)->calls(10)->empty());
  auto& bob = start("bob");
  ASSERT_TRUE(call(bob, PlaceCallRequest{.peer = "alice", .audio = {}}));
  ASSERT_TRUE(until([&] {
    take_turn(**alice);
    return (*alice)->call(CallStatusRequest{})->phase == CallPhase::rings_here;
  }));
  EXPECT_EQ((*alice)->call(AnswerCallRequest{}).error().code, ExitCode::missing);
  EXPECT_EQ((*alice)->call(CallStatusRequest{})->phase, CallPhase::rings_here);
  (*alice)->close();
}

// A command beside the program that owns the profile, over its socket.
TEST_F(CallsTest, AnotherProcessOfTheProfileSteersTheCall) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  std::optional<Result<CallInfo>> refused;
  std::optional<Result<CallInfo>> answered;
  std::optional<Result<std::vector<CallRecord>>> history;
  std::atomic<bool> finished = false;
  std::jthread other([&] {
    auto opened = Client::open(options("bob"));
    if (!opened || (*opened)->owner()) return;
    // What is not kept is not promised: it rings on.
    refused = (*opened)->call(AnswerCallRequest{.audio = {.in = {}, .out = {}, .relay_only = true}});
    answered = (*opened)->call(AnswerCallRequest{.audio = {.in = "/tmp/in.wav", .out = {}}});
    history = (*opened)->calls(10);
    finished = true;
  });
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::active; }));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && finished; }));
  other.join();
  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, ExitCode::unreachable);
  ASSERT_TRUE(answered && *answered);
  EXPECT_EQ((**answered).id, bob.events.back().id);
  ASSERT_TRUE(*history);
  EXPECT_EQ((**history).size(), 1U);
  // The program ends in the middle of it: the other side is told.
  alice.client->close();
  alice.client.reset();
  ASSERT_TRUE(until([&] { return bob.outcome().has_value(); }));
  EXPECT_EQ(*bob.outcome(), CallOutcome::completed);
}

}  // namespace
}  // namespace pqc::client
