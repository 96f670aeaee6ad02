// One client's connection: from hello to the end. Takes frames, asks accounts, directory and relay, answers.
//
//   stranger ──login / register──► checking ──► logged in ──subscribe──► subscribed
//      '── open_link: a new device, which stays a stranger and may exchange sealed messages with the one who joins
//
// Everything runs on the I/O thread; what touches the store is a job whose report comes back here, and is dropped if
// the connection ended or began to close meanwhile: a subscription, say, must not take the place of a newer
// connection's when its own has no future.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/server_connection.h"
#include "server/accounts/accounts.h"
#include "server/relay/relay.h"
#include "server/services.h"
#include "server/session_blobs.h"
#include "server/waiting.h"

namespace pqc::server {

class Session final : public net::ConnectionUser,
                      public relay::Subscriber,
                      public calls::TokenHolder,
                      public std::enable_shared_from_this<Session> {
 public:
  Session(Services& services, net::ServerConnection& connection);

  void say_hello();

  void on_frame(net::FrameKind kind, ByteView payload) override;
  void on_drained() override;
  void on_closed() override;

  void committed(relay::Delivery& delivery) override;
  void flush_deliveries() override;
  void replaced() override;

  // Who is logged in here; null for a stranger, and once the connection is closed.
  [[nodiscard]] std::shared_ptr<const relay::Sender> owner() const { return is_open() ? owner_ : nullptr; }
  // Tells every connected device of both accounts how a call stands.
  static void tell_call(Services& services, const calls::Call& call);

  // Reads for those that had to wait for storage, in their order. After each commit's reports.
  static void serve_readers(Services& services);

 private:
  enum class State : std::uint8_t { stranger, checking, logged_in };

  void dispatch(std::uint64_t id, v1::ClientFrame& frame);

  // Accounts.
  void login(std::uint64_t id, const v1::Login& request);
  void check_login(std::uint64_t id, const v1::Login& request,
                   const storage::Result<std::optional<storage::LoginData>>& data);
  void enrol(std::uint64_t id, const v1::Register& request);
  void register_account(std::uint64_t id, accounts::NewRecord record, std::optional<storage::TokenHash> invite,
                        std::uint32_t device, std::uint64_t generation);
  void become(relay::Sender owner);
  // Raises the stored generation where the client's is higher, then answers.
  void answer_login(std::uint64_t id, std::uint64_t record_version, std::uint64_t last_generation,
                    std::uint64_t generation);
  void refuse(std::uint64_t id, accounts::Refusal refusal) { refuse(id, refusal, request_came_); }
  // Of a request that came before the last one.
  void refuse(std::uint64_t id, accounts::Refusal refusal, std::chrono::steady_clock::time_point came);
  // Ends the connections of devices that were revoked.
  static void throw_out(Services& services, const std::vector<storage::MailboxId>& revoked);
  void publish_record(std::uint64_t id, const v1::PublishAccountRecord& request);
  void replace_record(std::uint64_t id, const Bytes& next, const storage::Account& stored);
  void answer_replaced(std::uint64_t id, std::uint64_t version,
                       const storage::Result<std::optional<std::vector<storage::MailboxId>>>& replaced);
  void fetch_account(std::uint64_t id, const v1::FetchAccount& request);
  void whoami(std::uint64_t id);
  [[nodiscard]] std::expected<accounts::Binding, accounts::Refusal> binding() const;

  // Linking.
  void open_link(std::uint64_t id, const v1::OpenLink& request);
  void join_link(std::uint64_t id, const v1::JoinLink& request);
  void pass_on(std::uint64_t id, const v1::LinkMessage& request);
  // The other one is told.
  void leave_link();

  // Directory.
  void publish_prekeys(std::uint64_t id, const v1::PublishPrekeys& request);
  void prekey_status(std::uint64_t id);
  void fetch_bundle(std::uint64_t id, const v1::FetchBundle& request);

  // Relay.
  void append(std::uint64_t id, v1::Append& request);
  void answer_append(std::uint64_t id, const std::vector<relay::Item>& items);
  void subscribe(std::uint64_t id, const v1::Subscribe& request);
  void read_more();
  // False when storage has too much to do.
  bool try_read();
  void take_page(storage::Result<std::vector<storage::StoredMessage>> page);
  void acknowledge(std::uint64_t id, const v1::Acknowledge& request);
  void remove_acknowledged();
  void removed(std::uint64_t cursor, bool done);

  // Blobs.
  BlobUse& blob_use();
  void open_upload(std::uint64_t id, const v1::OpenUpload& request);
  void prepare_upload(std::uint64_t id, const storage::Blob& wanted, std::uint64_t offset);
  void upload_opened(std::uint64_t id, const storage::Blob& wanted, blobs::Result<std::uint64_t> stored);
  void upload_part(std::uint64_t id, v1::UploadPart& request);
  void part_stored(std::uint64_t id, const storage::BlobId& blob, std::uint64_t size,
                   blobs::Result<std::uint64_t> stored);
  void complete_upload(std::uint64_t id, const storage::BlobId& blob, std::uint64_t size);
  void answer_upload(std::uint64_t id, std::uint64_t stored, bool complete, UnixMillis expires);
  void forget_upload(const storage::BlobId& blob);
  void forget_uploads();
  void read_blob(std::uint64_t id, const v1::ReadBlob& request);
  void remove_blob(std::uint64_t id, const v1::RemoveBlob& request);
  void blob_removed(std::uint64_t id, const storage::BlobId& blob);
  void read_known(std::uint64_t id, const storage::Blob& blob, std::uint64_t offset, std::uint32_t bytes);
  void start_reads();
  void answer_read(const BlobUse::Read& read, blobs::Result<std::string> data);
  // Going direct.
  void meet(std::uint64_t id, const v1::Meet& request);
  void wait_for_other(std::uint64_t id, const rendezvous::Slot& slot, std::chrono::milliseconds left);
  void answer_met(std::uint64_t id, ByteView other);
  void fetch_turn_access(std::uint64_t id);

  // Calls.
  void call(std::uint64_t id, const v1::ClientFrame& frame);
  void push_call(const calls::Call& call);
  [[nodiscard]] std::string issue_token();
  void leave_people();

  // A job whose report finds the session or is dropped. `bytes`: what it holds in memory until then.
  // False, and the client has its answer, when too much is waiting.
  template <class Run, class Done>
  bool store(std::uint64_t id, std::size_t bytes, Run run, Done done);
  void job_waits(std::size_t bytes);
  void job_done(std::size_t bytes);

  // Whether there is anybody to answer.
  [[nodiscard]] bool is_open() const { return connection_ != nullptr && connection_->is_open(); }
  [[nodiscard]] v1::ServerFrame& answer(std::uint64_t id);
  void send(const v1::ServerFrame& frame);
  // Answers a request; where there is none to answer, ends the connection (docs/spec/relay.md §7).
  void fail(std::uint64_t id, v1::ErrorCode code, std::string_view text = {});
  void send_error(std::uint64_t id, v1::ErrorCode code, std::string_view text);
  void close(v1::ErrorCode code, std::string_view text, net::CloseCode close_code);
  [[nodiscard]] bool may_look_up(std::uint64_t id);

  Services& services_;
  net::ServerConnection* connection_;  // null once closed
  net::FrameKind kind_;
  State state_ = State::stranger;
  std::uint8_t attempts_ = 0;
  bool paused_ = false;
  bool removing_ = false;
  bool waits_to_read_ = false;  // stands in Services::readers
  identity::Challenge challenge_{};
  TokenBucket requests_;
  std::chrono::steady_clock::time_point request_came_;  // the last one
  std::chrono::steady_clock::time_point attempt_came_;  // the last login or registration that is being checked
  Waiting waiting_;
  std::shared_ptr<const relay::Sender> owner_;  // of a logged-in session
  std::unique_ptr<relay::Subscription> subscription_;
  std::optional<LinkId> link_;
  calls::Tokens::Hash token_{};
  std::vector<relay::Delivery> deliveries_;  // of this turn
  struct WaitingAcknowledgement {
    std::uint64_t request;
    std::uint64_t cursor;
  };
  std::vector<WaitingAcknowledgement> acknowledgements_;
  std::uint64_t remove_up_to_ = 0;
  std::unique_ptr<BlobUse> blobs_;  // none before the first request for a blob
};

// The name of an error, for people.
std::string_view describe(v1::ErrorCode code);

template <class Run, class Done>
bool Session::store(std::uint64_t id, std::size_t bytes, Run run, Done done) {
  job_waits(bytes);
  auto report = [weak = weak_from_this(), bytes, done = std::move(done)](auto result) mutable {
    const auto self = weak.lock();
    if (!self) return;
    self->job_done(bytes);
    if (self->is_open()) done(*self, std::move(result));
  };
  if (services_.storage.submit(bytes, std::move(run), std::move(report))) return true;
  job_done(bytes);
  fail(id, v1::ERROR_UNAVAILABLE);
  return false;
}

}  // namespace pqc::server
