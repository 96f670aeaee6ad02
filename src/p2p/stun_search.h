// Which of several STUN servers to take: the first that answers (docs/spec/p2p.md §14). Loop thread only.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/rng.h"
#include "client/files.h"
#include "client/loop.h"
#include "net/stun/message.h"
#include "p2p/address.h"
#include "p2p/sockets.h"

namespace pqc::p2p {

class StunSearch {
 public:
  // Numeric, IPv4 (behind an IPv6 address there is no NAT to ask about).
  using Done = std::function<void(std::optional<Address>)>;

  StunSearch(client::Loop& loop, Rng& rng) : loop_(loop), rng_(rng) {}
  StunSearch(const StunSearch&) = delete;
  StunSearch& operator=(const StunSearch&) = delete;

  // Asks all of them at once, several times, and gives up after limits::stun_time. Answers once, later, unless it is
  // destroyed before; nothing where none answers, or none was named. Addresses that are not numeric are passed over.
  // Once.
  void start(std::span<const Address> servers, Done done);

 private:
  struct Question {
    Addresses at;
    Address address;
    net::stun::TransactionId id{};
  };

  void prepare(std::span<const Address> servers);
  void ask(std::chrono::milliseconds wait);
  void on_readable();
  const Question* answered();
  void finish(std::optional<Address> found);

  client::Loop& loop_;
  Rng& rng_;
  Done done_;
  client::FileDescriptor fd_;
  std::vector<Question> questions_;
  std::chrono::steady_clock::time_point end_;
  client::Loop::HandlePtr ready_;
  client::Loop::HandlePtr again_;
};

}  // namespace pqc::p2p
