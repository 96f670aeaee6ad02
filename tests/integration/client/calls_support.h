// People with real clients at a real server, whose calls have media that only say that they are there.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client/client.h"
#include "server_process.h"
#include "support/temporary_folder.h"

namespace pqc::client {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

inline constexpr seconds wait{30};

inline CallPath path_of(std::uint8_t number, std::uint32_t round) {
  return {.ufrag = "user" + std::to_string(number) + std::to_string(round),
          .password = std::string(22, 'p'),
          .candidates = {}};
}

// Describes itself at once, is connected as soon as it is told with whom, if ever.
class PretendedMedia final : public CallMedia {
 public:
  // What one program's media were told, for the test to look at.
  struct Seen {
    Loop* loop = nullptr;
    std::uint8_t number = 0;
    bool offering = false;
    bool muted = false;
    bool there = false;
    bool connects = true;
    std::optional<ConnectMedia> with = {};
    std::string our_name = {};
    std::string their_name = {};
    std::pair<std::uint32_t, CallPath> followed = {};
    std::string recorded_to = {};
    CallAudio audio = {};
    RecordingEnd recording_end = {};  // what this will answer
    CallMediaEvents events = {};
  };

  PretendedMedia(Seen& seen, const CallSetup& setup, CallMediaEvents events) : seen_(seen), events_(std::move(events)) {
    seen_.audio = setup.audio;
    seen_.offering = setup.offering;
    seen_.events = events_;
    seen_.there = true;
    CallDescription description{
        .fingerprint = {seen_.number}, .ufrag = "user", .password = std::string(22, 'p'), .candidates = {}};
    later([this, description] { events_.described(description); });
  }
  ~PretendedMedia() override { seen_.there = false; }
  void record(Result<RecordingPlan> plan) override { seen_.recorded_to = plan ? plan->path : plan.error().message; }
  RecordingEnd recording_end() override { return seen_.recording_end; }
  void connect(const ConnectMedia& with, const std::string& our_name, const std::string& their_name) override {
    seen_.with = with;
    seen_.our_name = our_name;
    seen_.their_name = their_name;
    if (seen_.connects) later([this] { events_.connected(); });
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
        return std::make_unique<PretendedMedia>(program->media, setup, std::move(events));
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

}  // namespace pqc::client
