// Looks names up, away from the loop's thread: the system's resolver blocks for as long as name servers take, which can
// be many seconds. Loop thread only, but for what is said otherwise.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include <netdb.h>
#include <sys/socket.h>

#include "client/error.h"
#include "client/loop.h"
#include "net/host_port.h"

namespace pqc::client {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// Blocks while a name is looked up; any thread. Error: unreachable.
Result<Addresses> resolve(const net::HostPort& address, int type, int flags, int family = AF_UNSPEC);
// Of an IPv4 peer of a socket for both families, its IPv4 address; any thread.
net::HostPort name_of(const sockaddr* address, socklen_t size);

class Resolver {
 public:
  static constexpr std::size_t at_once = 32;

  struct Question {
    net::HostPort address;
    int type = SOCK_DGRAM;
    int family = AF_UNSPEC;
  };
  // An answer a question, in their order. Errors: unreachable; timed_out: none came in time.
  using Answers = std::vector<Result<Addresses>>;

  // How a name is looked up: blocks, on a thread of its own. Nothing: resolve().
  using Ask = std::function<Result<Addresses>(const Question&)>;

  explicit Resolver(Loop& loop, Ask ask = {}) : loop_(loop), ask_(std::move(ask)) {}
  // What is still being looked up is not waited for, here or at its end.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // All at once, of this process `at_once` at most. Answers once, later, after `time` at most, with what was
  // found by then; without waiting where all addresses are numeric. One call at a time.
  void look_up(std::vector<Question> questions, std::chrono::milliseconds time, std::function<void(Answers)> done);

 private:
  struct Shared;
  void finish();

  Loop& loop_;
  Ask ask_;
  std::shared_ptr<Shared> shared_;
  std::function<void(Answers)> done_;
  Loop::HandlePtr ready_;
  Loop::HandlePtr deadline_;
};

}  // namespace pqc::client
