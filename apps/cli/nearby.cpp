#include "cli/nearby.h"

#include <csignal>

#include "base/log.h"
#include "net/dnssd/announcement.h"
#include "net/dnssd/browser.h"
#include "p2p/limits.h"
#include "p2p/local_identity.h"
#include "p2p/profile.h"

namespace pqc::cli {
namespace {

using client::Result;
using client::Status;
using std::chrono::steady_clock;

// What comes until `done` and a moment more, as whoever comes first need not be the right one; or until that time is
// over.
Result<p2p::NearbyPeers> look(const Context& context, std::chrono::milliseconds time,
                              const std::function<bool(const p2p::NearbyPeers&)>& done) {
  auto known = p2p::Profile::peers_of(context.profile()).known();
  if (!known) return client::pass(known);
  p2p::NearbyPeers out(std::move(*known));
  client::Loop loop;
  bool stopped = false;
  const auto signals = loop.on_signals({SIGINT, SIGTERM, SIGHUP}, [&stopped](int) { stopped = true; });
  auto browser = net::dnssd::Browser::start(std::string(p2p::nearby_service));
  if (!browser) return client::fail(ExitCode::unreachable, browser.error());
  std::string failure;
  const auto ready = loop.when_readable((*browser)->ready_fd(), [&] {
    while (const auto found = (*browser)->next()) {
      if (found->service)
        out.add(found->service->name, found->service->texts, {found->service->ip, found->service->port});
      else
        failure = found->failure;
    }
  });
  const auto ended = [&] { return stopped || !failure.empty(); };
  loop.run_until([&] { return ended() || done(out); }, steady_clock::now() + time);
  if (done(out)) loop.run_until(ended, steady_clock::now() + p2p::limits::nearby_more_time);
  if (!failure.empty()) return client::fail(ExitCode::unreachable, failure);
  return out;
}

void show(const Output& output, const p2p::NearbyPeer& peer) {
  std::vector<std::string> addresses;
  for (const auto& address : peer.addresses) addresses.push_back(p2p::to_text(address));
  if (output.json()) {
    auto object = json_object("nearby");
    object.add("name", peer.name).add("addresses", addresses);
    if (!peer.known_as.empty()) object.add("known_as", peer.known_as);
    output.object(object);
    return;
  }
  std::string text = printable(peer.name);
  if (!peer.known_as.empty()) text += ", seems to be " + peer.known_as;
  for (const auto& address : addresses) text += (&address == addresses.data() ? ", at " : " ") + address;
  output.line(text);
}

}  // namespace

NearbyAnnouncement::NearbyAnnouncement(const Output& output, Console& console, client::Loop& loop,
                                       const p2p::Party& party)
    : output_(output), console_(console), loop_(loop), party_(party) {}
NearbyAnnouncement::~NearbyAnnouncement() = default;

Status NearbyAnnouncement::start(const std::string& name, std::uint16_t port) {
  const auto tag = p2p::make_tag(party_.rng, p2p::identity_hash(party_.record));
  auto announcement = net::dnssd::Announcement::start(name.empty() ? p2p::make_nearby_name(party_.rng) : name,
                                                      std::string(p2p::nearby_service), port, p2p::to_texts(tag));
  if (!announcement) return client::fail(ExitCode::unreachable, announcement.error());
  announcement_ = std::move(*announcement);
  ready_ = loop_.when_readable(announcement_->ready_fd(), [this] { on_ready(); });
  return {};
}

void NearbyAnnouncement::end() {
  ready_.reset();
  announcement_.reset();
}

void NearbyAnnouncement::on_ready() {
  while (const auto event = announcement_->next()) {
    if (!event->failure.empty())
      console_.show("-- others nearby do not find this chat: " + event->failure);
    else if (output_.json())
      output_.object(json_object("nearby_announced").add("name", event->name));
    else
      console_.show("-- others nearby find this chat as '" + printable(event->name) + "'");
  }
}

Status list_nearby(const Context& context) {
  const auto found = look(context, p2p::limits::nearby_time, [](const auto&) { return false; });
  if (!found) return std::unexpected(found.error());
  for (const auto& [name, peer] : found->all()) show(context.output, peer);
  if (found->all().empty())
    context.output.note("Nobody nearby is waiting: the other side runs pqc-chat p2p listen --nearby");
  return {};
}

Result<p2p::NearbyPeer> find_nearby(const Context& context, const std::string& name) {
  const auto found = look(context, p2p::limits::nearby_peer_time,
                          [&name](const p2p::NearbyPeers& peers) { return peers.find(name).has_value(); });
  if (!found) return std::unexpected(found.error());
  if (auto peer = found->find(name)) return std::move(*peer);
  return client::fail(ExitCode::unknown_peer,
                      "nobody nearby is '" + printable(name) + "': pqc-chat p2p nearby shows who is there");
}

}  // namespace pqc::cli
