// docs/spec/vault.md §3 to §5: the bytes of the file, and that no changed byte goes unnoticed.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/random.h"
#include "keys/vault/limits.h"
#include "keys/vault/sealing.h"

namespace pqc::keys::vault {
namespace {

struct Fixture {
  crypto::SeededRng rng{7};
  Header header;
  VaultKey key;
  WaySecret secret;
  Content content;

  Fixture() {
    rng.fill(header.id);
    rng.fill(key.fill());
    rng.fill(secret.fill());
    rng.fill(content.store_key.fill());
    header.generation = 5;
    content.witness = 9;
    content.items.emplace("identity", SecretBytes(as_bytes("one")));
    content.items.emplace("batch/1", SecretBytes(as_bytes("two")));
    header.put(*wrap_key(header.id, Way::key_file, secret.view(), {}, key, rng));
    header.put(*wrap_key(header.id, Way::keyring, secret.view(), {}, key, rng));
  }
  Bytes file() { return *seal_file(header, key, content, rng); }
};

// Opens a file by its key file, all steps of §6.
Result<Content> open(ByteView bytes, const WaySecret& secret, Way way = Way::key_file) {
  const auto file = parse_file(bytes);
  if (!file) return std::unexpected(file.error());
  const auto* slot = file->header.find(way);
  if (slot == nullptr) return std::unexpected(Error::no_such_way);
  const auto key = unwrap_key(file->header.id, *slot, secret.view());
  if (!key) return std::unexpected(key.error());
  return open_content(*file, *key);
}

TEST(VaultFormat, LooksAsTheSpecificationSays) {
  Fixture f;
  const auto file = f.file();
  EXPECT_EQ(as_text(ByteView(file).first(8)), "PQCVAULT");
  EXPECT_EQ(to_hex(ByteView(file).subspan(8, 2)), "0001");
  EXPECT_TRUE(equal(ByteView(file).subspan(10, 16), f.header.id));
  EXPECT_EQ(to_hex(ByteView(file).subspan(26, 8)), "0000000000000005");
  EXPECT_TRUE(equal(ByteView(file).subspan(34, 32), f.header.salt));
  EXPECT_EQ(file[66], 2);
  EXPECT_EQ(file[67], 2);                // keyring before
  EXPECT_EQ(file[67 + 1 + 32 + 48], 3);  // key file
  const std::size_t head = 67 + 2 * (1 + 32 + 48);
  const std::size_t content = 32 + 8 + 2 + (1 + 7 + 4 + 3) + (1 + 8 + 4 + 3);
  EXPECT_EQ(file.size(), head + content + 16);
}

TEST(VaultFormat, OpensByEachWay) {
  Fixture f;
  const auto file = f.file();
  for (const auto way : {Way::keyring, Way::key_file}) {
    const auto content = open(file, f.secret, way);
    ASSERT_TRUE(content);
    EXPECT_TRUE(content->store_key.equals(f.content.store_key));
    EXPECT_EQ(content->witness, 9);
    EXPECT_EQ(as_text(content->items.at("batch/1").view()), "two");
  }
  EXPECT_EQ(open(file, f.secret, Way::passphrase).error(), Error::no_such_way);
}

TEST(VaultFormat, EveryChangedByteIsNoticed) {
  Fixture f;
  const auto file = f.file();
  for (std::size_t i = 0; i < file.size(); ++i)
    for (const auto change : std::array<std::uint8_t, 2>{0x01, 0x80}) {
      auto damaged = file;
      damaged[i] ^= change;
      const auto content = open(damaged, f.secret);
      ASSERT_FALSE(content) << "byte " << i;
      EXPECT_TRUE(content.error() == Error::damaged || content.error() == Error::wrong_secret ||
                  content.error() == Error::too_new || content.error() == Error::no_such_way)
          << "byte " << i << ": " << name_of(content.error());
    }
}

TEST(VaultFormat, EveryTruncationAndExtensionIsNoticed) {
  Fixture f;
  auto file = f.file();
  for (std::size_t n = 0; n < file.size(); ++n) ASSERT_FALSE(open(ByteView(file).first(n), f.secret)) << n;
  file.push_back(0);
  EXPECT_EQ(open(file, f.secret).error(), Error::damaged);
}

TEST(VaultFormat, TheContentCoversTheSlots) {
  Fixture f;
  const auto file = parse_file(f.file());
  ASSERT_TRUE(file);
  auto fewer = file->header;
  fewer.remove(Way::keyring);
  EXPECT_EQ(open_content({fewer, encode_head(fewer), file->sealed}, f.key).error(), Error::damaged);
  auto other = file->header;
  other.put(*wrap_key(f.header.id, Way::keyring, f.secret.view(), {}, f.key, f.rng));
  EXPECT_EQ(open_content({other, encode_head(other), file->sealed}, f.key).error(), Error::damaged);
}

TEST(VaultFormat, ASlotIsOfNoUseInAnotherVaultOrAsAnotherKind) {
  Fixture f;
  auto slot = *f.header.find(Way::keyring);
  auto other_id = f.header.id;
  other_id[0] ^= 1;
  EXPECT_EQ(unwrap_key(other_id, slot, f.secret.view()).error(), Error::wrong_secret);
  slot.way = Way::key_file;
  EXPECT_EQ(unwrap_key(f.header.id, slot, f.secret.view()).error(), Error::wrong_secret);
}

TEST(VaultFormat, NoSaltIsWrittenTwice) {
  Fixture f;
  const auto first = f.file();
  const auto second = f.file();
  EXPECT_NE(to_hex(ByteView(first).subspan(34, 32)), to_hex(ByteView(second).subspan(34, 32)));
  EXPECT_FALSE(equal(ByteView(first).last(40), ByteView(second).last(40)));
}

TEST(VaultFormat, RefusesWeakOrCostlyParameters) {
  Fixture f;
  const auto write = [&](crypto::Argon2Parameters p) {
    auto header = f.header;
    Slot slot;
    slot.way = Way::passphrase;
    slot.argon2 = p;
    header.put(slot);
    return parse_file(*seal_file(header, f.key, f.content, f.rng)).has_value();
  };
  EXPECT_TRUE(write({min_memory_kib, 3, 1}));
  EXPECT_TRUE(write({max_memory_kib, max_passes, max_lanes}));
  EXPECT_FALSE(write({min_memory_kib - 1, 3, 1}));
  EXPECT_FALSE(write({max_memory_kib + 1, 3, 1}));
  EXPECT_FALSE(write({min_memory_kib, 0, 1}));
  EXPECT_FALSE(write({min_memory_kib, max_passes + 1, 1}));
  EXPECT_FALSE(write({min_memory_kib, 3, 0}));
  EXPECT_FALSE(write({min_memory_kib, 3, max_lanes + 1}));
}

TEST(VaultFormat, ANewerVersionIsSaidToBeOne) {
  Fixture f;
  auto file = f.file();
  file[9] = 2;
  EXPECT_EQ(parse_file(file).error(), Error::too_new);
  file[9] = 0;
  EXPECT_EQ(parse_file(file).error(), Error::damaged);
}

TEST(VaultContent, RefusesWhatIsNotItsOneEncoding) {
  Content content;
  content.items.emplace("b", SecretBytes(as_bytes("x")));
  content.items.emplace("a", SecretBytes());
  const auto bytes = encode_content(content);
  ASSERT_TRUE(bytes);
  EXPECT_TRUE(decode_content(bytes->view()));
  auto swapped = to_bytes(bytes->view());
  std::swap(swapped[43], swapped[43 + 6]);  // the names, now descending
  EXPECT_EQ(decode_content(swapped).error(), Error::damaged);
  for (std::size_t n = 0; n < bytes->size(); ++n) EXPECT_FALSE(decode_content(bytes->view().first(n)));
}

TEST(VaultContent, KeepsToItsLimits) {
  Content content;
  content.items.emplace("", SecretBytes());
  EXPECT_EQ(encode_content(content).error(), Error::limit);
  content.items.clear();
  content.items.emplace(std::string(max_item_name_size + 1, 'n'), SecretBytes());
  EXPECT_EQ(encode_content(content).error(), Error::limit);
  content.items.clear();
  for (std::size_t i = 0; i <= max_items; ++i) content.items.emplace(std::to_string(i), SecretBytes());
  EXPECT_EQ(encode_content(content).error(), Error::limit);
}

RC_GTEST_PROP(VaultContent, ComesBackAsItWas, (const std::map<std::string, std::vector<std::uint8_t>>& items)) {
  Content content;
  content.witness = items.size();
  for (const auto& [name, value] : items)
    if (!name.empty() && name.size() <= max_item_name_size) content.items.emplace(name, SecretBytes(value));
  const auto bytes = encode_content(content);
  RC_ASSERT(bytes.has_value());
  const auto back = decode_content(bytes->view());
  RC_ASSERT(back.has_value());
  RC_ASSERT(equal(encode_content(*back)->view(), bytes->view()));
}

}  // namespace
}  // namespace pqc::keys::vault
