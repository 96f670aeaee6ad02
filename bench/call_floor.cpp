// What the least of a call costs on this machine just now: 100 times a second it sleeps, encodes 10 ms, sends them over
// loopback, receives and decodes them. No sound server, packets, keys or path. Started by bench/calls, beside whose
// figures its own stands: both depend on how cold the caches are after each sleep.
//
//   call_floor
//
// Prints a line when it runs, and runs until its standard input ends.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <print>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media/voice/limits.h"
#include "media/voice/opus_codec.h"

namespace pqc::bench {
namespace {

using namespace media::voice;
using std::chrono::steady_clock;

constexpr std::uint32_t bits_per_second = 64'000;
constexpr auto frame = std::chrono::milliseconds(10);

[[noreturn]] void fail(const char* what) {
  std::println(stderr, "call_floor: {}", what);
  std::exit(1);
}

// A voice that glides.
std::array<std::int16_t, limits::block_samples> next_block(double& phase) {
  std::array<std::int16_t, limits::block_samples> out{};
  for (auto& sample : out) {
    const double pitch = 140 + 40 * std::sin(phase / 97);
    phase += 2 * std::numbers::pi * pitch / limits::sample_rate;
    double sum = 0;
    for (int harmonic = 1; harmonic <= 8; ++harmonic) sum += std::sin(phase * harmonic) / harmonic;
    sample = static_cast<std::int16_t>(5000 * sum);
  }
  return out;
}

// A socket that sends to itself.
int loopback() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in own{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  auto* const address = reinterpret_cast<sockaddr*>(&own);
  socklen_t size = sizeof own;
  if (fd < 0 || ::bind(fd, address, size) != 0 || ::getsockname(fd, address, &size) != 0 ||
      ::connect(fd, address, size) != 0)
    fail("no socket");
  return fd;
}

// Whether standard input ended before then.
bool ended_by(steady_clock::time_point until) {
  const auto left = std::max(until - steady_clock::now(), steady_clock::duration(0));
  const timespec limit{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(left).count()};
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::ppoll(&input, 1, &limit, nullptr) > 0;
}

void run() {
  auto encoder = Encoder::create(bits_per_second);
  auto decoder = Decoder::create();
  if (!encoder || !decoder) fail("no Opus");
  const int socket = loopback();
  // Ready beforehand: to make up a voice is not part of it.
  std::array<std::array<std::int16_t, limits::block_samples>, 100> voice{};
  double phase = 0;
  for (auto& block : voice) block = next_block(phase);
  std::println("up");
  std::fflush(stdout);

  std::array<std::uint8_t, limits::opus_packet_bytes> sent{};
  std::array<std::uint8_t, limits::opus_packet_bytes> came{};
  std::array<std::int16_t, limits::block_samples> heard{};
  auto due = steady_clock::now();
  for (std::size_t i = 0; !ended_by(due += frame); ++i) {
    const auto packet = encoder->encode(voice[i % voice.size()], FrameDuration::ms10, sent);
    if (!packet) fail("no packet");
    static_cast<void>(::send(socket, packet->data(), packet->size(), MSG_DONTWAIT));
    const auto size = ::recv(socket, came.data(), came.size(), MSG_DONTWAIT);
    if (size > 0) static_cast<void>(decoder->decode(ByteView(came).first(static_cast<std::size_t>(size)), heard));
  }
  ::close(socket);
}

}  // namespace
}  // namespace pqc::bench

int main() {
  pqc::bench::run();
}
