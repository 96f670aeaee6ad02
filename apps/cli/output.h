// What the program prints: lines for people, or with --json one object a line (docs/cli-json.md). Results go to
// standard output, errors to standard error. Text of others never reaches a terminal unescaped.
#pragma once

#include <string>
#include <string_view>

#include "cli/json.h"
#include "client/keys/key_commands.h"
#include "client/types.h"

namespace pqc::cli {

class Output {
 public:
  explicit Output(bool json) : json_(json) {}

  [[nodiscard]] bool json() const { return json_; }
  // Each call is a whole line and flushed, so that a reader at a pipe sees it at once. False once the reader is gone.
  bool line(std::string_view text) const;
  bool object(const Json& object) const;
  void error(const client::Error& error) const;
  void note(std::string_view text) const;  // for people, on standard error; nothing with --json

  bool message(const client::Message& message) const;
  bool notice(const client::Notice& notice) const;
  void contact(const client::Contact& contact) const;
  void settings(const client::Settings& settings) const;
  // That a command without a result of its own succeeded; `text` for people.
  void done(std::string_view text) const;
  void account(const client::AccountInfo& account, std::string_view type) const;
  void safety_number(const client::SafetyNumber& number, bool qr) const;
  void keys(const client::KeyStatus& status) const;
  void device(const client::DeviceInfo& device) const;
  // A code for the other device, as a QR code and as text.
  void link_code(std::string_view code) const;
  // What became of a link: the device's number, and the messages that came (here) or were given.
  void linked(std::string_view account, std::uint32_t device, const client::HistoryState& history) const;

 private:
  bool json_;
};

// One message as a line, without its end.
Json message_object(const client::Message& message);
std::string message_line(const client::Message& message);
// A new object of this type, with the schema's version.
Json json_object(std::string_view type);
// RFC 3339 in UTC with milliseconds, and the local time of day for people.
std::string rfc3339(UnixMillis time);
std::string local_time(UnixMillis time);
// A text that may be shown: line breaks kept, everything that a terminal obeys escaped.
std::string displayable(std::string_view text, std::string_view indent);

}  // namespace pqc::cli
