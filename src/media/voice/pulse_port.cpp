#include "media/voice/pulse_port.h"

#include <algorithm>
#include <array>
#include <utility>

#include "media/voice/beat.h"
#include "media/voice/limits.h"

namespace pqc::media::voice {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t sample_bytes = sizeof(std::int16_t);
constexpr pa_sample_spec format{.format = PA_SAMPLE_S16NE, .rate = limits::sample_rate, .channels = 1};
constexpr auto unset = static_cast<std::uint32_t>(-1);
// Without an underrun for so long, less is kept in the sink.
constexpr Micros calm = 10s;
// A server that has just been told what is wanted of it takes so long to do so.
constexpr Micros settling = 2s;
// When to look again at a microphone that woke nobody, and at a loudspeaker that wanted nothing when it should.
constexpr Micros look_again = 20ms;
// How long before the server has played all that it got more is written, where nothing woke the engine until then.
constexpr Micros reserve = 2500us;
// How often to ask whether a stream is still there.
constexpr Micros look_at_state = 20ms;

constexpr std::uint32_t bytes_of(std::size_t samples) {
  return static_cast<std::uint32_t>(samples * sample_bytes);
}

// A stream that was opened; corked at first.
class OpenStream {
 public:
  OpenStream(std::shared_ptr<PulseLink> link, const char* name)
      : link_(std::move(link)), stream_(library().stream_new(link_->context(), name, &format, nullptr)) {}
  ~OpenStream() {
    if (stream_ == nullptr) return;
    library().stream_set_read_callback(stream_, nullptr, nullptr);
    library().stream_set_write_callback(stream_, nullptr, nullptr);
    library().stream_set_underflow_callback(stream_, nullptr, nullptr);
    library().stream_disconnect(stream_);
    library().stream_unref(stream_);
  }
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;

  [[nodiscard]] PulseLink& link() const { return *link_; }
  [[nodiscard]] const PulseLibrary& library() const { return link_->library(); }
  [[nodiscard]] pa_stream* get() const { return stream_; }

  // After one of stream_connect_*, with what it gave.
  [[nodiscard]] Result<void> connected(int result) const {
    const auto state = [this] { return library().stream_get_state(stream_); };
    if (result < 0 || !link_->work_until([&] { return state() != PA_STREAM_CREATING || !link_->alive(); }) ||
        state() != PA_STREAM_READY) {
      return std::unexpected(Error::no_device);
    }
    return {};
  }
  // Whether the server did so.
  bool run(bool on) const { return link_->finish(library().stream_cork(stream_, on ? 0 : 1, nullptr, nullptr)); }

  void mark() { last_ = VoiceEngine::now(); }
  // Asked several times a block, and each question to the library is a system call.
  [[nodiscard]] bool stalled(Micros now) const {
    if (now - looked_ >= look_at_state) {
      looked_ = now;
      gone_ = !link_->alive() || library().stream_get_state(stream_) != PA_STREAM_READY;
    }
    return gone_ || now - last_ > limits::stalled_after;
  }

 private:
  std::shared_ptr<PulseLink> link_;
  pa_stream* stream_;
  Micros last_{0};  // when the server last gave or asked for sound
  mutable Micros looked_{0};
  mutable bool gone_ = false;
};

class PulseSource final : public SoundSource, PulseStream {
 public:
  explicit PulseSource(std::shared_ptr<PulseLink> link) : stream_(std::move(link), "call") {
    stream_.link().add(*this);
  }
  ~PulseSource() override { stream_.link().remove(*this); }
  PulseSource(const PulseSource&) = delete;
  PulseSource& operator=(const PulseSource&) = delete;

  Result<void> open(const std::string& device) {
    if (stream_.get() == nullptr) return std::unexpected(Error::no_device);
    stream_.library().stream_set_read_callback(stream_.get(), on_sound, this);
    const pa_buffer_attr buffer{.maxlength = bytes_of(limits::ring_samples),
                                .tlength = unset,
                                .prebuf = unset,
                                .minreq = unset,
                                .fragsize = bytes_of(limits::capture_period)};
    constexpr auto flags = static_cast<pa_stream_flags_t>(PA_STREAM_START_CORKED | PA_STREAM_ADJUST_LATENCY);
    return stream_.connected(stream_.library().stream_connect_record(
        stream_.get(), device.empty() ? nullptr : device.c_str(), &buffer, flags));
  }

  void begin(Micros /*now*/) override {
    stream_.mark();
    failed_ = !stream_.run(true);
  }
  void end() override {
    stream_.run(false);
    while (next_fragment()) drop_fragment();
    count_ = readable_ = 0;
  }
  bool read(std::span<std::int16_t> out, Micros now) override {
    stream_.link().pump(now);
    while (count_ < block_.size() && readable_ > 0 && take_some()) {
    }
    if (count_ < block_.size()) return false;
    std::ranges::copy(block_, out.begin());
    count_ = 0;
    return true;
  }
  Micros next(Micros now) const override { return now + look_again; }
  bool wait(Micros until) override {
    stream_.link().wait(until);
    return true;
  }
  bool stalled(Micros now) const override { return failed_ || stream_.stalled(now); }
  // Of what the server says that it lost; what it drops where nobody reads for long is not told.
  std::uint64_t overruns() const override { return lost_ / limits::block_samples; }

 private:
  // With all that is there.
  static void on_sound(pa_stream* /*stream*/, std::size_t bytes, void* of) {
    auto* const self = static_cast<PulseSource*>(of);
    self->stream_.mark();
    self->readable_ = bytes / sample_bytes;
  }
  // PulseStream
  bool ready() const override { return count_ + readable_ >= block_.size() + used_; }

  // What the server sent at a time; null with a size is what it lost.
  bool next_fragment() { return stream_.library().stream_peek(stream_.get(), &fragment_, &bytes_) == 0 && bytes_ > 0; }
  void drop_fragment() {
    stream_.library().stream_drop(stream_.get());
    readable_ -= std::min(readable_, bytes_ / sample_bytes);
    used_ = 0;
  }

  bool take_some() {
    if (!next_fragment()) {
      readable_ = 0;  // the stream has ended
      return false;
    }
    const auto left = bytes_ / sample_bytes - used_;
    const auto count = std::min(left, block_.size() - count_);
    const auto place = std::span(block_).subspan(count_, count);
    if (fragment_ == nullptr) {
      std::ranges::fill(place, std::int16_t{0});
      lost_ += count;
    } else {
      std::ranges::copy_n(static_cast<const std::int16_t*>(fragment_) + used_, std::ssize(place), place.begin());
    }
    count_ += count;
    used_ += count;
    if (count == left) drop_fragment();
    return true;
  }

  OpenStream stream_;
  bool failed_ = false;
  const void* fragment_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t readable_ = 0;  // samples in the library, with the fragment
  std::size_t used_ = 0;      // of the fragment
  std::array<std::int16_t, limits::block_samples> block_{};
  std::size_t count_ = 0;
  std::uint64_t lost_ = 0;
};

class PulseSink final : public SoundSink, PulseStream {
 public:
  explicit PulseSink(std::shared_ptr<PulseLink> link) : stream_(std::move(link), "call") { stream_.link().add(*this); }
  ~PulseSink() override { stream_.link().remove(*this); }
  PulseSink(const PulseSink&) = delete;
  PulseSink& operator=(const PulseSink&) = delete;

  Result<void> open(const std::string& device) {
    if (stream_.get() == nullptr) return std::unexpected(Error::no_device);
    stream_.library().stream_set_write_callback(stream_.get(), on_demand, this);
    stream_.library().stream_set_underflow_callback(stream_.get(), on_underrun, this);
    const auto buffer = buffer_for(latency_);
    constexpr auto flags = static_cast<pa_stream_flags_t>(PA_STREAM_START_CORKED | PA_STREAM_EARLY_REQUESTS);
    return stream_.connected(stream_.library().stream_connect_playback(
        stream_.get(), device.empty() ? nullptr : device.c_str(), &buffer, flags, nullptr, nullptr));
  }

  void begin(Micros now) override {
    calm_since_ = began_ = now;
    stream_.mark();
    runs_ = true;
    failed_ = false;
    // Something has to be there when it starts.
    constexpr std::array<std::int16_t, limits::play_samples> silence{};
    while (ready()) write(silence);
    flush();
    failed_ |= !stream_.run(true);
  }
  void end() override {
    runs_ = false;
    count_ = 0;
    stream_.run(false);
    stream_.link().finish(stream_.library().stream_flush(stream_.get(), nullptr, nullptr));
  }
  bool wants(Micros now) override {
    stream_.link().pump(now);
    adapt(now);
    return ready();
  }
  void write(std::span<const std::int16_t> samples) override {
    if (!runs_) return;
    if (samples.size() > waiting_.size() - count_) flush();
    std::ranges::copy(samples, std::span(waiting_).subspan(count_).begin());
    count_ += samples.size();
    wanted_ -= std::min(wanted_, samples.size());
  }
  // Each piece of its own would cost the server and us a message each way.
  void flush() override {
    if (count_ == 0) return;
    failed_ |= stream_.library().stream_write(stream_.get(), waiting_.data(), bytes_of(std::exchange(count_, 0)),
                                              nullptr, 0, PA_SEEK_RELATIVE) < 0;
    stream_.link().flush();
    written_ = VoiceEngine::now();
  }
  // Who plays to the beat of a microphone comes before this. A server may hold more than it was asked to.
  Micros next(Micros now) const override {
    if (now - asked_ >= look_at_state) {
      asked_ = now;
      const auto* const granted = stream_.library().stream_get_buffer_attr(stream_.get());
      held_ = granted != nullptr ? granted->tlength / sample_bytes : latency_;
    }
    const auto due = written_ + time_of(held_) - reserve;
    return due > now ? due : now + look_again;
  }
  bool wait(Micros until) override {
    stream_.link().wait(until);
    return true;
  }
  bool stalled(Micros now) const override { return failed_ || stream_.stalled(now); }
  std::uint64_t underruns() const override { return underruns_; }

 private:
  // With all that it wants.
  static void on_demand(pa_stream* /*stream*/, std::size_t bytes, void* of) {
    auto* const self = static_cast<PulseSink*>(of);
    self->stream_.mark();
    self->wanted_ = bytes / sample_bytes - std::min(bytes / sample_bytes, self->count_);
  }
  static void on_underrun(pa_stream* /*stream*/, void* self) { ++static_cast<PulseSink*>(self)->underruns_; }

  // Sound that comes too late is left out: the stream's time goes on, and its latency stays.
  static pa_buffer_attr buffer_for(std::size_t latency) {
    return {.maxlength = bytes_of(limits::ring_samples),
            .tlength = bytes_of(latency),
            .prebuf = 0,
            .minreq = bytes_of(limits::play_samples),
            .fragsize = unset};
  }

  // PulseStream
  bool ready() const override { return runs_ && !failed_ && wanted_ >= limits::play_samples; }

  // More in the server's buffer where there was too little, less after a time without trouble.
  void adapt(Micros now) {
    const auto before = latency_;
    if (now - began_ < settling) underruns_seen_ = underruns_;
    if (std::exchange(underruns_seen_, underruns_) != underruns_) {
      latency_ = std::min(latency_ + limits::sink_latency_step, limits::most_sink_latency);
    } else if (now - calm_since_ < calm) {
      return;
    } else {
      latency_ = std::max(latency_ - limits::sink_latency_step, limits::least_sink_latency);
    }
    calm_since_ = now;
    if (latency_ == before) return;
    const auto buffer = buffer_for(latency_);
    auto* const operation = stream_.library().stream_set_buffer_attr(stream_.get(), &buffer, nullptr, nullptr);
    if (operation != nullptr) stream_.library().operation_unref(operation);
  }

  OpenStream stream_;
  bool runs_ = false;
  bool failed_ = false;
  std::uint64_t underruns_ = 0;
  std::uint64_t underruns_seen_ = 0;
  std::size_t wanted_ = 0;                                    // samples
  std::array<std::int16_t, limits::ring_samples> waiting_{};  // for flush()
  std::size_t count_ = 0;
  std::size_t latency_ = limits::least_sink_latency;
  mutable std::size_t held_ = limits::least_sink_latency;  // by the server, as it says
  mutable Micros asked_{0};
  Micros written_{0};
  Micros began_{0};
  Micros calm_since_{0};
};

template <class Port, class Interface>
Result<std::unique_ptr<Interface>> opened(std::shared_ptr<PulseLink> link, const std::string& device) {
  auto port = std::make_unique<Port>(std::move(link));
  if (const auto done = port->open(device); !done) return std::unexpected(done.error());
  return port;
}

}  // namespace

Result<std::unique_ptr<SoundSource>> open_pulse_source(std::shared_ptr<PulseLink> link, const std::string& device) {
  return opened<PulseSource, SoundSource>(std::move(link), device);
}

Result<std::unique_ptr<SoundSink>> open_pulse_sink(std::shared_ptr<PulseLink> link, const std::string& device) {
  return opened<PulseSink, SoundSink>(std::move(link), device);
}

}  // namespace pqc::media::voice
