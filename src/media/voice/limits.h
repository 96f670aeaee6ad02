// Every bound and every fixed size of the voice engine (docs/spec/voice.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pqc::media::voice::limits {

// Sound inside the engine: mono, 16 bit, in blocks of 10 ms.
inline constexpr std::uint32_t sample_rate = 48'000;
inline constexpr std::size_t block_samples = sample_rate / 100;
inline constexpr std::size_t longest_frame_samples = 4 * block_samples;

// Opus.
inline constexpr std::uint32_t least_bitrate = 16'000;
inline constexpr std::uint32_t most_bitrate = 96'000;
// 96 kbit/s for 40 ms.
inline constexpr std::size_t opus_packet_bytes = 480;
// A header byte, an Opus packet and its predecessor.
inline constexpr std::size_t payload_bytes = 1 + 2 * opus_packet_bytes;

// The jitter buffer: blocks that it keeps or knows about (2.56 s), how many of them may lie ahead of what is played
// next, and how far behind a frame still belongs to the stream (one that is farther off may start a new one).
inline constexpr std::size_t kept_blocks = 256;
inline constexpr std::int64_t most_blocks_ahead = 200;
inline constexpr std::int64_t most_blocks_behind = 50;
// So many frames in a row that fit to each other, but not to the stream, start it anew.
inline constexpr int frames_of_a_new_stream = 3;
// Histogram of delays, and the bounds of the delay that is aimed at.
inline constexpr std::chrono::microseconds delay_bucket{2'500};
inline constexpr std::size_t delay_buckets = 400;
inline constexpr std::chrono::microseconds least_target{5'000};
inline constexpr std::chrono::microseconds most_target{500'000};
// The fastest frame is looked for in twenty windows of 100 ms.
inline constexpr std::chrono::milliseconds base_window{100};
inline constexpr std::size_t base_windows = 20;
// Of time stretching: periods of 400 to 80 Hz, length of a comparison and of a short fade, how far a merge looks.
inline constexpr std::size_t shortest_period = 120;
inline constexpr std::size_t longest_period = 600;
inline constexpr std::size_t fade_samples = 240;
inline constexpr std::size_t merge_search = 240;
// What is decoded at most before it is played.
inline constexpr std::size_t queued_samples = 3 * longest_frame_samples;

// What the sink is given at a time, and a device's period.
inline constexpr std::size_t play_samples = block_samples / 2;
inline constexpr std::size_t device_period = 240;
// Between a device's callback and the engine, and at most in the server for a stream: room for 85 ms.
inline constexpr std::size_t ring_samples = 4096;
// PulseAudio: how much it sends at a time, and how much it holds of what is to be played; more where that was too
// little.
inline constexpr std::size_t capture_period = block_samples;
inline constexpr std::size_t least_sink_latency = sample_rate * 150 / 10'000;
inline constexpr std::size_t most_sink_latency = sample_rate * 400 / 10'000;
// Messages that are taken before sound has its turn.
inline constexpr int pulse_turns = 32;
inline constexpr std::size_t sink_latency_step = sample_rate * 25 / 10'000;
// How full the ring to a device is kept: a period at least, more where that was too little.
inline constexpr std::size_t least_ring_fill = device_period;
inline constexpr std::size_t most_ring_fill = 4 * device_period;
// A device that does not call back for so long is reported.
inline constexpr std::chrono::seconds stalled_after{3};
// How soon after one try to open it anew comes the next.
inline constexpr std::chrono::seconds revive_after{1};
inline constexpr std::size_t devices_listed = 64;
// Frames that wait for the engine's thread.
inline constexpr std::size_t received_waiting = 64;
// Who was stopped for longer than this does not catch up.
inline constexpr std::chrono::milliseconds most_behind{500};

// What the bandwidth estimator answers, in bits a second on the wire.
inline constexpr std::uint32_t least_path_rate = 20'000;
inline constexpr std::uint32_t most_path_rate = 400'000;
// How long nothing changes before a step up, at least and at most; a fall within so long of one was caused by it.
inline constexpr std::chrono::seconds least_quiet{2};
inline constexpr std::chrono::seconds most_quiet{16};
inline constexpr std::chrono::seconds step_on_trial{8};
// Packets of the last half second; more than voice sends.
inline constexpr std::size_t arrivals_kept = 256;

// WAV files: sample rates that are read, how far behind the start the sound may begin, and the most that one holds.
inline constexpr std::uint32_t least_file_rate = 8'000;
inline constexpr std::uint32_t most_file_rate = 192'000;
inline constexpr std::size_t wav_head_bytes = std::size_t{64} << 10;
inline constexpr std::uint32_t wav_data_bytes = std::uint32_t{1} << 31;

}  // namespace pqc::media::voice::limits
