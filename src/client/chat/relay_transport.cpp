#include "client/chat/relay_transport.h"

#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

bool for_now(v1::ErrorCode error) {
  return error == v1::ERROR_QUOTA || error == v1::ERROR_RATE_LIMITED || error == v1::ERROR_UNAVAILABLE ||
         error == v1::ERROR_SHUTTING_DOWN;
}

ParcelOutcome outcome_of(const v1::AcceptedItem& item) {
  if (item.message_id() != 0) return {Carriage::accepted, {}};
  v1::Error error;
  error.set_code(item.error());
  if (for_now(item.error())) return {Carriage::later, from_server(error)};
  const bool gone = item.error() == v1::ERROR_UNKNOWN_DEVICE;
  return {gone ? Carriage::gone : Carriage::refused, from_server(error)};
}

Result<std::vector<ParcelOutcome>> outcomes_of(const v1::ServerFrame& frame, std::size_t expected) {
  if (!frame.has_accepted() || frame.accepted().items_size() != static_cast<int>(expected))
    return fail(ExitCode::protocol_mismatch, "the server's answer does not fit what was sent");
  std::vector<ParcelOutcome> outcomes;
  for (const auto& item : frame.accepted().items()) outcomes.push_back(outcome_of(item));
  return outcomes;
}

}  // namespace

void RelayTransport::carry(std::vector<Parcel> parcels, Answer answer) {
  v1::ClientFrame frame;
  for (const auto& parcel : parcels) {
    auto& item = *frame.mutable_append()->add_items();
    item.set_id(parcel.id.data(), parcel.id.size());
    item.mutable_to()->set_account(parcel.account);
    item.mutable_to()->set_device(parcel.device);
    item.set_body(parcel.body.data(), parcel.body.size());
  }
  relay_->ask(std::move(frame),
              [answer = std::move(answer), expected = parcels.size()](Result<const v1::ServerFrame*> reply) {
                answer(reply ? outcomes_of(**reply, expected) : std::unexpected(reply.error()));
              });
}

}  // namespace pqc::client
