#include "keys/vault/content.h"

#include "keys/vault/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::keys::vault {
namespace {

constexpr std::size_t fixed_size = StoreKey::size + 8 + 2;

bool acceptable(const std::string& name, const SecretBytes& value) {
  return !name.empty() && name.size() <= max_item_name_size && value.size() <= max_item_value_size;
}

Result<std::size_t> encoded_size(const Content& content) {
  if (content.items.size() > max_items) return std::unexpected(Error::limit);
  std::size_t size = fixed_size;
  for (const auto& [name, value] : content.items) {
    if (!acceptable(name, value)) return std::unexpected(Error::limit);
    size += 1 + name.size() + 4 + value.size();
  }
  return size;
}

}  // namespace

Result<SecretBytes> encode_content(const Content& content) {
  const auto size = encoded_size(content);
  if (!size) return std::unexpected(size.error());
  SecretBytes out(*size);
  wire::Writer writer(out.fill());
  writer.bytes(content.store_key.view()).u64(content.witness).u16(static_cast<std::uint16_t>(content.items.size()));
  for (const auto& [name, value] : content.items) writer.opaque8(as_bytes(name)).opaque32(value.view());
  if (!writer.finish()) return std::unexpected(Error::limit);
  return out;
}

Result<Content> decode_content(ByteView bytes) {
  const auto damaged = std::unexpected(Error::damaged);
  wire::Reader reader(bytes);
  Content content;
  const auto store_key = reader.bytes(StoreKey::size);
  const auto witness = reader.u64();
  const auto count = reader.u16();
  if (!store_key || !witness || !count || *count > max_items) return damaged;
  std::ranges::copy(*store_key, content.store_key.fill().begin());
  content.witness = *witness;
  for (unsigned i = 0; i < *count; ++i) {
    const auto name = reader.opaque8(max_item_name_size);
    if (!name || name->empty()) return damaged;
    const auto value = reader.opaque32(max_item_value_size);
    if (!value) return damaged;
    std::string key(as_text(*name));
    if (!content.items.empty() && content.items.rbegin()->first >= key) return damaged;
    content.items.emplace_hint(content.items.end(), std::move(key), SecretBytes(*value));
  }
  if (!reader.done()) return damaged;
  return content;
}

}  // namespace pqc::keys::vault
