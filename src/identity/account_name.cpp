#include "identity/account_name.h"

#include <algorithm>

#include "identity/limits.h"

namespace pqc::identity {
namespace {

constexpr std::size_t max_label_size = 63;  // RFC 1035 §2.3.4

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool valid_name(std::string_view name) {
  if (name.empty() || !letter_or_digit(name.front())) return false;
  return std::ranges::all_of(name, [](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool valid_label(std::string_view label) {
  if (label.empty() || label.size() > max_label_size) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return letter_or_digit(c) || c == '-'; });
}

bool valid_server(std::string_view server) {
  for (;;) {
    const auto dot = server.find('.');
    if (!valid_label(server.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    server.remove_prefix(dot + 1);
  }
}

}  // namespace

Result<AccountName> AccountName::make(std::string_view name, std::string_view server) {
  if (name.size() > max_name_size || server.size() > max_server_size) return std::unexpected(Error::limit);
  if (!valid_name(name) || !valid_server(server)) return std::unexpected(Error::invalid);
  return AccountName(name, server);
}

Result<AccountName> AccountName::parse(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) return std::unexpected(Error::invalid);
  return make(text.substr(0, at), text.substr(at + 1));
}

Result<AccountName> AccountName::decode(wire::Reader& reader) {
  const auto name = reader.opaque8(max_name_size);
  if (!name) return std::unexpected(Error::malformed);
  const auto server = reader.opaque8(max_server_size);
  if (!server) return std::unexpected(Error::malformed);
  return make(as_text(*name), as_text(*server));
}

void AccountName::encode(wire::Writer& writer) const {
  writer.opaque8(as_bytes(name_)).opaque8(as_bytes(server_));
}

}  // namespace pqc::identity
