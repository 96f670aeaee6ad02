#include "net/dnssd/browser.h"

#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <avahi-client/lookup.h>
#include <avahi-common/address.h>
#include <avahi-common/error.h>
#include <netinet/in.h>

#include "net/dnssd/avahi.h"
#include "net/dnssd/event_queue.h"
#include "net/dnssd/limits.h"

namespace pqc::net::dnssd {
namespace {

bool is_link_local(const AvahiAddress& address) {
  if (address.proto == AVAHI_PROTO_INET) return (ntohl(address.data.ipv4.address) >> 16) == 0xA9FE;
  in6_addr ip{};
  static_assert(sizeof ip == sizeof address.data.ipv6.address);
  std::memcpy(&ip, address.data.ipv6.address, sizeof ip);
  return IN6_IS_ADDR_LINKLOCAL(&ip);
}

std::string text_of(const AvahiAddress& address) {
  std::array<char, AVAHI_ADDRESS_STR_MAX> out{};
  return avahi_address_snprint(out.data(), out.size(), &address) == nullptr ? "" : out.data();
}

std::vector<std::string> texts_of(AvahiStringList* list) {
  std::vector<std::string> out;
  for (auto* at = list; at != nullptr && out.size() < limits::texts; at = avahi_string_list_get_next(at)) {
    const auto size = avahi_string_list_get_size(at);
    if (size <= limits::text) out.emplace_back(reinterpret_cast<const char*>(avahi_string_list_get_text(at)), size);
  }
  return out;
}

}  // namespace

// All but the queue belongs to Avahi's thread once it runs.
struct Browser::Impl {
  std::string type;
  AvahiServiceBrowser* browser = nullptr;  // the client's
  std::size_t resolving = 0;
  EventQueue<Found> events;
  Avahi avahi;  // last: gone first

  void fail(int error) { events.put_failure({.service = {}, .failure = explain(error)}); }

  void on_daemon(AvahiClient* client, AvahiClientState state) {
    if (state == AVAHI_CLIENT_FAILURE) fail(avahi_client_errno(client));
    if (state != AVAHI_CLIENT_S_RUNNING || browser != nullptr) return;
    browser = avahi_service_browser_new(client, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, type.c_str(), nullptr, {},
                                        on_browser, this);
    if (browser == nullptr) fail(avahi_client_errno(client));
  }

  static void on_browser(AvahiServiceBrowser* of, AvahiIfIndex interface, AvahiProtocol protocol,
                         AvahiBrowserEvent event, const char* name, const char* type, const char* domain,
                         AvahiLookupResultFlags, void* context) {
    auto* self = static_cast<Impl*>(context);
    auto* client = avahi_service_browser_get_client(of);
    if (event == AVAHI_BROWSER_FAILURE) return self->fail(avahi_client_errno(client));
    if (event != AVAHI_BROWSER_NEW || std::strlen(name) > limits::name || self->resolving >= limits::resolving) return;
    if (avahi_service_resolver_new(client, interface, protocol, name, type, domain, AVAHI_PROTO_UNSPEC, {}, on_resolver,
                                   self) != nullptr)
      ++self->resolving;
  }

  static void on_resolver(AvahiServiceResolver* of, AvahiIfIndex, AvahiProtocol, AvahiResolverEvent event,
                          const char* name, const char*, const char*, const char*, const AvahiAddress* address,
                          std::uint16_t port, AvahiStringList* texts, AvahiLookupResultFlags, void* context) {
    auto* self = static_cast<Impl*>(context);
    if (event == AVAHI_RESOLVER_FOUND && !is_link_local(*address) && port != 0)
      self->events.put({.service = Service{name, text_of(*address), port, texts_of(texts)}, .failure = {}},
                       limits::waiting);
    --self->resolving;
    avahi_service_resolver_free(of);
  }
};

Browser::Browser(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Browser::~Browser() {
  impl_->avahi.stop();
}

std::expected<std::unique_ptr<Browser>, std::string> Browser::start(const std::string& type) {
  auto impl = std::make_unique<Impl>();
  impl->type = type;
  auto* self = impl.get();
  auto started =
      impl->avahi.start([self](AvahiClient* client, AvahiClientState state) { self->on_daemon(client, state); });
  if (started) started = impl->avahi.run();
  if (!started) return std::unexpected(started.error());
  return std::unique_ptr<Browser>(new Browser(std::move(impl)));
}

int Browser::ready_fd() const {
  return impl_->events.fd();
}

std::optional<Found> Browser::next() {
  return impl_->events.take();
}

}  // namespace pqc::net::dnssd
