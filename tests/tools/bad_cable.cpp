// A cable between two network interfaces, with a bad network inside: whole Ethernet frames go from one to the other,
// those with UDP as tests/support/impaired_link.h says, all others at once. The machine in between needs no addresses,
// routes or forwarding, and both ends see each other's addresses and ports as they are; so it stands between two real
// programs that know nothing of it. It takes CAP_NET_RAW, which the root of a network namespace has there.
//
//   bad_cable INTERFACE INTERFACE [SEED]
//
// It reads commands from its standard input (tests/support/impairment_script.h), "there" being from the first interface
// to the second, and ends with it. `counts` prints one JSON object on a line.
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/frame_view.h"
#include "support/impaired_link.h"
#include "support/impairment_script.h"

namespace pqc::test {
namespace {

using Micros = Impairment::Micros;

// The largest that the kernel joins, and what it says before each frame about checksums that are still to be made
// (virtio_net_hdr; its header is no C++).
constexpr std::size_t frame_bytes = 70'000;
constexpr std::size_t offload_bytes = 10;
constexpr std::size_t read_at_once = 64;

Micros clock_now() {
  return std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch());
}

// One end of the cable: everything that comes in there, and nothing that goes out.
std::optional<int> open_end(const char* interface) {
  const auto index = static_cast<int>(::if_nametoindex(interface));
  if (index == 0) return std::nullopt;
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return std::nullopt;
  const int on = 1;
  packet_mreq everything{};
  everything.mr_ifindex = index;
  everything.mr_type = PACKET_MR_PROMISC;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = index;
  const bool ready = ::setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) == 0 &&
                     ::setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) == 0 &&
                     ::setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything) == 0 &&
                     ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (ready) return fd;
  ::close(fd);
  return std::nullopt;
}

class Cable {
 public:
  Cable(int first, int second, std::uint64_t seed)
      : ends_{first, second}, links_{ImpairedLink(seed), ImpairedLink(~seed)} {}

  int run() {
    while (!over_) {
      wait();
      const auto now = clock_now();
      read_commands();
      obey(now - start_);
      for (std::size_t from = 0; from < ends_.size(); ++from) take_frames(from, now);
      let_out(clock_now());
    }
    return 0;
  }

 private:
  struct Frame {
    Micros at;
    std::uint64_t number;  // of frames due at once the first goes first
    std::size_t to;
    std::vector<std::uint8_t> bytes;
    bool operator>(const Frame& other) const { return std::tie(at, number) > std::tie(other.at, other.number); }
  };

  void wait() {
    auto next = clock_now() + std::chrono::seconds(1);
    if (!on_the_way_.empty()) next = std::min(next, on_the_way_.top().at);
    if (!script_.empty()) next = std::min(next, start_ + script_.begin()->first);
    const auto left = std::max(next - clock_now(), Micros(0));
    const timespec timeout{.tv_sec = left.count() / 1'000'000, .tv_nsec = left.count() % 1'000'000 * 1000};
    std::array<pollfd, 3> fds{pollfd{ends_[0], POLLIN, 0}, {ends_[1], POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    (void)::ppoll(fds.data(), fds.size(), &timeout, nullptr);
    told_ = (fds[2].revents & (POLLIN | POLLHUP)) != 0;
  }

  void read_commands() {
    if (!told_) return;
    std::array<char, 4096> memory{};
    const auto size = ::read(STDIN_FILENO, memory.data(), memory.size());
    if (size <= 0) over_ = true;
    text_.append(memory.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      const auto command = parse_relay_command(text_.substr(0, end));
      text_.erase(0, end + 1);
      if (!command) {
        std::fprintf(stderr, "bad_cable: not understood: %s\n", command.error().c_str());
        continue;
      }
      script_.emplace(command->at.value_or(Micros(0)), *command);
    }
  }

  void obey(Micros now) {
    for (auto at = script_.begin(); at != script_.end() && at->first <= now; at = script_.erase(at)) {
      const auto& command = at->second;
      if (command.kind == RelayCommand::Kind::counts) print_counts(now);
      if (command.kind == RelayCommand::Kind::end) over_ = true;
      if (command.there) links_[0].set(command.impairment);
      if (command.back) links_[1].set(command.impairment);
    }
  }

  void print_counts(Micros now) const {
    std::string out = "{";
    for (std::size_t i = 0; i < links_.size(); ++i) {
      const auto& counts = links_[i].counts();
      out += i == 0 ? R"("there":{)" : R"(},"back":{)";
      const auto number = [&](const char* name, std::uint64_t value) {
        out += '"' + std::string(name) + "\":" + std::to_string(value) + ',';
      };
      number("packets", counts.packets);
      number("bytes", counts.bytes);
      number("passed", counts.passed);
      number("passed_bytes", counts.passed_bytes);
      number("lost", counts.lost);
      number("dropped", counts.dropped);
      number("repeated", counts.repeated);
      out += "\"waiting_us\":" + std::to_string(links_[i].waiting(start_ + now).count());
    }
    std::printf("%s},\"at_us\":%lld}\n", out.c_str(), static_cast<long long>(now.count()));
    std::fflush(stdout);
  }

  void take_frames(std::size_t from, Micros now) {
    for (std::size_t i = 0; i < read_at_once; ++i) {
      const auto size = ::recv(ends_[from], memory_.data(), memory_.size(), 0);
      if (size <= static_cast<ssize_t>(offload_bytes)) return;
      const auto whole = std::span(memory_).first(static_cast<std::size_t>(size));
      const auto udp = udp_packet_size(whole.subspan(offload_bytes));
      if (!udp) {
        put(1 - from, whole);
        continue;
      }
      const auto exits = links_[from].send(*udp, now);
      for (const auto at : exits.times()) {
        on_the_way_.push({.at = at, .number = number_++, .to = 1 - from, .bytes = {whole.begin(), whole.end()}});
      }
    }
  }

  void let_out(Micros now) {
    for (; !on_the_way_.empty() && on_the_way_.top().at <= now; on_the_way_.pop()) {
      put(on_the_way_.top().to, on_the_way_.top().bytes);
    }
  }

  // What the interface does not take is lost, as on any cable.
  void put(std::size_t to, std::span<const std::uint8_t> bytes) const {
    (void)::send(ends_[to], bytes.data(), bytes.size(), 0);
  }

  std::array<int, 2> ends_;
  std::array<ImpairedLink, 2> links_;  // by where packets come from
  Micros start_ = clock_now();
  std::priority_queue<Frame, std::vector<Frame>, std::greater<>> on_the_way_;
  std::uint64_t number_ = 0;
  std::multimap<Micros, RelayCommand> script_;
  std::string text_;
  std::array<std::uint8_t, frame_bytes> memory_{};
  bool told_ = false;
  bool over_ = false;
};

int run(std::span<char*> arguments) {
  std::uint64_t seed = 1;
  const std::string_view text = arguments.size() == 4 ? arguments[3] : "1";
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (arguments.size() < 3 || arguments.size() > 4 || read.ptr != text.data() + text.size()) {
    std::fputs("bad_cable INTERFACE INTERFACE [SEED]\n", stderr);
    return 2;
  }
  const auto first = open_end(arguments[1]);
  const auto second = open_end(arguments[2]);
  if (!first || !second) {
    std::fprintf(stderr, "bad_cable: %s\n", std::strerror(errno));
    return 1;
  }
  const auto cable = std::make_unique<Cable>(*first, *second, seed);
  std::puts("{\"ready\":true}");
  std::fflush(stdout);
  return cable->run();
}

}  // namespace
}  // namespace pqc::test

int main(int count, char** values) {
  return pqc::test::run(std::span(values, static_cast<std::size_t>(count)));
}
