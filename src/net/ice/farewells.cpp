#include "net/ice/farewells.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>

#include "base/log.h"

namespace pqc::net::ice {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

}  // namespace

Farewells::Farewells(milliseconds patience) : patience_(patience), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Farewells::~Farewells() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  if (!thread_.joinable()) return;
  // Fails only where it is set already.
  static_cast<void>(::eventfd_write(wake_.get(), 1));
  thread_.join();
}

void Farewells::take(std::unique_ptr<Leaver> leaver) {
  const std::scoped_lock lock(mutex_);
  if (!has_room()) return log(LogLevel::debug, "ice.farewell.none");
  given_.push_back({std::move(leaver), steady_clock::now() + patience_});
  ++here_;
  static_cast<void>(::eventfd_write(wake_.get(), 1));
}

// Under the mutex.
bool Farewells::has_room() {
  if (!wake_ || here_ >= limits::farewells) return false;
  if (thread_.joinable()) return true;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void Farewells::run() {
  for (;;) {
    begin_given();
    if (!end_some()) return;
    work();
  }
}

void Farewells::begin_given() {
  std::vector<Leaving> given;
  {
    const std::scoped_lock lock(mutex_);
    given.swap(given_);
  }
  for (auto& one : given) {
    one.leaver->begin();
    leaving_.push_back(std::move(one));
  }
}

// Waits, until somebody is given too, and lets each do what it can.
void Farewells::work() {
  constexpr int for_ever = -1;
  polled_.assign({{.fd = wake_.get(), .events = POLLIN, .revents = 0}});
  std::vector<std::size_t> begins;
  auto next = steady_clock::time_point::max();
  for (auto& one : leaving_) {
    begins.push_back(polled_.size());
    next = std::min({next, one.deadline, steady_clock::now() + one.leaver->prepare(polled_)});
  }
  const auto left = std::chrono::ceil<milliseconds>(next - steady_clock::now()).count();
  static_cast<void>(::poll(polled_.data(), polled_.size(),
                           leaving_.empty() ? for_ever : static_cast<int>(std::max<milliseconds::rep>(left, 0))));
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(wake_.get(), &ignored));
  const std::span<const pollfd> all(polled_);
  for (std::size_t i = 0; i < leaving_.size(); ++i) leaving_[i].leaver->work(all.subspan(begins[i]));
}

bool Farewells::end_some() {
  const auto now = steady_clock::now();
  const auto ended =
      std::erase_if(leaving_, [now](const Leaving& one) { return one.leaver->over() || one.deadline <= now; });
  const std::scoped_lock lock(mutex_);
  here_ -= ended;
  return here_ > 0 || !ending_;
}

}  // namespace pqc::net::ice
