#include "client/calls/waiting_offer.h"

#include "proto/content.pb.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::client {
namespace {

// u64 contact ‖ u32 device ‖ u64 received_at ‖ Content to the end. Only this profile reads what it wrote.
Bytes encode(const WaitingOffer& offer) {
  pqc_chat::content::v1::Content content;
  encode_call(offer.content, content);
  Bytes out;
  wire::Writer(out)
      .u64(static_cast<std::uint64_t>(offer.from.contact))
      .u32(offer.from.device)
      .u64(static_cast<std::uint64_t>(offer.received_at.value))
      .bytes(as_bytes(content.SerializeAsString()));
  return out;
}

std::optional<WaitingOffer> decode(ByteView bytes) {
  wire::Reader reader(bytes);
  const auto contact = reader.u64();
  const auto device = reader.u32();
  const auto received_at = reader.u64();
  const auto body = reader.rest(bytes.size());
  pqc_chat::content::v1::Content content;
  if (!contact || !device || !received_at || !body ||
      !content.ParseFromArray(body->data(), static_cast<int>(body->size())))
    return std::nullopt;
  auto call = decode_call(content);
  if (!call || !std::holds_alternative<CallOffer>(call->what)) return std::nullopt;
  return WaitingOffer{.from = {.contact = static_cast<std::int64_t>(*contact), .device = *device},
                      .received_at = {static_cast<std::int64_t>(*received_at)},
                      .content = std::move(*call)};
}

}  // namespace

Status WaitingOffers::keep(const WaitingOffer& offer) {
  return store_.account.set_blob(setting::waiting_offer, encode(offer));
}

Result<std::optional<WaitingOffer>> WaitingOffers::find() const {
  auto bytes = store_.account.blob(setting::waiting_offer);
  if (!bytes) return pass(bytes);
  return *bytes ? decode(**bytes) : std::nullopt;
}

Status WaitingOffers::forget(const CallId& id) {
  auto waiting = find();
  if (!waiting) return pass(waiting);
  if (!*waiting || (*waiting)->content.call != id) return {};
  return store_.account.erase(setting::waiting_offer);
}

}  // namespace pqc::client
