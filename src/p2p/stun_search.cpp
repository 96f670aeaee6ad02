#include "p2p/stun_search.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include <poll.h>

#include "client/files.h"
#include "net/stun/message.h"
#include "p2p/limits.h"
#include "p2p/sockets.h"

namespace pqc::p2p {
namespace {

namespace stun = net::stun;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Question {
  Addresses at;
  Address address;
  stun::TransactionId id{};
};

std::vector<Question> questions_for(std::span<const Address> servers, Rng& rng) {
  std::vector<Question> out;
  for (const auto& server : servers.first(std::min(servers.size(), limits::stun_servers)))
    if (auto at = resolve(server, SOCK_DGRAM, 0, AF_INET)) {
      auto address = name_of((*at)->ai_addr, (*at)->ai_addrlen);
      out.push_back({std::move(*at), std::move(address), rng.bytes<12>()});
    }
  return out;
}

// Whether any could be sent.
bool ask(int fd, const std::vector<Question>& questions) {
  bool sent = false;
  for (const auto& question : questions) {
    const auto request = stun::binding_request(question.id);
    sent |= ::sendto(fd, request.data(), request.size(), 0, question.at->ai_addr, question.at->ai_addrlen) >= 0;
  }
  return sent;
}

// Whose answer waits in the socket; what is none is passed over.
const Question* answered(int fd, const std::vector<Question>& questions) {
  std::array<std::uint8_t, stun::max_message> buffer;
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const auto got = ::recvfrom(fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 0) return nullptr;
  const auto source = name_of(reinterpret_cast<const sockaddr*>(&from), size);
  const auto message = ByteView(buffer).first(static_cast<std::size_t>(got));
  const auto found = std::ranges::find_if(questions, [&](const Question& question) {
    if (question.address != source) return false;
    const auto answer = stun::parse_answer(message, question.id);
    return answer && std::holds_alternative<stun::Mapped>(*answer);
  });
  return found == questions.end() ? nullptr : &*found;
}

const Question* await(int fd, const std::vector<Question>& questions, steady_clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) return nullptr;
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    if (const auto* found = answered(fd, questions)) return found;
  }
}

}  // namespace

std::optional<Address> first_answering(std::span<const Address> servers, Rng& rng) {
  const auto questions = questions_for(servers, rng);
  const client::FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (questions.empty() || !fd) return std::nullopt;
  const auto end = steady_clock::now() + limits::stun_time;
  for (auto wait = limits::stun_first_wait; steady_clock::now() < end; wait *= 2) {
    if (!ask(fd.get(), questions)) return std::nullopt;
    if (const auto* found = await(fd.get(), questions, std::min(end, steady_clock::now() + wait)))
      return found->address;
  }
  return std::nullopt;
}

}  // namespace pqc::p2p
