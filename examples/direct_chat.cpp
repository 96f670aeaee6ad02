// A chat made of its four parts, as a program that embeds the library makes one (docs/extending.md). Two terminals:
//
//   example-direct-chat FOLDER NAME listen HOST:PORT         prints where it listens
//   example-direct-chat FOLDER NAME connect HOST:PORT
#include <cstdio>
#include <iostream>

#include <unistd.h>

#include "base/log.h"
#include "p2p/chat.h"
#include "p2p/profile.h"
#include "p2p/registry.h"

using namespace pqc;

// Lines of standard input go out; what comes in is printed, without the control characters of others.
class Lines final : public client::Interactor {
 public:
  explicit Lines(client::Loop& loop) : loop_(loop) {}
  void start(Handlers handlers) override {
    std::setvbuf(stdin, nullptr, _IONBF, 0);  // what is not read stays where the loop sees it
    reading_ = loop_.when_readable(STDIN_FILENO, [this, handlers] {
      std::string line;
      if (!std::getline(std::cin, line)) return reading_.reset(), handlers.end();
      handlers.line(line);
    });
  }
  void show(const client::Message& message) override {
    if (message.direction == client::Direction::incoming) show(message.peer + ": " + message.text);
  }
  void show(const client::Notice&) override {}
  void show(std::string_view text) override { std::cout << printable(text) << std::endl; }
  void update(const client::Message&) override {}

 private:
  client::Loop& loop_;
  client::Loop::HandlePtr reading_;
};

client::Status talk(const client::ProfilePaths& folder, const std::string& name, bool listen, const char* where) {
  auto me = p2p::Profile::open(folder, nullptr);
  if (!me && me.error().code == ExitCode::not_registered) me = p2p::Profile::create(folder, name, {}, std::nullopt);
  if (!me) return client::pass(me);
  const auto party = me->party("quantum-resistant").value();
  const auto address = p2p::parse_address(where, listen);
  if (!address) return std::unexpected(address.error());

  client::Loop loop;
  Lines lines(loop);
  const auto transport = p2p::find_transport("udp")->make(loop);
  const auto& encryption = *p2p::find_encryption("ratchet");
  p2p::Chat chat(loop, lines,
                 {.transport = "udp",
                  .encryption = encryption,
                  .make_encryptor = encryption.prepare(party).value(),
                  .party = party,
                  .peers = me->peers(),
                  .show_status = [&](const auto& link) { lines.show(link.peer.name + " " + link.peer.comparable); },
                  .show_file = [](const p2p::FileStatus&) {}});
  if (!listen) {
    chat.connect(*transport, *address);
    return chat.run();
  }
  const auto at = chat.listen(*transport, *address);
  if (!at) return std::unexpected(at.error());
  lines.show("listening at " + p2p::to_text(*at));
  return chat.run();
}

int main(int argc, char** argv) {
  if (argc != 5) return number(ExitCode::usage);
  const auto done = talk({argv[1]}, argv[2], std::string_view(argv[3]) == "listen", argv[4]);
  if (!done) std::cerr << done.error().message << '\n';
  return number(done ? ExitCode::ok : done.error().code);
}
