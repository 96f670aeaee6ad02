#include "p2p/endpoint.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include <poll.h>
#include <sys/socket.h>

#include "client/files.h"
#include "crypto/random.h"
#include "net/stun/message.h"
#include "p2p/sockets.h"

namespace pqc::p2p {
namespace {

namespace stun = net::stun;
using client::FileDescriptor;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// RFC 8489 §6.2.1: each wait is twice the one before. Fewer than its seven, as another server is at hand.
constexpr milliseconds first_wait{500};
constexpr int requests_a_server = 4;

FileDescriptor udp_socket(int family) {
  return FileDescriptor(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Where the kernel would send from, without sending.
std::string local_host(const addrinfo& to) {
  const auto probe = udp_socket(to.ai_family);
  if (!probe || ::connect(probe.get(), to.ai_addr, to.ai_addrlen) != 0) return {};
  return local_address(probe.get()).host;
}

// One socket a family, so that all servers are asked from the same port.
class Prober {
 public:
  explicit Prober(Rng& rng) : rng_(rng) {}

  StunAnswer ask(const Address& server) {
    StunAnswer out{
        .server = server, .remote = {}, .local = {}, .mapped = {}, .round_trip = {}, .failure = "does not answer"};
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* list = nullptr;
    const auto port = std::to_string(server.port);
    if (const int code = ::getaddrinfo(server.host.c_str(), port.c_str(), &hints, &list); code != 0) {
      out.failure = ::gai_strerror(code);
      return out;
    }
    const Addresses found(list);
    ask(*found, out);
    return out;
  }

 private:
  void ask(const addrinfo& to, StunAnswer& out);
  bool await(int fd, const addrinfo& to, const stun::TransactionId& id, milliseconds wait, StunAnswer& out);

  Rng& rng_;
  std::map<int, FileDescriptor> sockets_;
};

void Prober::ask(const addrinfo& to, StunAnswer& out) {
  out.remote = name_of(to.ai_addr, to.ai_addrlen);
  auto& socket = sockets_[to.ai_family];
  if (!socket) socket = udp_socket(to.ai_family);
  const auto id = rng_.bytes<12>();
  const auto request = stun::binding_request(id);
  auto wait = first_wait;
  for (int sent = 0; sent < requests_a_server; ++sent, wait *= 2) {
    const auto start = steady_clock::now();
    if (::sendto(socket.get(), request.data(), request.size(), 0, to.ai_addr, to.ai_addrlen) < 0) {
      out.failure = std::strerror(errno);
      return;
    }
    out.local = {local_host(to), local_address(socket.get()).port};
    const bool answered = await(socket.get(), to, id, wait, out);
    out.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - start);
    if (answered) return;
  }
}

// Whether there was an answer, good or bad. What comes from elsewhere, or belongs to another request, is passed over.
bool Prober::await(int fd, const addrinfo& to, const stun::TransactionId& id, milliseconds wait, StunAnswer& out) {
  const auto end = steady_clock::now() + wait;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    std::array<std::uint8_t, stun::max_message + 1> buffer;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0 || name_of(reinterpret_cast<const sockaddr*>(&from), size) != name_of(to.ai_addr, to.ai_addrlen))
      continue;
    const auto answer = stun::parse_answer(ByteView(buffer).first(static_cast<std::size_t>(got)), id);
    if (!answer) {
      // Anybody can forge such a datagram; the right one may still come.
      out.failure = "answers with something else than STUN";
      continue;
    }
    if (const auto* refusal = std::get_if<stun::Refusal>(&*answer)) {
      out.failure = "refuses, with code " + std::to_string(refusal->code);
      return true;
    }
    const auto& mapped = std::get<stun::Mapped>(*answer).address;
    out.mapped = Address{stun::host_text(mapped), mapped.port};
    out.failure.clear();
    return true;
  }
}

bool is_v6(const Address& address) {
  return address.host.find(':') != std::string::npos;
}

Endpoint conclude(std::span<const StunAnswer> answers) {
  const auto& first = answers.front();
  Endpoint out{*first.mapped, Nat::unknown};
  if (*first.mapped == first.local) {
    out.nat = Nat::none;
  } else if (answers.size() > 1) {
    const bool same = std::ranges::all_of(answers, [&](const auto& answer) { return answer.mapped == first.mapped; });
    out.nat = same ? Nat::endpoint_independent : Nat::address_dependent;
  }
  return out;
}

}  // namespace

std::string_view name(Nat nat) {
  switch (nat) {
    case Nat::unknown:
      return "unknown";
    case Nat::none:
      return "none";
    case Nat::endpoint_independent:
      return "endpoint_independent";
    case Nat::address_dependent:
      return "address_dependent";
  }
  return "unknown";
}

client::Result<Endpoint> find_endpoint(std::span<const Address> servers, std::size_t wanted,
                                       const std::function<void(const StunAnswer&)>& tell) {
  Prober prober(crypto::SystemRng::instance());
  std::map<bool, std::vector<StunAnswer>> answers;  // by family
  for (const auto& server : servers) {
    const auto answer = prober.ask(server);
    tell(answer);
    if (!answer.mapped) continue;
    auto& same_family = answers[is_v6(*answer.mapped)];
    if (std::ranges::contains(same_family, answer.remote.host, [](const auto& other) { return other.remote.host; }))
      continue;
    same_family.push_back(answer);
    if (same_family.size() >= wanted) return conclude(same_family);
  }
  if (answers.empty())
    return client::fail(ExitCode::timed_out,
                        "no STUN server answers: check their addresses, or whether UDP is blocked");
  const auto size_of = [](const auto& family) { return family.second.size(); };
  return conclude(std::ranges::max_element(answers, {}, size_of)->second);
}

client::Result<Address> parse_stun_server(std::string_view text) {
  auto server = net::parse_server(text, stun_port);
  if (!server) return no_address(text);
  return std::move(*server);
}

}  // namespace pqc::p2p
