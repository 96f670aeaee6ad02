#include "media/voice/voice_engine.h"

#include <algorithm>
#include <cctype>
#include <thread>

#include <pthread.h>
#include <sched.h>

#include "media/voice/pulse_link.h"
#include "media/voice/voice_worker.h"

namespace pqc::media::voice {

class VoiceEngine::Worker {
 public:
  Worker(VoiceWorker::Parts parts, const Settings& settings, OnFrame on_frame, OnTurn on_turn)
      : worker(std::move(parts), settings, std::move(on_frame), std::move(on_turn)) {}

  VoiceWorker worker;
  std::mutex mutex;  // of thread
  std::jthread thread;
};

namespace {

// Sound waits for nobody, nor for the sound server that it wakes, where the system lets us (RLIMIT_RTPRIO). What this
// thread begins is in no such hurry.
void hurry() {
  const sched_param least{.sched_priority = ::sched_get_priority_min(SCHED_RR)};
  static_cast<void>(::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &least));
}

void run(VoiceWorker& worker, const std::stop_token& stop) {
  hurry();
  while (!stop.stop_requested()) {
    worker.wait(worker.step(VoiceEngine::now()));
  }
}

bool is_device(const Endpoint& endpoint) {
  return std::holds_alternative<Device>(endpoint);
}

// A connection to PulseAudio each, where it has the devices. Who does not answer once is not asked twice.
struct Links {
  std::shared_ptr<PulseLink> source;
  std::shared_ptr<PulseLink> sink;
};
Links open_links(const Settings& settings, const std::stop_token& stop = {}) {
  Links out;
  if (is_device(settings.source)) {
    out.source = PulseLink::open(stop);
    if (!out.source) return out;
  }
  if (is_device(settings.sink)) out.sink = PulseLink::open(stop, out.source);
  return out;
}

// Null for what is no device; nothing where it cannot be opened.
template <class Port>
std::optional<std::unique_ptr<Port>> open_device(
    const Endpoint& endpoint, const std::shared_ptr<PulseLink>& link,
    Result<std::unique_ptr<Port>> (*open)(const Endpoint&, const std::shared_ptr<PulseLink>&)) {
  if (!is_device(endpoint)) return nullptr;
  if (!link) return std::nullopt;
  auto port = open(endpoint, link);
  if (!port) return std::nullopt;
  link->forget_stop();
  return std::move(*port);
}

std::optional<DeviceRevival::Ports> open_devices(const Settings& settings, const std::stop_token& stop) {
  const auto links = open_links(settings, stop);
  auto source = open_device(settings.source, links.source, open_source);
  if (!source) return std::nullopt;
  auto sink = open_device(settings.sink, links.sink, open_sink);
  if (!sink) return std::nullopt;
  return DeviceRevival::Ports{.source = std::move(*source), .sink = std::move(*sink)};
}

// Only where PulseAudio has the devices: it comes and goes in the middle of a call.
std::unique_ptr<DeviceRevival> make_revival(const Settings& settings, const Links& links) {
  if (!links.source && !links.sink) return nullptr;
  return std::make_unique<DeviceRevival>(
      [settings](const std::stop_token& stop) { return open_devices(settings, stop); });
}

Result<VoiceWorker::Parts> make_parts(const Settings& settings) {
  const auto links = open_links(settings);
  auto source = open_source(settings.source, links.source);
  if (!source) return std::unexpected(source.error());
  auto sink = open_sink(settings.sink, links.sink);
  if (!sink) return std::unexpected(sink.error());
  std::unique_ptr<SoundProcessing> processing;
  if (settings.processing) {
    auto made = SoundProcessing::create();
    if (!made) return std::unexpected(made.error());
    processing = std::move(*made);
  }
  auto encoder = FrameEncoder::create(settings.bitrate, settings.duration);
  if (!encoder) return std::unexpected(encoder.error());
  auto buffer = JitterBuffer::create();
  if (!buffer) return std::unexpected(buffer.error());
  return VoiceWorker::Parts{.source = std::move(*source),
                            .sink = std::move(*sink),
                            .revival = make_revival(settings, links),
                            .processing = std::move(processing),
                            .encoder = std::move(*encoder),
                            .buffer = std::move(*buffer)};
}

}  // namespace

Endpoint parse_endpoint(const std::string& text) {
  std::string ending = text.substr(text.size() - std::min<std::size_t>(text.size(), 4));
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == ".wav") return WavFile{text};
  return Device{text};
}

VoiceEngine::VoiceEngine(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}

VoiceEngine::~VoiceEngine() {
  stop();
}

Result<std::unique_ptr<VoiceEngine>> VoiceEngine::create(const Settings& settings, OnFrame on_frame, OnTurn on_turn) {
  return make_parts(settings).transform([&](VoiceWorker::Parts parts) {
    auto worker = std::make_unique<Worker>(std::move(parts), settings, std::move(on_frame), std::move(on_turn));
    return std::unique_ptr<VoiceEngine>(new VoiceEngine(std::move(worker)));
  });
}

void VoiceEngine::start() {
  const std::lock_guard lock(worker_->mutex);
  if (worker_->thread.joinable()) return;
  worker_->thread = std::jthread([worker = &worker_->worker](const std::stop_token& stop) { run(*worker, stop); });
  pthread_setname_np(worker_->thread.native_handle(), "voice");
}

void VoiceEngine::stop() {
  const std::lock_guard lock(worker_->mutex);
  if (!worker_->thread.joinable()) return;
  worker_->thread = {};
  worker_->worker.end();
}

Micros VoiceEngine::step(Micros now) {
  return worker_->worker.step(now);
}

void VoiceEngine::received(std::uint32_t timestamp, ByteView payload, Micros arrival) {
  worker_->worker.received().push(timestamp, payload, arrival);
}

Micros VoiceEngine::now() {
  return std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch());
}

void VoiceEngine::set_rate(const RateChoice& choice) {
  worker_->worker.controls().rate.store(choice, std::memory_order_relaxed);
}

void VoiceEngine::set_muted(bool muted) {
  worker_->worker.controls().muted.store(muted, std::memory_order_relaxed);
}

bool VoiceEngine::muted() const {
  return worker_->worker.controls().muted.load(std::memory_order_relaxed);
}

Levels VoiceEngine::levels() const {
  return worker_->worker.levels();
}

Statistics VoiceEngine::statistics() const {
  return worker_->worker.statistics();
}

}  // namespace pqc::media::voice
