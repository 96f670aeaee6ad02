// Finding messages: by conversation, by time, by the words in them (docs/spec/content.md §11).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/store/message_table.h"

namespace pqc::client {

// The expression that FTS5 matches for what a user typed; empty when there is no word in it.
std::string match_expression(std::string_view words);

class MessageSearch {
 public:
  explicit MessageSearch(Database& database) : database_(database) {}

  struct Where {
    std::int64_t contact = 0;         // 0: all, only with words
    std::string words;                // empty: all messages
    std::optional<UnixMillis> since;  // by the time that the message bears
    std::optional<UnixMillis> before;
    std::optional<std::int64_t> after;  // the oldest ones after this seq; nothing: the newest ones
    std::size_t limit = 0;
    UnixMillis now;  // those whose time is over are left out
  };
  // Oldest first. Error: usage, for words that cannot be searched for.
  Result<std::vector<MessageRow>> find(const Where& where);

 private:
  Database& database_;
};

}  // namespace pqc::client
