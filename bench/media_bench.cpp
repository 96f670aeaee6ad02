// What one packet of voice costs: a frame sealed, put into RTP and SRTP and sent; the same the other way. By the
// processor's time of this thread, the fastest of several rounds.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "allocation_count.h"
#include "bench_report.h"
#include "crypto/random.h"
#include "media/transport/media_session.h"

namespace pqc::media {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t frame_size = 81;  // Opus at 64 kbit/s in frames of 10 ms, and the voice engine's byte
constexpr std::size_t a_round = 1'000;
constexpr double limit_us = 5;

// Keeps what is sent, in memory that is there already.
class Box final : public DatagramPath {
 public:
  void send(ByteView datagram) override {
    if (!keeping) return;
    auto& place = packets_[size_++ % packets_.size()];
    std::ranges::copy(datagram, place.memory.begin());
    place.size = datagram.size();
  }
  void give_to(MediaSession& session, Time now) {
    for (std::size_t i = 0; i < size_; ++i) {
      const auto& packet = packets_[i % packets_.size()];
      session.handle_datagram(ByteView(packet.memory).first(packet.size), now);
    }
    size_ = 0;
  }
  bool keeping = true;

 private:
  struct Packet {
    std::size_t size;
    std::array<std::uint8_t, 1'200> memory;
  };
  std::vector<Packet> packets_{2 * a_round};
  std::size_t size_ = 0;
};

// To a socket of this machine that nobody reads.
class Socket final : public DatagramPath {
 public:
  Socket() : reader_(::socket(AF_INET, SOCK_DGRAM, 0)), writer_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(reader_, generic, size) != 0 || ::getsockname(reader_, generic, &size) != 0 ||
        ::connect(writer_, generic, size) != 0) {
      std::abort();
    }
  }
  ~Socket() override {
    ::close(reader_);
    ::close(writer_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  void send(ByteView datagram) override {
    if (inner != nullptr) return inner->send(datagram);
    if (::send(writer_, datagram.data(), datagram.size(), 0) < 0) std::abort();
  }
  DatagramPath* inner = nullptr;  // where datagrams go until the sessions are connected

 private:
  int reader_;
  int writer_;
};

CallShare share(std::uint8_t value) {
  CallShare out;
  std::ranges::fill(out.fill(), value);
  return out;
}

class Call {
 public:
  Call() {
    const auto ours = MediaCertificate::make(), theirs = MediaCertificate::make();
    alice_socket.inner = &alice_box;
    alice = session(CallSide::offerer, *ours, *theirs, alice_socket);
    bob = session(CallSide::answerer, *theirs, *ours, bob_box);
    for (int i = 0; i < 10; ++i) exchange();
    if (alice->state() != SessionState::connected || bob->state() != SessionState::connected) std::abort();
  }
  void exchange() {
    now += 10ms;
    alice_box.give_to(*bob, now);
    bob_box.give_to(*alice, now);
    alice->poll(now);
    bob->poll(now);
  }
  void send(MediaSession& from) {
    timestamp += 480;
    if (!from.send_frame(StreamId::audio, timestamp, frame, now)) std::abort();
  }

  Time now{1h};
  std::uint32_t timestamp = 0;
  Bytes frame = Bytes(frame_size, 1);
  Socket alice_socket;
  Box alice_box, bob_box;
  std::unique_ptr<MediaSession> alice, bob;

 private:
  std::unique_ptr<MediaSession> session(CallSide side, const MediaCertificate& own, const MediaCertificate& peer,
                                        DatagramPath& path) {
    const bool offers = side == CallSide::offerer;
    MediaSettings settings{
        .side = side, .role = {}, .certificate = own, .peer_fingerprint = peer.fingerprint(), .secret = {}};
    settings.secret = *derive_call_secret(
        share(1), share(2), {{}, {}, {}, (offers ? own : peer).fingerprint(), (offers ? peer : own).fingerprint()});
    return *MediaSession::start(std::move(settings), path, observer_, rng_, now);
  }

  MediaObserver observer_;
  crypto::SystemRng rng_;
};

double thread_us() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

template <class F>
double time_a_packet(F&& round) {
  const auto start = thread_us();
  round();
  return (thread_us() - start) / a_round;
}

struct Times {
  double seal = std::numeric_limits<double>::max();
  double seal_and_send = seal;
  double open = seal;
};

Times measure(Call& call, int rounds) {
  Times best;
  const auto send_all = [&] {
    for (std::size_t i = 0; i < a_round; ++i) call.send(*call.alice);
  };
  for (int i = 0; i < rounds; ++i) {
    call.alice_box.keeping = true;
    best.seal = std::min(best.seal, time_a_packet(send_all));
    best.open = std::min(best.open, time_a_packet([&] { call.alice_box.give_to(*call.bob, call.now); }));
    call.alice_socket.inner = nullptr;
    best.seal_and_send = std::min(best.seal_and_send, time_a_packet(send_all));
    call.alice_socket.inner = &call.alice_box;
    call.exchange();
  }
  return best;
}

// A minute of voice both ways, reports and feedback included.
double allocations_a_packet(Call& call) {
  constexpr int frames = 6'000;
  const auto before = bench::allocation_count();
  for (int i = 0; i < frames; ++i) {
    call.send(*call.alice);
    call.send(*call.bob);
    call.exchange();
  }
  return static_cast<double>(bench::allocation_count() - before) / (2.0 * frames);
}

}  // namespace
}  // namespace pqc::media

int main(int argc, char** argv) {
  using namespace pqc;
  const bool quick = std::ranges::any_of(std::span(argv, static_cast<std::size_t>(argc)), [](const char* argument) {
    return std::string_view(argument).starts_with("--benchmark_min_time=0.0");
  });
  media::Call call;
  const auto times = media::measure(call, quick ? 10 : 100);
  const auto allocations = media::allocations_a_packet(call);
  bench::print_report("media_bench",
                      {{"media packet: obfuscate, SFrame, RTP, SRTP", times.seal, {}, {}, {}},
                       {"media packet: the same, and sent over UDP", times.seal_and_send, {}, {}, media::limit_us},
                       {"media packet: SRTP, SFrame, opened", times.open, {}, {}, media::limit_us},
                       {"media packet, allocations sent and received, libraries included", {}, {}, allocations, 0}});
  return 0;
}
