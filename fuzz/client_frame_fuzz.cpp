// What the dispatcher decodes: ClientFrame in binary and in JSON, and the checks that come before anything is stored.
#include "server/accounts/accounts.h"
#include "server/calls/registry.h"
#include "server/directory/directory.h"
#include "server/frames.h"
#include "server/relay/relay.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  using namespace pqc::server;
  if (size == 0) return 0;
  v1::ClientFrame frame;
  const auto kind = (data[0] & 1) != 0 ? net::FrameKind::text : net::FrameKind::binary;
  if (!decode_frame(kind, {data + 1, size - 1}, frame)) return 0;
  const UnixMillis now{1'700'000'000'000};
  if (frame.has_append()) static_cast<void>(relay::take_items(*frame.mutable_append()));
  if (frame.has_publish_prekeys()) static_cast<void>(directory::check(frame.publish_prekeys(), now));
  if (frame.has_fetch_call()) static_cast<void>(calls::parse_call_id(frame.fetch_call().call_id()));
  if (frame.has_login()) static_cast<void>(accounts::parse_account(frame.login().account(), "server"));
  if (frame.has_register_()) {
    static_cast<void>(accounts::verify_registration(frame.register_(), {}, "server", now));
    const auto& token = frame.register_().invite_token();
    for (const auto name : {std::string_view(), std::string_view("echo")})
      static_cast<void>(accounts::hash_invite_token(token, name));
  }
  return 0;
}
