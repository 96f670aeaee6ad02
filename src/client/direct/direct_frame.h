// What travels between two devices on a path of their own (docs/spec/direct.md §4). Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "client/types.h"

namespace pqc::client {

struct DirectHello {
  MessageId after{};  // all zero: nothing
};
struct DirectParcel {
  MessageId id{};
  Bytes envelope;
};
struct DirectStored {
  std::vector<MessageId> ids;
};
using DirectFrame = std::variant<DirectHello, DirectParcel, DirectStored>;

[[nodiscard]] Bytes encode_direct_hello(const MessageId& after);
[[nodiscard]] Bytes encode_direct_parcel(const MessageId& id, ByteView envelope);
// At most limits::direct_stored.
[[nodiscard]] Bytes encode_direct_stored(std::span<const MessageId> ids);
// Nothing for what breaks a rule.
[[nodiscard]] std::optional<DirectFrame> decode_direct_frame(ByteView frame);

}  // namespace pqc::client
