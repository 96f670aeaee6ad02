#include "protocol/hpke/hpke.h"

#include <array>

namespace pqc::hpke {
namespace {

constexpr std::uint8_t mode_base = 0;
constexpr std::uint8_t mode_auth = 2;

using SuiteId = std::array<std::uint8_t, 10>;

SuiteId suite_id(const Suite& suite) {
  const std::array<std::uint16_t, 3> ids{parameters(suite.kem).id, static_cast<std::uint16_t>(suite.kdf),
                                         aead_id(suite.aead)};
  SuiteId out{'H', 'P', 'K', 'E'};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    out[4 + 2 * i] = static_cast<std::uint8_t>(ids[i] >> 8);
    out[5 + 2 * i] = static_cast<std::uint8_t>(ids[i]);
  }
  return out;
}

struct Keys {
  SecretBytes key;
  SecretBytes base_nonce;
  SecretBytes exporter;
};

Result<Keys> schedule_two_stage(const Suite& suite, std::uint8_t mode, ByteView shared_secret, ByteView hashes) {
  const auto id = suite_id(suite);
  const auto secret = labeled_extract(suite.kdf, id, shared_secret, "secret", {});
  if (!secret) return std::unexpected(Error::backend);
  Bytes context{mode};
  append(context, hashes);
  Keys keys{SecretBytes(crypto::aead_key_size(suite.aead)), SecretBytes(crypto::aead_nonce_size),
            SecretBytes(kdf_size(suite.kdf))};
  const auto derive = [&](std::string_view label, ByteSpan out) {
    return labeled_expand(suite.kdf, id, secret->view(), label, context, out);
  };
  return derive("key", keys.key.fill())
      .and_then([&] { return derive("base_nonce", keys.base_nonce.fill()); })
      .and_then([&] { return derive("exp", keys.exporter.fill()); })
      .transform([&] { return std::move(keys); });
}

void append_prefixed(SecretBytes& out, ByteView bytes) {
  const std::array<std::uint8_t, 2> size{static_cast<std::uint8_t>(bytes.size() >> 8),
                                         static_cast<std::uint8_t>(bytes.size())};
  out.append(size);
  out.append(bytes);
}

Result<Keys> schedule_one_stage(const Suite& suite, std::uint8_t mode, ByteView shared_secret, ByteView info) {
  SecretBytes secrets;
  append_prefixed(secrets, {});
  append_prefixed(secrets, shared_secret);
  SecretBytes context(ByteView{&mode, 1});
  append_prefixed(context, {});
  append_prefixed(context, info);
  const auto key_size = crypto::aead_key_size(suite.aead);
  SecretBytes all(key_size + crypto::aead_nonce_size + kdf_size(suite.kdf));
  return labeled_derive(suite.kdf, suite_id(suite), secrets.view(), "secret", context.view(), all.fill())
      .transform([&] {
        const auto nonce_end = key_size + crypto::aead_nonce_size;
        return Keys{SecretBytes(all.view().first(key_size)),
                    SecretBytes(all.view().subspan(key_size, crypto::aead_nonce_size)),
                    SecretBytes(all.view().subspan(nonce_end))};
      });
}

}  // namespace

Result<Info> Info::prepare(const Suite& suite, ByteView info, ByteView rest) {
  if (!two_stage(suite.kdf)) {
    if (info.size() > 0xFFFF || rest.size() > 0xFFFF - info.size()) return std::unexpected(Error::too_long);
    auto whole = to_bytes(info);
    append(whole, rest);
    return Info(std::move(whole));
  }
  const auto id = suite_id(suite);
  const auto psk_id_hash = labeled_extract(suite.kdf, id, {}, "psk_id_hash", {});
  const auto info_hash = labeled_extract(suite.kdf, id, {}, "info_hash", info, rest);
  if (!psk_id_hash || !info_hash) return std::unexpected(Error::backend);
  auto hashes = to_bytes(psk_id_hash->view());
  append(hashes, info_hash->view());
  return Info(std::move(hashes));
}

Result<Context> Context::make(const Suite& suite, bool authenticated, ByteView shared_secret, const Info& info) {
  const auto mode = authenticated ? mode_auth : mode_base;
  return (two_stage(suite.kdf) ? schedule_two_stage(suite, mode, shared_secret, info.bytes_)
                               : schedule_one_stage(suite, mode, shared_secret, info.bytes_))
      .transform([&](Keys keys) {
        Context out(suite);
        out.key_ = std::move(keys.key);
        out.base_nonce_ = std::move(keys.base_nonce);
        out.exporter_secret_ = std::move(keys.exporter);
        return out;
      });
}

// RFC 9180 §5.2, ComputeNonce.
Bytes Context::nonce() const {
  auto out = to_bytes(base_nonce_.view());
  for (std::size_t i = 0; i < sizeof(sequence_); ++i) {
    out[out.size() - 1 - i] ^= static_cast<std::uint8_t>(sequence_ >> (8 * i));
  }
  return out;
}

Result<Bytes> Context::seal(ByteView aad, ByteView plaintext) {
  if (sequence_ >= max_messages) return std::unexpected(Error::exhausted);
  Bytes out(plaintext.size() + crypto::aead_tag_size);
  if (!crypto::seal(suite_.aead, key_.view(), nonce(), aad, plaintext, out)) return std::unexpected(Error::backend);
  ++sequence_;
  return out;
}

Result<Bytes> Context::open(ByteView aad, ByteView ciphertext) {
  if (sequence_ >= max_messages) return std::unexpected(Error::exhausted);
  if (ciphertext.size() < crypto::aead_tag_size) return std::unexpected(Error::refused);
  Bytes out(ciphertext.size() - crypto::aead_tag_size);
  if (!crypto::open(suite_.aead, key_.view(), nonce(), aad, ciphertext, out)) return std::unexpected(Error::refused);
  ++sequence_;
  return out;
}

Result<SecretBytes> Context::export_secret(ByteView exporter_context, std::size_t length) const {
  SecretBytes out(length);
  const auto id = suite_id(suite_);
  return (two_stage(suite_.kdf)
              ? labeled_expand(suite_.kdf, id, exporter_secret_.view(), "sec", exporter_context, out.fill())
              : labeled_derive(suite_.kdf, id, exporter_secret_.view(), "sec", exporter_context, out.fill()))
      .transform([&] { return std::move(out); });
}

namespace {

Result<Context> context_of(const Suite& suite, bool authenticated, ByteView secret, ByteView info) {
  return Info::prepare(suite, info).and_then([&](const Info& prepared) {
    return Context::make(suite, authenticated, secret, prepared);
  });
}

Result<SecretBytes> open_with(Context context, ByteView aad, ByteView ciphertext) {
  return context.open(aad, ciphertext).transform([](Bytes plaintext) {
    SecretBytes out{ByteView(plaintext)};
    wipe(plaintext);
    return out;
  });
}

Result<Sender> sender_of(const Suite& suite, bool authenticated, Encapsulated encapsulated, const Info& info) {
  return Context::make(suite, authenticated, encapsulated.secret.view(), info).transform([&](Context context) {
    return Sender{std::move(encapsulated.output), std::move(context)};
  });
}

}  // namespace

Result<Sender> setup_base_sender(const Suite& suite, ByteView public_key, ByteView info, Rng& rng) {
  const auto prepared = Info::prepare(suite, info);
  if (!prepared) return std::unexpected(prepared.error());
  return encapsulate(suite.kem, public_key, rng).and_then([&](Encapsulated encapsulated) {
    return sender_of(suite, false, std::move(encapsulated), *prepared);
  });
}

Result<Context> setup_base_recipient(const Suite& suite, const KeyPair& pair, ByteView output, ByteView info) {
  return decapsulate(suite.kem, pair, output).and_then([&](const SecretBytes& secret) {
    return context_of(suite, false, secret.view(), info);
  });
}

Result<Sender> setup_auth_sender(const Suite& suite, ByteView public_key, ByteView info, const KeyPair& sender,
                                 Rng& rng) {
  const auto prepared = Info::prepare(suite, info);
  if (!prepared) return std::unexpected(prepared.error());
  return encapsulate_authenticated(suite.kem, public_key, sender, rng).and_then([&](Encapsulated encapsulated) {
    return sender_of(suite, true, std::move(encapsulated), *prepared);
  });
}

Result<Context> setup_auth_recipient(const Suite& suite, const KeyPair& pair, ByteView output, ByteView info,
                                     ByteView sender_public) {
  return decapsulate_authenticated(suite.kem, pair, output, sender_public).and_then([&](const SecretBytes& secret) {
    return context_of(suite, true, secret.view(), info);
  });
}

Result<Sealed> seal_base(const Suite& suite, ByteView public_key, const Info& info, ByteView aad, ByteView plaintext,
                         Rng& rng) {
  return encapsulate(suite.kem, public_key, rng)
      .and_then([&](Encapsulated encapsulated) { return sender_of(suite, false, std::move(encapsulated), info); })
      .and_then([&](Sender sender) {
        return sender.context.seal(aad, plaintext).transform([&](Bytes ciphertext) {
          return Sealed{std::move(sender.output), std::move(ciphertext)};
        });
      });
}

Result<Sealed> seal_base(const Suite& suite, ByteView public_key, ByteView info, ByteView aad, ByteView plaintext,
                         Rng& rng) {
  return Info::prepare(suite, info).and_then([&](const Info& prepared) {
    return seal_base(suite, public_key, prepared, aad, plaintext, rng);
  });
}

Result<SecretBytes> open_base(const Suite& suite, const KeyPair& pair, ByteView output, ByteView info, ByteView aad,
                              ByteView ciphertext) {
  return setup_base_recipient(suite, pair, output, info).and_then([&](Context context) {
    return open_with(std::move(context), aad, ciphertext);
  });
}

Result<SecretBytes> open_base(const Suite& suite, const KeyPair& pair, ByteView output, const Info& info, ByteView aad,
                              ByteView ciphertext) {
  return decapsulate(suite.kem, pair, output)
      .and_then([&](const SecretBytes& secret) { return Context::make(suite, false, secret.view(), info); })
      .and_then([&](Context context) { return open_with(std::move(context), aad, ciphertext); });
}

}  // namespace pqc::hpke
