// Between the facade's values and local.proto. Pure functions.
#pragma once

#include "client/requests.h"
#include "client/types.h"

namespace pqc_chat::local::v1 {
class Account;
class Call;
class CallInfo;
class CallRecord;
class Change;
class ConnectionState;
class Contact;
class Device;
class Error;
class Event;
class Find;
class Message;
class Notice;
class SafetyNumberReply;
class Save;
class Send;
class TransferState;
class TurnAccess;
}  // namespace pqc_chat::local::v1

namespace pqc::client::local {

namespace v1 = pqc_chat::local::v1;

void encode(const Error& in, v1::Error& out);
void encode(const Message& in, v1::Message& out);
void encode(const Notice& in, v1::Notice& out);
void encode(const Contact& in, v1::Contact& out);
void encode(const DeviceInfo& in, v1::Device& out);
void encode(const SafetyNumber& in, v1::SafetyNumberReply& out);
void encode(const AccountInfo& in, v1::Account& out);
void encode(const Connection& in, v1::ConnectionState& out);
void encode(const Event& in, v1::Event& out);
void encode(const Draft& in, v1::Send& out);
void encode(const MessageQuery& in, v1::Find& out);
void encode(const Change& in, v1::Change& out);
void encode(const SaveFile& in, v1::Save& out);
void encode(const FileTransfer& in, v1::TransferState& out);
void encode(const TurnAccess& in, v1::TurnAccess& out);
void encode(const CallRequest& in, v1::Call& out);
void encode(const CallInfo& in, v1::CallInfo& out);
void encode(const CallRecord& in, v1::CallRecord& out);

Error decode(const v1::Error& in);
Message decode(const v1::Message& in);
Notice decode(const v1::Notice& in);
Contact decode(const v1::Contact& in);
DeviceInfo decode(const v1::Device& in);
SafetyNumber decode(const v1::SafetyNumberReply& in);
AccountInfo decode(const v1::Account& in);
Connection decode(const v1::ConnectionState& in);
std::optional<Event> decode(const v1::Event& in);
// Nothing for one without an id.
std::optional<Draft> decode(const v1::Send& in);
MessageQuery decode(const v1::Find& in);
std::optional<Change> decode(const v1::Change& in);
SaveFile decode(const v1::Save& in);
FileTransfer decode(const v1::TransferState& in);
TurnAccess decode(const v1::TurnAccess& in);
std::optional<CallRequest> decode(const v1::Call& in);
CallInfo decode(const v1::CallInfo& in);
CallRecord decode(const v1::CallRecord& in);

}  // namespace pqc::client::local
