#include "net/dnssd/announcement.h"

#include <avahi-client/publish.h>
#include <avahi-common/alternative.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/strlst.h>

#include "net/dnssd/avahi.h"
#include "net/dnssd/event_queue.h"
#include "net/dnssd/limits.h"

namespace pqc::net::dnssd {
namespace {

struct FreeTexts {
  void operator()(AvahiStringList* list) const { avahi_string_list_free(list); }
};
using Texts = std::unique_ptr<AvahiStringList, FreeTexts>;

Texts texts_of(const std::vector<std::string>& texts) {
  Texts out;
  // Each is put in front.
  for (auto text = texts.rbegin(); text != texts.rend(); ++text)
    out.reset(avahi_string_list_add(out.release(), text->c_str()));
  return out;
}

std::string another(const std::string& name) {
  char* made = avahi_alternative_service_name(name.c_str());
  std::string out = made == nullptr ? "" : made;
  avahi_free(made);
  return out;
}

}  // namespace

// All but the queue belongs to Avahi's thread once it runs.
struct Announcement::Impl {
  std::string name;
  std::string type;
  std::uint16_t port = 0;
  Texts texts;
  AvahiEntryGroup* group = nullptr;  // the client's
  int renames = 0;
  EventQueue<Announced> events;
  Avahi avahi;  // last: gone first

  void fail(int error) { events.put_failure({.name = {}, .failure = explain(error)}); }

  void on_daemon(AvahiClient* client, AvahiClientState state) {
    if (state == AVAHI_CLIENT_S_RUNNING) return publish(client);
    if (state == AVAHI_CLIENT_FAILURE) return fail(avahi_client_errno(client));
    // The host's own name is not settled: once it is, everything is announced anew.
    if (group != nullptr && (state == AVAHI_CLIENT_S_COLLISION || state == AVAHI_CLIENT_S_REGISTERING))
      avahi_entry_group_reset(group);
  }

  void publish(AvahiClient* client) {
    if (group == nullptr) group = avahi_entry_group_new(client, on_group, this);
    if (group == nullptr) return fail(avahi_client_errno(client));
    int done = AVAHI_ERR_COLLISION;
    while (true) {
      done = avahi_entry_group_add_service_strlst(group, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, {}, name.c_str(),
                                                  type.c_str(), nullptr, nullptr, port, texts.get());
      if (done != AVAHI_ERR_COLLISION || !rename()) break;
    }
    if (done == 0) done = avahi_entry_group_commit(group);
    if (done < 0) fail(done);
  }
  bool rename() {
    if (++renames > limits::renames) return false;
    name = another(name);
    return !name.empty();
  }

  static void on_group(AvahiEntryGroup* of, AvahiEntryGroupState state, void* context) {
    auto* self = static_cast<Impl*>(context);
    self->group = of;
    auto* client = avahi_entry_group_get_client(of);
    if (state == AVAHI_ENTRY_GROUP_ESTABLISHED)
      self->events.put({.name = self->name, .failure = {}}, limits::waiting);
    else if (state == AVAHI_ENTRY_GROUP_FAILURE)
      self->fail(avahi_client_errno(client));
    else if (state == AVAHI_ENTRY_GROUP_COLLISION && self->rename()) {
      avahi_entry_group_reset(of);
      self->publish(client);
    } else if (state == AVAHI_ENTRY_GROUP_COLLISION)
      self->fail(AVAHI_ERR_COLLISION);
  }
};

Announcement::Announcement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Announcement::~Announcement() {
  impl_->avahi.stop();
}

std::expected<std::unique_ptr<Announcement>, std::string> Announcement::start(const std::string& name,
                                                                              const std::string& type,
                                                                              std::uint16_t port,
                                                                              const std::vector<std::string>& texts) {
  auto impl = std::make_unique<Impl>();
  impl->name = name;
  impl->type = type;
  impl->port = port;
  impl->texts = texts_of(texts);
  auto* self = impl.get();
  auto started =
      impl->avahi.start([self](AvahiClient* client, AvahiClientState state) { self->on_daemon(client, state); });
  if (started) started = impl->avahi.run();
  if (!started) return std::unexpected(started.error());
  return std::unique_ptr<Announcement>(new Announcement(std::move(impl)));
}

int Announcement::ready_fd() const {
  return impl_->events.fd();
}

std::optional<Announced> Announcement::next() {
  return impl_->events.take();
}

}  // namespace pqc::net::dnssd
