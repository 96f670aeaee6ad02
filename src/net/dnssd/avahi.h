// The connection to avahi-daemon that an announcement or a browser has, on a thread of its own, which libavahi-client
// starts. Private to this folder.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include <avahi-client/client.h>
#include <avahi-common/thread-watch.h>

namespace pqc::net::dnssd {

// Calls `changed` with every state of the daemon, first from inside start(), later on its thread.
class Avahi {
 public:
  using Changed = std::function<void(AvahiClient*, AvahiClientState)>;
  // The error is for people.
  std::expected<void, std::string> start(Changed changed);
  // No call of `changed` or of what was made with client() is under way or comes any more; client() lives on.
  void stop();
  ~Avahi();
  Avahi() = default;
  Avahi(const Avahi&) = delete;
  Avahi& operator=(const Avahi&) = delete;

  [[nodiscard]] AvahiClient* client() const { return client_; }
  // Begins to call, once what start() found is set up.
  std::expected<void, std::string> run();

 private:
  static void on_state(AvahiClient* client, AvahiClientState state, void* self);

  Changed changed_;
  AvahiThreadedPoll* poll_ = nullptr;
  AvahiClient* client_ = nullptr;
  bool running_ = false;
};

// What has gone wrong with the daemon, and what to do about it.
std::string explain(int avahi_error);

}  // namespace pqc::net::dnssd
