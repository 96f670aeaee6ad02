// What a MediaSession is made of; media_session.cpp has its packets, session_reports.cpp its RTCP.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "media/rtp/packet.h"
#include "media/rtp/reception.h"
#include "media/rtp/sequence.h"
#include "media/rtp/transport_feedback.h"
#include "media/transport/arrivals.h"
#include "media/transport/dtls.h"
#include "media/transport/frame_sealer.h"
#include "media/transport/media_session.h"
#include "media/transport/missing_packets.h"
#include "media/transport/pacer.h"
#include "media/transport/sent_packets.h"
#include "media/transport/srtp.h"

namespace pqc::media {

inline std::chrono::microseconds since_start(Time time) {
  return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
}

// Both directions of one stream.
struct Stream {
  explicit Stream(const StreamSettings& its_settings) : settings(its_settings), reception(its_settings.clock_rate) {}

  StreamSettings settings;
  StreamStatistics statistics;
  // Out.
  rtp::Ssrc ssrc{};
  std::uint16_t next_sequence = 0;
  std::uint32_t timestamp_offset = 0;
  std::uint32_t last_timestamp = 0;
  Time last_sent{};
  std::uint64_t bytes_sent = 0;
  bool sent_since_report = false;
  std::optional<FrameSealer> sealer;
  KeptPackets kept;
  // In.
  std::optional<rtp::Ssrc> peer_ssrc;
  std::optional<FrameOpener> opener;
  rtp::SequenceUnwrapper sequences;
  rtp::Reception reception;
  MissingPackets missing;
  std::uint32_t last_sender_report = 0;
  Time sender_report_time{};
};

struct MediaSession::Impl final : DatagramPath {
  Impl(MediaSettings its_settings, DatagramPath& its_path, MediaObserver& its_observer, Rng& its_rng)
      : settings(std::move(its_settings)), path(its_path), observer(its_observer), rng(its_rng) {}

  // Counts on the way out.
  void send(ByteView datagram) override;

  // Set up.
  Result<void> open(Time now);
  Result<void> forget_secret();
  Result<void> open_stream(const StreamSettings& of, Time now);
  Result<void> connect(Time now);
  void follow_dtls(Time now);
  void end(SessionState with, std::optional<Error> why);

  // Packets.
  Stream* find(StreamId id);
  Stream* find_peer(ByteView packet);
  Result<void> send_frame(Stream& stream, std::uint32_t timestamp, ByteView frame, Time now, bool marker);
  // A negative sequence is that of a packet sent again.
  void dispatch(ByteView packet, std::int64_t sequence, Time now);
  void depart(ByteView packet, std::int64_t sequence, Time now);
  void receive_media(ByteView datagram, Time now);
  bool receive_rtp(ByteView datagram, Time now);
  bool deliver(Stream& stream, const rtp::Packet& packet, ByteView whole, Time now);

  // RTCP.
  bool receive_rtcp(ByteView datagram, Time now);
  [[nodiscard]] bool expected_source(rtp::Ssrc source) const;
  void remember_source(rtp::Ssrc source);
  void take(const rtp::RtcpPacket& packet, Time now);
  void take_report(const rtp::Report& report, Time now);
  void take_block(const rtp::ReportBlock& block, Time now);
  void take_nack(const rtp::Nack& nack, Time now);
  void take_feedback(const rtp::RtcpPacket& packet);
  void send_rtcp(std::size_t size);
  void send_reports(Time now);
  void send_feedback(Time now);
  void send_requests(Stream& stream, Time now);
  void send_bye();
  std::size_t write_reports(ByteSpan out, Time now);
  std::optional<rtp::SenderInfo> sender_info(Stream& stream, Time now);
  std::size_t write_blocks(std::span<rtp::ReportBlock> out, Time now);
  [[nodiscard]] rtp::NtpTime ntp(Time now) const;
  [[nodiscard]] Time::duration request_interval() const;
  Time poll_rtcp(Time now);

  MediaSettings settings;    // without its secret once open() is through
  bool mixed = false;        // whether there was one
  LockedPtr<MixSecret> mix;  // until SRTP has its keys
  DatagramPath& path;
  MediaObserver& observer;
  Rng& rng;
  SessionState state = SessionState::connecting;
  std::optional<Error> error;
  std::unique_ptr<Dtls> dtls;
  std::optional<Srtp> srtp;
  std::vector<Stream> streams;
  SessionStatistics statistics;

  Pacer pacer;
  SentPackets sent;
  std::int64_t next_transport_sequence = 0;
  Arrivals arrivals;
  rtp::ReferenceUnwrapper references;
  std::uint8_t feedback_count = 0;
  std::array<std::uint8_t, 16> cname{};
  std::uint64_t ntp_offset = 0;
  Time next_report{};
  Time next_feedback{};
  std::array<rtp::Ssrc, limits::plain_sources> plain_sources{};
  std::size_t plain_source_count = 0;
  std::vector<rtp::PacketStatus> statuses;
  std::vector<PacketReport> reports;

  // Packets on their way out, and in; libsrtp wants whole words.
  alignas(8) std::array<std::uint8_t, limits::datagram + Srtp::trailer> out_memory{};
  alignas(8) std::array<std::uint8_t, limits::received_datagram> in_memory{};
};

}  // namespace pqc::media
