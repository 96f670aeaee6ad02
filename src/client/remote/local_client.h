// The facade over this process's own engine: it holds the profile's lock and serves the other commands.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "client/client.h"
#include "client/engine.h"
#include "client/remote/local_server.h"

namespace pqc::client {

class LocalClient final : public Client {
 public:
  static Result<std::unique_ptr<Client>> open(const OpenOptions& options, ProfileLock lock, Loop& loop);

  Loop& loop() override { return loop_; }
  [[nodiscard]] bool owner() const override { return true; }
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
  Status check_store() override;
  void close() override;

 private:
  LocalClient(ProfileLock lock, std::filesystem::path socket, DirectOptions direct, Loop& loop)
      : lock_(std::move(lock)), socket_(std::move(socket)), direct_(std::move(direct)), loop_(loop) {}

  // Runs the loop until the operation answers; other commands are served meanwhile.
  template <class T, class Start>
  Result<T> run(Start&& start);
  Status serve();

  ProfileLock lock_;
  std::filesystem::path socket_;
  DirectOptions direct_;
  Loop& loop_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<LocalServer> server_;
  Engine::ListenerHandle listener_;
};

}  // namespace pqc::client
