#include "client/direct/direct_frame.h"

#include <algorithm>

#include "client/limits.h"
#include "protocol/pqxdh/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::client {
namespace {

constexpr std::uint8_t hello_kind = 1;
constexpr std::uint8_t parcel_kind = 2;
constexpr std::uint8_t stored_kind = 3;
constexpr std::string_view magic = "PQCD";
constexpr std::uint8_t version = 1;
constexpr std::size_t id_size = MessageId().size();

std::optional<DirectFrame> decode_hello(wire::Reader& reader) {
  const auto said = reader.bytes(magic.size());
  const auto spoken = reader.u8();
  const auto after = reader.array<id_size>();
  if (!said || !equal(*said, as_bytes(magic)) || !spoken || *spoken != version || !after || !reader.done())
    return std::nullopt;
  return DirectHello{*after};
}

std::optional<DirectFrame> decode_parcel(wire::Reader& reader) {
  const auto id = reader.array<id_size>();
  const auto envelope = reader.rest(pqxdh::max_envelope_size);
  if (!id || !envelope || envelope->empty()) return std::nullopt;
  return DirectParcel{*id, to_bytes(*envelope)};
}

std::optional<DirectFrame> decode_stored(wire::Reader& reader) {
  const auto count = reader.remaining() / id_size;
  if (count == 0 || count > limits::direct_stored || reader.remaining() % id_size != 0) return std::nullopt;
  DirectStored out;
  while (const auto id = reader.array<id_size>()) out.ids.push_back(*id);
  return out;
}

}  // namespace

Bytes encode_direct_hello(const MessageId& after) {
  Bytes out;
  wire::Writer(out).u8(hello_kind).bytes(as_bytes(magic)).u8(version).bytes(after);
  return out;
}

Bytes encode_direct_parcel(const MessageId& id, ByteView envelope) {
  Bytes out;
  out.reserve(1 + id.size() + envelope.size());
  wire::Writer(out).u8(parcel_kind).bytes(id).bytes(envelope);
  return out;
}

Bytes encode_direct_stored(std::span<const MessageId> ids) {
  Bytes out;
  wire::Writer writer(out);
  writer.u8(stored_kind);
  for (const auto& id : ids) writer.bytes(id);
  return out;
}

std::optional<DirectFrame> decode_direct_frame(ByteView frame) {
  wire::Reader reader(frame);
  const auto kind = reader.u8();
  if (!kind) return std::nullopt;
  if (*kind == hello_kind) return decode_hello(reader);
  if (*kind == parcel_kind) return decode_parcel(reader);
  if (*kind == stored_kind) return decode_stored(reader);
  return std::nullopt;
}

}  // namespace pqc::client
