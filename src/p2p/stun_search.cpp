#include "p2p/stun_search.h"

#include <algorithm>
#include <array>

#include "p2p/limits.h"

namespace pqc::p2p {

namespace stun = net::stun;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

void StunSearch::start(std::span<const Address> servers, Done done) {
  done_ = std::move(done);
  prepare(servers);
  fd_ = client::FileDescriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (questions_.empty() || !fd_) {
    again_ = loop_.after(milliseconds(0), [this] { finish({}); });
    return;
  }
  end_ = steady_clock::now() + limits::stun_time;
  ready_ = loop_.when_readable(fd_.get(), [this] { on_readable(); });
  ask(limits::stun_first_wait);
}

void StunSearch::prepare(std::span<const Address> servers) {
  for (const auto& server : servers.first(std::min(servers.size(), limits::stun_servers)))
    if (auto at = resolve(server, SOCK_DGRAM, AI_NUMERICHOST, AF_INET)) {
      auto address = name_of((*at)->ai_addr, (*at)->ai_addrlen);
      questions_.push_back({std::move(*at), std::move(address), rng_.bytes<12>()});
    }
}

void StunSearch::ask(milliseconds wait) {
  bool sent = false;
  for (const auto& question : questions_) {
    const auto request = stun::binding_request(question.id);
    sent |= ::sendto(fd_.get(), request.data(), request.size(), 0, question.at->ai_addr, question.at->ai_addrlen) >= 0;
  }
  const auto left = std::chrono::ceil<milliseconds>(end_ - steady_clock::now());
  const bool last = !sent || left <= wait;
  const auto until = sent ? std::clamp(left, milliseconds(0), wait) : milliseconds(0);
  again_ = loop_.after(until, [this, wait, last] { last ? finish({}) : ask(wait * 2); });
}

void StunSearch::on_readable() {
  if (const auto* found = answered()) finish(found->address);
}

// Whose answer waits in the socket; what is none is passed over.
const StunSearch::Question* StunSearch::answered() {
  std::array<std::uint8_t, stun::max_message> buffer;
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const auto got = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got < 0) return nullptr;
  const auto source = name_of(reinterpret_cast<const sockaddr*>(&from), size);
  const auto message = ByteView(buffer).first(static_cast<std::size_t>(got));
  const auto found = std::ranges::find_if(questions_, [&](const Question& question) {
    if (question.address != source) return false;
    const auto answer = stun::parse_answer(message, question.id);
    return answer && std::holds_alternative<stun::Mapped>(*answer);
  });
  return found == questions_.end() ? nullptr : &*found;
}

void StunSearch::finish(std::optional<Address> found) {
  ready_.reset();
  again_.reset();
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(found));
}

}  // namespace pqc::p2p
