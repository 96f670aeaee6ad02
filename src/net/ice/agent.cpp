#include "net/ice/agent.h"

#include <algorithm>
#include <atomic>
#include <ranges>

#include "net/ice/event_loop.h"
#include "net/ice/events.h"
#include "net/ice/farewells.h"
#include "net/ice/limits.h"
#include "net/ice/nice_candidate.h"
#include "net/ice/stream.h"

namespace pqc::net::ice {

// After its agent's end it refers to nothing but what is its own, so that its farewell may take place anywhere.
struct Agent::Impl final : Farewells::Leaver {
  explicit Impl(const Settings& given) : settings(given) {}
  ~Impl() override;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool set_up();
  bool gather();
  void tell(std::span<const Candidate> candidates);
  [[nodiscard]] NiceAgent* nice() const { return stream.agent(); }
  [[nodiscard]] bool connected() const {
    const auto now = component_state.load();
    return now == NICE_COMPONENT_STATE_CONNECTED || now == NICE_COMPONENT_STATE_READY;
  }
  // Ours and theirs; nothing as long as there is no path.
  using Selected = std::pair<const NiceCandidate&, const NiceCandidate&>;
  [[nodiscard]] std::optional<Selected> selected() const;

  void send(ByteView datagram);
  void release();
  struct Taken {
    DirectPath::Left rest = DirectPath::Left::librarys;
    std::shared_ptr<DirectPath> path = nullptr;  // if there is one
  };
  // What is no STUN and comes from the peer, by a direct path.
  Taken take_direct();
  bool take();
  void turn();
  void work(std::span<const pollfd> polled) override;
  // Its end.
  void leave_owner();
  void begin() override;
  [[nodiscard]] bool over() const override { return closed; }
  std::chrono::milliseconds prepare(std::vector<pollfd>& polled) override { return loop.prepare(polled); }

  static void on_candidate(NiceAgent*, NiceCandidate*, gpointer of);
  static void on_gathered(NiceAgent*, guint, gpointer of);
  static void on_state(NiceAgent*, guint, guint, guint state, gpointer of);
  static void on_path(NiceAgent*, guint, guint, NiceCandidate*, NiceCandidate*, gpointer of);
  static void on_datagram(NiceAgent*, guint, guint, guint size, gchar* data, gpointer of);

  Settings settings;
  Events events;
  EventLoop loop;
  Stream stream{settings, loop};
  std::size_t told = 0;            // how many candidates of the peer libnice knows
  OnDatagram on_adopted_datagram;  // of who adopted it
  std::atomic<bool> gathered = false;
  std::atomic<NiceComponentState> component_state = NICE_COMPONENT_STATE_DISCONNECTED;
  bool closed = false;  // relays have heard of the end
  // By its owner: the peer's datagrams are nobody's any more.
  std::atomic<bool> left = false;
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
  if (state == NICE_COMPONENT_STATE_FAILED) self->stream.note_consent_lost();
  self->component_state = static_cast<NiceComponentState>(state);
  self->events.notify();
}

void Agent::Impl::on_path(NiceAgent*, guint, guint, NiceCandidate* ours, NiceCandidate* theirs, gpointer of) {
  static_cast<Impl*>(of)->stream.note_path(*ours, *theirs);
}

void Agent::Impl::on_datagram(NiceAgent*, guint, guint, guint size, gchar* data, gpointer of) {
  auto* self = static_cast<Impl*>(of);
  if (self->left) return;
  const ByteView datagram(reinterpret_cast<const std::uint8_t*>(data), size);
  if (self->on_adopted_datagram) return self->on_adopted_datagram(datagram, self->stream.age());
  self->events.arrived(datagram);
}

bool Agent::Impl::set_up() {
  g_signal_connect(nice(), "new-candidate-full", G_CALLBACK(on_candidate), this);
  g_signal_connect(nice(), "candidate-gathering-done", G_CALLBACK(on_gathered), this);
  g_signal_connect(nice(), "component-state-changed", G_CALLBACK(on_state), this);
  g_signal_connect(nice(), "new-selected-pair-full", G_CALLBACK(on_path), this);
  return nice_agent_set_local_credentials(nice(), stream.id(), settings.credentials.ufrag.c_str(),
                                          settings.credentials.password.c_str()) == TRUE &&
         nice_agent_attach_recv(nice(), stream.id(), component, loop.context(), on_datagram, this) == TRUE;
}

bool Agent::Impl::gather() {
  if (!stream.gather()) return false;
  loop.start();
  return true;
}

// Those that it has already, libnice passes over. The other side chooses where our checks go, but not to everywhere.
void Agent::Impl::tell(std::span<const Candidate> candidates) {
  std::vector<NiceCandidatePtr> theirs;
  GSList* list = nullptr;
  for (const auto& candidate : candidates | std::views::filter([this](const Candidate& each) {
                                 return is_usable_candidate(each, settings.local_ips);
                               }))
    if (auto one = candidate_of(candidate, stream.id(), told)) {
      ++told;
      list = g_slist_append(list, one.get());
      theirs.push_back(std::move(one));
    }
  nice_agent_set_remote_candidates(nice(), stream.id(), component, list);
  g_slist_free(list);
}

std::optional<Agent::Impl::Selected> Agent::Impl::selected() const {
  NiceCandidate* ours = nullptr;
  NiceCandidate* theirs = nullptr;
  if (nice_agent_get_selected_pair(nice(), stream.id(), component, &ours, &theirs) == FALSE) return std::nullopt;
  return Selected(*ours, *theirs);
}

// libnice sends nothing to who has withdrawn consent (RFC 7675), or where there is no path.
void Agent::Impl::send(ByteView datagram) {
  if (connected())
    if (const auto direct = stream.direct_path()) return direct->send(datagram);
  static_cast<void>(nice_agent_send(nice(), stream.id(), component, static_cast<guint>(datagram.size()),
                                    reinterpret_cast<const gchar*>(datagram.data())));
}

Agent::Impl::Taken Agent::Impl::take_direct() {
  auto path = on_adopted_datagram && connected() ? stream.direct_path() : nullptr;
  if (!path) return {};
  const auto rest = path->take(on_adopted_datagram);
  return {.rest = rest, .path = std::move(path)};
}

// libnice reads a socket until nothing is left in it, which in a flood is never.
bool Agent::Impl::take() {
  const auto [rest, path] = take_direct();
  if (path != nullptr) {
    if (rest != DirectPath::Left::librarys && component_state == NICE_COMPONENT_STATE_READY) return false;
    if (path->waiting() > limits::waiting_for_library) return true;
  }
  loop.turn();
  return false;
}

void Agent::Impl::turn() {
  take_direct();
  loop.turn();
}

void Agent::Impl::work(std::span<const pollfd> polled) {
  const auto [rest, path] = take_direct();
  loop.work(polled, rest == DirectPath::Left::librarys ? -1 : path->socket());
}

void Agent::Impl::leave_owner() {
  left = true;
  g_signal_handlers_disconnect_by_data(nice(), this);
  release();
}

// Where nobody has adopted it, the loop's own thread may be reading it, and there is nothing to take away.
void Agent::Impl::release() {
  if (on_adopted_datagram) on_adopted_datagram = {};
}

// What is asked for within the loop is answered there.
void Agent::Impl::begin() {
  loop.adopt();
  loop.run_every(
      std::chrono::milliseconds(0),
      [](gpointer of) -> gboolean {
        auto* self = static_cast<Impl*>(of);
        g_main_context_push_thread_default(self->loop.context());
        self->stream.close([](GObject*, GAsyncResult*, gpointer at) { static_cast<Impl*>(at)->closed = true; }, self);
        g_main_context_pop_thread_default(self->loop.context());
        return G_SOURCE_REMOVE;
      },
      this);
}

// libnice's agent and the tunnels go after the thread in which they worked.
Agent::Impl::~Impl() {
  loop.stop();
}

Agent::Agent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Agent::~Agent() {
  impl_->leave_owner();
  auto* const farewells = impl_->settings.farewells;
  if (!impl_->stream.has_relays()) return;
  if (farewells != nullptr) {
    farewells->take(std::move(impl_));
  } else {
    Farewells waiting;
    waiting.take(std::move(impl_));
  }
}

std::expected<std::unique_ptr<Agent>, std::string> Agent::start(const Settings& settings) {
  if (settings.local_ips.size() > limits::local_addresses || settings.turn.size() > limits::turn_servers)
    return std::unexpected("more addresses or relays than ICE takes");
  auto impl = std::make_unique<Impl>(settings);
  if (!impl->set_up() || !impl->gather())
    return std::unexpected("no socket can be had at the addresses of this machine");
  return std::unique_ptr<Agent>(new Agent(std::move(impl)));
}

int Agent::ready_fd() const {
  return impl_->events.fd();
}

void Agent::clear() {
  impl_->events.clear();
}

State Agent::state() const {
  if (!impl_->stream.checking()) return impl_->gathered ? State::gathered : State::gathering;
  if (impl_->connected()) return State::connected;
  return impl_->component_state == NICE_COMPONENT_STATE_FAILED ? State::lost : State::connecting;
}

bool Agent::gathered() const {
  return impl_->gathered;
}

std::vector<Candidate> Agent::candidates() const {
  std::vector<NiceCandidatePtr> found;
  auto* list = nice_agent_get_local_candidates(impl_->nice(), impl_->stream.id(), component);
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
  auto* agent = impl_->nice();
  const auto stream = impl_->stream.id();
  const auto& ours = impl_->settings.credentials;
  // With the credentials of a ticket, all that happens to the peer is that checks which failed are made again.
  if (impl_->stream.note_checks()) {
    nice_agent_restart_stream(agent, stream);
    nice_agent_set_local_credentials(agent, stream, ours.ufrag.c_str(), ours.password.c_str());
  }
  nice_agent_set_remote_credentials(agent, stream, peer.ufrag.c_str(), peer.password.c_str());
  impl_->told = 0;
  impl_->tell(candidates);
}

void Agent::add_candidates(std::span<const Candidate> candidates) {
  impl_->tell(candidates);
}

std::optional<Path> Agent::path() const {
  const auto pair = impl_->selected();
  if (!pair) return std::nullopt;
  return Path{candidate_of(pair->first), candidate_of(pair->second)};
}

std::optional<std::size_t> Agent::relay() const {
  const auto pair = impl_->selected();
  return pair ? impl_->stream.relay_of(pair->first) : std::nullopt;
}

std::optional<TurnTransport> Agent::relay_over() const {
  const auto index = relay();
  return index ? std::optional(impl_->settings.turn[*index].transport) : std::nullopt;
}

void Agent::send(ByteView datagram) {
  impl_->send(datagram);
}

std::optional<Bytes> Agent::receive() {
  return impl_->events.take();
}

void Agent::adopt(OnDatagram on_datagram) {
  impl_->loop.adopt();
  impl_->on_adopted_datagram = std::move(on_datagram);
}

void Agent::release() {
  impl_->release();
}

bool Agent::tells_age() const {
  return impl_->stream.tells_age();
}

std::chrono::milliseconds Agent::prepare(std::vector<pollfd>& polled) {
  return impl_->loop.prepare(polled);
}

void Agent::work(std::span<const pollfd> polled) {
  impl_->work(polled);
}

void Agent::turn() {
  impl_->turn();
}

bool Agent::take() {
  return impl_->take();
}

}  // namespace pqc::net::ice
