#include "client/calls/media_thread.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client/calls/call_rate.h"
#include "client/calls/echo_line.h"
#include "client/limits.h"
#include "crypto/random.h"

namespace pqc::client {
namespace {

using media::StreamId;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Wakes a thread that polls.
class Wakeup {
 public:
  Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Wakeup() { ::close(fd_); }
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void wake() { (void)::eventfd_write(fd_, 1); }
  void clear() {
    eventfd_t count = 0;
    (void)::eventfd_read(fd_, &count);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

// Frames on their way from the voice engine's thread. What is too much loses the oldest: sound that is late is of no
// use.
class FrameQueue {
 public:
  struct Frame {
    std::uint32_t timestamp = 0;
    std::size_t size = 0;
    std::array<std::uint8_t, limits::call_frame_bytes> bytes{};
    [[nodiscard]] ByteView payload() const { return ByteView(bytes).first(size); }
  };

  void push(const media::voice::EncodedFrame& frame) {
    if (frame.payload.size() > limits::call_frame_bytes) return;
    const std::lock_guard lock(mutex_);
    if (count_ == frames_.size()) drop();
    auto& place = frames_[(first_ + count_) % frames_.size()];
    place.timestamp = frame.timestamp;
    place.size = frame.payload.size();
    std::ranges::copy(frame.payload, place.bytes.begin());
    ++count_;
  }
  bool pop(Frame& out) {
    const std::lock_guard lock(mutex_);
    if (count_ == 0) return false;
    out = frames_[first_];
    drop();
    return true;
  }

 private:
  void drop() {
    first_ = (first_ + 1) % frames_.size();
    --count_;
  }

  std::mutex mutex_;
  std::array<Frame, 16> frames_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

constexpr std::uint64_t samples_a_millisecond = media::voice::limits::sample_rate / 1000;

CallQuality::Sending sending(const media::voice::RateChoice& choice) {
  return {.bit_rate = choice.bitrate,
          .frame = milliseconds(10 * media::voice::blocks_of(choice.duration)),
          .copies = choice.redundancy};
}

}  // namespace

class MediaThread::Worker final : media::DatagramPath, media::MediaObserver {
 public:
  Worker(MediaThreadSettings settings, MediaThreadEvents events)
      : settings_(std::move(settings)),
        way_(std::move(settings_.way)),
        events_(std::move(events)),
        recording_(std::move(settings_.recorder)) {}
  ~Worker() override {
    stop_ = true;
    wakeup_.wake();
    if (thread_.joinable()) thread_.join();
    if (voice_) voice_->stop();
  }

  std::expected<void, std::string> start() {
    if (settings_.echo) {
      echo_.emplace();
    } else if (auto opened = open_voice(); !opened) {
      return opened;
    }
    quality_.words = settings_.words;
    thread_ = std::thread([this] { run(); });
    return {};
  }

  std::expected<void, std::string> open_voice() {
    auto voice = media::voice::VoiceEngine::create(
        settings_.voice, [this](const media::voice::EncodedFrame& frame) { frames_.push(frame); }, [this] { turn(); });
    if (!voice) return std::unexpected(std::string(media::voice::to_string(voice.error())));
    voice_ = std::move(*voice);
    return {};
  }

  void replace(MediaWay way) {
    {
      const std::lock_guard lock(mutex_);
      std::swap(given_, way);
    }
    wakeup_.wake();
  }
  void end_replaced() {
    std::vector<std::unique_ptr<net::ice::Agent>> ended;  // outlives the lock
    const std::lock_guard lock(mutex_);
    std::swap(ended, retired_);
  }
  void set_muted(bool muted) {
    if (voice_) voice_->set_muted(muted);
  }
  CallQuality quality() const {
    const std::lock_guard lock(mutex_);
    return quality_;
  }

 private:
  // On the voice engine's thread, which other work of the session does not hold up: sends what was said, and takes what
  // came, just before it is played.
  void turn() {
    const std::unique_lock lock(session_mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return wakeup_.wake();
    if (!connected_) return;
    const auto now = turned_ = steady_clock::now();
    send_frames(now);
    hear_levels();
    if (!in_turns(now) || now - worked_ < limits::call_turns_apart) return;
    // Whoever waits for the path gives it up.
    if (waits_for_path_) return wakeup_.wake();
    if (way_.agent->take()) wakeup_.wake();
    worked_ = steady_clock::now();
    if (worked_ >= session_at_) session_at_ = session_->poll(worked_);
    // More comes than sound may wait for.
    const bool flooded = worked_ - now > limits::call_turn;
    if (flooded) apart_until_ = worked_ + limits::call_apart;
    if (flooded || session_->state() != media::SessionState::connected) wakeup_.wake();
  }
  // Whether the voice engine does so now: not while it rests or too much comes, and not where nobody but who waits for
  // the path knows when it came.
  [[nodiscard]] bool in_turns(steady_clock::time_point now) const {
    return now - turned_ < limits::call_turns && now >= apart_until_ && way_.agent->tells_age();
  }
  // Under the session's mutex.
  void send_frames(steady_clock::time_point now) {
    while (frames_.pop(frame_)) {
      if (!connected_) continue;
      recording_.sending(frame_.timestamp, ByteSpan(frame_.bytes).first(frame_.size), now);
      if (session_->send_frame(StreamId::audio, frame_.timestamp, frame_.payload(), now) && rate_) rate_->sent(now);
    }
  }

  // media::DatagramPath
  void send(ByteView datagram) override { way_.agent->send(datagram); }

  // media::MediaObserver
  void on_frame(const media::ReceivedFrame& frame) override {
    if (frame.stream != StreamId::audio) return;
    if (echo_) return echo_->received(frame.timestamp, frame.payload, frame.arrival);
    if (recording_.received(frame.timestamp, frame.payload, frame.arrival)) {
      measure_at_ = frame.arrival;
      wakeup_.wake();
    }
    voice_->received(frame.timestamp, frame.payload,
                     std::chrono::duration_cast<microseconds>(frame.arrival.time_since_epoch()) + clock_shift_);
  }
  void on_feedback(std::span<const media::PacketReport> reports) override {
    if (!rate_) return;
    if (const auto choice = rate_->feedback(reports, steady_clock::now())) voice_->set_rate(*choice);
  }
  void run() {
    clock_shift_ = media::voice::VoiceEngine::now() -
                   std::chrono::duration_cast<microseconds>(steady_clock::now().time_since_epoch());
    auto next = steady_clock::now();
    while (!stop_ && !over_) {
      wait_until(next);
      const std::lock_guard lock(session_mutex_);
      if (session_) work();
      next = step(steady_clock::now());
    }
    const std::lock_guard lock(session_mutex_);
    connected_ = false;  // what is said from now on is neither sent nor recorded
    if (!session_) return;
    session_->close(steady_clock::now());
    way_.agent->release();
  }

  // From when there is a session on, the agent of its way works for who has the session's mutex. This thread waits for
  // it only while the voice engine takes no turns.
  void wait_until(steady_clock::time_point next) {
    const bool adopted = session_ != nullptr;
    auto* const other = adopted ? next_.agent.get() : way_.agent.get();
    // poll() passes over what is below zero.
    const std::array<pollfd, own_descriptors> ours{
        {{wakeup_.fd(), POLLIN, 0}, {other != nullptr ? other->ready_fd() : -1, POLLIN, 0}}};
    polled_.assign(ours.begin(), ours.end());
    auto most = std::chrono::duration_cast<milliseconds>(limits::call_quality_interval);
    if (adopted) most = std::min(most, prepare());
    const auto left = std::chrono::ceil<milliseconds>(next - steady_clock::now());
    (void)::poll(polled_.data(), polled_.size(), static_cast<int>(std::clamp(left, milliseconds(0), most).count()));
    if (polled_[0].revents != 0) wakeup_.clear();
    if (polled_[1].revents != 0) other->clear();
  }
  milliseconds prepare() {
    const std::lock_guard lock(session_mutex_);
    const auto now = steady_clock::now();
    waits_for_path_ = !in_turns(now);
    if (waits_for_path_) return way_.agent->prepare(polled_);
    return std::chrono::ceil<milliseconds>(turned_ + limits::call_turns - now);
  }
  // Takes what the agent has got. Under the session's mutex.
  void work() {
    if (std::exchange(waits_for_path_, false)) return way_.agent->work(std::span(polled_).subspan(own_descriptors));
    way_.agent->turn();
  }

  // Under the session's mutex.
  steady_clock::time_point step(steady_clock::time_point now) {
    if (!session_) return seek(now);
    try_next(now);
    send_frames(now);
    send_echo(now);
    hear_levels();
    session_at_ = session_->poll(now);
    watch();
    if (now >= measure_at_) measure(now);
    const auto next = in_turns(now) ? measure_at_ : std::min(session_at_, measure_at_);
    const auto echo = echo_ ? echo_->next() : std::nullopt;
    return std::min(next, echo.value_or(next));
  }

  void send_echo(steady_clock::time_point now) {
    if (!echo_ || !connected_) return;
    while (const auto* frame = echo_->take(now))
      (void)session_->send_frame(StreamId::audio, frame->timestamp, frame->payload(), now);
  }

  void hear_levels() {
    if (!voice_ || !connected_) return;
    const auto [in, out] = voice_->levels();
    level_in_ = std::max(level_in_, in);
    level_out_ = std::max(level_out_, out);
  }

  // Of the way that is taken from now on. Datagrams come within work().
  void adopt(steady_clock::time_point now) {
    way_.agent->adopt([this](ByteView datagram, std::chrono::nanoseconds age) {
      session_->handle_datagram(datagram, steady_clock::now() - age);
    });
    while (auto datagram = way_.agent->receive()) session_->handle_datagram(*datagram, now);
  }

  // Until there is a path. Checks begin anew now and then: the other side may have begun later than we.
  steady_clock::time_point seek(steady_clock::time_point now) {
    if (way_.agent->state() == net::ice::State::connected) {
      begin(now);
      return now;
    }
    check(way_, now);
    return check_at_;
  }

  void check(MediaWay& way, steady_clock::time_point now) {
    if (now < check_at_) return;
    way.agent->start_checks(way.peer_credentials, way.peer_candidates);
    check_at_ = now + limits::call_checks_again;
  }

  // A restart (docs/spec/calls.md §9). The other side may be there before us, so what comes is taken at once.
  void try_next(steady_clock::time_point now) {
    if (take_given()) check_at_ = now;
    if (!next_.agent) return;
    while (auto datagram = next_.agent->receive()) session_->handle_datagram(*datagram, now);
    if (next_.agent->state() != net::ice::State::connected) return check(next_, now);
    way_.agent->release();
    std::swap(way_, next_);
    adopt(now);
    {
      const std::lock_guard lock(mutex_);
      retire(std::move(next_.agent));
    }
    session_->rekey(now);
    // The new path may carry more or less.
    rate_.reset();
    measure(now);
    events_.replaced();
    events_.retired();
  }

  bool take_given() {
    if (!connected_) return false;
    bool superseded = false;
    {
      const std::lock_guard lock(mutex_);
      if (!given_.agent) return false;
      std::swap(next_, given_);
      superseded = given_.agent != nullptr;
      retire(std::move(given_.agent));
    }
    if (superseded) events_.retired();
    return true;
  }
  // Under the mutex.
  void retire(std::unique_ptr<net::ice::Agent> agent) {
    if (agent) retired_.push_back(std::move(agent));
  }

  // By what came and was the other side's.
  void listen(const media::SessionStatistics& all, steady_clock::time_point now) {
    const auto authentic = all.packets_received - all.refused;
    if (std::exchange(authentic_, authentic) != authentic) {
      heard_ = now;
      if (std::exchange(silent_, false)) events_.back();
    } else if (now - heard_ > limits::call_silence && now >= tell_silence_at_) {
      silent_ = true;
      tell_silence_at_ = now + limits::call_restart_least;
      events_.silent();
    }
  }

  void begin(steady_clock::time_point now) {
    auto session =
        media::MediaSession::start(std::move(settings_.session), *this, *this, crypto::SystemRng::instance(), now);
    if (!session) return end(false, media::to_string(session.error()));
    session_ = std::move(*session);
    adopt(now);
  }

  void watch() {
    const auto state = session_->state();
    if (state == media::SessionState::connected && !std::exchange(connected_, true)) {
      if (voice_) voice_->start();
      heard_ = steady_clock::now();
      measure(heard_);
      events_.connected();
    }
    if (state == media::SessionState::closed) end(true, "the other side ended it");
    if (state == media::SessionState::failed)
      end(false, session_->error() ? media::to_string(*session_->error()) : "failed");
  }

  void end(bool orderly, std::string_view why) {
    if (std::exchange(over_, true)) return;
    events_.ended(orderly, std::string(why));
  }

  void measure(steady_clock::time_point now) {
    measure_at_ = now + limits::call_quality_interval;
    const auto all = session_->statistics();
    const auto voice = session_->statistics(StreamId::audio);
    listen(all, now);
    const auto path = way_.agent->path();
    if (voice_ && !rate_ && path) {
      const bool ipv6 = path->second.ip.contains(':');
      rate_.emplace(settings_.voice, settings_.wanted, *session_, ipv6, now);
      voice_->set_rate(rate_->choice());
    }
    if (const auto choice = rate_ && connected_ ? rate_->poll(now) : std::nullopt) voice_->set_rate(*choice);
    const auto heard = voice_ ? voice_->statistics() : media::voice::Statistics();
    const auto relay = relay_name();
    std::unique_lock lock(mutex_);
    quality_.relay = relay;
    if (rate_) quality_.sending = sending(rate_->choice());
    quality_.buffered = heard.delay;
    quality_.played = milliseconds(heard.played_samples / samples_a_millisecond);
    quality_.source_stalled = heard.source_stalled;
    quality_.sink_stalled = heard.sink_stalled;
    quality_.made_up = milliseconds(heard.concealed_samples / samples_a_millisecond);
    quality_.round_trip = all.round_trip;
    quality_.jitter = voice.jitter;
    quality_.loss = voice.loss;
    quality_.peer_loss = voice.peer_loss;
    quality_.packets_received = voice.frames_received;
    quality_.packets_lost = voice.packets_lost;
    quality_.level_in = std::exchange(level_in_, 0.0F);
    quality_.level_out = std::exchange(level_out_, 0.0F);
    quality_.loudest_in = std::max(quality_.loudest_in, quality_.level_in);
    quality_.loudest_out = std::max(quality_.loudest_out, quality_.level_out);
    quality_.relayed = path && (path->first.type == net::ice::CandidateType::relayed ||
                                path->second.type == net::ice::CandidateType::relayed);
    const bool told = recording_.tell(quality_);
    lock.unlock();
    if (told) events_.recording_changed();
  }

  [[nodiscard]] std::string relay_name() const {
    const auto over = way_.agent->relay_over();
    if (!over) return {};
    return *over == net::ice::TurnTransport::udp ? "udp" : *over == net::ice::TurnTransport::tcp ? "tcp" : "tls";
  }

  static constexpr std::size_t own_descriptors = 2;

  MediaThreadSettings settings_;
  // Of what both the voice engine's thread and ours use: session, way, recording, rate, frame, levels, whether it is
  // connected, and who waits for the path.
  std::mutex session_mutex_;
  MediaWay way_;
  MediaWay next_;  // tried beside it
  MediaThreadEvents events_;
  CallRecording recording_;
  Wakeup wakeup_;
  std::vector<pollfd> polled_;
  FrameQueue frames_;
  FrameQueue::Frame frame_;
  std::unique_ptr<media::voice::VoiceEngine> voice_;
  std::optional<EchoLine> echo_;  // in place of that
  float level_in_ = 0;            // the loudest since they were told
  float level_out_ = 0;
  std::unique_ptr<media::MediaSession> session_;
  std::optional<CallRate> rate_;         // once there is a path
  steady_clock::time_point session_at_;  // when it has something to do
  steady_clock::time_point turned_;      // when the voice engine last took its turn
  steady_clock::time_point worked_;      // and what came, in it
  steady_clock::time_point apart_until_;
  bool waits_for_path_ = false;  // this thread, by what it prepared
  microseconds clock_shift_{0};  // the voice engine's clock minus ours
  steady_clock::time_point check_at_;
  steady_clock::time_point measure_at_;
  steady_clock::time_point heard_;
  steady_clock::time_point tell_silence_at_;
  std::uint64_t authentic_ = 0;
  bool silent_ = false;
  bool connected_ = false;
  bool over_ = false;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  // Under the mutex:
  CallQuality quality_;
  MediaWay given_;                                         // by replace(), for the thread
  std::vector<std::unique_ptr<net::ice::Agent>> retired_;  // by the thread, for its owner to end
  std::thread thread_;
};

MediaThread::MediaThread(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
MediaThread::~MediaThread() = default;

std::expected<std::unique_ptr<MediaThread>, std::string> MediaThread::start(MediaThreadSettings settings,
                                                                            MediaThreadEvents events) {
  auto worker = std::make_unique<Worker>(std::move(settings), std::move(events));
  if (auto started = worker->start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<MediaThread>(new MediaThread(std::move(worker)));
}

void MediaThread::replace(MediaWay way) {
  worker_->replace(std::move(way));
}

void MediaThread::end_replaced() {
  worker_->end_replaced();
}

void MediaThread::set_muted(bool muted) {
  worker_->set_muted(muted);
}

CallQuality MediaThread::quality() const {
  return worker_->quality();
}

}  // namespace pqc::client
