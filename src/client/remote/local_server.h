// Serves the other commands of the profile: they connect to the socket in its folder and ask the engine of this process
// (local.proto). Only processes of the same user are let in. Loop thread only.
#pragma once

#include <filesystem>
#include <list>
#include <memory>

#include "client/engine.h"
#include "client/files.h"
#include "client/remote/frame_socket.h"

namespace pqc_chat::local::v1 {
class LocalReply;
class LocalRequest;
}  // namespace pqc_chat::local::v1

namespace pqc::client {

class LocalServer {
 public:
  // Errors: no_permission, disk_full.
  static Result<std::unique_ptr<LocalServer>> start(Engine& engine, const std::filesystem::path& socket);
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

 private:
  struct Session;
  LocalServer(Engine& engine, std::filesystem::path path, FileDescriptor listener);

  void accept();
  void on_frame(const std::shared_ptr<Session>& session, ByteView frame);
  void handle(const std::shared_ptr<Session>& session, const pqc_chat::local::v1::LocalRequest& request);

  Engine& engine_;
  std::filesystem::path path_;
  FileDescriptor listener_;
  std::list<std::shared_ptr<Session>> sessions_;
  Loop::HandlePtr readable_;
};

}  // namespace pqc::client
