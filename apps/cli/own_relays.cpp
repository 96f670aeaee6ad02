#include "cli/own_relays.h"

#include "base/log.h"
#include "p2p/limits.h"
#include "p2p/turn_uri.h"

namespace pqc::cli {
namespace {

// Nobody is asked for a passphrase only for this.
client::Result<client::TurnAccess> fetch(const Context& context) {
  auto options = context.open_options();
  options.ask_passphrase = nullptr;
  const auto opened = client::Client::open(options);
  if (!opened) return std::unexpected(opened.error());
  auto access = (*opened)->turn_access(p2p::limits::relay_time);
  (*opened)->close();
  return access;
}

void show_relays(const Output& output, const std::vector<std::string>& relays) {
  if (output.json()) {
    output.object(json_object("p2p_relays").add("relays", relays));
    return;
  }
  for (const auto& relay : relays) output.line("-- where there is no direct way: the relay " + printable(relay));
}

void show_failure(const Output& output, const std::string& why) {
  if (output.json())
    output.object(json_object("p2p_relays").add("relays", std::vector<std::string>()).add("failure", why));
  else
    output.note("No relay of your server: " + why);
}

}  // namespace

std::vector<p2p::TurnAccess> relays_of_account(const Context& context) {
  std::vector<p2p::TurnAccess> out;
  const auto access = fetch(context);
  if (!access) {
    if (access.error().code != ExitCode::not_registered) show_failure(context.output, access.error().message);
    return out;
  }
  std::vector<std::string> shown;
  for (const auto& text : access->uris)
    if (auto uri = p2p::parse_turn_uri(text)) {  // a kind of relay that is not known may come with a newer server
      shown.push_back(p2p::to_text(*uri));
      out.push_back({std::move(*uri), access->username, access->password});
    }
  if (!shown.empty()) show_relays(context.output, shown);
  return out;
}

}  // namespace pqc::cli
