#include <algorithm>
#include <utility>

#include "media/rtp/transport_feedback.h"
#include "media/transport/session_impl.h"

// RTCP of a session (docs/spec/media.md §6).
namespace pqc::media {
namespace {

using std::chrono::microseconds;

constexpr std::uint64_t million = 1'000'000;
// RFC 3550 §6.4.1: DLSR counts 1/65,536 s.
constexpr std::uint64_t report_units = 65'536;

std::uint32_t to_report_units(Time::duration time) {
  const auto micros = std::max<std::int64_t>(std::chrono::duration_cast<microseconds>(time).count(), 0);
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(micros) * report_units / million);
}

microseconds of_report_units(std::uint32_t units) {
  return microseconds(static_cast<std::int64_t>(units * million / report_units));
}

microseconds of_clock(std::uint32_t units, std::uint32_t clock_rate) {
  return microseconds(static_cast<std::int64_t>(units * million / clock_rate));
}

}  // namespace

// Counts from a random start: what it says is how much time has passed.
rtp::NtpTime MediaSession::Impl::ntp(Time now) const {
  const auto micros = static_cast<std::uint64_t>(since_start(now).count());
  return static_cast<rtp::NtpTime>(ntp_offset + ((micros / million) << 32) + ((micros % million) << 32) / million);
}

Time::duration MediaSession::Impl::request_interval() const {
  const auto round_trip = statistics.round_trip.value_or(microseconds(0));
  return std::max<Time::duration>(limits::first_request, round_trip * 3 / 2);
}

// In.

// libsrtp keeps a place for each source that authenticates, so their number has a limit.
bool MediaSession::Impl::expected_source(rtp::Ssrc source) const {
  if (std::ranges::any_of(streams, [&](const Stream& stream) { return stream.peer_ssrc == source; })) return true;
  if (mixed) return false;
  return plain_source_count < plain_sources.size() || std::ranges::contains(plain_sources, source);
}

// Only of a packet that has opened.
void MediaSession::Impl::remember_source(rtp::Ssrc source) {
  const auto known = std::span(plain_sources).first(plain_source_count);
  if (mixed || std::ranges::contains(known, source)) return;
  plain_sources[plain_source_count++] = source;
}

bool MediaSession::Impl::receive_rtcp(ByteView datagram, Time now) {
  std::uint32_t source = 0;
  for (const auto byte : datagram.subspan(4, 4)) source = (source << 8) | byte;
  if (!expected_source(static_cast<rtp::Ssrc>(source))) return false;
  std::ranges::copy(datagram, in_memory.begin());
  const auto size = srtp->unprotect_rtcp(in_memory, datagram.size());
  if (!size) return false;
  remember_source(static_cast<rtp::Ssrc>(source));
  rtp::CompoundReader reader(ByteView(in_memory).first(*size));
  while (srtp) {
    const auto packet = reader.next();
    if (!packet) return false;
    if (!*packet) break;
    take(**packet, now);
  }
  return true;
}

void MediaSession::Impl::take(const rtp::RtcpPacket& packet, Time now) {
  switch (packet.type) {
    case rtp::RtcpType::sender_report:
    case rtp::RtcpType::receiver_report:
      if (const auto report = rtp::parse_report(packet)) take_report(*report, now);
      return;
    case rtp::RtcpType::bye:
      // A plain peer says so of single streams.
      if (mixed) end(SessionState::closed, std::nullopt);
      return;
    case rtp::RtcpType::transport_feedback:
      if (const auto nack = rtp::parse_nack(packet)) return take_nack(*nack, now);
      return take_feedback(packet);
    case rtp::RtcpType::source_description:
      return;
  }
}

void MediaSession::Impl::take_report(const rtp::Report& report, Time now) {
  for (auto& stream : streams) {
    if (!report.info || stream.peer_ssrc != report.sender) continue;
    stream.last_sender_report = rtp::middle(report.info->ntp);
    stream.sender_report_time = now;
  }
  for (const auto& block : report.blocks()) take_block(block, now);
}

void MediaSession::Impl::take_block(const rtp::ReportBlock& block, Time now) {
  const auto about = std::ranges::find(streams, block.ssrc, &Stream::ssrc);
  if (about == streams.end()) return;
  about->statistics.peer_loss = block.fraction_lost / 256.0;
  about->statistics.peer_jitter = of_clock(block.jitter, about->settings.clock_rate);
  if (block.last_sender_report == 0) return;
  const auto passed = rtp::middle(ntp(now)) - block.last_sender_report - block.delay_since_last;
  // Clocks that disagree by less than nothing give a number beyond half the range.
  const auto sample = passed >= 0x8000'0000U ? microseconds(0) : of_report_units(passed);
  auto& smoothed = statistics.round_trip;
  smoothed = smoothed ? (*smoothed * 7 + sample) / 8 : sample;
}

void MediaSession::Impl::take_nack(const rtp::Nack& nack, Time now) {
  const auto about = std::ranges::find(streams, nack.media(), &Stream::ssrc);
  if (about == streams.end()) return;
  // What went out less than a round trip ago may be there already.
  const auto pause = std::max<Time::duration>(limits::first_request, statistics.round_trip.value_or(microseconds(0)));
  nack.for_each([&](std::uint16_t sequence) {
    const auto packet = about->kept.repeat(sequence, now, pause);
    if (!packet) return;
    ++about->statistics.retransmitted;
    dispatch(*packet, -1, now);
  });
}

void MediaSession::Impl::take_feedback(const rtp::RtcpPacket& packet) {
  const auto feedback = rtp::parse_transport_feedback(packet, statuses);
  if (!feedback) return;
  // The numbers nearest to the last one that was sent.
  const auto last = next_transport_sequence - 1;
  const rtp::Ticks wrapped = references.unwrap(feedback->header.reference_time) - feedback->header.reference_time;
  reports.clear();
  auto newest = Time::min() + limits::late_packets;
  for (const auto& status : feedback->packets) {
    const auto behind = static_cast<std::int16_t>(status.sequence - static_cast<std::uint16_t>(last));
    if (!status.arrival) {
      sent.mark_missing(last + behind);
      continue;
    }
    const auto entry = sent.take(last + behind);
    if (!entry) continue;
    newest = std::max(newest, entry->time);
    reports.push_back({.sequence = entry->sequence,
                       .sent = entry->time,
                       .arrival = microseconds(*status.arrival + wrapped),
                       .size = entry->size});
  }
  sent.settle(newest - limits::late_packets, next_transport_sequence, [&](const SentPackets::Sent& entry) {
    reports.push_back({.sequence = entry.sequence, .sent = entry.time, .arrival = {}, .size = entry.size});
  });
  std::ranges::sort(reports, {}, &PacketReport::sequence);
  if (!reports.empty()) observer.on_feedback(reports);
}

// Out.

void MediaSession::Impl::send_rtcp(std::size_t size) {
  if (const auto sealed = srtp->protect_rtcp(out_memory, size)) send(ByteView(out_memory).first(*sealed));
}

std::size_t MediaSession::Impl::write_blocks(std::span<rtp::ReportBlock> out, Time now) {
  std::size_t count = 0;
  for (auto& stream : streams) {
    if (!stream.peer_ssrc || !stream.reception.any()) continue;
    auto& block = out[count++] = stream.reception.report();
    block.ssrc = *stream.peer_ssrc;
    block.last_sender_report = stream.last_sender_report;
    if (stream.last_sender_report != 0) block.delay_since_last = to_report_units(now - stream.sender_report_time);
  }
  return count;
}

std::optional<rtp::SenderInfo> MediaSession::Impl::sender_info(Stream& stream, Time now) {
  if (!std::exchange(stream.sent_since_report, false)) return std::nullopt;
  const auto passed = std::chrono::duration_cast<microseconds>(now - stream.last_sent).count();
  const auto units = passed * stream.settings.clock_rate / static_cast<std::int64_t>(million);
  return rtp::SenderInfo{.ntp = ntp(now),
                         .timestamp = stream.last_timestamp + static_cast<std::uint32_t>(units),
                         .packets = static_cast<std::uint32_t>(stream.statistics.frames_sent),
                         .bytes = static_cast<std::uint32_t>(stream.bytes_sent)};
}

// One report a stream that sends; what we say about the peer's streams stands in the first.
std::size_t MediaSession::Impl::write_reports(ByteSpan out, Time now) {
  std::array<rtp::ReportBlock, limits::streams> blocks;
  auto about = std::span<const rtp::ReportBlock>(blocks).first(write_blocks(blocks, now));
  std::size_t size = 0;
  for (auto& stream : streams) {
    const auto info = sender_info(stream, now);
    if (!info && &stream != streams.data()) continue;
    size += rtp::write_report(stream.ssrc, info, about, out.subspan(size)).value_or(0);
    about = {};
  }
  return size + rtp::write_source_description(streams.front().ssrc, cname, out.subspan(size)).value_or(0);
}

void MediaSession::Impl::send_reports(Time now) {
  send_rtcp(write_reports(ByteSpan(out_memory).first(limits::datagram), now));
  // Half to one and a half times the interval, so that two sides do not fall into step (RFC 3550 §6.3.1).
  const auto random = rng.bytes<1>()[0];
  next_report = now + limits::report_interval / 2 + limits::report_interval * random / 256;
}

void MediaSession::Impl::send_feedback(Time now) {
  while (!arrivals.waiting().empty()) {
    rtp::FeedbackHeader header;
    header.sender = streams.front().ssrc;
    header.media = streams.front().peer_ssrc.value_or(rtp::Ssrc{});
    header.feedback_count = feedback_count++;
    const auto written = rtp::write_transport_feedback(header, arrivals.from(), arrivals.waiting(),
                                                       ByteSpan(out_memory).first(limits::datagram));
    if (!written) break;
    arrivals.told(written->packets);
    send_rtcp(written->size);
  }
  next_feedback = now + limits::feedback_interval;
}

void MediaSession::Impl::send_requests(Stream& stream, Time now) {
  const auto lost = stream.missing.requests(now, request_interval());
  if (lost.empty() || !stream.peer_ssrc) return;
  if (const auto size = rtp::write_nack(streams.front().ssrc, *stream.peer_ssrc, lost, out_memory)) send_rtcp(*size);
}

void MediaSession::Impl::send_bye() {
  const auto memory = ByteSpan(out_memory).first(limits::datagram);
  auto size = rtp::write_report(streams.front().ssrc, std::nullopt, {}, memory).value_or(0);
  size += rtp::write_source_description(streams.front().ssrc, cname, memory.subspan(size)).value_or(0);
  size += rtp::write_bye(streams.front().ssrc, memory.subspan(size)).value_or(0);
  send_rtcp(size);
}

Time MediaSession::Impl::poll_rtcp(Time now) {
  if (now >= next_report) send_reports(now);
  if (now >= next_feedback) send_feedback(now);
  auto next = std::min(next_report, next_feedback);
  for (auto& stream : streams) {
    send_requests(stream, now);
    next = std::min(next, stream.missing.due().value_or(next));
  }
  return next;
}

}  // namespace pqc::media
