#include "client/error.h"

#include <algorithm>
#include <array>

namespace pqc::client {
namespace {

struct Named {
  ExitCode code;
  std::string_view name;
};

constexpr std::array names{
    Named{ExitCode::ok, "ok"},
    Named{ExitCode::unexpected, "unexpected"},
    Named{ExitCode::usage, "usage"},
    Named{ExitCode::unreachable, "unreachable"},
    Named{ExitCode::wrong_server, "wrong_server"},
    Named{ExitCode::login_refused, "login_refused"},
    Named{ExitCode::protocol_mismatch, "protocol_mismatch"},
    Named{ExitCode::timed_out, "timed_out"},
    Named{ExitCode::queued, "queued"},
    Named{ExitCode::clock_off, "clock_off"},
    Named{ExitCode::invalid_invite, "invalid_invite"},
    Named{ExitCode::quota, "quota"},
    Named{ExitCode::unknown_peer, "unknown_peer"},
    Named{ExitCode::name_taken, "name_taken"},
    Named{ExitCode::not_registered, "not_registered"},
    Named{ExitCode::already_registered, "already_registered"},
    Named{ExitCode::identity_changed, "identity_changed"},
    Named{ExitCode::level_refused, "level_refused"},
    Named{ExitCode::invalid_name, "invalid_name"},
    Named{ExitCode::not_delivered, "not_delivered"},
    Named{ExitCode::refused, "refused"},
    Named{ExitCode::blocked, "blocked"},
    Named{ExitCode::text_not_utf8, "text_not_utf8"},
    Named{ExitCode::text_empty, "text_empty"},
    Named{ExitCode::text_too_long, "text_too_long"},
    Named{ExitCode::unknown_message, "unknown_message"},
    Named{ExitCode::not_yours, "not_yours"},
    Named{ExitCode::file_gone, "file_gone"},
    Named{ExitCode::file_too_large, "file_too_large"},
    Named{ExitCode::file_changed, "file_changed"},
    Named{ExitCode::damaged, "damaged"},
    Named{ExitCode::too_old, "too_old"},
    Named{ExitCode::too_new, "too_new"},
    Named{ExitCode::no_permission, "no_permission"},
    Named{ExitCode::busy, "busy"},
    Named{ExitCode::wrong_key, "wrong_key"},
    Named{ExitCode::disk_full, "disk_full"},
    Named{ExitCode::missing, "missing"},
    Named{ExitCode::locked, "locked"},
    Named{ExitCode::too_soon, "too_soon"},
    Named{ExitCode::address_in_use, "address_in_use"},
    Named{ExitCode::call_busy, "call_busy"},
    Named{ExitCode::call_declined, "call_declined"},
    Named{ExitCode::call_unreachable, "call_unreachable"},
    Named{ExitCode::call_unanswered, "call_unanswered"},
    Named{ExitCode::call_elsewhere, "call_elsewhere"},
    Named{ExitCode::call_broken, "call_broken"},
    Named{ExitCode::call_cancelled, "call_cancelled"},
    Named{ExitCode::no_call, "no_call"},
    Named{ExitCode::in_call, "in_call"},
    Named{ExitCode::interrupted, "interrupted"},
};

}  // namespace

std::string_view name(ExitCode code) {
  const auto* const found = std::ranges::find(names, code, &Named::code);
  return found == names.end() ? "unexpected" : found->name;
}

ExitCode exit_code(std::string_view name) {
  const auto* const found = std::ranges::find(names, name, &Named::name);
  return found == names.end() ? ExitCode::unexpected : found->code;
}

}  // namespace pqc::client
