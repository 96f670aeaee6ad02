#include "client/remote/local_server.h"

#include <algorithm>
#include <ranges>
#include <span>

#include <unistd.h>

#include "client/limits.h"
#include "client/remote/local_codec.h"
#include "proto/local.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::local::v1;

constexpr std::uint32_t version = 1;

Bytes serialize(const v1::LocalReply& reply) {
  Bytes out(reply.ByteSizeLong());
  reply.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

// How many of these, from the first, fit into one frame beside notices.
template <class Messages>
std::size_t fitting(const Messages& messages) {
  constexpr std::size_t of_one = 1024;  // everything but the text
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (const auto& message : messages) {
    bytes += message.text.size() + of_one;
    if (bytes > limits::local_frame_bytes / 4 * 3) break;
    ++count;
  }
  return count;
}

}  // namespace

// One command. Callbacks of the engine hold it weakly: the command may be gone before its answer.
struct LocalServer::Session : std::enable_shared_from_this<Session> {
  std::unique_ptr<FrameSocket> socket;
  Engine::ListenerHandle listener;

  void reply(v1::LocalReply& reply, std::uint64_t request_id) {
    reply.set_request_id(request_id);
    if (socket) socket->send(serialize(reply));
  }

  // Answers with an error, or with what `fill` writes.
  template <class T, class F>
  void answer(std::uint64_t request_id, const Result<T>& result, F&& fill) {
    v1::LocalReply out;
    if (result) {
      fill(out);
    } else {
      local::encode(result.error(), *out.mutable_error());
    }
    reply(out, request_id);
  }
  void answer(std::uint64_t request_id, const Status& status) {
    answer(request_id, status, [](v1::LocalReply& out) { out.mutable_done(); });
  }
};

Result<std::unique_ptr<LocalServer>> LocalServer::start(Engine& engine, const std::filesystem::path& socket) {
  auto listener = listen_local(socket);
  if (!listener) return pass(listener);
  return std::unique_ptr<LocalServer>(new LocalServer(engine, socket, std::move(*listener)));
}

LocalServer::LocalServer(Engine& engine, std::filesystem::path path, FileDescriptor listener)
    : engine_(engine), path_(std::move(path)), listener_(std::move(listener)) {
  readable_ = engine_.core().loop.when_readable(listener_.get(), [this] { accept(); });
}

LocalServer::~LocalServer() {
  ::unlink(path_.c_str());
}

void LocalServer::accept() {
  auto socket = accept_local(listener_);
  if (!socket || sessions_.size() >= limits::local_connections) return;
  auto session = std::make_shared<Session>();
  sessions_.push_back(session);
  session->socket = std::make_unique<FrameSocket>(
      engine_.core().loop, std::move(*socket),
      [this, weak = std::weak_ptr(session)](const Bytes& frame) {
        if (const auto alive = weak.lock()) on_frame(alive, frame);
      },
      [this, weak = std::weak_ptr(session)] {
        // Later: the socket is in the middle of this very call.
        if (const auto alive = weak.lock()) engine_.core().loop.post([this, alive] { sessions_.remove(alive); });
      });
}

void LocalServer::on_frame(const std::shared_ptr<Session>& session, ByteView frame) {
  v1::LocalRequest request;
  if (!request.ParseFromArray(frame.data(), static_cast<int>(frame.size())) || request.version() != version) {
    session->answer(request.request_id(),
                    Status(fail(ExitCode::protocol_mismatch,
                                "the process that owns the profile is of another version: end it and try again")));
    return;
  }
  handle(session, request);
}

void LocalServer::handle(const std::shared_ptr<Session>& session, const v1::LocalRequest& request) {
  const auto id = request.request_id();
  const auto done = [weak = std::weak_ptr(session), id](const Status& status) {
    if (const auto alive = weak.lock()) alive->answer(id, status);
  };
  const auto message_done = [weak = std::weak_ptr(session), id](const Result<Message>& message) {
    if (const auto alive = weak.lock())
      alive->answer(id, message, [&](v1::LocalReply& out) { local::encode(*message, *out.mutable_message()); });
  };
  switch (request.body_case()) {
    case v1::LocalRequest::kSend: {
      const auto draft = local::decode(request.send());
      if (!draft) return done(fail(ExitCode::unexpected, "a message without an id"));
      return message_done(engine_.send(*draft));
    }
    case v1::LocalRequest::kAwait: {
      const auto& await = request.await();
      const auto until = await.delivered() ? Until::delivered : Until::sent;
      return engine_.await(await.seq(), until, std::chrono::milliseconds(await.wait_ms()), message_done);
    }
    case v1::LocalRequest::kReceive: {
      const auto messages = engine_.not_shown();
      const auto notices = engine_.notices();
      if (!notices) return done(std::unexpected(notices.error()));
      return session->answer(id, messages, [&](v1::LocalReply& out) {
        // The oldest that fit into a frame: the others come once these were shown.
        for (const auto& message : std::span(*messages).first(fitting(*messages)))
          local::encode(message, *out.mutable_messages()->add_messages());
        for (const auto& notice : *notices) local::encode(notice, *out.mutable_messages()->add_notices());
      });
    }
    case v1::LocalRequest::kShown: {
      const auto& shown = request.shown();
      return done(engine_.set_shown({shown.messages().begin(), shown.messages().end()},
                                    {shown.notices().begin(), shown.notices().end()}));
    }
    case v1::LocalRequest::kFind: {
      const auto query = local::decode(request.find());
      const auto messages = engine_.find(query);
      return session->answer(id, messages, [&](v1::LocalReply& out) {
        out.mutable_messages();
        // As many as fit into a frame, of the end that was asked for.
        const std::span all(*messages);
        const auto some = query.after ? all.first(fitting(all)) : all.last(fitting(all | std::views::reverse));
        for (const auto& message : some) local::encode(message, *out.mutable_messages()->add_messages());
      });
    }
    case v1::LocalRequest::kChange: {
      const auto change = local::decode(request.change());
      if (!change) return done(fail(ExitCode::protocol_mismatch, "a change that this version does not know"));
      return done(engine_.change(*change));
    }
    case v1::LocalRequest::kTransfer: {
      const auto transfer = engine_.transfer(request.transfer().seq());
      return session->answer(id, transfer,
                             [&](v1::LocalReply& out) { local::encode(*transfer, *out.mutable_transfer()); });
    }
    case v1::LocalRequest::kSave:
      return engine_.save(local::decode(request.save()), std::chrono::milliseconds(request.save().wait_ms()),
                          [weak = std::weak_ptr(session), id](const Result<FileTransfer>& state) {
                            const auto alive = weak.lock();
                            if (!alive) return;
                            alive->answer(id, state,
                                          [&](v1::LocalReply& out) { local::encode(*state, *out.mutable_transfer()); });
                          });
    case v1::LocalRequest::kContacts: {
      const auto contacts = engine_.contacts();
      return session->answer(id, contacts, [&](v1::LocalReply& out) {
        out.mutable_contacts();
        for (const auto& contact : *contacts) local::encode(contact, *out.mutable_contacts()->add_contacts());
      });
    }
    case v1::LocalRequest::kSafetyNumber:
      return engine_.safety_number(request.safety_number().peer(), [weak = std::weak_ptr(session),
                                                                    id](const Result<SafetyNumber>& number) {
        const auto alive = weak.lock();
        if (!alive) return;
        alive->answer(id, number, [&](v1::LocalReply& out) { local::encode(*number, *out.mutable_safety_number()); });
      });
    case v1::LocalRequest::kSetVerified:
      return engine_.set_verified(request.set_verified().peer(), request.set_verified().verified(), done);
    case v1::LocalRequest::kAcceptContact:
      return engine_.accept(request.accept_contact().peer(), request.accept_contact().changed(), done);
    case v1::LocalRequest::kCall: {
      const auto call = local::decode(request.call());
      if (!call) return done(fail(ExitCode::protocol_mismatch, "a request that this version does not know"));
      return engine_.call(*call, [weak = std::weak_ptr(session), id](const Result<CallInfo>& info) {
        if (const auto alive = weak.lock())
          alive->answer(id, info, [&](v1::LocalReply& out) { local::encode(*info, *out.mutable_call()); });
      });
    }
    case v1::LocalRequest::kCalls: {
      const auto calls = engine_.calls(std::min<std::size_t>(request.calls().limit(), limits::call_history_rows));
      return session->answer(id, calls, [&](v1::LocalReply& out) {
        out.mutable_calls();
        for (const auto& call : *calls) local::encode(call, *out.mutable_calls()->add_calls());
      });
    }
    case v1::LocalRequest::kRecordingKey: {
      const auto key = engine_.recording_key(as_bytes(request.recording_key()));
      return session->answer(id, key, [&](v1::LocalReply& out) {
        out.mutable_recording_key()->assign(key->view().begin(), key->view().end());
      });
    }
    case v1::LocalRequest::kWhoami: {
      const auto account = engine_.whoami();
      return session->answer(id, account,
                             [&](v1::LocalReply& out) { local::encode(*account, *out.mutable_account()); });
    }
    case v1::LocalRequest::kDevices: {
      const auto devices = engine_.devices();
      return session->answer(id, devices, [&](v1::LocalReply& out) {
        out.mutable_devices();
        for (const auto& device : *devices) local::encode(device, *out.mutable_devices()->add_devices());
      });
    }
    case v1::LocalRequest::kLinkDevice:
      return engine_.link_device(request.link_device().code(), request.link_device().history(),
                                 [weak = std::weak_ptr(session), id](const Result<std::uint32_t>& device) {
                                   if (const auto alive = weak.lock())
                                     alive->answer(id, device,
                                                   [&](v1::LocalReply& out) { out.set_linked_device(*device); });
                                 });
    case v1::LocalRequest::kRevokeDevice:
      return engine_.revoke_device({request.revoke_device().device()}, done);
    case v1::LocalRequest::kHistoryState: {
      const auto state = engine_.history_state(request.history_state().device());
      return session->answer(id, state, [&](v1::LocalReply& out) {
        out.mutable_history_state()->set_open(state->open);
        out.mutable_history_state()->set_messages(state->messages);
      });
    }
    case v1::LocalRequest::kSubscribe:
      session->listener = engine_.listen([weak = std::weak_ptr(session)](const Event& event) {
        const auto alive = weak.lock();
        if (!alive) return;
        v1::LocalReply out;
        local::encode(event, *out.mutable_event());
        alive->reply(out, 0);
      });
      engine_.go_online({.subscribe = true, .keep = false});
      return done({});
    case v1::LocalRequest::kSetMinimumLevel:
      return done(engine_.set_minimum_level(request.set_minimum_level().level()));
    case v1::LocalRequest::kConnect:
      return engine_.connect(
          std::chrono::milliseconds(request.connect().wait_ms()),
          [weak = std::weak_ptr(session), id](const Result<Connection>& state) {
            const auto alive = weak.lock();
            if (!alive) return;
            alive->answer(id, state, [&](v1::LocalReply& out) { local::encode(*state, *out.mutable_connection()); });
          });
    case v1::LocalRequest::kTurnAccess:
      return engine_.turn_access(
          std::chrono::milliseconds(request.turn_access().wait_ms()),
          [weak = std::weak_ptr(session), id](const Result<TurnAccess>& access) {
            const auto alive = weak.lock();
            if (!alive) return;
            alive->answer(id, access, [&](v1::LocalReply& out) { local::encode(*access, *out.mutable_turn_access()); });
          });
    case v1::LocalRequest::kCatchUp:
      return engine_.catch_up(std::chrono::milliseconds(request.catch_up().wait_ms()), done);
    case v1::LocalRequest::BODY_NOT_SET:
      return done(fail(ExitCode::protocol_mismatch, "a request that this version does not know"));
  }
}

}  // namespace pqc::client
