#include "protocol/recording/file_key.h"

#include <algorithm>
#include <string_view>

#include "crypto/kdf.h"
#include "protocol/recording/labels.h"

namespace pqc::recording {
namespace {

constexpr std::string_view magic = "PQC-REC";
static_assert(magic.size() + 1 + 32 == header_size);

}  // namespace

Header make_header(Rng& rng) {
  Header out{};
  std::ranges::copy(as_bytes(magic), out.begin());
  out[magic.size()] = version;
  const auto salt = rng.bytes<32>();
  std::ranges::copy(salt, out.begin() + magic.size() + 1);
  return out;
}

Result<Header> parse_header(ByteView start) {
  if (start.size() < header_size || !std::ranges::equal(start.first(magic.size()), as_bytes(magic)))
    return std::unexpected(Error::not_a_recording);
  if (start[magic.size()] != version)
    return std::unexpected(start[magic.size()] > version ? Error::too_new : Error::not_a_recording);
  Header out{};
  std::ranges::copy(start.first(header_size), out.begin());
  return out;
}

Result<FileKey> derive_key(const RecordingSecret& secret, const Header& header) {
  FileKey key;
  crypto::Sha512Digest prk{};
  const auto worked = crypto::hkdf_extract(crypto::HashAlg::sha512, {}, secret.view(), prk).and_then([&] {
    return crypto::hkdf_expand(crypto::HashAlg::sha512, prk, {as_bytes(labels::key), header}, key.fill());
  });
  wipe(prk);
  if (!worked) return std::unexpected(Error::backend);
  return key;
}

}  // namespace pqc::recording
