// What two devices that agreed on a call derive from the fresh secrets of both (docs/spec/media.md §3): the secret of
// the SRTP mix, the chains of the frame keys, synchronisation sources, and the two safety words.
//
// Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "media/transport/certificate.h"
#include "media/transport/error.h"

namespace pqc::media {

enum class CallSide : std::uint8_t { offerer = 0, answerer = 1 };
enum class StreamId : std::uint8_t { audio = 0, camera = 1, screen = 2 };

// 32 bytes fresh from a generator, made for one call by one side.
using CallShare = Secret<struct CallShareTag, 32>;
using CallSecret = Secret<struct CallSecretTag, 64>;
using MixSecret = Secret<struct MixSecretTag, 64>;
using FrameChain = Secret<struct FrameChainTag, 64>;

// Who calls whom. Both sides have to bring the same bytes; texts have at most 65,535.
struct CallParties {
  ByteView call_id;
  ByteView offerer;   // account and device
  ByteView answerer;  // account and device
  Fingerprint offerer_fingerprint;
  Fingerprint answerer_fingerprint;
};

[[nodiscard]] Result<CallSecret> derive_call_secret(const CallShare& offerer, const CallShare& answerer,
                                                    const CallParties& parties);
[[nodiscard]] Result<MixSecret> mix_secret(const CallSecret& secret);
// The start of the keys for the frames that one side sends on one stream.
[[nodiscard]] Result<FrameChain> frame_chain(const CallSecret& secret, CallSide sender, StreamId stream);
// The synchronisation source of those frames; all of a call's are different.
[[nodiscard]] Result<std::uint32_t> stream_ssrc(const CallSecret& secret, CallSide sender, StreamId stream);
// Two words that both people read out to each other; from docs/spec/media.md §3.
[[nodiscard]] Result<std::pair<std::string_view, std::string_view>> safety_words(const CallSecret& secret);

}  // namespace pqc::media
