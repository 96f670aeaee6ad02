// libnice's agent with its one stream, as Settings (agent.h) say: where it has sockets, and by which servers it finds
// more candidates. Sockets and keepalives work in the event loop.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "net/ice/agent.h"
#include "net/ice/direct_path.h"
#include "net/ice/event_loop.h"
#include "net/ice/nice_handles.h"
#include "net/ice/tls_tunnel.h"

namespace pqc::net::ice {

class Stream {
 public:
  // Settings and loop outlive it. The loop works no more when it ends.
  Stream(const Settings& settings, EventLoop& loop);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] NiceAgent* agent() const { return agent_.get(); }
  [[nodiscard]] guint id() const { return id_; }

  // Once. False: there is no socket.
  bool gather();
  // Whether a relay may have given us something.
  [[nodiscard]] bool has_relays() const;
  // Which of Settings::turn gave this candidate of ours, if it is a relay's.
  [[nodiscard]] std::optional<std::size_t> relay_of(const NiceCandidate& ours) const;

  [[nodiscard]] bool checking() const { return checking_; }
  // From now on libnice itself keeps the mapping at a NAT. Answers what checking() said before. Any thread.
  bool note_checks() { return checking_.exchange(true); }

  // There is another path. Any thread.
  void note_path(const NiceCandidate& ours, const NiceCandidate& theirs);
  // The peer does not want more, or is gone (RFC 7675): until there is another path, libnice says what may be sent.
  void note_consent_lost();
  // The path, where no relay of ours is in it and the peer consents. Any thread.
  [[nodiscard]] std::shared_ptr<DirectPath> direct_path();
  // Whether age() knows of what comes by the path: not where that is a relay over TCP or TLS.
  [[nodiscard]] bool tells_age();
  // How long ago the system took the datagram that was read last from the path's socket; zero where it does not say. It
  // notes that from the first question on. In the loop.
  [[nodiscard]] std::chrono::nanoseconds age();

  // Relays are told that they are not needed any more; `over` answers later, in the loop. Only what the loop does makes
  // progress from then on.
  void close(GAsyncReadyCallback over, gpointer data);

 private:
  void add_local_addresses();
  void add_relay(const TurnServer& turn);
  StunServer reach(const TurnServer& turn);
  [[nodiscard]] SocketPtr socket_at(const NiceAddress& address) const;
  void look_at_path();
  void widen_sockets();
  void keep_mapping();

  const Settings& settings_;
  EventLoop& loop_;
  std::vector<std::unique_ptr<TlsTunnel>> tunnels_;  // outlive the agent, which says farewell through them
  NiceAgentPtr agent_;
  guint id_ = 0;
  // Where libnice reaches each of Settings::turn; without a port where it does not.
  std::vector<StunServer> relays_;
  std::atomic<bool> checking_ = false;
  struct Ends {
    NiceCandidateType type;  // of ours
    NiceAddress ours;
    NiceAddress theirs;
  };
  std::mutex path_mutex_;
  // Under the mutex:
  std::optional<Ends> new_path_;  // not looked at yet
  bool consent_ = false;
  SocketPtr path_socket_;  // where it is UDP
  std::shared_ptr<DirectPath> direct_path_;
};

}  // namespace pqc::net::ice
