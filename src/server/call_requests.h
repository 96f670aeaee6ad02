// Requests about calls (docs/spec/calls.md §8), over a WebSocket or over REST: checked, counted, done, and told to the
// devices of both accounts. I/O thread only.
#pragma once

#include <cstdint>
#include <expected>

#include "net/http.h"
#include "proto/relay.pb.h"
#include "server/calls/registry.h"
#include "server/relay/relay.h"
#include "server/services.h"

namespace pqc::server {

// Whether a frame is one of the five requests.
[[nodiscard]] bool is_call_request(v1::ClientFrame::BodyCase body);
// Does what the frame asks for in the name of `owner`.
[[nodiscard]] std::expected<v1::CallStatus, v1::ErrorCode> answer_call(Services& services, const relay::Sender& owner,
                                                                       const v1::ClientFrame& frame);
// The call as that device may see it.
[[nodiscard]] v1::CallStatus status_of(const calls::Call& call, std::string_view account, std::uint32_t device);
// Ends calls that have lasted too long.
void expire_calls(Services& services);

// Whether a target is of this part of REST, and its answer.
[[nodiscard]] bool is_call_target(std::string_view target);
[[nodiscard]] net::HttpResponse answer_rest_call(Services& services, const net::HttpRequest& request);

}  // namespace pqc::server
