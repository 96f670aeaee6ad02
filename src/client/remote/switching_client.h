// What Client::open gives out: the facade as owner of the profile or through its owner, and from the second to the
// first when that process ends. An operation that was cut off is asked again; a message keeps its id, so it is not sent
// twice.
#pragma once

#include <memory>

#include "client/client.h"
#include "client/remote/remote_client.h"

namespace pqc::client {

class SwitchingClient final : public Client {
 public:
  // Errors: those of Client::open.
  static Result<std::unique_ptr<Client>> open(const OpenOptions& options);
  ~SwitchingClient() override;

  Loop& loop() override { return loop_; }
  [[nodiscard]] bool owner() const override { return inner_->owner(); }
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
  explicit SwitchingClient(OpenOptions options) : options_(std::move(options)) {}

  // Becomes the owner, or finds the one there is.
  Status attach();
  Status attach_again();
  void on_owner_ended();
  [[nodiscard]] bool cut_off() const { return remote_ != nullptr && remote_->ended(); }
  template <class F>
  auto with(F&& operation) -> decltype(operation(std::declval<Client&>()));

  OpenOptions options_;
  Loop loop_;
  std::unique_ptr<Client> inner_;
  RemoteClient* remote_ = nullptr;  // inner_, where another process owns the profile
  Listener listener_;
};

}  // namespace pqc::client
