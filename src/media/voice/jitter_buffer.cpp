#include "media/voice/jitter_buffer.h"

#include <algorithm>

#include "media/voice/time_stretch.h"

namespace pqc::media::voice {

namespace {

using namespace std::chrono_literals;

constexpr Micros block_time = 10ms;
// Blocks are counted from here, so that frames before the first one have places too.
constexpr std::int64_t first_block = 1 << 20;
// A frame that comes this much later than the target is still waited for.
constexpr Micros slack_below = 1ms;
// How much longer than it has to sound may wait before time is shortened.
constexpr Micros slack = 3ms;
// Beyond this, likeness is asked for less strictly, and beyond that sound is passed over.
constexpr Micros much = 60ms;
constexpr Micros too_much = 150ms;
// Between two stretches, so that speech becomes no more than about a tenth faster or slower.
constexpr Micros stretch_pause = 40ms;
// How slowly the measured delay follows, in calls, so that the unevenness of play()'s calls is not heard.
constexpr int smoothing = 16;
constexpr Micros jump_of_delay = 50ms;

Micros time_of(std::int64_t samples) {
  return Micros(samples * 125 / 6);
}

std::size_t samples_in(Micros time) {
  return static_cast<std::size_t>(std::max<std::int64_t>(time.count() * 6 / 125, 0));
}

std::int64_t blocks(FrameDuration duration) {
  return static_cast<std::int64_t>(blocks_of(duration));
}

}  // namespace

Result<std::unique_ptr<JitterBuffer>> JitterBuffer::create() {
  return Decoder::create().transform(
      [](Decoder decoder) { return std::unique_ptr<JitterBuffer>(new JitterBuffer(std::move(decoder))); });
}

JitterBuffer::Place JitterBuffer::place(std::uint32_t timestamp) const {
  const auto distance = static_cast<std::int32_t>(timestamp - last_timestamp_);
  constexpr auto block = static_cast<std::int32_t>(limits::block_samples);
  const auto at = last_block_ + distance / block;
  const bool near = at - next_ <= limits::most_blocks_ahead && next_ - at <= limits::most_blocks_behind;
  return {.block = at, .fits = distance % block == 0 && near};
}

// A peer that started again has other timestamps; a single odd frame is only odd.
bool JitterBuffer::starts_anew(std::uint32_t timestamp) {
  const auto distance = static_cast<std::int32_t>(timestamp - strange_.value_or(timestamp));
  const bool follows =
      strange_ && distance > 0 && distance <= 10 * static_cast<std::int32_t>(limits::longest_frame_samples);
  strange_count_ = follows ? strange_count_ + 1 : 1;
  strange_ = timestamp;
  return strange_count_ >= limits::frames_of_a_new_stream;
}

void JitterBuffer::start(std::uint32_t timestamp) {
  if (begun_) ++counts_.restarts;
  slots_.clear();
  estimator_ = DelayEstimator();
  decoder_.reset();
  queue_.clear();
  begun_ = true;
  playing_ = false;
  delay_known_ = false;
  strange_.reset();
  expanded_ = 0;
  next_ = last_block_ = first_block;
  last_timestamp_ = timestamp;
}

void JitterBuffer::learn(std::int64_t block, FrameDuration duration, Micros arrival) {
  estimator_.arrived(block_time * (block + blocks(duration)), block_time * blocks(duration), arrival);
}

void JitterBuffer::put(std::int64_t block, const Payload& payload, Micros arrival) {
  if (slots_.knows(block)) {
    ++counts_.repeated_frames;
    return;
  }
  learn(block, payload.duration, arrival);
  if (!playing_) next_ = std::min(next_, block);
  if (block < next_) {
    slots_.mark(block);
    ++counts_.late_frames;
  } else {
    slots_.put(block, payload.duration, payload.opus, false);
  }
}

// The copy of the frame before counts as that frame's arrival, unless it came itself: so the target makes room for
// copies as soon as they are needed.
void JitterBuffer::put_copy(std::int64_t block, const Payload& payload, Micros arrival) {
  if (payload.previous.empty() || block < next_ || slots_.knows(block)) return;
  learn(block, payload.duration, arrival);
  slots_.put(block, payload.duration, payload.previous, true);
}

void JitterBuffer::insert(std::uint32_t timestamp, ByteView bytes, Micros arrival) {
  const auto payload = parse_payload(bytes);
  if (!payload) {
    ++counts_.malformed_frames;
    return;
  }
  if (!begun_) start(timestamp);
  auto at = place(timestamp);
  if (!at.fits) {
    if (!starts_anew(timestamp)) {
      ++counts_.late_frames;
      return;
    }
    start(timestamp);
    at = place(timestamp);
  }
  ++counts_.received_frames;
  strange_.reset();
  duration_ = payload->duration;
  put(at.block, *payload, arrival);
  put_copy(at.block - blocks(payload->duration), *payload, arrival);
  if (at.block > last_block_) {
    last_block_ = at.block;
    last_timestamp_ = timestamp;
  }
}

void JitterBuffer::measure_delay(Micros now) {
  const auto played_to = block_time * next_ - time_of(static_cast<std::int64_t>(queue_.size()));
  const auto measured = now - (played_to + block_time * blocks(duration_) + estimator_.base());
  const auto change = measured - delay_;
  const bool jumped = !delay_known_ || change > jump_of_delay || change < -jump_of_delay;
  delay_ = jumped ? measured : delay_ + change / smoothing;
  delay_known_ = true;
}

// A frame is needed when the queue is shorter than what play() gives. What is then still in the queue makes the sound
// wait without helping any frame to be there in time.
Micros JitterBuffer::patience() const {
  return delay_ - time_of(static_cast<std::int64_t>(queue_.size() % step_));
}

// Frames can be given more time only in whole calls of play(): the least delay that gives them the target.
Micros JitterBuffer::least_delay() const {
  const auto call = time_of(static_cast<std::int64_t>(step_));
  const auto lack = target() - slack_below - patience();
  const auto calls = lack > 0us ? (lack + call - 1us) / call : -(-lack / call);
  return patience() + calls * call;
}

void JitterBuffer::decode_frame(const FrameSlots::Frame& frame) {
  const auto out = queue_.append(samples_of(frame.duration));
  if (!decoder_.decode(frame.packet(), out)) {
    ++counts_.malformed_frames;
    decoder_.conceal(out);
  }
  if (frame.recovered) ++counts_.recovered_frames;
  next_ += blocks(frame.duration);
  expanded_ = 0;
}

void JitterBuffer::conceal_block() {
  decoder_.conceal(queue_.append(limits::block_samples));
  counts_.concealed_samples += limits::block_samples;
}

void JitterBuffer::expand() {
  conceal_block();
  ++expanded_;
  shift_delay(block_time);
}

// Goes on at `block`, where a frame is, with what was made up for the sound before fading into it.
void JitterBuffer::pass_over(std::int64_t block) {
  std::array<std::int16_t, limits::block_samples> before{};
  std::array<std::int16_t, limits::longest_frame_samples> next{};
  decoder_.conceal(before);
  const auto* const frame = slots_.find(block);
  const auto samples = std::span(next).first(samples_of(frame->duration));
  if (!decoder_.decode(frame->packet(), samples)) {
    ++counts_.malformed_frames;
    decoder_.conceal(samples);
  }
  if (frame->recovered) ++counts_.recovered_frames;
  const auto left_out = merge(queue_, before, samples);
  counts_.removed_samples += static_cast<std::uint64_t>(block - next_) * limits::block_samples + left_out;
  shift_delay(-block_time * (block - next_) - time_of(static_cast<std::int64_t>(left_out)));
  next_ = block + blocks(frame->duration);
  expanded_ = 0;
}

// Frames before `present` are missing. What was made up while waiting stands for them if it is as long. Otherwise, if
// sound waits too little, they may still come; if it waits long enough, all of them are made up in an even flow; if too
// long, they are passed over.
void JitterBuffer::bridge_gap(std::int64_t present) {
  const auto gap = present - next_;
  if (expanded_ >= gap) {
    shift_delay(-block_time * gap);
    next_ = present;
    return;
  }
  const auto excess = patience() - target() + slack_below;
  if (excess < 0us) return expand();
  if (excess / block_time >= gap) return pass_over(present);
  conceal_block();
  ++next_;
}

void JitterBuffer::decode_next() {
  if (const auto* const frame = slots_.find(next_)) {
    decode_frame(*frame);
  } else if (const auto present = slots_.first_from(next_)) {
    bridge_gap(*present);
  } else {
    expand();
  }
}

// After a stop of the network everything comes at once; sound is passed over rather than played fast for seconds.
void JitterBuffer::pass_over_excess() {
  const auto excess = delay_ - target();
  if (excess < too_much) return;
  const auto present = slots_.first_from(next_ + excess / block_time);
  if (present && queue_.has_room(limits::longest_frame_samples)) pass_over(*present);
}

void JitterBuffer::stretch() {
  since_stretch_ += time_of(static_cast<std::int64_t>(step_));
  if (since_stretch_ <= stretch_pause) return;
  const auto excess = delay_ - least_delay();
  const float threshold = excess > much ? roughly_alike : alike;
  std::size_t changed = 0;
  if (excess > slack && queue_.size() > step_) {
    changed = shorten(queue_, std::min(samples_in(excess), queue_.size() - step_), threshold);
    counts_.removed_samples += changed;
    shift_delay(-time_of(static_cast<std::int64_t>(changed)));
  } else if (excess < 0us) {
    changed = lengthen(queue_, samples_in(2 * slack - excess), threshold);
    counts_.inserted_samples += changed;
    shift_delay(time_of(static_cast<std::int64_t>(changed)));
  }
  if (changed != 0) since_stretch_ = 0us;
}

void JitterBuffer::play(std::span<std::int16_t> out, Micros now) {
  step_ = out.size();
  if (begun_) measure_delay(now);
  playing_ = playing_ || (begun_ && delay_ >= target() - slack_below);
  if (!playing_) {
    std::ranges::fill(out, std::int16_t{0});
    return;
  }
  pass_over_excess();
  while (queue_.size() < out.size()) decode_next();
  // A shortening needs two periods.
  const bool more = delay_ - least_delay() > slack && queue_.size() < 2 * limits::longest_period;
  if (const auto* const frame = slots_.find(next_); more && frame != nullptr) decode_frame(*frame);
  stretch();
  queue_.take(out);
  counts_.played_samples += out.size();
}

}  // namespace pqc::media::voice
