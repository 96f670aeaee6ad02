#include "client/resolver.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/eventfd.h>

#include "client/files.h"

namespace pqc::client {

namespace {

// Threads of this process that wait for name servers, those too whose answer nobody awaits any more.
std::atomic<std::size_t> under_way = 0;

Error late(const net::HostPort& address) {
  return {ExitCode::timed_out,
          "nothing tells the address of " + net::to_text(address) + ": is a name server reachable?"};
}

}  // namespace

Result<Addresses> resolve(const net::HostPort& address, int type, int flags, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = type;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(address.port);
  if (const int code = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found); code != 0)
    return fail(ExitCode::unreachable,
                "there is no address for " + net::to_text(address) + ": " + ::gai_strerror(code));
  return Addresses(found);
}

net::HostPort name_of(const sockaddr* address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(address, size, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return {};
  net::HostPort out{host.data(), static_cast<std::uint16_t>(std::strtoul(port.data(), nullptr, 10))};
  // An IPv4 peer of a socket for both families.
  if (out.host.starts_with("::ffff:")) out.host.erase(0, 7);
  return out;
}

// Outlives the resolver as long as a thread of its looks something up.
struct Resolver::Shared {
  FileDescriptor ready{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  std::vector<std::optional<Result<Addresses>>> answers;
  std::size_t left = 0;
  std::vector<Question> questions;

  void settle(std::size_t place, Result<Addresses> answer) {
    const std::scoped_lock lock(mutex);
    answers[place] = std::move(answer);
    count_down();
  }
  void all_asked() {
    const std::scoped_lock lock(mutex);
    count_down();
  }

 private:
  void count_down() {
    if (--left > 0) return;
    // Of an event descriptor that is at 0 this cannot fail.
    static_cast<void>(::eventfd_write(ready.get(), 1));
  }
};

namespace {

// Answers on a thread of its own.
void look_up_apart(const Resolver::Ask& ask, const Resolver::Question& question,
                   std::function<void(Result<Addresses>)> settle) {
  if (++under_way > Resolver::at_once) {
    --under_way;
    return settle(fail(ExitCode::unreachable, "too many names are being looked up already"));
  }
  try {
    std::thread([ask, question, settle] {
      settle(ask ? ask(question) : resolve(question.address, question.type, 0, question.family));
      --under_way;
    }).detach();
  } catch (const std::system_error&) {
    --under_way;
    settle(fail(ExitCode::unreachable, "this machine has no thread left to look a name up"));
  }
}

}  // namespace

Resolver::~Resolver() = default;

void Resolver::look_up(std::vector<Question> questions, std::chrono::milliseconds time,
                       std::function<void(Answers)> done) {
  done_ = std::move(done);
  shared_ = std::make_shared<Shared>();
  shared_->questions = std::move(questions);
  const auto count = shared_->questions.size();
  shared_->answers.resize(count);
  shared_->left = count + 1;  // and this call
  if (shared_->ready) ready_ = loop_.when_readable(shared_->ready.get(), [this] { finish(); });
  deadline_ = loop_.after(time, [this] { finish(); });
  for (std::size_t i = 0; i < count; ++i) {
    const auto& question = shared_->questions[i];
    auto settle = [shared = shared_, i](Result<Addresses> answer) { shared->settle(i, std::move(answer)); };
    if (auto numeric = resolve(question.address, question.type, AI_NUMERICHOST, question.family))
      settle(std::move(numeric));
    else
      look_up_apart(ask_, question, std::move(settle));
  }
  shared_->all_asked();
}

void Resolver::finish() {
  ready_.reset();
  deadline_.reset();
  Answers out;
  {
    const std::scoped_lock lock(shared_->mutex);
    for (std::size_t i = 0; i < shared_->answers.size(); ++i)
      out.push_back(shared_->answers[i] ? std::move(*shared_->answers[i])
                                        : std::unexpected(late(shared_->questions[i].address)));
  }
  shared_.reset();
  if (const auto done = std::exchange(done_, {})) done(std::move(out));
}

}  // namespace pqc::client
