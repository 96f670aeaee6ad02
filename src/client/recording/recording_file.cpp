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

}  // namespace

Result<RecordingFile> RecordingFile::open(const std::filesystem::path& path, const AskKey& ask) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(system_error(errno, "read", path));
  recording::Header start{};
  file.read(reinterpret_cast<char*>(start.data()), static_cast<std::streamsize>(start.size()));
  const auto header = recording::parse_header(ByteView(start).first(static_cast<std::size_t>(file.gcount())));
  if (!header && header.error() == recording::Error::too_new)
    return fail(ExitCode::too_new, "a newer version of pqc-chat made " + path.string());
  if (!header) return fail(ExitCode::damaged, path.string() + " is no recording of a call");
  auto key = ask(*header);
  if (!key) return pass(key);
  auto opener = recording::Opener::start(*key);
  if (!opener) return fail(ExitCode::unexpected, "the recording could not be decrypted");
  return RecordingFile(std::move(file), std::move(*opener));
}

std::size_t RecordingFile::read(ByteSpan out) {
  file_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
  return static_cast<std::size_t>(file_.gcount());
}

// What a loss of power leaves of a chunk that was on its way to the disk.
bool RecordingFile::only_zeros(ByteView begun) {
  if (!all_zero(begun)) return false;
  std::array<std::uint8_t, 4096> piece{};
  while (const auto size = read(piece))
    if (!all_zero(ByteView(piece).first(size))) return false;
  return true;
}

Result<std::optional<ByteView>> RecordingFile::refuse(ByteView begun) {
  if (only_zeros(begun)) return std::nullopt;
  if (opener_.opened() == 0)
    return fail(ExitCode::wrong_key, "another profile made this recording, or it is damaged: it does not open");
  return damaged("a part of it is not what was written there");
}

Result<std::optional<ByteView>> RecordingFile::next() {
  chunk_.resize(recording::chunk_head_size);
  const auto head = read(chunk_);
  if (opener_.done()) {
    if (head != 0) return damaged("something stands behind its end");
    return std::nullopt;
  }
  if (head < chunk_.size()) return std::nullopt;
  const auto length = recording::Opener::length_of(chunk_);
  if (!length) return refuse(chunk_);
  chunk_.resize(*length);
  const auto size = head + read(ByteSpan(chunk_).subspan(head));
  if (size < chunk_.size()) return std::nullopt;
  const auto content = opener_.open_next(chunk_);
  if (!content) return refuse(chunk_);
  return *content;
}

}  // namespace pqc::client
