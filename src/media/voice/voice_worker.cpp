#include "media/voice/voice_worker.h"

#include <algorithm>
#include <cmath>
#include <thread>

namespace pqc::media::voice {

namespace {

float level_of(std::span<const std::int16_t> samples) {
  float sum = 0;
  for (const auto sample : samples) sum += static_cast<float>(sample) * static_cast<float>(sample);
  return std::sqrt(sum / static_cast<float>(samples.size())) / 32768.0F;
}

}  // namespace

VoiceWorker::VoiceWorker(Parts parts, const Settings& settings, OnFrame on_frame, OnTurn on_turn)
    : parts_(std::move(parts)),
      on_frame_(std::move(on_frame)),
      on_turn_(std::move(on_turn)),
      controls_{.rate = RateChoice{.bitrate = settings.bitrate, .duration = settings.duration, .redundancy = false}} {}

// Over the length of a block, so that nothing clicks.
void VoiceWorker::apply_mute(Block& block) {
  const bool muted = controls_.muted.load(std::memory_order_relaxed);
  if (muted && was_muted_) block.fill(0);
  if (muted != was_muted_) {
    const auto size = static_cast<float>(block.size());
    for (std::size_t i = 0; i < block.size(); ++i) {
      const float up = static_cast<float>(i) / size;
      block[i] = static_cast<std::int16_t>(static_cast<float>(block[i]) * (muted ? 1 - up : up));
    }
  }
  was_muted_ = muted;
}

void VoiceWorker::send(Block& block) {
  if (parts_.processing) parts_.processing->process(block);
  apply_mute(block);
  level_in_.store(level_of(block), std::memory_order_relaxed);
  parts_.encoder.set_rate(controls_.rate.load(std::memory_order_relaxed));
  parts_.encoder.add(block, on_frame_);
}

void VoiceWorker::play(Micros now) {
  std::array<std::int16_t, limits::play_samples> samples{};
  parts_.buffer->play(samples, now);
  level_out_.store(level_of(samples), std::memory_order_relaxed);
  if (parts_.processing) parts_.processing->played(samples);
  parts_.sink->write(samples);
}

void VoiceWorker::publish() {
  const auto& counts = parts_.buffer->counts();
  // Who asks may be in no such hurry; the next turn's are as good.
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  statistics_ = {.played_samples = counts.played_samples,
                 .concealed_samples = counts.concealed_samples,
                 .received_frames = counts.received_frames,
                 .recovered_frames = counts.recovered_frames,
                 .late_frames = counts.late_frames,
                 .repeated_frames = counts.repeated_frames,
                 .malformed_frames = counts.malformed_frames,
                 .inserted_samples = counts.inserted_samples,
                 .removed_samples = counts.removed_samples,
                 .source_overruns = overruns_ + parts_.source->overruns(),
                 .sink_underruns = underruns_ + parts_.sink->underruns(),
                 .delay = parts_.buffer->delay(),
                 .target_delay = parts_.buffer->target(),
                 .source_ended = parts_.source->ended(),
                 .source_stalled = silence_.has_value(),
                 .sink_stalled = sink_stalled_};
}

void VoiceWorker::begin(Micros now) {
  parts_.source->begin(now);
  parts_.sink->begin(now);
  begun_ = true;
}

// Both devices are of one server: one that is lost takes the other along.
void VoiceWorker::revive(Micros now) {
  if (!parts_.revival) return;
  if (auto opened = parts_.revival->take()) {
    if (opened->source) {
      overruns_ += parts_.source->overruns();
      parts_.source = std::move(opened->source);
      parts_.source->begin(now);
    }
    if (opened->sink) {
      underruns_ += parts_.sink->underruns();
      parts_.sink = std::move(opened->sink);
      parts_.sink->begin(now);
    }
  }
  if (parts_.source->stalled(now) || parts_.sink->stalled(now)) parts_.revival->begin(now);
}

// The shape tells nothing of a device that is lost: silence goes on by the clock until there is sound again.
void VoiceWorker::listen(Micros now) {
  Block block{};
  while (parts_.source->read(block, now)) {
    silence_.reset();
    send(block);
  }
  if (!silence_ && parts_.source->stalled(now)) silence_.emplace(time_of(block.size())).begin(now);
  while (silence_ && silence_->due(now)) {
    silence_->done();
    block.fill(0);
    send(block);
  }
}

Micros VoiceWorker::step(Micros now) {
  if (!begun_) begin(now);
  listen(now);
  if (on_turn_) on_turn_();
  received_.take_all(
      [&](const ReceivedQueue::Item& item) { parts_.buffer->insert(item.timestamp, item.payload(), item.arrival); });
  while (parts_.sink->wants(now)) {
    sink_stalled_ = false;
    play(now);
  }
  sink_stalled_ = sink_stalled_ || parts_.sink->stalled(now);
  publish();
  // Last, since it wakes a server that may take this processor.
  parts_.sink->flush();
  revive(now);
  const auto next = std::min(parts_.source->next(now), parts_.sink->next(now));
  return silence_ ? std::min(next, silence_->next()) : next;
}

// A microphone beats the time for what is played, too: a second device that wakes the engine doubles what a call costs.
void VoiceWorker::wait(Micros until) {
  if (parts_.source->wait(until) || parts_.sink->wait(until)) return;
  std::this_thread::sleep_until(std::chrono::steady_clock::time_point(until));
}

void VoiceWorker::end() {
  if (!begun_) return;
  parts_.source->end();
  parts_.sink->end();
  begun_ = false;
}

Levels VoiceWorker::levels() const {
  return {.in = level_in_.load(std::memory_order_relaxed), .out = level_out_.load(std::memory_order_relaxed)};
}

Statistics VoiceWorker::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

}  // namespace pqc::media::voice
