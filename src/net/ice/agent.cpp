#include "net/ice/agent.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <ranges>
#include <thread>

#include <gio/gio.h>
#include <nice/agent.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/free_by.h"
#include "base/log.h"
#include "net/ice/events.h"
#include "net/ice/limits.h"
#include "net/ice/tls_tunnel.h"

namespace pqc::net::ice {
namespace {

constexpr guint component = 1;

using ContextPtr = std::unique_ptr<GMainContext, FreeBy<g_main_context_unref>>;
using LoopPtr = std::unique_ptr<GMainLoop, FreeBy<g_main_loop_unref>>;
using AgentPtr = std::unique_ptr<NiceAgent, FreeBy<g_object_unref>>;
using CandidatePtr = std::unique_ptr<NiceCandidate, FreeBy<nice_candidate_free>>;
using SocketsPtr = std::unique_ptr<GPtrArray, FreeBy<g_ptr_array_unref>>;
using SourcePtr = std::unique_ptr<GSource, FreeBy<g_source_unref>>;

CandidateType type_of(NiceCandidateType type) {
  switch (type) {
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return CandidateType::server_reflexive;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return CandidateType::peer_reflexive;
    case NICE_CANDIDATE_TYPE_RELAYED:
      return CandidateType::relayed;
    default:
      return CandidateType::host;
  }
}

NiceCandidateType type_of(CandidateType type) {
  switch (type) {
    case CandidateType::server_reflexive:
      return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case CandidateType::peer_reflexive:
      return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case CandidateType::relayed:
      return NICE_CANDIDATE_TYPE_RELAYED;
    default:
      return NICE_CANDIDATE_TYPE_HOST;
  }
}

Candidate candidate_of(const NiceCandidate& from) {
  std::array<char, NICE_ADDRESS_STRING_LEN> text{};
  nice_address_to_string(&from.addr, text.data());
  return {type_of(from.type), text.data(), static_cast<std::uint16_t>(nice_address_get_port(&from.addr))};
}

// RFC 8445 §5.1.2.1 with the type preferences of §5.1.2.2; `rank` is the candidate's place in its list.
std::uint32_t priority_of(CandidateType type, std::size_t rank) {
  constexpr std::uint32_t any_rank = 65535;
  const std::uint32_t preference = type == CandidateType::host               ? 126
                                   : type == CandidateType::server_reflexive ? 100
                                                                             : 0;
  return (preference << 24U) | ((any_rank - static_cast<std::uint32_t>(rank)) << 8U) | (256 - component);
}

// Null where the address is none.
CandidatePtr candidate_of(const Candidate& from, guint stream, std::size_t rank) {
  CandidatePtr out(nice_candidate_new(type_of(from.type)));
  if (nice_address_set_from_string(&out->addr, from.ip.c_str()) == FALSE) return nullptr;
  nice_address_set_port(&out->addr, from.port);
  out->base_addr = out->addr;
  out->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  out->priority = priority_of(from.type, rank);
  out->stream_id = stream;
  out->component_id = component;
  g_snprintf(out->foundation, NICE_CANDIDATE_MAX_FOUNDATION, "%zu", rank + 1);
  return out;
}

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

}  // namespace

struct Agent::Impl {
  Settings settings;
  Events events;
  ContextPtr context;
  LoopPtr loop;
  std::vector<std::unique_ptr<TlsTunnel>> tunnels;  // outlive the agent, which says farewell through them
  AgentPtr agent;
  guint stream = 0;
  // Where libnice reaches each of settings.turn; without a port where it does not.
  std::vector<StunServer> relays;
  bool gathers = false;  // or has
  std::size_t told = 0;  // how many candidates of the peer libnice knows
  std::thread thread;
  std::function<void(ByteView)> on_adopted_datagram;  // of who adopted it
  std::vector<GPollFD> polled;
  gint priority = 0;
  int wake_fd = -1;  // by which the context is woken
  std::atomic<bool> gathered = false;
  std::atomic<bool> checking = false;
  std::atomic<NiceComponentState> component_state = NICE_COMPONENT_STATE_DISCONNECTED;

  explicit Impl(const Settings& given)
      : settings(given), context(g_main_context_new()), loop(g_main_loop_new(context.get(), FALSE)) {
    // There is nothing else yet that it waits for.
    static_cast<void>(g_main_context_acquire(context.get()));
    query();
    g_main_context_release(context.get());
    if (polled.size() == 1) wake_fd = polled.front().fd;
  }

  bool set_up();
  void add_servers();
  StunServer reach(const TurnServer& turn);
  void add_relay(const TurnServer& turn);
  [[nodiscard]] bool is_ours(const NiceAddress& address) const;
  bool gather();
  void run_loop();
  void run_every(std::chrono::milliseconds interval, GSourceFunc work);
  void widen_sockets();
  void keep_mapping();
  void adopt();
  void release();
  gint query();
  void turn();
  void end();

  void tell(std::span<const Candidate> candidates);

  static void on_candidate(NiceAgent*, NiceCandidate*, gpointer of);
  static void on_gathered(NiceAgent*, guint, gpointer of);
  static void on_state(NiceAgent*, guint, guint, guint state, gpointer of);
  static void on_datagram(NiceAgent*, guint, guint, guint size, gchar* data, gpointer of);
};

// NiceAgent's signals come on whichever thread made the change; what they do here is safe on any.
void Agent::Impl::on_candidate(NiceAgent*, NiceCandidate*, gpointer of) {
  static_cast<Impl*>(of)->events.notify();
}

void Agent::Impl::on_gathered(NiceAgent*, guint, gpointer of) {
  auto* self = static_cast<Impl*>(of);
  self->gathered = true;
  self->events.notify();
}

void Agent::Impl::on_state(NiceAgent*, guint, guint, guint state, gpointer of) {
  auto* self = static_cast<Impl*>(of);
  self->component_state = static_cast<NiceComponentState>(state);
  self->events.notify();
}

void Agent::Impl::on_datagram(NiceAgent*, guint, guint, guint size, gchar* data, gpointer of) {
  auto* self = static_cast<Impl*>(of);
  const ByteView datagram(reinterpret_cast<const std::uint8_t*>(data), size);
  if (self->on_adopted_datagram) return self->on_adopted_datagram(datagram);
  self->events.arrived(datagram);
}

bool Agent::Impl::set_up() {
  hear_library();
  agent.reset(nice_agent_new_full(
      context.get(), NICE_COMPATIBILITY_RFC5245,
      static_cast<NiceAgentOption>(NICE_AGENT_OPTION_CONSENT_FRESHNESS | NICE_AGENT_OPTION_ICE_TRICKLE)));
  // Nothing but what was asked for: no requests to the router, no TCP between the peers.
  g_object_set(agent.get(), "upnp", FALSE, "ice-tcp", FALSE, "controlling-mode", settings.controlling ? TRUE : FALSE,
               "force-relay", settings.relay_only ? TRUE : FALSE, "stun-initial-timeout",
               static_cast<guint>(limits::first_wait.count()), nullptr);
  stream = nice_agent_add_stream(agent.get(), component);
  g_signal_connect(agent.get(), "new-candidate-full", G_CALLBACK(on_candidate), this);
  g_signal_connect(agent.get(), "candidate-gathering-done", G_CALLBACK(on_gathered), this);
  g_signal_connect(agent.get(), "component-state-changed", G_CALLBACK(on_state), this);
  add_servers();
  return nice_agent_set_local_credentials(agent.get(), stream, settings.credentials.ufrag.c_str(),
                                          settings.credentials.password.c_str()) == TRUE &&
         nice_agent_attach_recv(agent.get(), stream, component, context.get(), on_datagram, this) == TRUE;
}

void Agent::Impl::add_servers() {
  for (const auto& ip : settings.local_ips) {
    NiceAddress address;
    nice_address_init(&address);
    if (nice_address_set_from_string(&address, ip.c_str()) == TRUE) nice_agent_add_local_address(agent.get(), &address);
  }
  if (settings.port != 0) nice_agent_set_port_range(agent.get(), stream, component, settings.port, settings.port);
  if (settings.stun)
    g_object_set(agent.get(), "stun-server", settings.stun->ip.c_str(), "stun-server-port",
                 static_cast<guint>(settings.stun->port), nullptr);
  for (const auto& turn : settings.turn) add_relay(turn);
}

void Agent::Impl::add_relay(const TurnServer& turn) {
  const auto at = reach(turn);
  relays.push_back(at);
  if (at.port == 0) return;
  // To libnice, TLS means plain TCP as well; it only ranks them.
  nice_agent_set_relay_info(agent.get(), stream, component, at.ip.c_str(), at.port, turn.username.c_str(),
                            turn.password.c_str(),
                            turn.transport == TurnTransport::udp   ? NICE_RELAY_TYPE_TURN_UDP
                            : turn.transport == TurnTransport::tcp ? NICE_RELAY_TYPE_TURN_TCP
                                                                   : NICE_RELAY_TYPE_TURN_TLS);
}

StunServer Agent::Impl::reach(const TurnServer& turn) {
  if (turn.transport != TurnTransport::tls) return {turn.ip, turn.port};
  auto tunnel = TlsTunnel::open({.ip = turn.ip, .port = turn.port, .name = turn.name, .pin = turn.pin});
  if (!tunnel) {
    log(LogLevel::warning, "ice.tunnel.failed", {{"relay", turn.name}, {"reason", tunnel.error()}});
    return {};
  }
  tunnels.push_back(std::move(*tunnel));
  return {tunnels.back()->ip(), tunnels.back()->port()};
}

bool Agent::Impl::gather() {
  if (nice_agent_gather_candidates(agent.get(), stream) == FALSE) return false;
  widen_sockets();
  run_every(limits::keep_mapping, [](gpointer of) -> gboolean {
    static_cast<Impl*>(of)->keep_mapping();
    return G_SOURCE_CONTINUE;
  });
  gathers = true;
  thread = std::thread([this] { run_loop(); });
  return true;
}

void Agent::Impl::run_loop() {
  g_main_context_push_thread_default(context.get());
  g_main_loop_run(loop.get());
  g_main_context_pop_thread_default(context.get());
}

void Agent::Impl::run_every(std::chrono::milliseconds interval, GSourceFunc work) {
  const SourcePtr source(g_timeout_source_new(static_cast<guint>(interval.count())));
  g_source_set_callback(source.get(), work, this, nullptr);
  g_source_attach(source.get(), context.get());
}

// Smaller buffers, where the system gives no more, only cost speed.
void Agent::Impl::widen_sockets() {
  const SocketsPtr sockets(nice_agent_get_sockets(agent.get(), stream, component));
  for (guint i = 0; sockets && i < sockets->len; ++i)
    for (const int option : {SO_RCVBUF, SO_SNDBUF})
      static_cast<void>(g_socket_set_option(static_cast<GSocket*>(g_ptr_array_index(sockets.get(), i)), SOL_SOCKET,
                                            option, limits::socket_buffer, nullptr));
}

// RFC 8445 §5.1.1.4, with a binding indication (RFC 8489 §6.2.2), which nobody answers. libnice does so only while it
// checks, which who waits for the other side's answer does not yet.
void Agent::Impl::keep_mapping() {
  if (checking || !settings.stun) return;
  std::array<std::uint8_t, 20> indication{0x00, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42};
  for (std::size_t i = 8; i < indication.size(); ++i) indication[i] = static_cast<std::uint8_t>(g_random_int());
  const std::unique_ptr<GSocketAddress, FreeBy<g_object_unref>> server(
      g_inet_socket_address_new_from_string(settings.stun->ip.c_str(), settings.stun->port));
  const SocketsPtr sockets(nice_agent_get_sockets(agent.get(), stream, component));
  for (guint i = 0; server && sockets && i < sockets->len; ++i) {
    auto* socket = static_cast<GSocket*>(g_ptr_array_index(sockets.get(), i));
    if (g_socket_get_socket_type(socket) != G_SOCKET_TYPE_DATAGRAM ||
        g_socket_get_family(socket) != g_socket_address_get_family(server.get()))
      continue;
    // A lost one is repeated by the next.
    static_cast<void>(g_socket_send_to(socket, server.get(), reinterpret_cast<const gchar*>(indication.data()),
                                       indication.size(), nullptr, nullptr));
  }
}

// The loop may not run yet, so that it has to be told from within.
void Agent::Impl::adopt() {
  run_every(std::chrono::milliseconds(0), [](gpointer of) -> gboolean {
    g_main_loop_quit(static_cast<Impl*>(of)->loop.get());
    return G_SOURCE_REMOVE;
  });
  thread.join();
  static_cast<void>(g_main_context_acquire(context.get()));
  g_main_context_push_thread_default(context.get());
}

void Agent::Impl::release() {
  on_adopted_datagram = {};
  g_main_context_pop_thread_default(context.get());
  g_main_context_release(context.get());
}

// Relays are told that they are not needed any more, where they hear it in time: on the agent's thread, or where that
// has ended, here.
void Agent::Impl::end() {
  if (agent) g_signal_handlers_disconnect_by_data(agent.get(), this);
  if (gathers) {
    run_every(limits::farewell, [](gpointer of) -> gboolean {
      g_main_loop_quit(static_cast<Impl*>(of)->loop.get());
      return G_SOURCE_REMOVE;
    });
    // It answers on the thread that asks.
    run_every(std::chrono::milliseconds(0), [](gpointer of) -> gboolean {
      auto* self = static_cast<Impl*>(of);
      nice_agent_close_async(
          self->agent.get(),
          [](GObject*, GAsyncResult*, gpointer main) { g_main_loop_quit(static_cast<GMainLoop*>(main)); },
          self->loop.get());
      return G_SOURCE_REMOVE;
    });
    if (thread.joinable())
      thread.join();
    else
      run_loop();
  }
  agent.reset();
}

Agent::Agent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Agent::~Agent() {
  impl_->end();
}

std::expected<std::unique_ptr<Agent>, std::string> Agent::start(const Settings& settings) {
  auto impl = std::make_unique<Impl>(settings);
  auto& made = *impl;
  std::unique_ptr<Agent> out(new Agent(std::move(impl)));
  if (settings.local_ips.size() > limits::local_addresses || settings.turn.size() > limits::turn_servers)
    return std::unexpected("more addresses or relays than ICE takes");
  if (!made.set_up() || !made.gather()) return std::unexpected("no socket can be had at the addresses of this machine");
  return out;
}

int Agent::ready_fd() const {
  return impl_->events.fd();
}

void Agent::clear() {
  impl_->events.clear();
}

State Agent::state() const {
  if (!impl_->checking) return impl_->gathered ? State::gathered : State::gathering;
  switch (impl_->component_state.load()) {
    case NICE_COMPONENT_STATE_CONNECTED:
    case NICE_COMPONENT_STATE_READY:
      return State::connected;
    case NICE_COMPONENT_STATE_FAILED:
      return State::lost;
    default:
      return State::connecting;
  }
}

bool Agent::gathered() const {
  return impl_->gathered;
}

std::vector<Candidate> Agent::candidates() const {
  std::vector<CandidatePtr> found;
  auto* list = nice_agent_get_local_candidates(impl_->agent.get(), impl_->stream, component);
  for (auto* at = list; at != nullptr; at = at->next) found.emplace_back(static_cast<NiceCandidate*>(at->data));
  g_slist_free(list);
  std::ranges::stable_sort(found, std::greater(), [](const auto& one) { return one->priority; });
  std::vector<Candidate> out;
  for (const auto& one : found)
    if (auto candidate = candidate_of(*one); !std::ranges::contains(out, candidate))
      out.push_back(std::move(candidate));
  return out;
}

void Agent::set_credentials(const Credentials& ours) {
  impl_->settings.credentials = ours;
}

void Agent::start_checks(const Credentials& peer, std::span<const Candidate> candidates) {
  auto* agent = impl_->agent.get();
  const auto& ours = impl_->settings.credentials;
  // With the credentials of a ticket, all that happens to the peer is that checks which failed are made again.
  if (impl_->checking.exchange(true)) {
    nice_agent_restart_stream(agent, impl_->stream);
    nice_agent_set_local_credentials(agent, impl_->stream, ours.ufrag.c_str(), ours.password.c_str());
  }
  nice_agent_set_remote_credentials(agent, impl_->stream, peer.ufrag.c_str(), peer.password.c_str());
  impl_->told = 0;
  impl_->tell(candidates);
}

void Agent::add_candidates(std::span<const Candidate> candidates) {
  impl_->tell(candidates);
}

// Those that it has already, libnice passes over. The other side chooses where our checks go, but not to everywhere.
void Agent::Impl::tell(std::span<const Candidate> candidates) {
  std::vector<CandidatePtr> theirs;
  GSList* list = nullptr;
  for (const auto& candidate : candidates | std::views::filter([this](const Candidate& each) {
                                 return is_usable_candidate(each, settings.local_ips);
                               }))
    if (auto one = candidate_of(candidate, stream, told)) {
      ++told;
      list = g_slist_append(list, one.get());
      theirs.push_back(std::move(one));
    }
  nice_agent_set_remote_candidates(agent.get(), stream, component, list);
  g_slist_free(list);
}

std::optional<Path> Agent::path() const {
  NiceCandidate* ours = nullptr;
  NiceCandidate* theirs = nullptr;
  if (nice_agent_get_selected_pair(impl_->agent.get(), impl_->stream, component, &ours, &theirs) == FALSE)
    return std::nullopt;
  return Path{candidate_of(*ours), candidate_of(*theirs)};
}

// Whether a UDP socket of ours is there.
bool Agent::Impl::is_ours(const NiceAddress& address) const {
  const SocketsPtr sockets(nice_agent_get_sockets(agent.get(), stream, component));
  for (guint i = 0; sockets && i < sockets->len; ++i) {
    auto* socket = static_cast<GSocket*>(g_ptr_array_index(sockets.get(), i));
    if (g_socket_get_socket_type(socket) != G_SOCKET_TYPE_DATAGRAM) continue;
    const std::unique_ptr<GSocketAddress, FreeBy<g_object_unref>> local(g_socket_get_local_address(socket, nullptr));
    sockaddr_storage native{};
    if (!local || g_socket_address_to_native(local.get(), &native, sizeof native, nullptr) == FALSE) continue;
    NiceAddress at;
    nice_address_init(&at);
    nice_address_set_from_sockaddr(&at, reinterpret_cast<const sockaddr*>(&native));
    if (nice_address_equal(&at, &address) == TRUE) return true;
  }
  return false;
}

// A relay may be there over UDP and TCP at one address. Over UDP it is asked from a socket of ours.
std::optional<std::size_t> Agent::relay() const {
  NiceCandidate* ours = nullptr;
  NiceCandidate* theirs = nullptr;
  if (nice_agent_get_selected_pair(impl_->agent.get(), impl_->stream, component, &ours, &theirs) == FALSE ||
      ours->type != NICE_CANDIDATE_TYPE_RELAYED)
    return std::nullopt;
  NiceAddress server;
  nice_address_init(&server);
  nice_candidate_relay_address(ours, &server);
  std::array<char, NICE_ADDRESS_STRING_LEN> ip{};
  nice_address_to_string(&server, ip.data());
  const bool over_udp = impl_->is_ours(ours->base_addr);
  for (std::size_t i = 0; i < impl_->relays.size(); ++i)
    if (impl_->relays[i].ip == ip.data() && impl_->relays[i].port == nice_address_get_port(&server) &&
        over_udp == (impl_->settings.turn[i].transport == TurnTransport::udp))
      return i;
  return std::nullopt;
}

std::optional<TurnTransport> Agent::relay_over() const {
  const auto index = relay();
  return index ? std::optional(impl_->settings.turn[*index].transport) : std::nullopt;
}

void Agent::send(ByteView datagram) {
  static_cast<void>(nice_agent_send(impl_->agent.get(), impl_->stream, component, static_cast<guint>(datagram.size()),
                                    reinterpret_cast<const gchar*>(datagram.data())));
}

std::optional<Bytes> Agent::receive() {
  return impl_->events.take();
}

void Agent::adopt(std::function<void(ByteView)> on_datagram) {
  impl_->adopt();
  impl_->on_adopted_datagram = std::move(on_datagram);
}

void Agent::release() {
  impl_->release();
}

// GLib's description of an event loop ("The Main Event Loop": prepare, query, check, dispatch).
gint Agent::Impl::query() {
  gint wait = -1;
  g_main_context_prepare(context.get(), &priority);
  polled.resize(polled.capacity());
  const auto fill = [&] {
    return static_cast<std::size_t>(
        g_main_context_query(context.get(), priority, &wait, polled.data(), static_cast<gint>(polled.size())));
  };
  auto count = fill();
  while (count > polled.size()) {
    polled.resize(count);
    count = fill();
  }
  polled.resize(count);
  return wait;
}

// To dispatch wakes the context, which is awake, so that each datagram would cost a second turn of the loop. Whatever
// else woke it is seen by the query before the next wait.
void Agent::Impl::turn() {
  if (g_main_context_check(context.get(), priority, polled.data(), static_cast<gint>(polled.size())) == FALSE) return;
  g_main_context_dispatch(context.get());
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(wake_fd, &ignored));
}

std::chrono::milliseconds Agent::prepare(std::vector<pollfd>& polled) {
  const auto wait = impl_->query();
  for (const auto& each : impl_->polled) polled.push_back({each.fd, static_cast<short>(each.events), 0});
  return wait < 0 ? limits::longest_wait : std::chrono::milliseconds(wait);
}

void Agent::work(std::span<const pollfd> polled) {
  auto& own = impl_->polled;
  for (std::size_t i = 0; i < own.size(); ++i) own[i].revents = static_cast<gushort>(polled[i].revents);
  impl_->turn();
}

}  // namespace pqc::net::ice
