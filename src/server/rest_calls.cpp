// Calls over REST (docs/spec/calls.md §8): the same requests as over the WebSocket, as JSON in bodies.
#include <google/protobuf/util/json_util.h>

#include "server/call_requests.h"
#include "server/session.h"

namespace pqc::server {
namespace {

constexpr std::string_view status_target = "/call/status/";

struct Route {
  std::string_view target;
  google::protobuf::Message* (*body)(v1::ClientFrame&);
};

constexpr std::array<Route, 4> routes{{
    {"/call/initiate",
     [](v1::ClientFrame& frame) -> google::protobuf::Message* { return frame.mutable_call_initiate(); }},
    {"/call/accept", [](v1::ClientFrame& frame) -> google::protobuf::Message* { return frame.mutable_call_accept(); }},
    {"/call/reject", [](v1::ClientFrame& frame) -> google::protobuf::Message* { return frame.mutable_call_reject(); }},
    {"/call/hangup", [](v1::ClientFrame& frame) -> google::protobuf::Message* { return frame.mutable_call_hangup(); }},
}};

const Route* find_route(std::string_view target) {
  const auto found = std::ranges::find(routes, target, &Route::target);
  return found == routes.end() ? nullptr : &*found;
}

unsigned http_status(v1::ErrorCode code) {
  switch (code) {
    case v1::ERROR_REFUSED:
      return 401;
    case v1::ERROR_UNKNOWN_CALL:
    case v1::ERROR_WRONG_SERVER:
      return 404;
    case v1::ERROR_CONFLICT:
      return 409;
    case v1::ERROR_QUOTA:
    case v1::ERROR_RATE_LIMITED:
      return 429;
    case v1::ERROR_UNAVAILABLE:
    case v1::ERROR_SHUTTING_DOWN:
      return 503;
    default:
      return 400;
  }
}

net::HttpResponse json(unsigned status, const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok())
    return {.status = 500, .content_type = "text/plain; charset=utf-8", .body = ""};
  return {.status = status, .content_type = "application/json", .body = text + "\n"};
}

net::HttpResponse failure(v1::ErrorCode code) {
  v1::Error error;
  error.set_code(code);
  error.set_text(std::string(describe(code)));
  return json(http_status(code), error);
}

// Nothing for a body that is not what the route takes.
std::optional<v1::ClientFrame> read(const net::HttpRequest& request, const Route* route) {
  v1::ClientFrame frame;
  if (route == nullptr) {
    frame.mutable_fetch_call()->set_call_id(request.target.substr(status_target.size()));
    return frame;
  }
  if (!google::protobuf::util::JsonStringToMessage(request.body, route->body(frame)).ok()) return std::nullopt;
  return frame;
}

}  // namespace

bool is_call_target(std::string_view target) {
  return find_route(target) != nullptr || target.starts_with(status_target);
}

// Who has no token learns nothing but that, whatever it asks for.
net::HttpResponse answer_rest_call(Services& services, const net::HttpRequest& request) {
  ++services.counters.rest_requests;
  const auto holder = services.tokens.find(request.bearer, std::chrono::steady_clock::now());
  const auto session = std::static_pointer_cast<Session>(holder);
  const auto owner = session ? session->owner() : nullptr;
  if (!owner) return failure(v1::ERROR_REFUSED);
  if (services.shutting_down) return failure(v1::ERROR_SHUTTING_DOWN);
  const auto* route = find_route(request.target);
  if (request.method != (route != nullptr ? "POST" : "GET"))
    return {.status = 405, .content_type = "text/plain; charset=utf-8", .body = ""};
  const auto frame = read(request, route);
  if (!frame) return failure(v1::ERROR_MALFORMED);
  const auto answer = answer_call(services, *owner, *frame);
  return answer ? json(200, *answer) : failure(answer.error());
}

}  // namespace pqc::server
