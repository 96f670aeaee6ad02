// Two devices with a session, for the ratchet's tests, benchmark and fuzz targets.
#pragma once

#include <array>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "crypto/random.h"
#include "protocol/ratchet/session.h"

namespace pqc::ratchet::testing {

inline constexpr std::string_view test_ad = "alice@example 1 bob@example 2";

inline std::array<std::uint8_t, 64> filled(std::uint8_t value) {
  std::array<std::uint8_t, 64> out;
  out.fill(value);
  return out;
}

struct Message {
  Bytes bytes;
  AckTag ack{};
};

// One end of a session, with buffers of its own.
class Party {
 public:
  explicit Party(Session start, std::string ad = std::string(test_ad))
      : session(std::move(start)), ad_(std::move(ad)) {}

  std::expected<Message, Error> try_send(std::string_view text, Rng& rng) {
    Message message;
    message.bytes.resize(session.ciphertext_size(text.size()));
    auto sent = session.encrypt(as_bytes(text), as_bytes(ad_), records, rng, message.bytes);
    if (!sent) return std::unexpected(sent.error());
    message.bytes.resize(sent->size);
    message.ack = sent->ack;
    return message;
  }
  Message send(std::string_view text, Rng& rng) { return try_send(text, rng).value(); }

  std::expected<std::string, Error> receive(ByteView message) {
    Bytes out(message.size());
    auto received = session.decrypt(message, as_bytes(ad_), out);
    if (!received) return std::unexpected(received.error());
    last = *received;
    return std::string(as_text(ByteView(out).first(received->size)));
  }
  std::expected<std::string, Error> receive(const Message& message) { return receive(message.bytes); }

  // The same state in another object, as a copied disk would have it.
  [[nodiscard]] Party clone() const { return Party(Session::parse(session.encode().view()).value(), ad_); }
  // Writes the state and reads it back, as a restart does.
  void restart() { session = Session::parse(session.encode().view()).value(); }
  [[nodiscard]] Bytes state() const { return to_bytes(session.encode().view()); }

  Session session;
  RecordVersions records;
  Received last;

 private:
  std::string ad_;
};

struct Pair {
  Party alice;
  Party bob;
};

inline Pair make_pair(const crypto::Suite& suite, Rng& rng) {
  const auto secret = filled(0x11);
  const auto transcript = filled(0x22);
  return {Party(Session::start_initiator(suite, secret, transcript, rng).value()),
          Party(Session::start_responder(suite, secret, transcript).value())};
}

inline const crypto::Suite& pq_suite() {
  return *crypto::find_suite(crypto::SuiteId::pq);
}

// A pair in which both have sent, so that Bob is in turn 1 and Alice has it.
inline Pair make_talking_pair(const crypto::Suite& suite, Rng& rng) {
  auto pair = make_pair(suite, rng);
  (void)pair.bob.receive(pair.alice.send("hello", rng)).value();
  (void)pair.alice.receive(pair.bob.send("hello yourself", rng)).value();
  return pair;
}

}  // namespace pqc::ratchet::testing
