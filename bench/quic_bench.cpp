// What a MiB costs that goes through a QUIC link over loopback (docs/spec/p2p.md §12), in frames as files have them:
// the processor time of both sides, system calls and the kernel's delivery included, which share one thread.
#include <ctime>
#include <functional>
#include <limits>
#include <stdexcept>

#include "bench_report.h"
#include "client/loop.h"
#include "p2p/limits.h"
#include "p2p/udp_transport.h"

namespace {

using namespace pqc;
using std::chrono::seconds;
using std::chrono::steady_clock;

// 1 Gbit/s on one core.
constexpr double limit_us_a_mib = 8.0 * (1 << 20) / 1000;
constexpr std::size_t frame_size = p2p::limits::file_chunk;
constexpr std::size_t total = std::size_t{96} << 20;
constexpr int repetitions = 3;

double cpu_us() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

class Pair {
 public:
  Pair() {
    const auto at = listener_.listen({"127.0.0.1", 0}, [this](p2p::LinkPtr link) { start(to_, std::move(link)); });
    connector_.connect(at.value(), [this](client::Result<p2p::LinkPtr> link) {
      start(from_, std::move(link.value()));
      from_->send(Bytes(1));
    });
    until([this] { return received_ > 0; });
  }
  // The sender keeps as much waiting as a file does.
  void transfer() {
    const auto end = received_ + total;
    for (std::size_t sent = 0; received_ < end;) {
      while (sent < total && from_->queued() < p2p::limits::file_ahead) {
        from_->send(frame_);
        sent += frame_.size();
      }
      const auto before = received_;
      until([&] { return received_ > before; });
    }
  }

 private:
  void start(p2p::LinkPtr& end, p2p::LinkPtr link) {
    end = std::move(link);
    end->start({.frame = [this](ByteView frame) { received_ += frame.size(); },
                .drained = [] {},
                .closed = [](client::Error why) { throw std::runtime_error(why.message); }},
               p2p::limits::frame);
  }
  void until(const std::function<bool()>& done) {
    if (!loop_.run_until(done, steady_clock::now() + seconds(30))) throw std::runtime_error("nothing comes");
  }

  client::Loop loop_;
  p2p::UdpTransport listener_{loop_};
  p2p::UdpTransport connector_{loop_};
  p2p::LinkPtr from_, to_;
  Bytes frame_ = Bytes(frame_size, 1);
  std::size_t received_ = 0;
};

}  // namespace

int main() {
  Pair pair;
  double fastest = std::numeric_limits<double>::max();
  for (int i = 0; i < repetitions; ++i) {
    const auto before = cpu_us();
    pair.transfer();
    fastest = std::min(fastest, (cpu_us() - before) / (static_cast<double>(total) / (1 << 20)));
  }
  const bool met = bench::print_report("quic_bench", {{.operation = "a MiB through a QUIC link, both sides",
                                                       .time_us = fastest,
                                                       .floor_us = {},
                                                       .count = {},
                                                       .limit = limit_us_a_mib}});
  return met ? 0 : 1;
}
