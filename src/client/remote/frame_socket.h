// Frames over the profile's Unix socket: a big-endian u32 length, then so many bytes (docs/spec/content.md §6).
// Non-blocking; loop thread only.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "client/error.h"
#include "client/files.h"
#include "client/loop.h"

namespace pqc::client {

// Splits a stream into frames. Frames over the limit end it: feed() answers false.
class FrameReader {
 public:
  explicit FrameReader(std::size_t longest) : longest_(longest) {}
  [[nodiscard]] bool feed(ByteView bytes);
  // The next whole frame.
  [[nodiscard]] std::optional<Bytes> next();

 private:
  std::size_t longest_;
  Bytes buffer_;
};

class FrameSocket {
 public:
  // `on_closed` comes once; the socket may be destroyed inside either callback.
  FrameSocket(Loop& loop, FileDescriptor socket, std::function<void(Bytes)> on_frame, std::function<void()> on_closed);
  ~FrameSocket();
  FrameSocket(const FrameSocket&) = delete;
  FrameSocket& operator=(const FrameSocket&) = delete;

  // Queues it. A peer that does not read is cut off when the queue is over the limit.
  void send(ByteView frame);

 private:
  void on_readable();
  void flush();
  void close();

  Loop& loop_;
  FileDescriptor socket_;
  std::function<void(Bytes)> on_frame_;
  std::function<void()> on_closed_;
  FrameReader reader_;
  Bytes unsent_;
  Loop::HandlePtr readable_;
  Loop::HandlePtr writable_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Makes the socket of a profile that this process owns, mode 0600.
Result<FileDescriptor> listen_local(const std::filesystem::path& socket);
// Connects to the owner. Nothing when nobody listens.
std::optional<FileDescriptor> connect_local(const std::filesystem::path& socket);
// A connection of the same user, or nothing.
std::optional<FileDescriptor> accept_local(const FileDescriptor& listener);

}  // namespace pqc::client
