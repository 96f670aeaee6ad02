#include "server/turn/access.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hmac_sha1.h"
#include "crypto/kdf.h"
#include "server/turn/labels.h"

namespace pqc::server::turn {
namespace {

constexpr std::size_t pseudonym_size = 8;

// As long as the process lives nobody else learns the secret: what the stack held is wiped.
std::expected<SecretBytes, std::string> read_secret(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    const auto reason = "cannot read " + file + ": " + std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return std::unexpected(reason);
  }
  std::array<std::uint8_t, max_secret_size + 1> buffer;
  const auto got = ::read(fd, buffer.data(), buffer.size());
  ::close(fd);
  const auto all = ByteView(buffer).first(got > 0 ? static_cast<std::size_t>(got) : 0);
  SecretBytes secret(all.first(static_cast<std::size_t>(std::ranges::find(all, '\n') - all.begin())));
  wipe(buffer);
  if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0)
    return std::unexpected(file + " is open to everybody: chmod o= " + file);
  if (secret.size() < min_secret_size || secret.size() > max_secret_size)
    return std::unexpected("the first line of " + file + " has to have " + std::to_string(min_secret_size) + " to " +
                           std::to_string(max_secret_size) + " characters");
  return secret;
}

bool is_uri(std::string_view text) {
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; };
  return (text.starts_with("turn:") || text.starts_with("turns:")) && text.size() <= max_uri_size &&
         !text.ends_with(':') && std::ranges::all_of(text, is_plain);
}

}  // namespace

std::expected<std::vector<std::string>, std::string> parse_uris(const std::string& text) {
  std::vector<std::string> out;
  constexpr std::string_view separators = ", \t";
  for (std::size_t begin = 0; (begin = text.find_first_not_of(separators, begin)) != std::string::npos;) {
    const auto end = std::min(text.find_first_of(separators, begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end;
    if (!is_uri(out.back())) return std::unexpected("'" + out.back() + "' is not turn:HOST or turns:HOST");
    if (out.size() > max_uris) return std::unexpected("more than " + std::to_string(max_uris) + " TURN servers");
  }
  return out;
}

std::expected<Issuer, std::string> Issuer::make(const std::string& uris, const std::string& secret_file) {
  auto parsed = parse_uris(uris);
  if (!parsed) return std::unexpected(parsed.error());
  auto secret = read_secret(secret_file);
  if (!secret) return std::unexpected(secret.error());
  return Issuer(std::move(*parsed), std::move(*secret));
}

Access Issuer::access(std::int64_t account, UnixMillis now) const {
  std::array<std::uint8_t, 32> pseudonym{};
  const auto number = std::to_string(account);
  const auto named =
      crypto::hmac(crypto::HashAlg::sha256, secret_.view(), {as_bytes(labels::pseudonym), as_bytes(number)}, pseudonym);
  const auto end = std::chrono::ceil<std::chrono::seconds>(std::chrono::milliseconds((now + lifetime).value)).count();
  Access out{.username = std::to_string(end) + ":" + to_hex(ByteView(pseudonym).first(pseudonym_size)), .password = {}};
  const auto mac = crypto::hmac_sha1(secret_.view(), as_bytes(out.username));
  if (!named || !mac) return {};
  out.password = to_base64(*mac);
  return out;
}

}  // namespace pqc::server::turn
