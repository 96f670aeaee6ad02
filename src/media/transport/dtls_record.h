// What can be seen of DTLS records from outside (RFC 6347 §4.1, §4.2). Anyone can write records of epoch 0. Pure.
#pragma once

#include <algorithm>
#include <optional>

#include "base/bytes.h"

namespace pqc::media {

inline constexpr std::size_t record_header = 13;
inline constexpr std::size_t message_header = 12;
// RFC 5246 §6.2.1.
inline constexpr std::uint8_t change_cipher_spec = 20;
inline constexpr std::uint8_t alert_record = 21;
inline constexpr std::uint8_t handshake_record = 22;
inline constexpr std::uint8_t data_record = 23;

inline bool is_plain(ByteView record) {
  return record[3] == 0 && record[4] == 0;
}
// No more than one epoch follows: nothing is negotiated twice.
inline bool is_sealed(ByteView record) {
  return record[3] == 0 && record[4] == 1 && record[0] >= change_cipher_spec && record[0] <= data_record;
}

// The record that these bytes begin with; empty where none does, whole.
inline ByteView first_record(ByteView bytes) {
  constexpr std::uint8_t major_version = 0xFE;
  if (bytes.size() < record_header || bytes[1] != major_version) return {};
  const auto size = record_header + (std::size_t{bytes[11]} << 8 | bytes[12]);
  return size <= bytes.size() ? bytes.first(size) : ByteView();
}

// A record of pieces of handshake messages, each within its message and within the record (RFC 6347 §4.2.2). OpenSSL
// would end the handshake at others, rather than drop them.
inline bool is_plain_handshake(ByteView record) {
  if (record[0] != handshake_record || !is_plain(record)) return false;
  const auto number = [](ByteView three) {
    return std::size_t{three[0]} << 16 | std::size_t{three[1]} << 8 | three[2];
  };
  auto rest = record.subspan(record_header);
  if (rest.empty()) return false;
  while (!rest.empty()) {
    if (rest.size() < message_header) return false;
    const auto whole = number(rest.subspan(1)), offset = number(rest.subspan(6)), size = number(rest.subspan(9));
    if (offset + size > whole || message_header + size > rest.size()) return false;
    rest = rest.subspan(message_header + size);
  }
  return true;
}
// All that one who connects to a peer of ours waits for at first. There is no cookie exchange (HelloVerifyRequest).
inline bool is_of_first_flight(ByteView record) {
  constexpr std::uint8_t hello_verify_request = 3;
  return is_plain_handshake(record) && record[record_header] != hello_verify_request;
}
// All that it waits for once its second flight is out: a well-formed ChangeCipherSpec, and what is sealed.
inline bool is_last(ByteView record) {
  if (!is_plain(record)) return is_sealed(record);
  return record[0] == change_cipher_spec && record.size() == record_header + 1 && record[record_header] == 1;
}
// All that one who accepts waits for. Alerts in plain text prove nothing while a handshake runs.
inline bool is_of_handshake(ByteView record) {
  return is_plain_handshake(record) || is_last(record);
}

// The records of a datagram for which `wanted` holds, up to what is no record.
inline Bytes records_of(ByteView datagram, bool (*wanted)(ByteView record)) {
  Bytes out;
  for (auto record = first_record(datagram); !record.empty(); record = first_record(datagram)) {
    if (wanted(record)) out.insert(out.end(), record.begin(), record.end());
    datagram = datagram.subspan(record.size());
  }
  return out;
}

// Gives the records in plain text the numbers from `next` on (RFC 6347 §4.2.4). A receiver takes each number once, also
// one whose record it had no use for yet, so what is sent again has new ones.
inline void renumber(ByteSpan records, std::uint64_t& next) {
  constexpr std::size_t number_at = 5, number_size = 6;
  for (auto size = first_record(records).size(); size != 0; size = first_record(records).size()) {
    if (is_plain(records)) {
      for (std::size_t i = 0; i < number_size; ++i)
        records[number_at + i] = static_cast<std::uint8_t>(next >> (8 * (number_size - 1 - i)));
      ++next;
    }
    records = records.subspan(size);
  }
}

// The ClientHello that the datagram begins with, or its first fragment: whose handshake it begins. The same each time
// that it is repeated; a forged one differs.
inline std::optional<ByteView> client_hello(ByteView records) {
  constexpr std::size_t offset_at = 6;
  constexpr std::uint8_t client_hello_type = 1;
  const auto record = first_record(records);
  if (record.empty() || !is_plain_handshake(record) || record[record_header] != client_hello_type) return std::nullopt;
  const auto offset = record.subspan(record_header + offset_at, 3);
  if (std::ranges::any_of(offset, [](auto byte) { return byte != 0; })) return std::nullopt;
  return record.subspan(record_header);
}

}  // namespace pqc::media
