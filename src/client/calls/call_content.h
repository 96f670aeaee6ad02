// What devices say to each other about a call, inside the ratchet (docs/spec/calls.md §2): values, their encoding, and
// the checks of what comes from a peer. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace pqc_chat::content::v1 {
class Content;
}

namespace pqc::client {

// 16 random bytes of the caller; the lower one of two counts as bytes are compared.
using CallId = std::array<std::uint8_t, 16>;
using CallHalf = std::array<std::uint8_t, 32>;
using CallFingerprint = std::array<std::uint8_t, 32>;

enum class CallCandidateType : std::uint8_t { host = 1, server_reflexive = 2, relayed = 3 };

struct CallCandidate {
  CallCandidateType type{};
  std::string ip;  // numeric
  std::uint16_t port = 0;
  friend bool operator==(const CallCandidate&, const CallCandidate&) = default;
};

// How a device is reached, and what it can do.
struct CallDescription {
  CallFingerprint fingerprint{};
  std::string ufrag;
  std::string password;
  std::vector<CallCandidate> candidates;
  std::uint32_t frame_units = 4;    // the longest voice frame, in 10 ms: 1, 2 or 4
  std::uint32_t bit_rate = 64'000;  // the highest that is wanted
  friend bool operator==(const CallDescription&, const CallDescription&) = default;
};

// Where a device is reached from a restart on.
struct CallPath {
  std::string ufrag;
  std::string password;
  std::vector<CallCandidate> candidates;
  friend bool operator==(const CallPath&, const CallPath&) = default;
};

struct CallOffer {
  UnixMillis offered_at;  // by the caller's clock, corrected by the server's
  CallHalf secret{};
  CallDescription description;
  friend bool operator==(const CallOffer&, const CallOffer&) = default;
};
struct CallAnswer {
  CallHalf secret{};
  CallDescription description;
  friend bool operator==(const CallAnswer&, const CallAnswer&) = default;
};
struct CallRestart {
  std::uint32_t round = 0;  // 1 and up; of two the higher one counts
  CallPath path;
  friend bool operator==(const CallRestart&, const CallRestart&) = default;
};
struct CallReject {
  bool busy = false;  // else declined
  friend bool operator==(const CallReject&, const CallReject&) = default;
};
struct CallHangup {
  friend bool operator==(const CallHangup&, const CallHangup&) = default;
};
// Another device of the receiver's account has answered or declined.
struct CallTaken {
  bool declined = false;
  friend bool operator==(const CallTaken&, const CallTaken&) = default;
};
struct CallRinging {
  friend bool operator==(const CallRinging&, const CallRinging&) = default;
};

struct CallContent {
  CallId call{};
  std::variant<CallOffer, CallAnswer, CallRestart, CallReject, CallHangup, CallTaken, CallRinging> what;
  friend bool operator==(const CallContent&, const CallContent&) = default;
};

// Sets the body.
void encode_call(const CallContent& in, pqc_chat::content::v1::Content& out);
// Nothing where the body is another. What breaks a rule of docs/spec/calls.md §2 has an id that is all zero, which
// names no call.
[[nodiscard]] std::optional<CallContent> decode_call(const pqc_chat::content::v1::Content& in);

}  // namespace pqc::client
