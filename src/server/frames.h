// Frames as bytes: protobuf in binary frames, its JSON mapping with proto field names in text frames.
#pragma once

#include <string>

#include "base/bytes.h"
#include "net/server_connection.h"
#include "proto/relay.pb.h"

namespace pqc::server {

namespace v1 = pqc_chat::v1;

// Parses bytes from outside into `frame`; false when they are not a ClientFrame. Unknown JSON fields are refused,
// unknown binary fields ignored, as protobuf has it.
[[nodiscard]] bool decode_frame(net::FrameKind kind, ByteView payload, v1::ClientFrame& frame);

void send_frame(net::ServerConnection& connection, net::FrameKind kind, const v1::ServerFrame& frame);

}  // namespace pqc::server
