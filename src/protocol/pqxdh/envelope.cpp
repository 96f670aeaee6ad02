#include "protocol/pqxdh/envelope.h"

#include <algorithm>

#include "identity/field_reader.h"
#include "protocol/pqxdh/labels.h"
#include "protocol/pqxdh/limits.h"
#include "wire/writer.h"

namespace pqc::pqxdh {
namespace {

constexpr std::uint8_t envelope_format = 1;
constexpr auto tag_size = sizeof(AcknowledgementTag);
static_assert(labels::envelope.size() + 1 + sizeof(SessionId) == envelope_associated_data_size);

Result<Envelope> finished(identity::FieldReader& reader, Envelope envelope) {
  if (!reader.finish()) return std::unexpected(Error::malformed);
  return envelope;
}

Result<Envelope> read_initial(identity::FieldReader& reader) {
  InitialEnvelope envelope;
  envelope.initial_part = reader.opaque16(max_initial_part_size);
  envelope.ratchet_message = reader.rest(max_envelope_size);
  reader.require(!envelope.initial_part.empty() && !envelope.ratchet_message.empty());
  return finished(reader, envelope);
}

Result<Envelope> read_message(identity::FieldReader& reader) {
  const MessageEnvelope envelope{reader.rest(max_envelope_size)};
  reader.require(!envelope.ratchet_message.empty());
  return finished(reader, envelope);
}

Result<Envelope> read_acknowledgement(identity::FieldReader& reader) {
  const auto bytes = reader.rest(max_acknowledgements * tag_size);
  reader.require(!bytes.empty() && bytes.size() % tag_size == 0);
  AcknowledgementEnvelope envelope;
  envelope.tags.resize(bytes.size() / tag_size);
  for (std::size_t i = 0; i < envelope.tags.size(); ++i)
    std::ranges::copy(bytes.subspan(i * tag_size, tag_size), envelope.tags[i].begin());
  return finished(reader, std::move(envelope));
}

Bytes head(EnvelopeKind kind) {
  return {envelope_format, static_cast<std::uint8_t>(kind)};
}

}  // namespace

Result<Envelope> decode_envelope(ByteView bytes) {
  if (bytes.size() > max_envelope_size) return std::unexpected(Error::limit);
  identity::FieldReader reader(bytes);
  const auto format = reader.u8();
  const auto kind = reader.u8();
  if (!reader.ok()) return std::unexpected(Error::malformed);
  if (format != envelope_format) return std::unexpected(Error::unsupported);
  switch (static_cast<EnvelopeKind>(kind)) {
    case EnvelopeKind::initial:
      return read_initial(reader);
    case EnvelopeKind::message:
      return read_message(reader);
    case EnvelopeKind::acknowledgement:
      return read_acknowledgement(reader);
  }
  return std::unexpected(Error::unsupported);
}

Bytes encode_initial_envelope(ByteView initial_part, ByteView ratchet_message) {
  auto out = head(EnvelopeKind::initial);
  out.reserve(out.size() + 2 + initial_part.size() + ratchet_message.size());
  wire::Writer(out).opaque16(initial_part).bytes(ratchet_message);
  return out;
}

Bytes encode_message_envelope(ByteView ratchet_message) {
  auto out = head(EnvelopeKind::message);
  append(out, ratchet_message);
  return out;
}

Bytes encode_acknowledgement_envelope(std::span<const AcknowledgementTag> tags) {
  auto out = head(EnvelopeKind::acknowledgement);
  for (const auto& tag : tags) append(out, tag);
  return out;
}

std::array<std::uint8_t, envelope_associated_data_size> envelope_associated_data(EnvelopeKind kind,
                                                                                 const SessionId& session) {
  std::array<std::uint8_t, envelope_associated_data_size> out;
  auto end = std::ranges::copy(as_bytes(labels::envelope), out.begin()).out;
  *end++ = static_cast<std::uint8_t>(kind);
  std::ranges::copy(session, end);
  return out;
}

}  // namespace pqc::pqxdh
