// What is said about calls inside the ratchet: every kind survives, every rule of docs/spec/calls.md §2 is held.
#include "client/calls/call_content.h"

#include <gtest/gtest.h>

#include "client/limits.h"
#include "client/messages/content.h"
#include "proto/content.pb.h"

namespace pqc::client {
namespace {

namespace proto = pqc_chat::content::v1;

CallDescription description() {
  return {.fingerprint = {1, 2, 3},
          .ufrag = "abcd",
          .password = "0123456789abcdefghij+/",
          .candidates = {{.type = CallCandidateType::host, .ip = "192.0.2.7", .port = 4000},
                         {.type = CallCandidateType::relayed, .ip = "2001:db8::1", .port = 65'535}},
          .frame_units = 2,
          .bit_rate = 32'000};
}

Content with(CallContent call) {
  return {.id = {7}, .sent_at = {5}, .expires_after = 0, .body = std::move(call)};
}

TEST(CallContent, EveryKindSurvives) {
  const CallId id{9, 9};
  const std::vector<CallContent> all{
      {.call = id, .what = CallOffer{.offered_at = {1'234}, .secret = {4}, .description = description()}},
      {.call = id, .what = CallAnswer{.secret = {5}, .description = description()}},
      {.call = id,
       .what =
           CallRestart{.round = 200,
                       .path = {.ufrag = "abcd",
                                .password = "0123456789abcdefghij+/",
                                .candidates = {{.type = CallCandidateType::relayed, .ip = "192.0.2.7", .port = 1}}}}},
      {.call = id, .what = CallReject{.busy = true}},
      {.call = id, .what = CallReject{}},
      {.call = id, .what = CallHangup{}},
      {.call = id, .what = CallTaken{.declined = true}},
      {.call = id, .what = CallRinging{}}};
  for (const auto& call : all) {
    const auto decoded = decode_content(encode_content(with(call)));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(std::get<CallContent>(decoded->body), call);
  }
}

// One thing is changed at a time; nothing of it is let through.
TEST(CallContent, BrokenRulesAreRefused) {
  using Change = void (*)(proto::CallOffer&);
  const std::vector<Change> changes{
      [](proto::CallOffer& o) { o.set_call(std::string(16, '\0')); },
      [](proto::CallOffer& o) { o.set_call("short"); },
      [](proto::CallOffer& o) { o.set_secret(std::string(31, 's')); },
      [](proto::CallOffer& o) { o.clear_description(); },
      [](proto::CallOffer& o) { o.mutable_description()->set_fingerprint("no"); },
      [](proto::CallOffer& o) { o.mutable_description()->set_ufrag("abc"); },
      [](proto::CallOffer& o) { o.mutable_description()->set_ufrag("ab cd"); },
      [](proto::CallOffer& o) { o.mutable_description()->set_ufrag(std::string(257, 'u')); },
      [](proto::CallOffer& o) { o.mutable_description()->set_password(std::string(21, 'p')); },
      [](proto::CallOffer& o) { o.mutable_description()->mutable_candidates(0)->set_type(4); },
      [](proto::CallOffer& o) { o.mutable_description()->mutable_candidates(0)->set_type(0); },
      [](proto::CallOffer& o) { o.mutable_description()->mutable_candidates(0)->set_port(0); },
      [](proto::CallOffer& o) { o.mutable_description()->mutable_candidates(0)->set_port(65'536); },
      [](proto::CallOffer& o) { o.mutable_description()->mutable_candidates(0)->set_ip("host.example"); },
      [](proto::CallOffer& o) { o.mutable_description()->mutable_candidates(0)->set_ip("1.2.3"); },
      [](proto::CallOffer& o) { o.mutable_description()->mutable_candidates(0)->set_ip("fe80::1%eth0"); },
      [](proto::CallOffer& o) {
        for (int i = 0; i < 16; ++i) *o.mutable_description()->add_candidates() = o.description().candidates(0);
      },
      [](proto::CallOffer& o) { o.mutable_description()->set_frame_units(3); },
      [](proto::CallOffer& o) { o.mutable_description()->set_bit_rate(5'999); },
      [](proto::CallOffer& o) { o.mutable_description()->set_bit_rate(510'001); },
  };
  const auto encoded = encode_plain_content(
      with({.call = {1}, .what = CallOffer{.offered_at = {1}, .secret = {4}, .description = description()}}));
  proto::Content good;
  ASSERT_TRUE(good.ParseFromArray(encoded.data(), static_cast<int>(encoded.size())));
  ASSERT_TRUE(decode_plain_content(encoded));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto bad = good;
    changes[i](*bad.mutable_call_offer());
    EXPECT_FALSE(decode_plain_content(as_bytes(bad.SerializeAsString()))) << i;
  }
}

TEST(CallContent, RestartsThatBreakRulesAreRefused) {
  using Change = void (*)(proto::CallRestart&);
  const std::vector<Change> changes{
      [](proto::CallRestart& o) { o.clear_call(); },
      [](proto::CallRestart& o) { o.set_round(0); },
      [](proto::CallRestart& o) { o.set_round(limits::call_restarts + 1); },
      [](proto::CallRestart& o) { o.set_ufrag("abc"); },
      [](proto::CallRestart& o) { o.set_password("short"); },
      [](proto::CallRestart& o) { o.mutable_candidates(0)->set_ip("relay.example"); },
  };
  const auto encoded =
      encode_plain_content(with({.call = {1},
                                 .what = CallRestart{.round = 1,
                                                     .path = {.ufrag = description().ufrag,
                                                              .password = description().password,
                                                              .candidates = description().candidates}}}));
  proto::Content good;
  ASSERT_TRUE(good.ParseFromArray(encoded.data(), static_cast<int>(encoded.size())));
  ASSERT_TRUE(decode_plain_content(encoded));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto bad = good;
    changes[i](*bad.mutable_call_restart());
    EXPECT_FALSE(decode_plain_content(as_bytes(bad.SerializeAsString()))) << i;
  }
}

}  // namespace
}  // namespace pqc::client
