#include "client/loop.h"

#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unistd.h>

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
  template <class... Make>
  explicit Guarded(std::function<void(Argument...)> work, Make&&... make)
      : shared_(std::make_shared<Shared>(std::move(work), std::forward<Make>(make)...)) {}
  ~Guarded() override {
    shared_->alive = false;
    shared_->object.cancel();
  }

 protected:
  struct Shared {
    template <class... Make>
    explicit Shared(std::function<void(Argument...)> the_work, Make&&... make)
        : object(std::forward<Make>(make)...), work(std::move(the_work)) {}
    Object object;
    std::function<void(Argument...)> work;
    bool alive = true;
  };
  std::shared_ptr<Shared> shared_;
};

class TimerHandle final : public Guarded<asio::steady_timer> {
 public:
  TimerHandle(asio::io_context& context, std::chrono::milliseconds delay, std::function<void()> work)
      : Guarded(std::move(work), context, delay) {
    shared_->object.async_wait([shared = shared_](boost::system::error_code error) {
      if (shared->alive && !error) std::exchange(shared->work, {})();
    });
  }
};

// Over a duplicate of the descriptor, so that the owner may close its own first.
class DescriptorHandle final : public Guarded<asio::posix::stream_descriptor> {
 public:
  using Wait = asio::posix::stream_descriptor::wait_type;
  DescriptorHandle(asio::io_context& context, int fd, Wait wait, bool again, std::function<void()> work)
      : Guarded(std::move(work), context, ::dup(fd)) {
    start(shared_, wait, again);
  }

 private:
  static void start(const std::shared_ptr<Shared>& shared, Wait wait, bool again) {
    shared->object.async_wait(wait, [shared, wait, again](boost::system::error_code error) {
      if (!shared->alive || error) return;
      const auto work = shared->work;  // the call may destroy the handle
      work();
      if (shared->alive && again) start(shared, wait, again);
    });
  }
};

class SignalHandle final : public Guarded<asio::signal_set, int> {
 public:
  SignalHandle(asio::io_context& context, std::initializer_list<int> signals, std::function<void(int)> work)
      : Guarded(std::move(work), context) {
    for (const int signal : signals) shared_->object.add(signal);
    start(shared_);
  }

 private:
  static void start(const std::shared_ptr<Shared>& shared) {
    shared->object.async_wait([shared](boost::system::error_code error, int signal) {
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

asio::io_context& Loop::context() {
  return impl_->context;
}

void Loop::post(std::function<void()> work) {
  asio::post(impl_->context, std::move(work));
}

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
