#include "client/types.h"

namespace pqc::client {

std::string_view name(MessageStatus status) {
  switch (status) {
    case MessageStatus::queued:
      return "queued";
    case MessageStatus::sent:
      return "sent";
    case MessageStatus::delivered:
      return "delivered";
    case MessageStatus::failed:
      return "failed";
    case MessageStatus::received:
      return "received";
  }
  return "unknown";
}

std::string_view name(MessageKind kind) {
  switch (kind) {
    case MessageKind::text:
      return "text";
    case MessageKind::unknown:
      return "unknown";
    case MessageKind::reaction:
      return "reaction";
    case MessageKind::edit:
      return "edit";
    case MessageKind::unsend:
      return "unsend";
    case MessageKind::timer:
      return "timer";
    case MessageKind::file:
      return "file";
  }
  return "unknown";
}

std::string_view name(CallPhase phase) {
  switch (phase) {
    case CallPhase::none:
      return "none";
    case CallPhase::calling:
      return "calling";
    case CallPhase::rings_there:
      return "rings_there";
    case CallPhase::rings_here:
      return "rings_here";
    case CallPhase::connecting:
      return "connecting";
    case CallPhase::active:
      return "active";
    case CallPhase::over:
      return "over";
    case CallPhase::reconnecting:
      return "reconnecting";
  }
  return "unknown";
}

std::string_view name(RecordingState state) {
  switch (state) {
    case RecordingState::none:
      return "none";
    case RecordingState::on:
      return "on";
    case RecordingState::ended:
      return "ended";
    case RecordingState::failed:
      return "failed";
  }
  return "unknown";
}

std::string_view name(CallOutcome outcome) {
  switch (outcome) {
    case CallOutcome::completed:
      return "completed";
    case CallOutcome::missed:
      return "missed";
    case CallOutcome::declined:
      return "declined";
    case CallOutcome::busy:
      return "busy";
    case CallOutcome::unanswered:
      return "unanswered";
    case CallOutcome::unreachable:
      return "unreachable";
    case CallOutcome::cancelled:
      return "cancelled";
    case CallOutcome::answered_elsewhere:
      return "answered_elsewhere";
    case CallOutcome::failed:
      return "failed";
    case CallOutcome::withdrawn:
      return "withdrawn";
  }
  return "unknown";
}

std::string_view name(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::identity_changed:
      return "identity_changed";
    case NoticeKind::session_restarted:
      return "session_restarted";
    case NoticeKind::record_rolled_back:
      return "record_rolled_back";
    case NoticeKind::profile_cloned:
      return "profile_cloned";
    case NoticeKind::message_unreadable:
      return "message_unreadable";
    case NoticeKind::last_resort_used:
      return "last_resort_used";
    case NoticeKind::profile_rolled_back:
      return "profile_rolled_back";
    case NoticeKind::device_added:
      return "device_added";
    case NoticeKind::device_removed:
      return "device_removed";
  }
  return "unknown";
}

}  // namespace pqc::client
