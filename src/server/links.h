// Where a new device and an old one meet, so that the one can be linked by the other (docs/spec/devices.md §9): a
// device without an account leaves an ephemeral public key under an id that it chose, a logged-in one that knows the id
// joins, and sealed messages go from one to the other. In memory only: a link ends with either connection.
//
// I/O thread only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "server/limits.h"

namespace pqc::server {

class Session;

using LinkId = std::array<std::uint8_t, link_id_size>;

class Links {
 public:
  struct Link {
    std::weak_ptr<Session> guest;  // the new device
    std::weak_ptr<Session> host;
    Bytes offer;
    std::size_t messages = 0;

    // The other one of the two; null when it is not there.
    [[nodiscard]] std::shared_ptr<Session> other(const Session& one) const;
  };

  // False when the id is taken or there are max_links.
  [[nodiscard]] bool open(const LinkId& id, std::weak_ptr<Session> guest, Bytes offer);
  [[nodiscard]] Link* find(const LinkId& id);
  void close(const LinkId& id) { links_.erase(id); }
  [[nodiscard]] std::size_t size() const { return links_.size(); }

 private:
  std::map<LinkId, Link> links_;
};

[[nodiscard]] std::optional<LinkId> to_link_id(ByteView bytes);

}  // namespace pqc::server
