// Ended agents and their relays: who waits for whom, and how many there are at most.
#include "net/ice/farewells.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <future>
#include <optional>
#include <set>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>

#include "net/ice/agent.h"

namespace pqc::net::ice {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Its farewell is over as soon as the gate is open; without a gate it never is.
class Slow final : public Farewells::Leaver {
 public:
  struct Seen {
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
  };
  explicit Slow(Seen& seen, std::optional<std::shared_future<void>> gate = {}) : seen_(seen), gate_(std::move(gate)) {}
  ~Slow() override { ++seen_.ended; }
  Slow(const Slow&) = delete;
  Slow& operator=(const Slow&) = delete;

  void begin() override {
    ++seen_.begun;
    if (gate_) gate_->wait();
  }
  [[nodiscard]] bool over() const override { return gate_.has_value(); }
  milliseconds prepare(std::vector<pollfd>&) override { return hours(1); }
  void work(std::span<const pollfd>) override {}

 private:
  Seen& seen_;
  std::optional<std::shared_future<void>> gate_;
};

TEST(Farewells, NobodyWaitsForThem) {
  Slow::Seen seen;
  std::promise<void> gate;
  const auto open = gate.get_future().share();
  {
    Farewells farewells(hours(1));
    farewells.take(std::make_unique<Slow>(seen, open));
    farewells.take(std::make_unique<Slow>(seen, open));
    EXPECT_EQ(seen.ended, 0);
    gate.set_value();
  }
  EXPECT_EQ(seen.begun, 2);
  EXPECT_EQ(seen.ended, 2);
}

TEST(Farewells, OneTooManyEndsWithoutOne) {
  Slow::Seen patient, late;
  std::promise<void> gate;
  const auto open = gate.get_future().share();
  {
    Farewells farewells(hours(1));
    for (std::size_t i = 0; i < limits::farewells; ++i) farewells.take(std::make_unique<Slow>(patient, open));
    for (int i = 1; i <= 3; ++i) {
      farewells.take(std::make_unique<Slow>(late, open));
      EXPECT_EQ(late.ended, i);
    }
    EXPECT_EQ(patient.ended, 0);
    gate.set_value();
  }
  EXPECT_EQ(late.begun, 0);
  EXPECT_EQ(patient.ended, static_cast<int>(limits::farewells));
}

TEST(Farewells, OfTheirOwnerTheyTakeSoMuchTimeAndNoMore) {
  Slow::Seen seen;
  {
    Farewells farewells(milliseconds(0));
    farewells.take(std::make_unique<Slow>(seen));
  }
  EXPECT_EQ(seen.begun, 1);
  EXPECT_EQ(seen.ended, 1);
}

TEST(Farewells, WithoutAnybodyThereIsNothingToWaitFor) {
  const Farewells farewells(hours(1));
}

std::ptrdiff_t descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

// STUN's messages and attributes, as far as a relay needs them (RFC 8489 §5, §14; RFC 8656 §17, §18).
constexpr std::uint16_t allocate = 0x0003, refresh = 0x0004, success = 0x0100, refusal = 0x0110;
constexpr std::uint16_t integrity = 0x0008, error_code = 0x0009, lifetime = 0x000d, realm = 0x0014, nonce = 0x0015,
                        relayed_address = 0x0016;

std::uint16_t number_at(ByteView message, std::size_t at) {
  return static_cast<std::uint16_t>(message[at] << 8U | message[at + 1]);
}

std::optional<ByteView> attribute(ByteView message, std::uint16_t wanted) {
  for (std::size_t at = 20; at + 4 <= message.size();) {
    const std::size_t size = number_at(message, at + 2);
    if (at + 4 + size > message.size()) break;
    if (number_at(message, at) == wanted) return message.subspan(at + 4, size);
    at += 4 + (size + 3) / 4 * 4;
  }
  return std::nullopt;
}

class Answer {
 public:
  Answer(ByteView request, std::uint16_t kind) : bytes_(request.begin(), request.begin() + 20) {
    put(0, static_cast<std::uint16_t>(number_at(request, 0) | kind));
    put(2, 0);
  }
  // The value's size is a multiple of four.
  Answer& add(std::uint16_t type, ByteView value) {
    const auto at = bytes_.size();
    bytes_.resize(at + 4);
    put(at, type);
    put(at + 2, static_cast<std::uint16_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    put(2, static_cast<std::uint16_t>(bytes_.size() - 20));
    return *this;
  }
  // RFC 8489 §14.5, with the key of §9.2.2; its length counts before it is there.
  Answer& prove() {
    const std::string_view known = "name:test:word";
    std::array<std::uint8_t, 16> key{};
    std::array<std::uint8_t, 20> proof{};
    unsigned size = 0;
    EXPECT_EQ(::EVP_Digest(known.data(), known.size(), key.data(), &size, ::EVP_md5(), nullptr), 1);
    put(2, static_cast<std::uint16_t>(bytes_.size() - 20 + 4 + proof.size()));
    EXPECT_NE(::HMAC(::EVP_sha1(), key.data(), key.size(), bytes_.data(), bytes_.size(), proof.data(), &size), nullptr);
    return add(integrity, proof);
  }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

 private:
  void put(std::size_t at, std::uint16_t value) {
    bytes_[at] = static_cast<std::uint8_t>(value >> 8U);
    bytes_[at + 1] = static_cast<std::uint8_t>(value);
  }
  Bytes bytes_;
};

// A relay that gives an address to who knows its name and word, and hears who does not need it any more.
class Relay {
 public:
  Relay() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    EXPECT_EQ(::bind(fd_.get(), address, size), 0);
    EXPECT_EQ(::getsockname(fd_.get(), address, &size), 0);
    port_ = ntohs(at.sin_port);
  }
  [[nodiscard]] TurnServer server() const {
    return {.ip = "127.0.0.1",
            .port = port_,
            .transport = TurnTransport::udp,
            .username = "name",
            .password = "word",
            .name = {},
            .pin = {}};
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // Answers what has come.
  void serve() {
    std::array<std::uint8_t, 1500> datagram{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    auto* const address = reinterpret_cast<sockaddr*>(&from);
    const auto got = ::recvfrom(fd_.get(), datagram.data(), datagram.size(), 0, address, &size);
    if (got < 20) return;
    const auto answer = answer_to(ByteView(datagram).first(static_cast<std::size_t>(got)), from.sin_port);
    if (!answer) return;
    EXPECT_EQ(::sendto(fd_.get(), answer->data(), answer->size(), 0, address, size), std::ssize(*answer));
  }
  // Whether the farewells of so many have come, or come yet.
  [[nodiscard]] bool hears_farewells(std::size_t count) {
    pollfd ready{fd_.get(), POLLIN, 0};
    while (left_.size() < count && ::poll(&ready, 1, 10'000) == 1) serve();
    return left_.size() == count;
  }

 private:
  std::optional<Bytes> answer_to(ByteView request, in_port_t from) {
    constexpr std::array<std::uint8_t, 4> unauthorized{0, 0, 4, 1}, ten_minutes{0, 0, 2, 0x58}, none{};
    // 192.0.2.1:20000, by the magic cookie.
    constexpr std::array<std::uint8_t, 8> place{0, 1, 0x4e ^ 0x21, 0x20 ^ 0x12, 192 ^ 0x21, 0x12, 2 ^ 0xa4, 1 ^ 0x42};
    const auto type = number_at(request, 0);
    if (type != allocate && type != refresh) return std::nullopt;
    if (!attribute(request, integrity))
      return Answer(request, refusal)
          .add(error_code, unauthorized)
          .add(realm, as_bytes("test"))
          .add(nonce, as_bytes("once"))
          .bytes();
    if (type == allocate)
      return Answer(request, success).add(relayed_address, place).add(lifetime, ten_minutes).prove().bytes();
    const auto asked = attribute(request, lifetime);
    if (!asked || !std::ranges::equal(*asked, none)) return std::nullopt;
    left_.insert(from);
    return Answer(request, success).add(lifetime, none).prove().bytes();
  }

  Descriptor fd_;
  std::uint16_t port_ = 0;
  std::set<in_port_t> left_;
};

// One with an address at that relay.
std::unique_ptr<Agent> agent_at(Relay& relay, Farewells* farewells) {
  auto agent = Agent::start({.controlling = true,
                             .local_ips = {"127.0.0.1"},
                             .port = 0,
                             .credentials = {.ufrag = "abcd", .password = std::string(22, 'p')},
                             .stun = {},
                             .turn = {relay.server()},
                             .relay_only = false,
                             .farewells = farewells})
                   .value();
  const auto relayed = [&] {
    return std::ranges::any_of(agent->candidates(), [](const auto& one) { return one.type == CandidateType::relayed; });
  };
  while (!relayed()) {
    std::array<pollfd, 2> ready{{{agent->ready_fd(), POLLIN, 0}, {relay.fd(), POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), 10'000) <= 0) break;
    if (ready[0].revents != 0) agent->clear();
    if (ready[1].revents != 0) relay.serve();
  }
  EXPECT_TRUE(relayed());
  return agent;
}

// The thread for farewells does nothing at all until the agent has ended for its owner.
TEST(Farewells, AnAgentsOwnerDoesNotWaitUntilRelaysAreTold) {
  Slow::Seen seen;
  std::promise<void> gate;
  Relay relay;
  Farewells farewells(hours(1));
  farewells.take(std::make_unique<Slow>(seen, gate.get_future().share()));
  auto agent = agent_at(relay, &farewells);
  auto other = agent_at(relay, &farewells);
  other->adopt([](ByteView, std::chrono::nanoseconds) {});
  agent.reset();
  other.reset();
  gate.set_value();
  EXPECT_TRUE(relay.hears_farewells(2));
}

TEST(Farewells, WithoutThemTheAgentTellsItsRelaysItself) {
  Relay relay;
  agent_at(relay, nullptr).reset();
  EXPECT_TRUE(relay.hears_farewells(1));
}

TEST(Farewells, ARelayThatDoesNotAnswerKeepsNoSocketOpen) {
  Relay relay;
  agent_at(relay, nullptr).reset();  // the library keeps some for all agents
  const auto before = descriptors();
  for (int i = 0; i < 3; ++i) agent_at(relay, nullptr).reset();
  EXPECT_EQ(descriptors(), before);
}

}  // namespace
}  // namespace pqc::net::ice
