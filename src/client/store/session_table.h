// Ratchet sessions with contacts' devices. One session of a device sends; all of them may receive.
#pragma once

#include <optional>
#include <vector>

#include "client/store/database.h"

namespace pqc::client {

struct SessionRow {
  std::int64_t id = 0;
  std::int64_t contact = 0;
  std::uint32_t device = 0;
  Bytes transcript;    // 64
  Bytes initial_hash;  // 64, of the peer's initial part; empty for sessions that we began
  std::uint16_t suite = 0;
  bool sends = false;
  Bytes initial;  // ours, repeated with every message until the peer answers; empty afterwards
  SecretBytes state;
  UnixMillis created_at;
};

class SessionTable {
 public:
  explicit SessionTable(Database& database) : database_(database) {}

  // The session that sends.
  Result<std::optional<SessionRow>> sending(std::int64_t contact, std::uint32_t device);
  // All of a device: the one that sends first, then the last used.
  Result<std::vector<SessionRow>> of_device(std::int64_t contact, std::uint32_t device);
  Result<std::optional<SessionRow>> begun_by(ByteView initial_hash);

  // Adds it (id is given back) and keeps at most `keep` of the device.
  Result<std::int64_t> add(const SessionRow& session, std::size_t keep);
  // Makes it the one that sends.
  Status set_sending(const SessionRow& session);
  Status save_state(std::int64_t id, const SecretBytes& state, UnixMillis now);
  Status clear_initial(std::int64_t id);
  Status remove_device(std::int64_t contact, std::uint32_t device);
  Status remove_all(std::int64_t contact);

 private:
  Database& database_;
};

}  // namespace pqc::client
