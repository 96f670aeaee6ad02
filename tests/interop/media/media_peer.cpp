// A plain DTLS-SRTP peer for the tests: sends back each frame of voice that comes.
//
//   media_peer connect PORT FINGERPRINT     to that port of this machine
//   media_peer accept FINGERPRINT           from whoever comes first
//
// FINGERPRINT is the other side's, in hexadecimal. Prints "PORT FINGERPRINT SSRC" of its own, and when the session ends
// or 20 seconds are over "STATE FRAMES REFUSED REPORTS", the last of which says whether a round trip was measured.
#include <array>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/random.h"
#include "media/transport/media_session.h"

namespace {

using namespace pqc;
using namespace pqc::media;

constexpr auto longest = std::chrono::seconds(20);

[[noreturn]] void stop(const std::string& why) {
  std::cerr << "media_peer: " << why << '\n';
  std::exit(1);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

class Socket final : public DatagramPath {
 public:
  Socket() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    auto address = loopback(0);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) stop("no socket");
  }
  ~Socket() override { ::close(socket_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void connect(std::uint16_t port) {
    const auto address = loopback(port);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) stop("cannot connect");
    connected_ = true;
  }
  void send(ByteView datagram) override {
    // What the system does not take is lost.
    std::ignore = ::send(socket_, datagram.data(), datagram.size(), 0);
  }
  ByteView receive(std::chrono::milliseconds wait) {
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(wait.count())) <= 0) return {};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto count =
        ::recvfrom(socket_, memory_.data(), memory_.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (count <= 0) return {};
    if (!connected_) connect(ntohs(from.sin_port));
    return ByteView(memory_).first(static_cast<std::size_t>(count));
  }
  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) stop("no port");
    return ntohs(address.sin_port);
  }

 private:
  int socket_;
  bool connected_ = false;
  std::array<std::uint8_t, 2'048> memory_{};
};

class Echo final : public MediaObserver {
 public:
  void on_frame(const ReceivedFrame& frame) override {
    if (session->send_frame(frame.stream, frame.timestamp, frame.payload, frame.arrival)) ++frames;
  }
  MediaSession* session = nullptr;
  int frames = 0;
};

const char* name_of(const MediaSession& session) {
  switch (session.state()) {
    case SessionState::connecting:
      return "connecting";
    case SessionState::connected:
      return "connected";
    case SessionState::closed:
      return "closed";
    case SessionState::failed:
      return to_string(*session.error()).data();
  }
  return "unknown";
}

Fingerprint fingerprint_from(const std::string& text) {
  const auto bytes = from_hex(text);
  Fingerprint out;
  if (!bytes || bytes->size() != out.bytes.size()) stop("no fingerprint");
  std::ranges::copy(*bytes, out.bytes.begin());
  return out;
}

void run(MediaSession& session, Socket& socket) {
  const auto end = std::chrono::steady_clock::now() + longest;
  for (auto now = end - longest; now < end; now = std::chrono::steady_clock::now()) {
    if (session.state() == SessionState::closed || session.state() == SessionState::failed) return;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(session.poll(now) - now);
    const auto datagram = socket.receive(std::max(wait, std::chrono::milliseconds(0)));
    if (!datagram.empty()) session.handle_datagram(datagram, std::chrono::steady_clock::now());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool connects = arguments.size() == 3 && arguments[0] == "connect";
  if (!connects && !(arguments.size() == 2 && arguments[0] == "accept"))
    stop("connect PORT FINGERPRINT, or accept FINGERPRINT");
  Socket socket;
  if (connects) socket.connect(static_cast<std::uint16_t>(std::atoi(arguments[1].c_str())));
  const auto certificate = MediaCertificate::make();
  if (!certificate) stop("no certificate");
  Echo echo;
  auto session = MediaSession::start({.role = connects ? DtlsRole::connect : DtlsRole::accept,
                                      .certificate = *certificate,
                                      .peer_fingerprint = fingerprint_from(arguments.back()),
                                      .secret = {},
                                      .allow_plain_peer = true,
                                      .transport_sequence_extension = 0},
                                     socket, echo, crypto::SystemRng::instance(), std::chrono::steady_clock::now());
  if (!session) stop(std::string(to_string(session.error())));
  echo.session = session->get();
  std::cout << socket.port() << ' ' << to_hex(certificate->fingerprint().bytes) << ' '
            << (*session)->ssrc(StreamId::audio) << std::endl;
  run(**session, socket);
  const auto statistics = (*session)->statistics();
  std::cout << name_of(**session) << ' ' << echo.frames << ' ' << statistics.refused << ' '
            << (statistics.round_trip ? "reports" : "none") << std::endl;
  return 0;
}
