#include "client/people/record_answer.h"

#include <gtest/gtest.h>

namespace pqc::client {
namespace {

// A message whose sender's record could not be asked for stays in the mailbox: it is refused only once something is
// known about the sender.
TEST(RecordAnswer, TheEndOfAConnectionSaysNothingAboutAnAccount) {
  for (const auto code : {ExitCode::unreachable, ExitCode::timed_out, ExitCode::quota, ExitCode::busy,
                          ExitCode::disk_full, ExitCode::clock_off, ExitCode::login_refused,
                          ExitCode::protocol_mismatch, ExitCode::wrong_server, ExitCode::unexpected})
    EXPECT_FALSE(is_about_account(code)) << number(code);
  for (const auto code :
       {ExitCode::unknown_peer, ExitCode::refused, ExitCode::identity_changed, ExitCode::level_refused})
    EXPECT_TRUE(is_about_account(code)) << number(code);
}

}  // namespace
}  // namespace pqc::client
