#include "media/transport/media_session.h"

#include <algorithm>
#include <utility>

#include "media/transport/session_impl.h"

namespace pqc::media {
namespace {

constexpr std::uint8_t dtls_first = 20, dtls_last = 63;
constexpr std::uint8_t media_first = 128, media_last = 191;
constexpr std::uint8_t stun_last = 3;
// What SFrame authenticates beside a frame: the RTP header's fixed part but for its first byte.
constexpr std::size_t metadata_at = 1;
constexpr std::size_t metadata_size = rtp::fixed_header_size - metadata_at;

ByteView metadata_of(ByteView packet) {
  return packet.subspan(metadata_at, metadata_size);
}

std::uint32_t number(ByteView four_bytes) {
  std::uint32_t out = 0;
  for (const auto byte : four_bytes.first(4)) out = (out << 8) | byte;
  return out;
}

CallSide other(CallSide side) {
  return side == CallSide::offerer ? CallSide::answerer : CallSide::offerer;
}

bool good(const MediaSettings& settings) {
  if (settings.streams.empty() || settings.streams.size() > limits::streams) return false;
  if (settings.transport_sequence_extension > 14) return false;
  for (const auto& stream : settings.streams) {
    const auto same = [&](const StreamSettings& of) {
      return of.id == stream.id || of.payload_type == stream.payload_type;
    };
    if (stream.payload_type < 96 || stream.payload_type > 127 || stream.clock_rate == 0) return false;
    if (std::to_underlying(stream.id) >= limits::streams || std::ranges::count_if(settings.streams, same) != 1) {
      return false;
    }
  }
  return true;
}

}  // namespace

// Set up.

Result<void> MediaSession::Impl::open_stream(const StreamSettings& of, Time now) {
  auto& stream = streams.emplace_back(of);
  stream.next_sequence = static_cast<std::uint16_t>(number(rng.bytes<4>()) & 0x7FFF);
  stream.timestamp_offset = number(rng.bytes<4>());
  stream.ssrc = static_cast<rtp::Ssrc>(number(rng.bytes<4>()));
  if (!settings.secret) return {};
  const auto& secret = *settings.secret;
  const auto peer = other(settings.side);
  const auto ours = stream_ssrc(secret, settings.side, of.id);
  const auto theirs = stream_ssrc(secret, peer, of.id);
  auto sealer = frame_chain(secret, settings.side, of.id).and_then([&](FrameChain&& chain) {
    return FrameSealer::make(std::move(chain), settings.side, of.id, now);
  });
  auto opener = frame_chain(secret, peer, of.id).and_then([&](FrameChain&& chain) {
    return FrameOpener::make(std::move(chain), peer, of.id);
  });
  if (!ours || !theirs || !sealer || !opener) return std::unexpected(Error::backend);
  stream.ssrc = static_cast<rtp::Ssrc>(*ours);
  stream.peer_ssrc = static_cast<rtp::Ssrc>(*theirs);
  stream.sealer.emplace(std::move(*sealer));
  stream.opener.emplace(std::move(*opener));
  return {};
}

// All that comes of the call's secret is derived; a session that keeps it could open what was sent long ago.
Result<void> MediaSession::Impl::forget_secret() {
  if (!mixed) return {};
  auto derived = mix_secret(*settings.secret);
  if (!derived) return std::unexpected(derived.error());
  mix = make_locked<MixSecret>(std::move(*derived));
  settings.secret.reset();
  return {};
}

Result<void> MediaSession::Impl::open(Time now) {
  if (!good(settings)) return std::unexpected(Error::bad_settings);
  mixed = settings.secret.has_value();
  if (!mixed && !settings.allow_plain_peer) return std::unexpected(Error::no_mix);
  streams.reserve(settings.streams.size());
  for (const auto& of : settings.streams) {
    if (auto done = open_stream(of, now); !done) return done;
  }
  if (auto done = forget_secret(); !done) return done;
  arrivals = Arrivals(now);
  const auto name = to_hex(rng.bytes<8>());
  std::ranges::copy(as_bytes(name), cname.begin());
  ntp_offset = (std::uint64_t{number(rng.bytes<4>())} << 32) | number(rng.bytes<4>());
  statuses.resize(rtp::limits::feedback_packets);
  reports.reserve(rtp::limits::feedback_packets + limits::sent_packets);
  const auto role = settings.role.value_or(settings.side == CallSide::answerer ? DtlsRole::connect : DtlsRole::accept);
  settings.role = role;
  auto started = Dtls::start(role, settings.certificate, settings.peer_fingerprint, !mixed, *this, now);
  if (!started) return std::unexpected(started.error());
  dtls = std::move(*started);
  return {};
}

Result<void> MediaSession::Impl::connect(Time now) {
  const auto exported = dtls->export_keys();
  if (!exported) return std::unexpected(exported.error());
  const auto mixed_in = mix ? std::optional<ByteView>(mix->view()) : std::nullopt;
  auto made =
      srtp_keys(dtls->profile(), *settings.role, exported->view(), mixed_in).and_then([&](const SrtpKeys& keys) {
        return Srtp::make(dtls->profile(), keys);
      });
  mix.reset();
  if (!made) return std::unexpected(made.error());
  srtp.emplace(std::move(*made));
  next_report = now + limits::report_interval / 2;
  next_feedback = now + limits::feedback_interval;
  return {};
}

void MediaSession::Impl::end(SessionState with, std::optional<Error> why) {
  if (state == SessionState::closed || state == SessionState::failed) return;
  state = with;
  error = why;
  srtp.reset();
  observer.on_state(with);
}

void MediaSession::Impl::follow_dtls(Time now) {
  if (dtls->state() == DtlsState::failed) return end(SessionState::failed, dtls->error());
  if (dtls->state() == DtlsState::closed) return end(SessionState::closed, std::nullopt);
  if (dtls->state() != DtlsState::connected || state != SessionState::connecting) return;
  if (auto done = connect(now); !done) return end(SessionState::failed, done.error());
  state = SessionState::connected;
  observer.on_state(state);
}

// Out.

void MediaSession::Impl::send(ByteView datagram) {
  statistics.bytes_sent += datagram.size();
  ++statistics.packets_sent;
  path.send(datagram);
}

Stream* MediaSession::Impl::find(StreamId id) {
  const auto at = std::ranges::find(streams, id, [](const Stream& stream) { return stream.settings.id; });
  return at == streams.end() ? nullptr : &*at;
}

Result<void> MediaSession::Impl::send_frame(Stream& stream, std::uint32_t timestamp, ByteView frame, Time now,
                                            bool marker) {
  const auto number_of_extension = settings.transport_sequence_extension;
  const auto header_size = rtp::header_size(number_of_extension);
  const auto size = header_size + frame.size() + (stream.sealer ? frame_overhead : 0);
  const auto sequence = next_transport_sequence;
  const rtp::Header header{.marker = marker,
                           .payload_type = stream.settings.payload_type,
                           .sequence = stream.next_sequence,
                           .timestamp = timestamp + stream.timestamp_offset,
                           .ssrc = stream.ssrc};
  rtp::write_header(header, {number_of_extension, static_cast<std::uint16_t>(sequence)}, out_memory);
  const auto payload = ByteSpan(out_memory).subspan(header_size, size - header_size);
  if (stream.sealer) {
    if (auto done = stream.sealer->seal(metadata_of(out_memory), frame, payload, now); !done) return done;
  } else {
    std::ranges::copy(frame, payload.begin());
  }
  const auto sealed = srtp->protect(out_memory, size);
  if (!sealed) return std::unexpected(Error::backend);
  ++stream.next_sequence;
  ++next_transport_sequence;
  ++stream.statistics.frames_sent;
  stream.bytes_sent += size - header_size;
  stream.last_timestamp = header.timestamp;
  stream.last_sent = now;
  stream.sent_since_report = true;
  const auto packet = ByteView(out_memory).first(*sealed);
  if (stream.settings.retransmit) stream.kept.add(header.sequence, packet);
  dispatch(packet, sequence, now);
  return {};
}

void MediaSession::Impl::dispatch(ByteView packet, std::int64_t sequence, Time now) {
  if (pacer.pass(packet.size(), now)) return depart(packet, sequence, now);
  if (!pacer.push(packet, sequence)) ++statistics.dropped;
}

void MediaSession::Impl::depart(ByteView packet, std::int64_t sequence, Time now) {
  if (settings.transport_sequence_extension != 0 && sequence >= 0) sent.add(sequence, packet.size(), now);
  send(packet);
}

// In.

// A peer of ours sends from the sources that the secret names; a plain peer's are learned from their payload type.
Stream* MediaSession::Impl::find_peer(ByteView packet) {
  const auto source = static_cast<rtp::Ssrc>(number(packet.subspan(8)));
  for (auto& stream : streams) {
    if (stream.peer_ssrc == source) return &stream;
  }
  const std::uint8_t payload_type = packet[1] & 0x7F;
  for (auto& stream : streams) {
    if (!stream.peer_ssrc && stream.settings.payload_type == payload_type) return &stream;
  }
  return nullptr;
}

bool MediaSession::Impl::deliver(Stream& stream, const rtp::Packet& packet, ByteView whole, Time now) {
  auto frame = packet.payload;
  if (stream.opener) {
    if (packet.payload.size() < frame_overhead) return false;
    const auto at = static_cast<std::size_t>(packet.payload.data() - whole.data()) + frame_header_size;
    const auto place = ByteSpan(in_memory).subspan(at, packet.payload.size() - frame_overhead);
    const auto size = stream.opener->open(metadata_of(whole), packet.payload, place, now);
    if (!size) return false;
    frame = place.first(*size);
  }
  const auto sequence = stream.sequences.unwrap(packet.header.sequence);
  stream.reception.add(sequence, packet.header.timestamp, since_start(now));
  if (stream.settings.retransmit) stream.missing.arrived(sequence, now);
  ++stream.statistics.frames_received;
  observer.on_frame({.stream = stream.settings.id,
                     .sequence = sequence,
                     .timestamp = packet.header.timestamp,
                     .marker = packet.header.marker,
                     .arrival = now,
                     .payload = frame});
  return true;
}

bool MediaSession::Impl::receive_rtp(ByteView datagram, Time now) {
  if (datagram.size() < rtp::fixed_header_size) return false;
  auto* stream = find_peer(datagram);
  if (stream == nullptr) return false;
  std::ranges::copy(datagram, in_memory.begin());
  const auto size = srtp->unprotect(in_memory, datagram.size());
  if (!size) return false;
  // Before anything else is looked at: libsrtp keeps a place for each source that authenticates.
  stream->peer_ssrc = static_cast<rtp::Ssrc>(number(datagram.subspan(8)));
  const auto whole = ByteView(in_memory).first(*size);
  const auto packet = rtp::parse_packet(whole);
  if (!packet || packet->header.payload_type != stream->settings.payload_type) return false;
  if (settings.transport_sequence_extension != 0) {
    const auto extension = rtp::find_extension(packet->extensions, settings.transport_sequence_extension);
    if (extension && extension->size() == 2) {
      arrivals.add(static_cast<std::uint16_t>(((*extension)[0] << 8) | (*extension)[1]), now);
    }
  }
  return deliver(*stream, *packet, whole, now);
}

void MediaSession::Impl::receive_media(ByteView datagram, Time now) {
  const bool taken = srtp && datagram.size() >= 8 &&
                     (rtp::is_rtcp(datagram[1]) ? receive_rtcp(datagram, now) : receive_rtp(datagram, now));
  if (!taken) ++statistics.refused;
}

// The outside.

MediaSession::MediaSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MediaSession::~MediaSession() = default;

Result<std::unique_ptr<MediaSession>> MediaSession::start(MediaSettings settings, DatagramPath& path,
                                                          MediaObserver& observer, Rng& rng, Time now) {
  auto impl = std::make_unique<Impl>(std::move(settings), path, observer, rng);
  if (auto done = impl->open(now); !done) return std::unexpected(done.error());
  return std::unique_ptr<MediaSession>(new MediaSession(std::move(impl)));
}

void MediaSession::handle_datagram(ByteView datagram, Time now) {
  auto& impl = *impl_;
  if (impl.state == SessionState::closed || impl.state == SessionState::failed) return;
  impl.statistics.bytes_received += datagram.size();
  ++impl.statistics.packets_received;
  const auto first = datagram.empty() ? std::uint8_t{255} : datagram[0];
  if (first <= stun_last) return;
  const bool fits = datagram.size() <= limits::received_datagram;
  if (fits && first >= media_first && first <= media_last) return impl.receive_media(datagram, now);
  if (fits && first >= dtls_first && first <= dtls_last) {
    impl.dtls->handle_datagram(datagram, now);
    return impl.follow_dtls(now);
  }
  ++impl.statistics.refused;
}

Result<void> MediaSession::send_frame(StreamId stream, std::uint32_t timestamp, ByteView frame, Time now, bool marker) {
  auto* its = impl_->find(stream);
  if (its == nullptr) return std::unexpected(Error::bad_settings);
  if (!impl_->srtp) return std::unexpected(Error::not_connected);
  if (frame.size() > max_frame_size()) return std::unexpected(Error::too_large);
  return impl_->send_frame(*its, timestamp, frame, now, marker);
}

std::size_t MediaSession::packet_overhead() const {
  return rtp::header_size(impl_->settings.transport_sequence_extension) + (impl_->mixed ? frame_overhead : 0) +
         crypto::aead_tag_size;
}

std::size_t MediaSession::max_frame_size() const {
  return limits::datagram - packet_overhead();
}

Time MediaSession::poll(Time now) {
  auto& impl = *impl_;
  auto next = now + limits::report_interval;
  if (impl.state == SessionState::connecting) {
    next = impl.dtls->poll(now).value_or(next);
    impl.follow_dtls(now);
  }
  if (!impl.srtp) return next;
  while (const auto* packet = impl.pacer.pop(now)) impl.depart(packet->bytes(), packet->transport_sequence, now);
  for (auto& stream : impl.streams) {
    if (stream.opener) stream.opener->forget_late(now);
  }
  return std::min({next, impl.poll_rtcp(now), impl.pacer.due().value_or(next)});
}

void MediaSession::rekey(Time now) {
  for (auto& stream : impl_->streams) {
    // Where no generation is left, the next frame says so.
    if (stream.sealer) std::ignore = stream.sealer->rekey(now);
  }
}

void MediaSession::set_pacing_rate(std::uint64_t bits_per_second) {
  impl_->pacer.set_rate(bits_per_second);
}

void MediaSession::close(Time) {
  auto& impl = *impl_;
  if (impl.state == SessionState::closed || impl.state == SessionState::failed) return;
  if (impl.srtp) impl.send_bye();
  impl.dtls->close();
  impl.srtp.reset();
  impl.state = SessionState::closed;
}

SessionState MediaSession::state() const {
  return impl_->state;
}

std::optional<Error> MediaSession::error() const {
  return impl_->error;
}

SessionStatistics MediaSession::statistics() const {
  auto out = impl_->statistics;
  const auto& first = impl_->streams.front();
  if (first.sealer) out.generation = first.sealer->generation();
  return out;
}

StreamStatistics MediaSession::statistics(StreamId stream) const {
  const auto* its = impl_->find(stream);
  if (its == nullptr) return {};
  auto out = its->statistics;
  out.packets_lost = static_cast<std::uint64_t>(std::max<std::int64_t>(0, its->reception.lost()));
  out.loss = its->reception.last_fraction_lost();
  out.jitter = its->reception.jitter();
  return out;
}

std::uint32_t MediaSession::ssrc(StreamId stream) const {
  const auto* its = impl_->find(stream);
  return its == nullptr ? 0 : std::to_underlying(its->ssrc);
}

}  // namespace pqc::media
