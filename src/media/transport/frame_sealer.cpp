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
  auto chain = next_chain(chain_);
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
  if (counter < limits::first_counter || counter > limits::last_counter || with.window.seen(counter)) {
    return std::unexpected(Error::refused);
  }
  const auto size = with.key.open(header, sealed, metadata, out);
  if (size) with.window.mark(counter);
  return size;
}

Result<std::size_t> FrameOpener::open_ahead(const KeyName& name, const sframe::Header& header, ByteView metadata,
                                            ByteView sealed, ByteSpan out, Time now) {
  auto chain = chain_.clone();
  for (auto generation = name_.generation; generation < name.generation; ++generation) {
    auto next = next_chain(chain);
    if (!next) return std::unexpected(next.error());
    chain = std::move(*next);
  }
  auto key = FrameKey::derive(chain, name);
  if (!key) return std::unexpected(key.error());
  Receiving ahead{std::move(*key), {}};
  const auto size = open_with(ahead, header, metadata, sealed, out);
  if (!size) return size;
  // Only a neighbour's late frames are waited for.
  if (name.generation == name_.generation + 1)
    previous_ = std::move(current_);
  else
    previous_.reset();
  current_ = std::move(ahead);
  chain_ = std::move(chain);
  name_ = name;
  switched_ = now;
  return size;
}

Result<std::size_t> FrameOpener::open(ByteView metadata, ByteView sealed, ByteSpan out, Time now) {
  const auto header = sframe::decode_header(sealed);
  if (!header) return std::unexpected(Error::refused);
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
