// Between the plain values of key_holder.h and the messages of agent.proto (docs/spec/agent.md §5).
//
// put() fills a message. take() reads one from the other process: nothing where a name, a number or a length cannot be
// that of its type; rules beyond that are the holder's. Pure functions; any thread. For the two ends' .cpp files.
#pragma once

#include <optional>
#include <string>

#include "keys/key_holder.h"
#include "proto/agent.pb.h"

namespace pqc::keys::agent_protocol {

namespace proto = ::pqc_chat::agent::v1;

inline ByteView view(const std::string& bytes) {
  return as_bytes(bytes);
}
inline std::string text(ByteView bytes) {
  return std::string(as_text(bytes));
}

// Codes from 32 on (agent.md §6), and back; nothing for a code that is not a key holder's.
[[nodiscard]] proto::Code code_of(Error error);
[[nodiscard]] std::optional<Error> keys_error(proto::Code code);

void put(proto::Address& out, const identity::AccountName& account, identity::DeviceId device);
[[nodiscard]] std::optional<identity::DeviceAddress> take(const proto::Address& in);
[[nodiscard]] std::optional<identity::AccountName> take(const proto::Account& in);
[[nodiscard]] std::optional<crypto::SuiteId> take_suite(std::uint32_t number);

void put(proto::PublicIdentity& out, const PublicIdentity& in);
[[nodiscard]] std::optional<PublicIdentity> take(const proto::PublicIdentity& in);

void put(proto::SignRecord& out, const identity::AccountRecord& in);
[[nodiscard]] std::optional<identity::AccountRecord> take(const proto::SignRecord& in);

void put(proto::Sign& out, const identity::Statement& in);
[[nodiscard]] std::optional<identity::Statement> take(const proto::Sign& in);

void put(proto::PrekeyBatch& out, const pqxdh::PrekeyBatch& in);
[[nodiscard]] std::optional<pqxdh::PrekeyBatch> take(const proto::PrekeyBatch& in);

void put(proto::BatchStatus& out, const BatchStatus& in);
[[nodiscard]] std::optional<BatchStatus> take(const proto::BatchStatus& in);

void put(proto::DeviceIdentity& out, const identity::DeviceIdentity& in);
[[nodiscard]] std::optional<identity::DeviceIdentity> take(const proto::DeviceIdentity& in);

void put(proto::PrekeyUse& out, const pqxdh::PrekeyUse& in);
[[nodiscard]] std::optional<pqxdh::PrekeyUse> take(const proto::PrekeyUse& in);

void put(proto::Initiate& out, const pqxdh::VerifiedBundle& peer, identity::RecordVersion own_record);
[[nodiscard]] std::optional<pqxdh::VerifiedBundle> take(const proto::Initiate& in);

[[nodiscard]] std::optional<pqxdh::SessionId> take_session_id(const std::string& bytes);

}  // namespace pqc::keys::agent_protocol
