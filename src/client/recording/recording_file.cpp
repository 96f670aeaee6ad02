#include "client/recording/recording_file.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "client/files.h"

namespace pqc::client {
namespace {

std::unexpected<Error> damaged(const char* what) {
  return fail(ExitCode::damaged, std::string("the recording is damaged: ") + what);
}

bool all_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

// What there is of it, up to the end of the file.
Result<std::size_t> read_from(std::ifstream& file, const std::filesystem::path& path, ByteSpan out) {
  errno = 0;
  file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
  if (file.bad()) return std::unexpected(system_error(errno == 0 ? EIO : errno, "read", path));
  return static_cast<std::size_t>(file.gcount());
}

}  // namespace

Result<RecordingFile> RecordingFile::open(const std::filesystem::path& path, const AskKey& ask) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(system_error(errno, "read", path));
  recording::Header start{};
  auto size = read_from(file, path, start);
  if (!size) return pass(size);
  const auto header = recording::parse_header(ByteView(start).first(*size));
  if (!header && header.error() == recording::Error::too_new)
    return fail(ExitCode::too_new, "a newer version of pqc-chat made " + path.string());
  if (!header) return fail(ExitCode::damaged, path.string() + " is no recording of a call");
  auto key = ask(*header);
  if (!key) return pass(key);
  auto opener = recording::Opener::start(*key);
  if (!opener) return fail(ExitCode::unexpected, "the recording could not be decrypted");
  return RecordingFile(path, std::move(file), std::move(*opener));
}

Result<std::size_t> RecordingFile::read(ByteSpan out) {
  return read_from(file_, path_, out);
}

// What a loss of power leaves of a chunk that was on its way to the disk.
Result<bool> RecordingFile::only_zeros(ByteView begun) {
  if (!all_zero(begun)) return false;
  std::array<std::uint8_t, 4096> piece{};
  for (;;) {
    auto size = read(piece);
    if (!size) return pass(size);
    if (*size == 0) return true;
    if (!all_zero(ByteView(piece).first(*size))) return false;
  }
}

// A chunk that does not open. What reaches up to the end may have been on its way to the disk; of the first one that
// cannot be told from another key.
Result<std::optional<ByteView>> RecordingFile::refuse(ByteView begun, bool whole) {
  if (opener_.opened() > 0 && whole) {
    std::array<std::uint8_t, 1> more{};
    auto behind = read(more);
    if (!behind) return pass(behind);
    if (*behind == 0) return std::nullopt;
    return damaged("a part of it is not what was written there");
  }
  auto zeros = only_zeros(begun);
  if (!zeros) return pass(zeros);
  if (*zeros) return std::nullopt;
  if (opener_.opened() == 0)
    return fail(ExitCode::wrong_key, "another profile made this recording, or it is damaged: it does not open");
  return damaged("a part of it is not what was written there");
}

Result<std::optional<ByteView>> RecordingFile::next() {
  chunk_.resize(recording::chunk_head_size);
  auto head = read(chunk_);
  if (!head) return pass(head);
  if (opener_.done()) {
    if (*head != 0) return damaged("something stands behind its end");
    return std::nullopt;
  }
  if (*head < chunk_.size()) return std::nullopt;
  const auto length = recording::Opener::length_of(chunk_);
  if (!length) return refuse(chunk_, false);
  chunk_.resize(*length);
  auto body = read(ByteSpan(chunk_).subspan(*head));
  if (!body) return pass(body);
  if (*head + *body < chunk_.size()) return std::nullopt;
  const auto content = opener_.open_next(chunk_);
  if (!content) return refuse(chunk_, true);
  return *content;
}

}  // namespace pqc::client
