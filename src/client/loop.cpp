#include "client/loop.h"

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace pqc::client {
namespace asio = boost::asio;

struct Loop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
};

namespace {

// Asio may call once more after a cancellation; `alive` tells such calls apart.
template <class Object, class... Argument>
class Guarded : public Loop::Handle {
 public:
  Guarded(Object object, std::function<void(Argument...)> work)
      : shared_(std::make_shared<Shared>(std::move(object), std::move(work), true)) {}
  ~Guarded() override {
    shared_->alive = false;
    boost::system::error_code ignored;
    shared_->object.cancel(ignored);
  }

 protected:
  struct Shared {
    Object object;
    std::function<void(Argument...)> work;
    bool alive;
  };
  std::shared_ptr<Shared> shared_;
};

struct Timer {
  asio::steady_timer timer;
  void cancel(boost::system::error_code&) { timer.cancel(); }
};

class TimerHandle final : public Guarded<Timer> {
 public:
  TimerHandle(asio::io_context& context, std::chrono::milliseconds delay, std::function<void()> work)
      : Guarded(Timer{asio::steady_timer(context, delay)}, std::move(work)) {
    shared_->object.timer.async_wait([shared = shared_](boost::system::error_code error) {
      if (shared->alive && !error) std::exchange(shared->work, {})();
    });
  }
};

// A duplicate of the descriptor, so that the owner may close its own first.
struct Descriptor {
  asio::posix::stream_descriptor stream;
  void cancel(boost::system::error_code& error) { stream.cancel(error); }
};

class DescriptorHandle final : public Guarded<Descriptor> {
 public:
  using Wait = asio::posix::stream_descriptor::wait_type;
  DescriptorHandle(asio::io_context& context, int fd, Wait wait, bool again, std::function<void()> work)
      : Guarded(Descriptor{asio::posix::stream_descriptor(context, ::dup(fd))}, std::move(work)) {
    start(shared_, wait, again);
  }

 private:
  static void start(const std::shared_ptr<Shared>& shared, Wait wait, bool again) {
    shared->object.stream.async_wait(wait, [shared, wait, again](boost::system::error_code error) {
      if (!shared->alive || error) return;
      const auto work = shared->work;  // the call may destroy the handle
      work();
      if (shared->alive && again) start(shared, wait, again);
    });
  }
};

struct Signals {
  asio::signal_set set;
  void cancel(boost::system::error_code& error) { set.cancel(error); }
};

class SignalHandle final : public Guarded<Signals, int> {
 public:
  SignalHandle(asio::io_context& context, std::initializer_list<int> signals, std::function<void(int)> work)
      : Guarded(Signals{asio::signal_set(context)}, std::move(work)) {
    for (const int signal : signals) shared_->object.set.add(signal);
    start(shared_);
  }

 private:
  static void start(const std::shared_ptr<Shared>& shared) {
    shared->object.set.async_wait([shared](boost::system::error_code error, int signal) {
      if (!shared->alive || error) return;
      const auto work = shared->work;
      work(signal);
      if (shared->alive) start(shared);
    });
  }
};

}  // namespace

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

asio::io_context& Loop::context() { return impl_->context; }

void Loop::post(std::function<void()> work) { asio::post(impl_->context, std::move(work)); }

Loop::HandlePtr Loop::after(std::chrono::milliseconds delay, std::function<void()> work) {
  return std::make_unique<TimerHandle>(impl_->context, delay, std::move(work));
}

Loop::HandlePtr Loop::when_readable(int fd, std::function<void()> work) {
  return std::make_unique<DescriptorHandle>(impl_->context, fd, DescriptorHandle::Wait::wait_read, true,
                                            std::move(work));
}

Loop::HandlePtr Loop::when_writable(int fd, std::function<void()> work) {
  return std::make_unique<DescriptorHandle>(impl_->context, fd, DescriptorHandle::Wait::wait_write, false,
                                            std::move(work));
}

Loop::HandlePtr Loop::on_signals(std::initializer_list<int> signals, std::function<void(int)> work) {
  return std::make_unique<SignalHandle>(impl_->context, signals, std::move(work));
}

bool Loop::run_until(const std::function<bool()>& done, std::optional<TimePoint> deadline) {
  while (!done()) {
    if (!deadline) {
      impl_->context.run_one();
      continue;
    }
    if (std::chrono::steady_clock::now() >= *deadline) return false;
    impl_->context.run_one_until(*deadline);
  }
  return true;
}

}  // namespace pqc::client
