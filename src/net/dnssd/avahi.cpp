#include "net/dnssd/avahi.h"

#include <utility>

#include <avahi-common/error.h>

namespace pqc::net::dnssd {

std::string explain(int avahi_error) {
  constexpr std::string_view help =
      "avahi-daemon, which finds others on the local network, does not run here: install it (apt install avahi-daemon) "
      "and start it (systemctl start avahi-daemon)";
  switch (avahi_error) {
    case AVAHI_ERR_NO_DAEMON:
    case AVAHI_ERR_DISCONNECTED:
      return std::string(help);
    case AVAHI_ERR_DBUS_ERROR:
      return std::string(help) + "; or there is no D-Bus system bus, by which it is asked";
    case AVAHI_ERR_ACCESS_DENIED:
    case AVAHI_ERR_NOT_PERMITTED:
      return "avahi-daemon does not let this user announce anything: see disable-user-service-publishing in "
             "/etc/avahi/avahi-daemon.conf";
    default:
      return std::string("avahi-daemon: ") + avahi_strerror(avahi_error);
  }
}

std::expected<void, std::string> Avahi::start(Changed changed) {
  changed_ = std::move(changed);
  poll_ = avahi_threaded_poll_new();
  if (poll_ == nullptr) return std::unexpected(explain(AVAHI_ERR_NO_MEMORY));
  int error = 0;
  client_ = avahi_client_new(avahi_threaded_poll_get(poll_), {}, on_state, this, &error);
  if (client_ == nullptr) return std::unexpected(explain(error));
  return {};
}

std::expected<void, std::string> Avahi::run() {
  if (avahi_threaded_poll_start(poll_) < 0) return std::unexpected(explain(AVAHI_ERR_FAILURE));
  running_ = true;
  return {};
}

void Avahi::stop() {
  if (std::exchange(running_, false)) static_cast<void>(avahi_threaded_poll_stop(poll_));
}

// What was made with the client goes with it.
Avahi::~Avahi() {
  stop();
  if (client_ != nullptr) avahi_client_free(client_);
  if (poll_ != nullptr) avahi_threaded_poll_free(poll_);
}

void Avahi::on_state(AvahiClient* client, AvahiClientState state, void* self) {
  static_cast<Avahi*>(self)->changed_(client, state);
}

}  // namespace pqc::net::dnssd
