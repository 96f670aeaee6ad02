#include "p2p/files.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "p2p/hello.h"
#include "p2p/limits.h"

namespace pqc::p2p {
namespace {

using client::FileDescriptor;
using client::Status;
using client::system_error;
using State = FileStatus::State;

constexpr mode_t private_file = 0600;

std::array<std::uint8_t, 32> finish(crypto::Hash& hash) {
  std::array<std::uint8_t, 32> out{};
  static_cast<void>(hash.finish(out));  // SHA-256 does not fail
  return out;
}

std::uint64_t tenths(std::uint64_t done, std::uint64_t size) {
  return size == 0 ? 10 : done / ((size + 9) / 10);
}

}  // namespace

std::string_view name(State state) {
  constexpr std::array<std::string_view, 4> names{"offered", "going", "complete", "failed"};
  return names.at(static_cast<std::size_t>(state));
}

FileTransfers::~FileTransfers() {
  end();
}

Status FileTransfers::offer(const std::filesystem::path& file) {
  if (outgoing_) return client::fail(ExitCode::busy, "one file goes at a time: wait, or /cancel it");
  Transfer transfer;
  transfer.file = FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat found{};
  if (!transfer.file || ::fstat(transfer.file.get(), &found) != 0)
    return std::unexpected(system_error(errno, "read", file));
  const auto name = file.filename().string();
  if (!S_ISREG(found.st_mode) || !is_file_name(name))
    return client::fail(ExitCode::usage, "only a plain file, whose name does not begin with a dot, can be sent");
  transfer.status = {.id = rng_.bytes<16>(),
                     .name = name,
                     .incoming = false,
                     .state = State::offered,
                     .done = 0,
                     .size = static_cast<std::uint64_t>(found.st_size),
                     .path = {},
                     .failure = {}};
  outgoing_ = std::move(transfer);
  handlers_.show(outgoing_->status);
  handlers_.send(FileOffer{outgoing_->status.id, outgoing_->status.size, name});
  return {};
}

Status FileTransfers::take(const FileOffer& offer) {
  if (incoming_) {
    handlers_.send(FileAnswer{offer.id, false});
    return {};
  }
  incoming_.emplace(Transfer{});
  incoming_->status = {.id = offer.id,
                       .name = offer.name,
                       .incoming = true,
                       .state = State::offered,
                       .done = 0,
                       .size = offer.size,
                       .path = {},
                       .failure = {}};
  handlers_.show(incoming_->status);
  return {};
}

// Written beside its place, which is taken only when it is whole.
Status FileTransfers::accept(const std::filesystem::path& as) {
  if (!incoming_ || incoming_->accepted) return client::fail(ExitCode::missing, "no file is offered");
  auto target = as.empty() ? std::filesystem::path(incoming_->status.name) : as;
  std::error_code code;
  if (std::filesystem::is_directory(target, code)) target /= incoming_->status.name;
  if (std::filesystem::exists(std::filesystem::symlink_status(target, code)))
    return client::fail(ExitCode::usage, printable(target.string()) + " is there already: /accept PATH");
  auto part = target;
  part += ".part";
  FileDescriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, private_file));
  if (!file) return std::unexpected(system_error(errno, "write", part));
  incoming_->file = std::move(file);
  incoming_->target = std::move(target);
  incoming_->part = std::move(part);
  incoming_->accepted = true;
  incoming_->status.state = State::going;
  handlers_.send(FileAnswer{incoming_->status.id, true});
  return {};
}

Status FileTransfers::decline() {
  if (!incoming_) return client::fail(ExitCode::missing, "no file is offered");
  handlers_.send(FileAnswer{incoming_->status.id, false});
  fail(incoming_, "declined");
  return {};
}

Status FileTransfers::cancel() {
  if (!outgoing_) return client::fail(ExitCode::missing, "no file is being sent");
  handlers_.send(FileAnswer{outgoing_->status.id, false});
  fail(outgoing_, "cancelled");
  return {};
}

Status FileTransfers::take(const FileAnswer& answer) {
  if (outgoing_ && outgoing_->status.id == answer.id) {
    if (!answer.accepted) {
      fail(outgoing_, "the other side does not take it");
      return {};
    }
    if (outgoing_->accepted) return refused("a file that was accepted twice");
    outgoing_->accepted = true;
    outgoing_->status.state = State::going;
    pump();
  } else if (incoming_ && incoming_->status.id == answer.id && !answer.accepted) {
    fail(incoming_, "the other side cancelled it");
  }
  return {};
}

void FileTransfers::pump() {
  while (outgoing_ && outgoing_->accepted && !outgoing_->ended && handlers_.room())
    if (!send_next()) return;
}

bool FileTransfers::send_next() {
  auto& status = outgoing_->status;
  FileChunk chunk{status.id, status.done,
                  Bytes(std::min<std::uint64_t>(limits::file_chunk, status.size - status.done))};
  if (chunk.data.empty()) {
    outgoing_->ended = true;
    handlers_.send(FileEnd{status.id, finish(outgoing_->hash)});
    return false;
  }
  const auto got = ::read(outgoing_->file.get(), chunk.data.data(), chunk.data.size());
  if (got <= 0) {
    handlers_.send(FileAnswer{status.id, false});
    fail(outgoing_, "the file cannot be read to its end");
    return false;
  }
  chunk.data.resize(static_cast<std::size_t>(got));
  handlers_.send(chunk);
  if (outgoing_) advance(*outgoing_, chunk.data);
  return outgoing_.has_value();
}

void FileTransfers::advance(Transfer& transfer, ByteView data) {
  const auto before = tenths(transfer.status.done, transfer.status.size);
  transfer.hash.update(data);
  transfer.status.done += data.size();
  if (tenths(transfer.status.done, transfer.status.size) != before) handlers_.show(transfer.status);
}

Status FileTransfers::take(const FileChunk& chunk) {
  // Of a file that was given up meanwhile: passed over.
  if (!incoming_ || incoming_->status.id != chunk.id || !incoming_->accepted) return {};
  const auto& status = incoming_->status;
  if (chunk.offset != status.done || chunk.data.size() > status.size - status.done)
    return refused("a chunk out of its place");
  if (const auto stored = store(chunk.data); !stored) {
    handlers_.send(FileAnswer{status.id, false});
    fail(incoming_, stored.error().message);
    return {};
  }
  advance(*incoming_, chunk.data);
  return {};
}

Status FileTransfers::store(ByteView data) {
  while (!data.empty()) {
    const auto written = ::write(incoming_->file.get(), data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return std::unexpected(system_error(errno, "write", incoming_->part));
    data = data.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Status FileTransfers::take(const FileEnd& end) {
  if (!incoming_ || incoming_->status.id != end.id || !incoming_->accepted) return {};
  auto& transfer = *incoming_;
  if (transfer.status.done != transfer.status.size || finish(transfer.hash) != end.hash)
    return refused("a file that is not what was sent");
  // Fails where something has taken the place meanwhile.
  if (::fsync(transfer.file.get()) != 0 || ::link(transfer.part.c_str(), transfer.target.c_str()) != 0) {
    const auto why = system_error(errno, "write", transfer.target);
    handlers_.send(FileAnswer{end.id, false});
    fail(incoming_, why.message);
    return {};
  }
  ::unlink(transfer.part.c_str());
  auto status = std::move(transfer.status);
  status.state = State::complete;
  status.path = transfer.target.string();
  incoming_.reset();
  handlers_.send(Acknowledgement{status.id});
  handlers_.show(status);
  return {};
}

bool FileTransfers::take(const Acknowledgement& confirmed) {
  if (!outgoing_ || !outgoing_->ended || outgoing_->status.id != confirmed.id) return false;
  auto status = std::move(outgoing_->status);
  outgoing_.reset();
  status.state = State::complete;
  handlers_.show(status);
  return true;
}

void FileTransfers::fail(std::optional<Transfer>& transfer, std::string why) {
  if (!transfer) return;
  auto gone = std::move(*transfer);
  transfer.reset();
  if (!gone.part.empty()) ::unlink(gone.part.c_str());
  gone.status.state = State::failed;
  gone.status.failure = std::move(why);
  handlers_.show(gone.status);
}

void FileTransfers::end() {
  if (outgoing_) fail(outgoing_, "the chat ended");
  if (incoming_) fail(incoming_, "the chat ended");
}

}  // namespace pqc::p2p
