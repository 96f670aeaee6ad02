// A call's media on their own threads, over loopback: what becomes of ways to the other side that were given up.
#include "client/calls/media_thread.h"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/random.h"
#include "media/voice/wav_file.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

namespace ice = net::ice;
using std::chrono::seconds;

// What happened so far, counted.
class Count {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++value_;
    changed_.notify_all();
  }
  bool reaches(int value) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(10), [&] { return value_ >= value; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int value_ = 0;
};

ice::Credentials credentials() {
  auto& rng = crypto::SystemRng::instance();
  return {.ufrag = to_base64(rng.bytes<6>()), .password = to_base64(rng.bytes<18>())};
}

// Each agent has some of its own.
std::ptrdiff_t descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

class MediaThreadTest : public testing::Test {
 protected:
  struct Side {
    Side(media::CallSide which, std::uint8_t value) : side(which) { std::ranges::fill(share.fill(), value); }
    media::CallSide side;
    media::CallShare share;
    media::MediaCertificate certificate = media::MediaCertificate::make().value();
    ice::Credentials ours = credentials();
    std::unique_ptr<ice::Agent> agent;
    std::vector<ice::Candidate> candidates;
    Count connected, replaced, retired, ended;
    std::unique_ptr<MediaThread> thread;
  };

  void SetUp() override {
    auto writer = media::voice::WavWriter::create(folder.path("said.wav")).value();
    ASSERT_TRUE(writer.write(std::vector<std::int16_t>(4'800)));
    for (auto* side : {&alice, &bob}) {
      side->agent = gathered(side->side, side->ours);
      side->candidates = side->agent->candidates();
    }
  }
  void TearDown() override {
    alice.thread.reset();
    bob.thread.reset();
  }

  static std::unique_ptr<ice::Agent> gathered(media::CallSide side, const ice::Credentials& ours) {
    auto agent = ice::Agent::start({.controlling = side == media::CallSide::offerer,
                                    .local_ips = {"127.0.0.1"},
                                    .port = 0,
                                    .credentials = ours,
                                    .stun = {},
                                    .turn = {}})
                     .value();
    while (agent->state() == ice::State::gathering) {
      pollfd ready{agent->ready_fd(), POLLIN, 0};
      if (::poll(&ready, 1, 10'000) != 1) break;
      agent->clear();
    }
    return agent;
  }

  void start(Side& own, const Side& peer, const std::string& heard) {
    const bool offers = own.side == media::CallSide::offerer;
    const auto& offerer = offers ? own : peer;
    const auto& answerer = offers ? peer : own;
    auto secret = media::derive_call_secret(offerer.share, answerer.share,
                                            {.call_id = as_bytes("call"),
                                             .offerer = as_bytes("alice"),
                                             .answerer = as_bytes("bob"),
                                             .offerer_fingerprint = offerer.certificate.fingerprint(),
                                             .answerer_fingerprint = answerer.certificate.fingerprint()});
    ASSERT_TRUE(secret);
    own.thread = MediaThread::start({.way = {std::move(own.agent), peer.ours, peer.candidates},
                                     .session = {.side = own.side,
                                                 .role = {},
                                                 .certificate = own.certificate,
                                                 .peer_fingerprint = peer.certificate.fingerprint(),
                                                 .secret = std::move(*secret)},
                                     .voice = {.source = media::voice::WavFile{folder.path("said.wav")},
                                               .sink = media::voice::WavFile{folder.path(heard)},
                                               .processing = false},
                                     .wanted = {},
                                     .words = {}},
                                    {.connected = [&own] { own.connected.add(); },
                                     .ended = [&own](bool, const std::string&) { own.ended.add(); },
                                     .silent = [] {},
                                     .back = [] {},
                                     .replaced = [&own] { own.replaced.add(); },
                                     .retired = [&own] { own.retired.add(); }})
                     .value();
  }

  test::TemporaryFolder folder;
  Side alice{media::CallSide::offerer, 1};
  Side bob{media::CallSide::answerer, 2};
};

// A port of this machine where checks arrive.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    if (::bind(fd_, address, size) == 0 && ::getsockname(fd_, address, &size) == 0) port_ = ntohs(at.sin_port);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] ice::Candidate candidate() const { return {ice::CandidateType::host, "127.0.0.1", port_}; }
  [[nodiscard]] bool hears() const {
    pollfd ready{fd_, POLLIN, 0};
    return ::poll(&ready, 1, 10'000) == 1;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

TEST_F(MediaThreadTest, TheCallGoesOnByTheWayThatReplacedTheFirst) {
  start(alice, bob, "alice.wav");
  start(bob, alice, "bob.wav");
  ASSERT_TRUE(alice.connected.reaches(1) && bob.connected.reaches(1));
  for (int round = 1; round <= 2; ++round) {
    const auto hers = credentials();
    const auto his = credentials();
    auto from_alice = gathered(alice.side, hers);
    auto from_bob = gathered(bob.side, his);
    const auto at_alice = from_alice->candidates();
    const auto at_bob = from_bob->candidates();
    bob.thread->replace({std::move(from_bob), hers, at_alice});
    alice.thread->replace({std::move(from_alice), his, at_bob});
    ASSERT_TRUE(alice.replaced.reaches(round) && bob.replaced.reaches(round));
    alice.thread->end_replaced();
    bob.thread->end_replaced();
  }
  alice.thread.reset();
  EXPECT_TRUE(bob.ended.reaches(1)) << "her goodbye has no other way to come";
}

// Else somebody who begins round after round takes all descriptors, threads and allocations that there are.
TEST_F(MediaThreadTest, WaysThatLedNowhereDoNotPileUp) {
  start(alice, bob, "alice.wav");
  start(bob, alice, "bob.wav");
  ASSERT_TRUE(alice.connected.reaches(1) && bob.connected.reaches(1));
  const Listener nobody;
  const auto with_one = descriptors();
  const auto give_another = [&] {
    alice.thread->replace({gathered(alice.side, credentials()), credentials(), {nobody.candidate()}});
  };
  give_another();
  ASSERT_TRUE(nobody.hears()) << "it is being tried";
  const auto each = descriptors() - with_one;
  EXPECT_GT(each, 0);
  for (int round = 1; round < 8; ++round) {
    give_another();
    ASSERT_TRUE(alice.retired.reaches(round)) << "nobody is told of the way that was given up";
    alice.thread->end_replaced();
    EXPECT_LE(descriptors(), with_one + 2 * each) << "the one that is tried, and one that is just ending";
  }
}

}  // namespace
}  // namespace pqc::client
