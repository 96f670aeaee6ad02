#include "net/ice/stream.h"

#include <algorithm>
#include <array>
#include <utility>

#include <sys/socket.h>

#include "base/log.h"
#include "net/ice/limits.h"

namespace pqc::net::ice {
namespace {

// What libnice has to say is for its developers, and not for whoever reads our standard error.
void hear_library() {
  static const guint once = g_log_set_handler(
      "libnice", static_cast<GLogLevelFlags>(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE),
      [](const gchar*, GLogLevelFlags, const gchar* message, gpointer) {
        log(LogLevel::debug, "ice.library", {{"said", message}});
      },
      nullptr);
  static_cast<void>(once);
}

// To libnice, TLS means plain TCP as well; it only ranks them.
NiceRelayType relay_type(TurnTransport transport) {
  return transport == TurnTransport::udp   ? NICE_RELAY_TYPE_TURN_UDP
         : transport == TurnTransport::tcp ? NICE_RELAY_TYPE_TURN_TCP
                                           : NICE_RELAY_TYPE_TURN_TLS;
}

// Calls for each.
template <class Work>
void each_socket(NiceAgent* agent, guint stream, Work work) {
  const SocketsPtr sockets(nice_agent_get_sockets(agent, stream, component));
  for (guint i = 0; sockets && i < sockets->len; ++i) work(static_cast<GSocket*>(g_ptr_array_index(sockets.get(), i)));
}

bool is_udp(GSocket* socket) {
  return g_socket_get_socket_type(socket) == G_SOCKET_TYPE_DATAGRAM;
}

}  // namespace

Stream::Stream(const Settings& settings, EventLoop& loop) : settings_(settings), loop_(loop) {
  hear_library();
  agent_.reset(nice_agent_new_full(
      loop.context(), NICE_COMPATIBILITY_RFC5245,
      static_cast<NiceAgentOption>(NICE_AGENT_OPTION_CONSENT_FRESHNESS | NICE_AGENT_OPTION_ICE_TRICKLE)));
  // Nothing but what was asked for: no requests to the router, no TCP between the peers.
  g_object_set(agent_.get(), "upnp", FALSE, "ice-tcp", FALSE, "controlling-mode", settings.controlling ? TRUE : FALSE,
               "force-relay", settings.relay_only ? TRUE : FALSE, "stun-initial-timeout",
               static_cast<guint>(limits::first_wait.count()), nullptr);
  id_ = nice_agent_add_stream(agent_.get(), component);
  add_local_addresses();
  if (settings.stun)
    g_object_set(agent_.get(), "stun-server", settings.stun->ip.c_str(), "stun-server-port",
                 static_cast<guint>(settings.stun->port), nullptr);
  for (const auto& turn : settings.turn) add_relay(turn);
}

void Stream::add_local_addresses() {
  for (const auto& ip : settings_.local_ips) {
    NiceAddress address;
    nice_address_init(&address);
    if (nice_address_set_from_string(&address, ip.c_str()) == TRUE) nice_agent_add_local_address(agent(), &address);
  }
  if (settings_.port != 0) nice_agent_set_port_range(agent(), id_, component, settings_.port, settings_.port);
}

void Stream::add_relay(const TurnServer& turn) {
  const auto at = reach(turn);
  relays_.push_back(at);
  if (at.port == 0) return;
  nice_agent_set_relay_info(agent(), id_, component, at.ip.c_str(), at.port, turn.username.c_str(),
                            turn.password.c_str(), relay_type(turn.transport));
}

StunServer Stream::reach(const TurnServer& turn) {
  if (turn.transport != TurnTransport::tls) return {turn.ip, turn.port};
  auto tunnel = TlsTunnel::open({.ip = turn.ip, .port = turn.port, .name = turn.name, .pin = turn.pin});
  if (!tunnel) {
    log(LogLevel::warning, "ice.tunnel.failed", {{"relay", turn.name}, {"reason", tunnel.error()}});
    return {};
  }
  tunnels_.push_back(std::move(*tunnel));
  return {tunnels_.back()->ip(), tunnels_.back()->port()};
}

bool Stream::has_relays() const {
  return std::ranges::any_of(relays_, [](const auto& relay) { return relay.port != 0; });
}

bool Stream::gather() {
  if (nice_agent_gather_candidates(agent(), id_) == FALSE) return false;
  widen_sockets();
  loop_.run_every(
      limits::keep_mapping,
      [](gpointer of) -> gboolean {
        static_cast<Stream*>(of)->keep_mapping();
        return G_SOURCE_CONTINUE;
      },
      this);
  return true;
}

// Smaller buffers, where the system gives no more, only cost speed.
void Stream::widen_sockets() {
  each_socket(agent(), id_, [](GSocket* socket) {
    for (const int option : {SO_RCVBUF, SO_SNDBUF})
      static_cast<void>(g_socket_set_option(socket, SOL_SOCKET, option, limits::socket_buffer, nullptr));
  });
}

// RFC 8445 §5.1.1.4, with a binding indication (RFC 8489 §6.2.2), which nobody answers. libnice does so only while it
// checks, which who waits for the other side's answer does not yet.
void Stream::keep_mapping() {
  if (checking_ || !settings_.stun) return;
  std::array<std::uint8_t, 20> indication{0x00, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42};
  for (std::size_t i = 8; i < indication.size(); ++i) indication[i] = static_cast<std::uint8_t>(g_random_int());
  const SocketAddressPtr server(
      g_inet_socket_address_new_from_string(settings_.stun->ip.c_str(), settings_.stun->port));
  if (!server) return;
  each_socket(agent(), id_, [&](GSocket* socket) {
    if (!is_udp(socket) || g_socket_get_family(socket) != g_socket_address_get_family(server.get())) return;
    // A lost one is repeated by the next.
    static_cast<void>(g_socket_send_to(socket, server.get(), reinterpret_cast<const gchar*>(indication.data()),
                                       indication.size(), nullptr, nullptr));
  });
}

// The UDP socket of ours there, if there is one.
SocketPtr Stream::socket_at(const NiceAddress& address) const {
  SocketPtr out;
  each_socket(agent(), id_, [&](GSocket* socket) {
    if (out || !is_udp(socket)) return;
    const SocketAddressPtr local(g_socket_get_local_address(socket, nullptr));
    sockaddr_storage native{};
    if (!local || g_socket_address_to_native(local.get(), &native, sizeof native, nullptr) == FALSE) return;
    NiceAddress at;
    nice_address_init(&at);
    nice_address_set_from_sockaddr(&at, reinterpret_cast<const sockaddr*>(&native));
    if (nice_address_equal(&at, &address) == TRUE) out.reset(static_cast<GSocket*>(g_object_ref(socket)));
  });
  return out;
}

// A relay may be there over UDP and TCP at one address. Over UDP it is asked from a socket of ours.
std::optional<std::size_t> Stream::relay_of(const NiceCandidate& ours) const {
  if (ours.type != NICE_CANDIDATE_TYPE_RELAYED) return std::nullopt;
  NiceAddress server;
  nice_address_init(&server);
  nice_candidate_relay_address(&ours, &server);
  std::array<char, NICE_ADDRESS_STRING_LEN> ip{};
  nice_address_to_string(&server, ip.data());
  const bool over_udp = socket_at(ours.base_addr) != nullptr;
  for (std::size_t i = 0; i < relays_.size(); ++i)
    if (relays_[i].ip == ip.data() && relays_[i].port == nice_address_get_port(&server) &&
        over_udp == (settings_.turn[i].transport == TurnTransport::udp))
      return i;
  return std::nullopt;
}

void Stream::note_path(const NiceCandidate& ours, const NiceCandidate& theirs) {
  const std::lock_guard lock(path_mutex_);
  new_path_ = {.type = ours.type, .ours = ours.base_addr, .theirs = theirs.addr};
  consent_ = true;
}

void Stream::note_consent_lost() {
  const std::lock_guard lock(path_mutex_);
  consent_ = false;
}

// Under the mutex.
void Stream::look_at_path() {
  const auto ends = std::exchange(new_path_, std::nullopt);
  if (!ends) return;
  path_socket_ = socket_at(ends->ours);
  direct_path_.reset();
  if (path_socket_ && ends->type != NICE_CANDIDATE_TYPE_RELAYED)
    direct_path_ = DirectPath::open(path_socket_.get(), ends->theirs);
}

std::shared_ptr<DirectPath> Stream::direct_path() {
  const std::lock_guard lock(path_mutex_);
  look_at_path();
  return consent_ ? direct_path_ : nullptr;
}

bool Stream::tells_age() {
  const std::lock_guard lock(path_mutex_);
  look_at_path();
  return path_socket_ != nullptr;
}

// Datagrams by other sockets than the path's are seldom.
std::chrono::nanoseconds Stream::age() {
  const std::lock_guard lock(path_mutex_);
  look_at_path();
  return path_socket_ ? age_of_last(g_socket_get_fd(path_socket_.get())) : std::chrono::nanoseconds(0);
}

// What does not answer is given up by libnice itself, for who gives it up before libnice does leaves sockets behind.
void Stream::close(GAsyncReadyCallback over, gpointer data) {
  g_object_set(agent(), "stun-initial-timeout", static_cast<guint>(limits::farewell_wait.count()),
               "stun-max-retransmissions", limits::farewell_tries, nullptr);
  nice_agent_close_async(agent(), over, data);
}

}  // namespace pqc::net::ice
