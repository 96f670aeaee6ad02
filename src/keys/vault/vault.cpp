#include "keys/vault/vault.h"

#include "keys/vault/limits.h"

namespace pqc::keys::vault {
namespace {

std::uint64_t cost(const crypto::Argon2Parameters& p) {
  return std::uint64_t{p.memory_kib} * p.passes;
}

// The folder's own key file, when no secret is given for this way.
Result<SecretBytes> secret_or_file(const KeyFolder& folder, Way way, ByteView secret) {
  if (way != Way::key_file || !secret.empty()) return SecretBytes(secret);
  auto read = folder.read_secret(files::key_file, WaySecret::size);
  if (!read && read.error() == Error::limit) return std::unexpected(Error::bad_secret);
  return read;
}

Result<VaultKey> try_passphrase(const VaultContext& context, const VaultId& id, const Slot& slot, ByteView passphrase) {
  const Attempts attempts(context.folder, context.clock);
  if (const auto begun = attempts.begin(); !begun) return std::unexpected(begun.error());
  auto key = unwrap_key(id, slot, passphrase);
  if (!key) return key;
  if (const auto cleared = attempts.succeeded(); !cleared) return std::unexpected(cleared.error());
  return key;
}

// By any way; a passphrase counts as an attempt.
Result<VaultKey> key_by(const VaultContext& context, const Header& header, Way way, ByteView secret) {
  const auto* slot = header.find(way);
  if (slot == nullptr) return std::unexpected(Error::no_such_way);
  if (way == Way::passphrase) {
    if (secret.empty() || secret.size() > max_passphrase_size) return std::unexpected(Error::bad_secret);
    return try_passphrase(context, header.id, *slot, secret);
  }
  const auto known = secret_or_file(context.folder, way, secret);
  if (!known) return std::unexpected(known.error());
  return unwrap_key(header.id, *slot, known->view());
}

}  // namespace

std::optional<crypto::Argon2Parameters> next_argon2(const crypto::Argon2Parameters& current,
                                                    std::chrono::milliseconds elapsed) {
  for (const auto& step : argon2_steps) {
    if (cost(step) <= cost(current)) continue;
    const auto expected =
        elapsed.count() * static_cast<std::int64_t>(cost(step)) / static_cast<std::int64_t>(cost(current));
    if (expected > strengthen_target.count()) return std::nullopt;
    return step;
  }
  return std::nullopt;
}

Result<ParsedFile> inspect(const KeyFolder& folder) {
  const auto bytes = folder.read(files::vault, max_vault_file_size);
  if (!bytes) return std::unexpected(bytes.error() == Error::limit ? Error::damaged : bytes.error());
  return parse_file(*bytes);
}

Result<OpenVault::Unlocked> OpenVault::create(const VaultContext& context, ByteView passphrase, bool key_file) {
  if (context.folder.has(files::vault)) return std::unexpected(Error::exists);
  if (passphrase.empty() && !key_file) return std::unexpected(Error::bad_secret);
  Header header;
  VaultKey key;
  Content content;
  context.rng.fill(header.id);
  context.rng.fill(key.fill());
  context.rng.fill(content.store_key.fill());
  OpenVault vault(context, std::move(header), std::move(key));
  Header first = vault.header_;
  if (!passphrase.empty()) {
    const auto slot = vault.wrap(Way::passphrase, passphrase, argon2_steps.front());
    if (!slot) return std::unexpected(slot.error());
    first.put(*slot);
  }
  if (!key_file) {
    if (const auto written = vault.write(std::move(first), content); !written) return std::unexpected(written.error());
    return Unlocked{std::move(vault), std::move(content), {}};
  }
  vault.header_ = std::move(first);
  if (const auto written = vault.enable_key_file(content); !written) return std::unexpected(written.error());
  return Unlocked{std::move(vault), std::move(content), {}};
}

Result<OpenVault::Unlocked> OpenVault::unlock(const VaultContext& context, Way way, ByteView secret) {
  auto file = inspect(context.folder);
  if (!file) return std::unexpected(file.error());
  const auto start = std::chrono::steady_clock::now();
  auto key = key_by(context, file->header, way, secret);
  if (!key) return std::unexpected(key.error());
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  auto content = open_content(*file, *key);
  if (!content) return std::unexpected(content.error());
  return Unlocked{OpenVault(context, std::move(file->header), std::move(*key)), std::move(*content), elapsed};
}

Result<void> OpenVault::write(Header next, const Content& content) {
  ++next.generation;
  const auto file = seal_file(next, key_, content, context_.rng);
  if (!file) return std::unexpected(file.error());
  if (const auto written = context_.folder.replace(files::vault, *file); !written) return written;
  header_ = std::move(next);
  return {};
}

Result<Slot> OpenVault::wrap(Way way, ByteView secret, const crypto::Argon2Parameters& argon2) const {
  return wrap_key(header_.id, way, secret, argon2, key_, context_.rng);
}

Result<void> OpenVault::save(const Content& content) {
  return write(header_, content);
}

Result<void> OpenVault::prove(ByteView passphrase) const {
  const auto way = header_.find(Way::passphrase) != nullptr ? Way::passphrase : Way::key_file;
  const auto key = key_by(context_, header_, way, way == Way::passphrase ? passphrase : ByteView());
  if (!key) return std::unexpected(key.error());
  if (!key->equals(key_)) return std::unexpected(Error::wrong_secret);
  return {};
}

Result<void> OpenVault::set_passphrase(ByteView passphrase, const crypto::Argon2Parameters& argon2,
                                       const Content& content) {
  const auto slot = wrap(Way::passphrase, passphrase, argon2);
  if (!slot) return std::unexpected(slot.error());
  auto next = header_;
  next.put(*slot);
  return write(std::move(next), content);
}

Result<WaySecret> OpenVault::enable_keyring(const Content& content) {
  if (header_.find(Way::passphrase) == nullptr) return std::unexpected(Error::last_way);
  WaySecret secret;
  context_.rng.fill(secret.fill());
  const auto slot = wrap(Way::keyring, secret.view());
  if (!slot) return std::unexpected(slot.error());
  auto next = header_;
  next.put(*slot);
  if (const auto written = write(std::move(next), content); !written) return std::unexpected(written.error());
  return secret;
}

// The file first: a vault never names a key file that was not written. One that stands is left alone: where it is the
// only way in, an interrupted exchange would lose the vault.
Result<void> OpenVault::enable_key_file(const Content& content) {
  if (header_.find(Way::key_file) != nullptr && context_.folder.has(files::key_file)) return {};
  WaySecret secret;
  context_.rng.fill(secret.fill());
  const auto slot = wrap(Way::key_file, secret.view());
  if (!slot) return std::unexpected(slot.error());
  if (const auto stored = context_.folder.replace(files::key_file, secret.view()); !stored) return stored;
  auto next = header_;
  next.put(*slot);
  return write(std::move(next), content);
}

Result<void> OpenVault::disable(Way way, const Content& content) {
  if (way == Way::passphrase || header_.find(Way::passphrase) == nullptr) return std::unexpected(Error::last_way);
  if (header_.find(way) == nullptr) return std::unexpected(Error::no_such_way);
  auto next = header_;
  next.remove(way);
  if (const auto written = write(std::move(next), content); !written) return written;
  if (way == Way::key_file) return context_.folder.remove(files::key_file);
  return {};
}

Result<Content> OpenVault::reload() const {
  const auto file = inspect(context_.folder);
  if (!file) return std::unexpected(file.error());
  return open_content(*file, key_);
}

}  // namespace pqc::keys::vault
