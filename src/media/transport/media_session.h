// One DTLS-SRTP association that carries sealed media frames over datagrams that somebody else moves
// (docs/spec/media.md).
//
//   connecting ──> connected ──> closed        datagrams in: handle_datagram, out: DatagramPath
//        └──────────────┴──────> failed        frames in: send_frame, out: MediaObserver::on_frame
//
// The session owns no socket, clock or thread: its owner hands it what came (STUN already taken out), calls poll() when
// the time has come that the last poll() named, and gives the time with every call. One thread at a time. Nothing is
// allocated for a packet once the session is connected. Observers may call send_frame and statistics, nothing else.
//
// One session a secret: a second one would seal other frames with the same keys and counters. The session takes the
// secret, and erases it when all is derived.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/rng.h"
#include "media/transport/call_secret.h"
#include "media/transport/certificate.h"
#include "media/transport/error.h"
#include "media/transport/path.h"
#include "media/transport/time.h"

namespace pqc::media {

struct StreamSettings {
  StreamId id = StreamId::audio;
  std::uint8_t payload_type = 111;  // 96..127
  std::uint32_t clock_rate = 48'000;
  bool retransmit = false;  // asks for lost packets, and sends again what is asked for (generic NACK)
};

struct MediaSettings {
  CallSide side = CallSide::offerer;
  // DTLS; without a value the answerer connects.
  std::optional<DtlsRole> role;
  MediaCertificate certificate;  // ours; signalling carried its fingerprint
  Fingerprint peer_fingerprint;
  // Of this session alone; moved into it. None is a plain DTLS-SRTP peer: no mix, no sealed frames. It takes
  // allow_plain_peer too.
  std::optional<CallSecret> secret;
  bool allow_plain_peer = false;
  std::vector<StreamSettings> streams = {StreamSettings{}};
  // The number that the transport-wide sequence number has among header extensions, 1..14; 0: none.
  std::uint8_t transport_sequence_extension = 1;
};

enum class SessionState : std::uint8_t { connecting, connected, closed, failed };

struct ReceivedFrame {
  StreamId stream{};
  std::int64_t sequence = 0;    // unwrapped RTP sequence number: consecutive, in the order of sending
  std::uint32_t timestamp = 0;  // RTP's, in the stream's clock, with the sender's offset
  bool marker = false;
  Time arrival;
  ByteView payload;  // until the call returns
};

// What the peer said about one packet of ours, for the bandwidth estimator: once for each, in the order of sending but
// for those that came late. A lost one is told of when it can no longer be late.
struct PacketReport {
  std::int64_t sequence = 0;  // transport-wide, unwrapped
  Time sent;
  std::optional<std::chrono::microseconds> arrival;  // by the peer's clock, from any start; none: lost
  std::size_t size = 0;                              // of the datagram
};

class MediaObserver {
 public:
  virtual ~MediaObserver() = default;
  // Connected, closed by the peer, or failed: MediaSession::error says why.
  virtual void on_state(SessionState) {}
  virtual void on_frame(const ReceivedFrame&) {}
  virtual void on_feedback(std::span<const PacketReport>) {}
};

// What the peer's reports say about what we sent, and what we saw ourselves.
struct StreamStatistics {
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t packets_lost = 0;           // of those on their way to us (RFC 3550 A.3)
  double loss = 0;                          // share lost on the way to us since the last report, 0..1
  double peer_loss = 0;                     // share lost on the way to the peer, as it last said
  std::chrono::microseconds jitter{};       // of what arrives here (RFC 3550 A.8)
  std::chrono::microseconds peer_jitter{};  // of what arrives there
  std::uint64_t retransmitted = 0;          // packets sent again
};

struct SessionStatistics {
  std::uint64_t bytes_sent = 0;  // datagrams without IP and UDP headers
  std::uint64_t bytes_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t refused = 0;  // datagrams and frames that did not open, came twice, or were no packet of this session
  std::uint64_t dropped = 0;  // packets that the pacer gave up
  std::optional<std::chrono::microseconds> round_trip;  // smoothed, once the peer has reported
  std::uint32_t generation = 0;                         // of the keys we seal audio with
};

class MediaSession {
 public:
  // Begins the handshake. Path, observer and rng outlive the session. Error::no_mix for settings without a secret that
  // do not allow a plain peer; Error::bad_settings.
  static Result<std::unique_ptr<MediaSession>> start(MediaSettings settings, DatagramPath& path,
                                                     MediaObserver& observer, Rng& rng, Time now);
  ~MediaSession();
  MediaSession(const MediaSession&) = delete;
  MediaSession& operator=(const MediaSession&) = delete;

  void handle_datagram(ByteView datagram, Time now);
  // Seals one frame into one packet; the timestamp counts in the stream's clock from any start. Error::not_connected,
  // Error::too_large, Error::exhausted.
  Result<void> send_frame(StreamId stream, std::uint32_t timestamp, ByteView frame, Time now, bool marker = false);
  // The largest frame that fits.
  [[nodiscard]] std::size_t max_frame_size() const;
  // What a frame's datagram holds beside it, in bytes.
  [[nodiscard]] std::size_t packet_overhead() const;
  // Does what is due; answers when to call again.
  Time poll(Time now);
  // A new generation of keys for all that is sent from now on: at every ICE restart. Every 10 minutes it happens by
  // itself.
  void rekey(Time now);
  // Packets wait when more than this goes out; 0 sends at once.
  void set_pacing_rate(std::uint64_t bits_per_second);
  // Says goodbye (BYE, close_notify). Nothing is sent afterwards.
  void close(Time now);

  [[nodiscard]] SessionState state() const;
  [[nodiscard]] std::optional<Error> error() const;
  [[nodiscard]] SessionStatistics statistics() const;
  [[nodiscard]] StreamStatistics statistics(StreamId stream) const;
  // The synchronisation source of what we send; a plain peer has to be told.
  [[nodiscard]] std::uint32_t ssrc(StreamId stream) const;

 private:
  struct Impl;
  explicit MediaSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::media
