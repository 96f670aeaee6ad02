// Seals the frames that one side sends on one stream, and opens those that the other side sends (docs/spec/media.md
// §7).
//
// A FrameSealer never uses a counter twice and changes keys by itself; a FrameOpener follows, keeps the replay windows,
// and changes its state only when a frame has opened. One thread each; nothing is allocated but when keys change.
#pragma once

#include <cstdint>
#include <optional>

#include "media/transport/frame_key.h"
#include "media/transport/replay_window.h"
#include "media/transport/time.h"

namespace pqc::media {

class FrameSealer {
 public:
  static Result<FrameSealer> make(FrameChain chain, CallSide sender, StreamId stream, Time now);

  // Writes frame.size() + frame_overhead bytes, the size of `out`. The metadata is authenticated and not in it.
  Result<void> seal(ByteView metadata, ByteView frame, ByteSpan out, Time now);
  // From the next frame on another generation, where this one has sealed any. Error::exhausted behind the last one.
  Result<void> rekey(Time now);
  [[nodiscard]] std::uint32_t generation() const { return name_.generation; }

 private:
  FrameSealer(FrameChain chain, const KeyName& name, FrameKey key, Time now)
      : chain_(make_locked<FrameChain>(std::move(chain))), name_(name), key_(std::move(key)), since_(now) {}

  LockedPtr<FrameChain> chain_;
  KeyName name_;
  FrameKey key_;
  Time since_;
  std::uint64_t counter_ = limits::first_counter;
};

class FrameOpener {
 public:
  static Result<FrameOpener> make(FrameChain chain, CallSide sender, StreamId stream);

  // Answers the frame's size; `out` may be the place of the ciphertext, behind the header. Error::refused for a frame
  // of another side or stream, of a generation that is gone or too far ahead, that came before, or that does not open;
  // what opens afterwards is then as before.
  Result<std::size_t> open(ByteView metadata, ByteView sealed, ByteSpan out, Time now);
  // Forgets the keys of the generation before when its time is over.
  void forget_late(Time now);
  [[nodiscard]] std::uint32_t generation() const { return name_.generation; }

 private:
  struct Receiving {
    FrameKey key;
    ReplayWindow window;
  };
  FrameOpener(FrameChain chain, const KeyName& name, FrameKey key)
      : chain_(make_locked<FrameChain>(std::move(chain))), name_(name), current_{std::move(key), {}} {}

  static Result<std::size_t> open_with(Receiving& with, const sframe::Header& header, ByteView metadata,
                                       ByteView sealed, ByteSpan out);
  Result<std::size_t> open_ahead(const KeyName& name, const sframe::Header& header, ByteView metadata, ByteView sealed,
                                 ByteSpan out, Time now);
  // Keys of a generation that no frame has proved yet; kept, so that the next frame of it costs no derivation.
  struct Candidate {
    std::uint32_t generation;
    LockedPtr<FrameChain> chain;
    FrameKey key;
  };
  Result<Candidate*> candidate(const KeyName& name, Time now);
  [[nodiscard]] Result<Candidate> derive(const KeyName& name) const;
  void switch_to(Candidate&& candidate, Time now);

  LockedPtr<FrameChain> chain_;
  KeyName name_;
  Receiving current_;
  std::optional<Receiving> previous_;
  Time switched_{};
  std::optional<Candidate> next_;  // of the next generation
  std::optional<Candidate> far_;   // of one behind that
  std::optional<Time> far_derived_;
};

}  // namespace pqc::media
