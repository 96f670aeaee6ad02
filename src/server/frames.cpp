#include "server/frames.h"

#include <google/protobuf/util/json_util.h>

#include "base/log.h"

namespace pqc::server {

bool decode_frame(net::FrameKind kind, ByteView payload, v1::ClientFrame& frame) {
  if (kind == net::FrameKind::binary) {
    return payload.size() <= INT32_MAX && frame.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
  }
  frame.Clear();
  const auto text = as_text(payload);
  return google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &frame).ok();
}

void send_frame(net::ServerConnection& connection, net::FrameKind kind, const v1::ServerFrame& frame) {
  if (kind == net::FrameKind::binary) {
    const auto place = connection.send_in_place(kind, frame.ByteSizeLong());
    if (!place.empty()) frame.SerializeWithCachedSizesToArray(place.data());
    return;
  }
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  if (const auto made = google::protobuf::util::MessageToJsonString(frame, &text, options); !made.ok()) {
    log(LogLevel::error, "json_encoding", {{"error", made.ToString()}});
    return connection.close(net::CloseCode::internal_error, "");
  }
  connection.send(kind, as_bytes(text));
}

}  // namespace pqc::server
