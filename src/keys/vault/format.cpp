#include "keys/vault/format.h"

#include <algorithm>

#include "keys/vault/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::keys::vault {
namespace {

using wire::Reader;
using wire::Writer;

bool known_way(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(Way::passphrase) && kind <= static_cast<std::uint8_t>(Way::key_file);
}

bool acceptable(const crypto::Argon2Parameters& p) {
  return p.memory_kib >= min_memory_kib && p.memory_kib <= max_memory_kib && p.passes >= 1 && p.passes <= max_passes &&
         p.lanes >= 1 && p.lanes <= max_lanes;
}

void encode_slot_start(Writer& writer, const Slot& slot) {
  writer.u8(static_cast<std::uint8_t>(slot.way)).bytes(slot.salt);
  if (slot.way == Way::passphrase) writer.u32(slot.argon2.memory_kib).u32(slot.argon2.passes).u32(slot.argon2.lanes);
}

wire::Result<crypto::Argon2Parameters> read_argon2(Reader& reader) {
  crypto::Argon2Parameters p;
  const auto memory = reader.u32();
  const auto passes = reader.u32();
  const auto lanes = reader.u32();
  if (!memory || !passes || !lanes) return std::unexpected(wire::Error::truncated);
  p = {*memory, *passes, *lanes};
  if (!acceptable(p)) return std::unexpected(wire::Error::limit);
  return p;
}

wire::Result<Slot> read_slot(Reader& reader) {
  Slot slot;
  const auto kind = reader.u8();
  if (!kind || !known_way(*kind)) return std::unexpected(wire::Error::malformed);
  slot.way = static_cast<Way>(*kind);
  const auto salt = reader.array<salt_size>();
  if (!salt) return std::unexpected(salt.error());
  slot.salt = *salt;
  if (slot.way == Way::passphrase) {
    const auto argon2 = read_argon2(reader);
    if (!argon2) return std::unexpected(argon2.error());
    slot.argon2 = *argon2;
  }
  const auto wrapped = reader.array<wrapped_size>();
  if (!wrapped) return std::unexpected(wrapped.error());
  slot.wrapped = *wrapped;
  return slot;
}

wire::Result<std::vector<Slot>> read_slots(Reader& reader) {
  const auto count = reader.u8();
  if (!count || *count == 0 || *count > max_slots) return std::unexpected(wire::Error::malformed);
  std::vector<Slot> slots;
  for (unsigned i = 0; i < *count; ++i) {
    const auto slot = read_slot(reader);
    if (!slot) return std::unexpected(slot.error());
    if (!slots.empty() && slots.back().way >= slot->way) return std::unexpected(wire::Error::malformed);
    slots.push_back(*slot);
  }
  return slots;
}

}  // namespace

const Slot* Header::find(Way way) const {
  const auto it = std::ranges::find(slots, way, &Slot::way);
  return it == slots.end() ? nullptr : &*it;
}

void Header::put(const Slot& slot) {
  remove(slot.way);
  slots.insert(std::ranges::upper_bound(slots, slot.way, {}, &Slot::way), slot);
}

void Header::remove(Way way) {
  std::erase_if(slots, [way](const Slot& slot) { return slot.way == way; });
}

Result<ParsedFile> parse_file(ByteView file) {
  const auto damaged = std::unexpected(Error::damaged);
  if (file.size() > max_vault_file_size) return damaged;
  Reader reader(file);
  ParsedFile parsed;
  const auto start = reader.bytes(magic.size());
  if (!start || !equal(*start, magic)) return damaged;
  const auto version = reader.u16();
  if (!version || *version == 0) return damaged;
  if (*version > format_version) return std::unexpected(Error::too_new);
  const auto id = reader.array<16>();
  const auto generation = reader.u64();
  const auto salt = reader.array<salt_size>();
  if (!id || !generation || !salt || *generation == 0) return damaged;
  auto slots = read_slots(reader);
  if (!slots || reader.remaining() < wrapped_size - key_size) return damaged;
  parsed.header = {*id, *generation, *salt, std::move(*slots)};
  const auto split = file.size() - reader.remaining();
  parsed.head = to_bytes(file.first(split));
  parsed.sealed = to_bytes(file.subspan(split));
  return parsed;
}

Bytes encode_head(const Header& header) {
  Bytes out;
  Writer writer(out);
  writer.bytes(magic).u16(format_version).bytes(header.id).u64(header.generation).bytes(header.salt);
  writer.u8(static_cast<std::uint8_t>(header.slots.size()));
  for (const auto& slot : header.slots) {
    encode_slot_start(writer, slot);
    writer.bytes(slot.wrapped);
  }
  return out;
}

Bytes slot_context(const VaultId& id, const Slot& slot) {
  Bytes out;
  Writer writer(out);
  writer.bytes(id).u16(format_version);
  encode_slot_start(writer, slot);
  return out;
}

}  // namespace pqc::keys::vault
