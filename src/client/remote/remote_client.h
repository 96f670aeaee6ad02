// The facade over the socket of the process that owns the profile (local.proto).
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "client/client.h"
#include "client/remote/frame_socket.h"

namespace pqc_chat::local::v1 {
class LocalReply;
class LocalRequest;
}  // namespace pqc_chat::local::v1

namespace pqc::client {

class RemoteClient final : public Client {
 public:
  // `on_ended` comes once, when the owner has ended.
  RemoteClient(FileDescriptor socket, Loop& loop, std::function<void()> on_ended);
  ~RemoteClient() override;

  Loop& loop() override { return loop_; }
  [[nodiscard]] bool owner() const override { return false; }
  [[nodiscard]] bool ended() const { return closed_; }
  // Whether a call waits for its answer.
  [[nodiscard]] bool asking() const { return asking_ > 0; }
  Result<Message> enqueue(const Draft& draft) override;
  Result<Message> await(std::int64_t seq, Until until, std::chrono::milliseconds wait) override;
  Status catch_up(std::chrono::milliseconds wait) override;
  Status follow(Listener listener) override;
  Result<Inbox> inbox() override;
  Status set_shown(const Inbox& inbox) override;
  Result<std::vector<Message>> find(const MessageQuery& query) override;
  Result<FileTransfer> transfer(std::int64_t seq) override;
  Result<FileTransfer> save(const SaveFile& request, std::chrono::milliseconds wait) override;
  Status change(const Change& change) override;
  Result<std::vector<Contact>> contacts() override;
  Result<SafetyNumber> safety_number(std::string_view peer) override;
  Status set_verified(std::string_view peer, bool verified) override;
  Status accept(std::string_view peer, bool changed) override;
  Result<CallInfo> call(const CallRequest& request) override;
  Result<std::vector<CallRecord>> calls(std::size_t limit) override;
  Result<SecretBytes> recording_key(ByteView header) override;
  Result<AccountInfo> whoami() override;
  Result<std::vector<DeviceInfo>> devices() override;
  Result<std::uint32_t> link_device(std::string_view code, bool history) override;
  Status revoke_device(std::uint32_t device) override;
  Result<HistoryState> history_state(std::uint32_t device) override;
  Result<TurnAccess> turn_access(std::chrono::milliseconds wait) override;
  Status set_minimum_level(std::string_view level) override;
  Result<Connection> connect(std::chrono::milliseconds wait) override;
  Status check_store() override { return {}; }
  void close() override {}

 private:
  using Reply = std::unique_ptr<pqc_chat::local::v1::LocalReply>;

  // Asks and waits; at most `wait` longer than the owner was told to.
  Result<Reply> ask(pqc_chat::local::v1::LocalRequest& request,
                    std::chrono::milliseconds wait = std::chrono::milliseconds(0));
  Status command(pqc_chat::local::v1::LocalRequest& request,
                 std::chrono::milliseconds wait = std::chrono::milliseconds(0));
  void on_frame(const Bytes& frame);

  Loop& loop_;
  std::unique_ptr<FrameSocket> socket_;
  bool closed_ = false;
  int asking_ = 0;
  std::uint64_t next_request_ = 1;
  std::map<std::uint64_t, Reply> replies_;
  Listener listener_;
};

}  // namespace pqc::client
