// What can be seen of DTLS records from outside (RFC 6347 §4.1, §4.2). Anyone can write records of epoch 0. Pure.
#pragma once

#include <algorithm>
#include <optional>

#include "base/bytes.h"

namespace pqc::media {

inline constexpr std::size_t record_header = 13;
// RFC 5246 §6.2.1.
inline constexpr std::uint8_t change_cipher_spec = 20;
inline constexpr std::uint8_t alert_record = 21;
inline constexpr std::uint8_t handshake_record = 22;

inline bool is_plain(ByteView record) {
  return record[3] == 0 && record[4] == 0;
}

// Behind the header.
inline std::size_t record_length(ByteView record) {
  return std::size_t{record[11]} << 8 | record[12];
}

// Alerts in plain text prove nothing while a handshake runs.
inline bool is_no_plain_alert(ByteView record) {
  return record[0] != alert_record || !is_plain(record);
}
// All that one who connects waits for once its second flight is out: a well-formed ChangeCipherSpec, and what is
// sealed.
inline bool is_last(ByteView record) {
  if (!is_plain(record)) return true;
  return record[0] == change_cipher_spec && record.size() == record_header + 1 && record[record_header] == 1;
}

// The records of a datagram for which `wanted` holds.
inline Bytes records_of(ByteView datagram, bool (*wanted)(ByteView record)) {
  Bytes out;
  while (datagram.size() >= record_header) {
    const auto record = datagram.first(std::min(record_header + record_length(datagram), datagram.size()));
    if (wanted(record)) out.insert(out.end(), record.begin(), record.end());
    datagram = datagram.subspan(record.size());
  }
  return out;
}

// The ClientHello that the datagram begins with, or its first fragment: whose handshake it begins. The same each time
// that it is repeated; a forged one differs.
inline std::optional<ByteView> client_hello(ByteView datagram) {
  constexpr std::size_t message_header = 12, offset_at = record_header + 6;
  constexpr std::uint8_t client_hello_type = 1;
  if (datagram.size() < record_header + message_header) return std::nullopt;
  if (datagram[0] != handshake_record || !is_plain(datagram) || datagram[record_header] != client_hello_type) {
    return std::nullopt;
  }
  const auto offset = datagram.subspan(offset_at, 3);
  if (std::ranges::any_of(offset, [](auto byte) { return byte != 0; })) return std::nullopt;
  const auto rest = datagram.subspan(record_header);
  return rest.first(std::min(record_length(datagram), rest.size()));
}

}  // namespace pqc::media
