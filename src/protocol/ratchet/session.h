// A session between two devices: the hybrid Double Ratchet of docs/spec/ratchet.md. Pure: no I/O, clock or thread;
// randomness comes in as an argument. All of its state is in locked memory.
//
//             start_initiator                                   start_responder
//                   │                                                  │
//                   v                 first message of turn 0          v
//              ┌─────────┐            ┌───────────────────────── ┌──────────┐
//    encrypt ↻ │ Sending │            │                          │ Awaiting │  cannot send
//              └─────────┘            v                          └──────────┘
//               │       ^          ┌─────┐
//   message of  │       └──────────│ Due │ ↻ more of the peer's turn
//   turn T+1    │   encrypt: step  └─────┘
//               └────────────────────^
//
// Invariants: an operation that fails leaves the encoded state byte for byte as it was. A message key is used once. The
// caller stores encode() before a message leaves the device, and before it acknowledges one that was received; a
// session that was encoded and is used further in two places is noticed by the peer (Error::duplicate), but repeats no
// nonce.
//
// A Session serves one thread at a time; different sessions are independent. A moved-from Session may only be destroyed
// or assigned to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/locked_arena.h"
#include "base/rng.h"
#include "base/secret.h"
#include "crypto/suite.h"
#include "protocol/ratchet/error.h"
#include "protocol/ratchet/header.h"
#include "protocol/ratchet/key_schedule.h"

namespace pqc::ratchet {

struct State;

// The initiator of the session has the even turns.
enum class Role : std::uint8_t { initiator = 0, responder = 1 };

struct Sent {
  std::size_t size = 0;  // of the message in `out`
  AckTag ack{};          // what the receiver's acknowledgement must be; keep it beside the message
};

struct Received {
  std::size_t size = 0;    // of the text in `out`
  AckTag ack{};            // what to acknowledge with
  RecordVersions records;  // `sender` is the peer's own record, `receiver` ours as the peer knows it
  std::uint64_t turn = 0;  // with `number`, the message's place in the conversation
  std::uint32_t number = 0;
};

class Session {
 public:
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // The side that calls first may send at once; the other when it has received. `session_secret` and `transcript_hash`
  // are those of the key agreement (docs/spec/pqxdh.md). Errors: backend.
  static Result<Session> start_initiator(const crypto::Suite& suite,
                                         std::span<const std::uint8_t, session_secret_size> session_secret,
                                         std::span<const std::uint8_t, transcript_hash_size> transcript_hash, Rng& rng);
  static Result<Session> start_responder(const crypto::Suite& suite,
                                         std::span<const std::uint8_t, session_secret_size> session_secret,
                                         std::span<const std::uint8_t, transcript_hash_size> transcript_hash);

  // The state as docs/spec/ratchet.md §8 has it; secret, for an encrypted store only.
  [[nodiscard]] SecretBytes encode() const;
  // Errors: bad_state (also for a suite that this build leaves out).
  static Result<Session> parse(ByteView encoded);

  // The size of the next message with so long a text.
  [[nodiscard]] std::size_t ciphertext_size(std::size_t text_size) const;
  // Seals `text` into the first bytes of `out`, which has at least ciphertext_size(text.size()) bytes and overlaps
  // neither `text` nor `associated_data`. The latter is not sent; the receiver needs the same.
  // Errors: not_ready, exhausted, too_long, buffer, unusable, backend.
  [[nodiscard]] Result<Sent> encrypt(ByteView text, ByteView associated_data, RecordVersions records, Rng& rng,
                                     ByteSpan out);
  // Opens a message into the first bytes of `out`, which is at least as long as the message and does not overlap it.
  // Errors: refused, duplicate, buffer, backend; nothing of the text is then left in `out`.
  [[nodiscard]] Result<Received> decrypt(ByteView message, ByteView associated_data, ByteSpan out);

  [[nodiscard]] const crypto::Suite& suite() const;
  [[nodiscard]] Role role() const;
  // False for a responder that has not received anything.
  [[nodiscard]] bool can_send() const;
  // The highest turn in use. For an initiator: above 0 once the responder has answered.
  [[nodiscard]] std::uint64_t turn() const;
  [[nodiscard]] std::size_t skipped_keys() const;

 private:
  explicit Session(LockedPtr<State> state);

  LockedPtr<State> state_;
};

}  // namespace pqc::ratchet
