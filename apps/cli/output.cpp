#include "cli/output.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/log.h"
#include "cli/progress.h"
#include "cli/safety_code.h"
#include "client/messages/duration.h"

namespace pqc::cli {
namespace {

constexpr int schema_version = 1;

std::string format_time(UnixMillis time, const char* format, bool utc) {
  const std::time_t seconds = static_cast<std::time_t>(time.value / 1000);
  std::tm parts{};
  if (utc)
    gmtime_r(&seconds, &parts);
  else
    localtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

std::string mark(const client::Message& message) {
  if (message.direction == client::Direction::outgoing) return " (" + std::string(client::name(message.status)) + ")";
  return message.verified ? "" : " (not verified)";
}

std::vector<std::string> ways_of(const client::KeyStatus& status) {
  std::vector<std::string> out;
  if (status.passphrase) out.emplace_back("passphrase");
  if (status.keyring) out.emplace_back("keyring");
  if (status.key_file) out.emplace_back("key_file");
  return out;
}

}  // namespace

Json json_object(std::string_view type) {
  Json out;
  out.add("v", schema_version).add("type", type);
  return out;
}

std::string rfc3339(UnixMillis time) {
  const auto millis = ((time.value % 1000) + 1000) % 1000;
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03d", static_cast<int>(millis));
  return format_time({time.value - millis}, "%Y-%m-%dT%H:%M:%S", true) + fraction + "Z";
}

std::string local_time(UnixMillis time) {
  return format_time(time, "%Y-%m-%d %H:%M", false);
}

std::string displayable(std::string_view text, std::string_view indent) {
  std::string out;
  for (;;) {
    const auto end = text.find('\n');
    out += printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out.append("\n").append(indent);
    text.remove_prefix(end + 1);
  }
}

bool Output::line(std::string_view text) const {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fputc('\n', stdout) != EOF &&
         std::fflush(stdout) == 0;
}

bool Output::object(const Json& object) const {
  return line(object.text());
}

void Output::error(const client::Error& error) const {
  if (json_)
    std::fprintf(stderr, "%s\n",
                 json_object("error")
                     .add("code", client::name(error.code))
                     .add("exit", number(error.code))
                     .add("message", error.message)
                     .text()
                     .c_str());
  else
    std::fprintf(stderr, "pqc-chat: %s\n", printable(error.message).c_str());
}

void Output::note(std::string_view text) const {
  if (!json_) std::fprintf(stderr, "%s\n", printable(text).c_str());
}

Json message_object(const client::Message& m) {
  const bool incoming = m.direction == client::Direction::incoming;
  auto out = json_object("message");
  out.add("id", client::to_text(m.id)).add("direction", incoming ? "in" : "out").add("peer", m.peer);
  if (incoming) out.add("from", m.peer);
  out.add("device", m.device)
      .add("sent_at", rfc3339(m.sent_at))
      .add("kind", client::name(m.kind))
      .add("text", m.text)
      .add("suite", m.suite)
      .add("verified", m.verified)
      .add("status", client::name(m.status));
  if (m.status == client::MessageStatus::failed)
    out.add("failure", client::name(m.failure.code)).add("failure_message", m.failure.message);
  if (m.target)
    out.add("target", client::to_text(m.target->id))
        .add("target_direction", m.target->direction == client::Direction::incoming ? "in" : "out");
  if (m.file) out.add("size", m.file->size).add("media_type", m.file->media_type);
  if (m.file && m.file->transferred > 0) out.add("transferred", m.file->transferred);
  if (m.file && m.file->preview > 0) out.add("preview", m.file->preview);
  if (m.edited) out.add("edited", true);
  if (m.unsent) out.add("unsent", true);
  if (!m.their_reaction.empty()) out.add("their_reaction", m.their_reaction);
  if (!m.our_reaction.empty()) out.add("our_reaction", m.our_reaction);
  if (m.seconds > 0 || m.kind == client::MessageKind::timer) out.add("seconds", m.seconds);
  if (m.expires_at.value > 0) out.add("expires_at", rfc3339(m.expires_at));
  if (m.read_at.value > 0) out.add("read_at", rfc3339(m.read_at));
  return out;
}

namespace {

// What a message says, for people.
std::string body_text(const client::Message& m) {
  const bool change = m.kind == client::MessageKind::reaction || m.kind == client::MessageKind::edit;
  if (m.unsent) return change ? "[about a message that was taken back]" : "[taken back]";
  const auto text = displayable(m.text, "    ");
  const auto about = m.target ? client::to_text(m.target->id).substr(0, 8) : std::string();
  switch (m.kind) {
    case client::MessageKind::text:
      return (m.target ? "[answers " + about + "] " : "") + text;
    case client::MessageKind::file:
      return "[file" + (m.file ? " " + client::to_text(m.id).substr(0, 8) + ", " + size_text(m.file->size) : "") +
             "] " + text;
    case client::MessageKind::reaction:
      return m.text.empty() ? "[takes the reaction to " + about + " back]" : "[reacts to " + about + "] " + text;
    case client::MessageKind::edit:
      return text.empty() ? "[changes " + about + ", which was taken back since]" : "[changes " + about + "] " + text;
    case client::MessageKind::unsend:
      return "[takes " + about + " back]";
    case client::MessageKind::timer:
      return m.seconds == 0 ? "[messages stay from now on]"
                            : "[messages disappear " + client::duration_text(m.seconds) + " after they were read]";
    case client::MessageKind::unknown:
      return "[a kind of message that this version does not know]";
  }
  return text;
}

}  // namespace

std::string message_line(const client::Message& m) {
  const bool incoming = m.direction == client::Direction::incoming;
  std::string out = local_time(m.sent_at) + "  " + (incoming ? m.peer : "you") + mark(m) + ": " + body_text(m);
  if (m.edited) out += " (edited)";
  for (const auto& reaction : {m.their_reaction, m.our_reaction})
    if (!reaction.empty()) out += "  [" + printable(reaction) + "]";
  return out;
}

bool Output::message(const client::Message& m) const {
  return json_ ? object(message_object(m)) : line(message_line(m));
}

void Output::settings(const client::Settings& s) const {
  if (json_) {
    object(json_object("settings")
               .add("read_receipts", s.read_receipts)
               .add("typing", s.typing)
               .add("keep_days", s.keep_days));
    return;
  }
  line(std::string("read receipts  ") + (s.read_receipts ? "on" : "off"));
  line(std::string("typing         ") + (s.typing ? "on" : "off"));
  line("keep messages  " + (s.keep_days == 0 ? "for ever" : std::to_string(s.keep_days) + " days"));
}

void Output::done(std::string_view text) const {
  if (json_)
    object(json_object("done"));
  else
    line(printable(text));
}

bool Output::notice(const client::Notice& n) const {
  if (json_)
    return object(json_object("notice")
                      .add("kind", client::name(n.kind))
                      .add("peer", n.peer)
                      .add("at", rfc3339(n.at))
                      .add("text", n.text));
  return line(local_time(n.at) + "  ** " + printable(n.text));
}

void Output::contact(const client::Contact& c) const {
  const bool stranger = c.state == client::ContactState::stranger;
  if (json_) {
    object(json_object("contact")
               .add("peer", c.peer)
               .add("state", stranger ? "stranger" : "accepted")
               .add("verified", c.verified)
               .add("identity_changed", c.identity_changed)
               .add("level", c.level)
               .add("suite", c.suite)
               .add("record_version", c.record_version)
               .add("blocked", c.blocked)
               .add("disappear", c.timer)
               .add("messages", c.messages)
               .add("path", c.direct ? "direct" : "relay"));
    return;
  }
  std::string text = c.peer + (c.verified ? "  verified" : "  not verified");
  if (!c.suite.empty()) text += "  " + c.suite + " (" + c.level + ")";
  if (c.timer > 0) text += "  messages disappear after " + client::duration_text(c.timer);
  if (c.direct) text += "  direct, without the server";
  if (c.blocked)
    text += "  blocked";
  else if (stranger)
    text += "  wrote to you, no answer yet";
  if (c.identity_changed) text += "  KEYS CHANGED: compare safety numbers, then verify --accept";
  line(text);
}

void Output::account(const client::AccountInfo& a, std::string_view type) const {
  const auto server = a.host + ":" + std::to_string(a.port);
  if (json_) {
    object(json_object(type)
               .add("account", a.name)
               .add("device", a.device)
               .add("server", server)
               .add("fingerprint", a.fingerprint)
               .add("suites", a.suites)
               .add("minimum_level", a.minimum_level)
               .add("record_version", a.record_version)
               .add("record_expires", rfc3339(a.record_expires)));
    return;
  }
  std::string suites;
  for (const auto& suite : a.suites) suites += (suites.empty() ? "" : ", ") + suite;
  line("account      " + a.name + ", device " + std::to_string(a.device));
  line("server       " + server);
  line("fingerprint  " + a.fingerprint);
  line("suites       " + suites + "; lowest level accepted: " + a.minimum_level);
  line("record       version " + std::to_string(a.record_version) + ", renewed before " + local_time(a.record_expires));
}

void Output::safety_number(const client::SafetyNumber& n, bool qr) const {
  if (json_) {
    object(json_object("safety_number")
               .add("peer", n.peer)
               .add("safety_number", n.digits)
               .add("qr", to_hex(n.payload))
               .add("verified", n.verified));
    return;
  }
  line("Safety number with " + n.peer + (n.verified ? " (verified)" : " (not verified)"));
  line("");
  for (std::size_t i = 0; i < n.digits.size(); i += 20) {
    std::string row = "    ";
    for (std::size_t j = i; j < std::min(i + 20, n.digits.size()); j += 5) row += n.digits.substr(j, 5) + " ";
    line(row);
  }
  line("");
  if (qr)
    for (const auto& row : safety_code(n.payload)) line("    " + row);
  line("Both of you must see the same. Compare in person or by voice, then: pqc-chat verify " + n.peer);
}

void Output::device(const client::DeviceInfo& d) const {
  if (json_) {
    auto out = json_object("device");
    out.add("device", d.id)
        .add("state", d.active ? "active" : "revoked")
        .add("here", d.here)
        .add("primary", d.primary)
        .add("created_at", rfc3339(d.created));
    if (!d.active) out.add("revoked_at", rfc3339(d.revoked));
    object(out);
    return;
  }
  auto text = "device " + std::to_string(d.id) + "  since " + local_time(d.created);
  if (!d.active) text += ", revoked " + local_time(d.revoked);
  if (d.here) text += d.primary ? "  (this one; it holds the identity)" : "  (this one)";
  line(text);
}

void Output::link_code(std::string_view code) const {
  if (json_) {
    object(json_object("link_code").add("code", code));
    return;
  }
  for (const auto& row : safety_code(as_bytes(code))) line("    " + row);
  line("");
  line("On the device that made the account, within ten minutes:");
  line("");
  line("    pqc-chat devices link " + std::string(code));
  line("");
  line("Show this to nobody else.");
}

void Output::linked(std::string_view account, std::uint32_t device, const client::HistoryState& history) const {
  if (json_) {
    object(json_object("linked")
               .add("account", account)
               .add("device", device)
               .add("messages", history.messages)
               .add("complete", !history.open));
    return;
  }
  line("Device " + std::to_string(device) + " of " + std::string(account) + " is linked; " +
       std::to_string(history.messages) + (history.open ? " messages so far" : " messages came with it"));
}

void Output::keys(const client::KeyStatus& status) const {
  const auto ways = ways_of(status);
  if (json_) {
    object(json_object("keys").add("unlocked", status.unlocked).add("ways", ways).add("generation", status.generation));
    return;
  }
  std::string text;
  for (const auto& way : ways) text += (text.empty() ? "" : ", ") + way;
  std::ranges::replace(text, '_', ' ');
  line(std::string("The keys are ") + (status.unlocked ? "unlocked" : "locked") + "; they open with: " + text);
}

}  // namespace pqc::cli
