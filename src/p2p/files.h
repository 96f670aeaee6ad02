// Files in a direct chat (docs/spec/p2p.md §9): one at a time in each direction, only after the other side's user has
// accepted it, into a file that was not there before. Loop thread only.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/rng.h"
#include "client/files.h"
#include "crypto/hash.h"
#include "p2p/content.h"

namespace pqc::p2p {

// What users see of a file, whenever it changes by a tenth.
struct FileStatus {
  enum class State : std::uint8_t { offered, going, complete, failed };

  client::MessageId id{};
  std::string name;
  bool incoming = false;
  State state{};
  std::uint64_t done = 0;
  std::uint64_t size = 0;
  std::string path;     // where an incoming one is, once complete
  std::string failure;  // why, once failed
};
std::string_view name(FileStatus::State state);

class FileTransfers {
 public:
  struct Handlers {
    std::function<void(const Content&)> send;
    std::function<bool()> room;
    std::function<void(const FileStatus&)> show;
  };
  FileTransfers(Rng& rng, Handlers handlers) : rng_(rng), handlers_(std::move(handlers)) {}
  ~FileTransfers();
  FileTransfers(const FileTransfers&) = delete;
  FileTransfers& operator=(const FileTransfers&) = delete;

  // What the user wants. Errors: busy (one is under way), missing (there is nothing to accept), and those of the disk.
  client::Status offer(const std::filesystem::path& file);
  // Into this file; empty: under its own name into the current folder.
  client::Status accept(const std::filesystem::path& as);
  client::Status decline();  // the one that comes
  client::Status cancel();   // the one that goes

  // What the other side says. Error: refused, for what breaks the rules; the chat ends.
  client::Status take(const FileOffer& offer);
  client::Status take(const FileAnswer& answer);
  client::Status take(const FileChunk& chunk);
  client::Status take(const FileEnd& end);
  // Whether this confirmed our file.
  bool take(const Acknowledgement& confirmed);

  // There is room for more.
  void pump();
  // Ours is not confirmed yet.
  [[nodiscard]] bool sending() const { return outgoing_.has_value(); }
  // Bytes of it that have left.
  [[nodiscard]] std::uint64_t sent() const { return outgoing_ ? outgoing_->status.done : 0; }
  // Nothing more comes or goes.
  void end();

 private:
  struct Transfer {
    FileStatus status;
    client::FileDescriptor file;
    crypto::Hash hash{crypto::HashAlg::sha256};
    bool accepted = false;
    bool ended = false;
    std::filesystem::path target;
    std::filesystem::path part;
  };

  void advance(Transfer& transfer, ByteView data);
  void fail(std::optional<Transfer>& transfer, std::string why);
  bool send_next();
  client::Status store(ByteView data);

  Rng& rng_;
  Handlers handlers_;
  std::optional<Transfer> outgoing_;
  std::optional<Transfer> incoming_;
};

}  // namespace pqc::p2p
