// Looks names up, away from the loop's thread: the system's resolver blocks for as long as name servers take, which can
// be many seconds. Loop thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include <sys/socket.h>

#include "client/error.h"
#include "client/loop.h"
#include "p2p/address.h"
#include "p2p/sockets.h"

namespace pqc::p2p {

class Resolver {
 public:
  struct Question {
    Address address;
    int type = SOCK_DGRAM;
    int family = AF_UNSPEC;
  };
  // An answer a question, in their order. Errors: unreachable; timed_out: none came in time.
  using Answers = std::vector<client::Result<Addresses>>;

  explicit Resolver(client::Loop& loop) : loop_(loop) {}
  // What is still being looked up is not waited for, here or at its end.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // All at once. Answers once, later, after `time` at most; at once where all addresses are numeric. One at a time.
  void look_up(std::vector<Question> questions, std::chrono::milliseconds time, std::function<void(Answers)> done);

 private:
  struct Shared;
  void finish();

  client::Loop& loop_;
  std::shared_ptr<Shared> shared_;
  std::function<void(Answers)> done_;
  client::Loop::HandlePtr ready_;
  client::Loop::HandlePtr deadline_;
};

}  // namespace pqc::p2p
