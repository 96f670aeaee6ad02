// What an answer of the STUN service costs: a real service on loopback, asked by a client with a fixed number of
// requests on their way; the processor time of the service's thread (system calls included, and on loopback also the
// delivery to the client) over its answers, and whether its memory stays as it was.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_report.h"
#include "crypto/random.h"
#include "net/stun/message.h"
#include "server/stun/server.h"

namespace {

using namespace pqc;
using Time = std::chrono::steady_clock;

// 100,000 answers a second on one core.
constexpr double limit_answer_us = 10;
constexpr double limit_growth_kib = 64;
constexpr std::size_t at_once = 64;
constexpr std::size_t on_their_way = 512;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Of the thread with that name, in microseconds (proc(5), /proc/pid/schedstat: nanoseconds).
double cpu_us_of(std::string_view name) {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    if (text_of(thread.path() / "comm") == std::string(name) + "\n")
      return std::stod(text_of(thread.path() / "schedstat")) / 1000;
  }
  throw std::runtime_error("no such thread");
}

double resident_kib() {
  const auto status = text_of("/proc/self/status");
  return std::stod(status.substr(status.find("VmRSS:") + 6));
}

class Client {
 public:
  explicit Client(const std::string& address) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("connect");
    part_ = {.iov_base = request_.data(), .iov_len = request_.size()};
    for (auto& message : out_)
      message = {.msg_hdr = {.msg_name = nullptr,
                             .msg_namelen = 0,
                             .msg_iov = &part_,
                             .msg_iovlen = 1,
                             .msg_control = nullptr,
                             .msg_controllen = 0,
                             .msg_flags = 0},
                 .msg_len = 0};
    for (std::size_t i = 0; i < at_once; ++i) {
      answer_parts_[i] = {.iov_base = answers_[i].data(), .iov_len = answers_[i].size()};
      in_[i] = out_[i];
      in_[i].msg_hdr.msg_iov = &answer_parts_[i];
    }
  }
  ~Client() { ::close(socket_); }

  // The number of answers that came.
  std::size_t run(Time::duration how_long) {
    const auto end = Time::now() + how_long;
    std::size_t answers = 0;
    while (Time::now() < end) {
      for (; waiting_ + at_once <= on_their_way; waiting_ += at_once) ::sendmmsg(socket_, out_.data(), at_once, 0);
      pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
      // After silence what was on its way is lost.
      if (::poll(&ready, 1, 100) == 0) waiting_ = 0;
      const int count = ::recvmmsg(socket_, in_.data(), at_once, MSG_DONTWAIT, nullptr);
      if (count <= 0) continue;
      answers += static_cast<std::size_t>(count);
      waiting_ -= std::min(waiting_, static_cast<std::size_t>(count));
    }
    return answers;
  }

 private:
  int socket_;
  Bytes request_ = net::stun::binding_request({1, 2, 3});
  iovec part_{};
  std::array<mmsghdr, at_once> out_{};
  std::array<mmsghdr, at_once> in_{};
  std::array<iovec, at_once> answer_parts_{};
  std::array<std::array<std::uint8_t, net::stun::max_answer>, at_once> answers_{};
  std::size_t waiting_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const bool quick = std::ranges::any_of(std::span(argv, static_cast<std::size_t>(argc)), [](const char* argument) {
    return std::string_view(argument).starts_with("--benchmark_min_time=0.0");
  });
  const auto server = server::stun::StunServer::start("127.0.0.1", 0, crypto::SystemRng::instance());
  if (!server) throw std::runtime_error(server.error().text);
  Client client((*server)->address());
  client.run(std::chrono::milliseconds(quick ? 100 : 500));

  const auto cpu = cpu_us_of("stun");
  const auto memory = resident_kib();
  const auto counted = (*server)->counters().answers.load();
  const auto start = Time::now();
  client.run(std::chrono::milliseconds(quick ? 100 : 3000));
  const auto seconds = std::chrono::duration<double>(Time::now() - start).count();
  const auto answers = static_cast<double>((*server)->counters().answers.load() - counted);
  const auto answer_us = (cpu_us_of("stun") - cpu) / answers;
  bench::print_report("stun_bench", {{.operation = "STUN answer over UDP, processor time of the service",
                                      .time_us = answer_us,
                                      .floor_us = {},
                                      .count = {},
                                      .limit = limit_answer_us},
                                     {.operation = "STUN answers a second on this machine, client included",
                                      .time_us = {},
                                      .floor_us = {},
                                      .count = answers / seconds,
                                      .limit = {}},
                                     {.operation = "STUN service, growth of memory meanwhile, KiB",
                                      .time_us = {},
                                      .floor_us = {},
                                      .count = std::max(0.0, resident_kib() - memory),
                                      .limit = limit_growth_kib}});
}
