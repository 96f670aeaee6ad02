#include "media/transport/frame_sealer.h"

#include <utility>

namespace pqc::media {

Result<FrameSealer> FrameSealer::make(FrameChain chain, CallSide sender, StreamId stream, Time now) {
  const KeyName name{sender, stream, 0};
  return FrameKey::derive(chain, name).transform([&](FrameKey&& key) {
    return FrameSealer(std::move(chain), name, std::move(key), now);
  });
}

Result<void> FrameSealer::rekey(Time now) {
  if (counter_ == limits::first_counter) {
    since_ = now;
    return {};
  }
  auto chain = next_chain(*chain_);
  if (!chain) return std::unexpected(chain.error());
  auto name = name_;
  ++name.generation;
  auto key = FrameKey::derive(*chain, name);
  if (!key) return std::unexpected(key.error());
  *this = FrameSealer(std::move(*chain), name, std::move(*key), now);
  return {};
}

Result<void> FrameSealer::seal(ByteView metadata, ByteView frame, ByteSpan out, Time now) {
  if (now - since_ >= limits::generation_life || counter_ >= limits::first_counter + limits::rekey_counter) {
    if (auto done = rekey(now); !done) return done;
  }
  // Taken before it is used: whatever happens, not again.
  return key_.seal(counter_++, metadata, frame, out);
}

Result<FrameOpener> FrameOpener::make(FrameChain chain, CallSide sender, StreamId stream) {
  const KeyName name{sender, stream, 0};
  return FrameKey::derive(chain, name).transform([&](FrameKey&& key) {
    return FrameOpener(std::move(chain), name, std::move(key));
  });
}

Result<std::size_t> FrameOpener::open_with(Receiving& with, const sframe::Header& header, ByteView metadata,
                                           ByteView sealed, ByteSpan out) {
  const auto counter = std::to_underlying(header.counter);
  if (with.window.seen(counter)) return std::unexpected(Error::refused);
  const auto size = with.key.open(header, sealed, metadata, out);
  if (size) with.window.mark(counter);
  return size;
}

Result<FrameOpener::Candidate> FrameOpener::derive(const KeyName& name) const {
  auto chain = make_locked<FrameChain>(chain_->clone());
  for (auto generation = name_.generation; generation < name.generation; ++generation) {
    auto next = next_chain(*chain);
    if (!next) return std::unexpected(next.error());
    *chain = std::move(*next);
  }
  return FrameKey::derive(*chain, name).transform([&](FrameKey&& key) {
    return Candidate{name.generation, std::move(chain), std::move(key)};
  });
}

Result<FrameOpener::Candidate*> FrameOpener::candidate(const KeyName& name, Time now) {
  const bool far = name.generation != name_.generation + 1;
  auto& kept = far ? far_ : next_;
  if (kept && kept->generation == name.generation) return &*kept;
  if (far) {
    if (far_derived_ && now - *far_derived_ < limits::far_derivation) return std::unexpected(Error::refused);
    far_derived_ = now;
  }
  return derive(name).transform([&](Candidate&& derived) { return &kept.emplace(std::move(derived)); });
}

void FrameOpener::switch_to(Candidate&& candidate, Time now) {
  // Only a neighbour's late frames are waited for.
  previous_.reset();
  if (candidate.generation == name_.generation + 1) previous_ = std::move(current_);
  chain_ = std::move(candidate.chain);
  name_.generation = candidate.generation;
  current_ = {std::move(candidate.key), {}};
  switched_ = now;
  next_.reset();
  far_.reset();
}

Result<std::size_t> FrameOpener::open_ahead(const KeyName& name, const sframe::Header& header, ByteView metadata,
                                            ByteView sealed, ByteSpan out, Time now) {
  const auto ahead = candidate(name, now);
  if (!ahead) return std::unexpected(ahead.error());
  const auto size = (*ahead)->key.open(header, sealed, metadata, out);
  if (!size) return size;
  switch_to(std::move(**ahead), now);
  current_.window.mark(std::to_underlying(header.counter));
  return size;
}

Result<std::size_t> FrameOpener::open(ByteView metadata, ByteView sealed, ByteSpan out, Time now) {
  const auto header = sframe::decode_header(sealed);
  if (!header || sealed.size() < frame_overhead) return std::unexpected(Error::refused);
  const auto counter = std::to_underlying(header->counter);
  if (counter < limits::first_counter || counter > limits::last_counter) return std::unexpected(Error::refused);
  const auto name = key_name(header->key_id);
  if (!name || name->sender != name_.sender || name->stream != name_.stream) return std::unexpected(Error::refused);
  if (name->generation == name_.generation) return open_with(current_, *header, metadata, sealed, out);
  if (name->generation > name_.generation) {
    if (name->generation - name_.generation > limits::generation_jump) return std::unexpected(Error::refused);
    return open_ahead(*name, *header, metadata, sealed, out, now);
  }
  forget_late(now);
  if (!previous_ || name->generation + 1 != name_.generation) return std::unexpected(Error::refused);
  return open_with(*previous_, *header, metadata, sealed, out);
}

void FrameOpener::forget_late(Time now) {
  if (previous_ && now - switched_ >= limits::late_frames) previous_.reset();
}

}  // namespace pqc::media
