// The calls of a device as decisions: tables of what follows from what, and two machines that talk to each other in any
// order (docs/spec/calls.md §4).
#include "client/calls/call_machine.h"

#include <deque>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "client/calls/offer_limit.h"

namespace pqc::client {
namespace {

using std::chrono::seconds;

constexpr std::int64_t bob = 7;
constexpr CallPeer bobs_phone{.contact = bob, .device = 1};
constexpr CallPeer bobs_laptop{.contact = bob, .device = 2};
constexpr CallPeer carol{.contact = 8, .device = 1};

constexpr CallId id_of(std::uint8_t number) {
  CallId id{};
  id[0] = number;
  return id;
}

LocalHalf half(std::uint8_t number) {
  LocalHalf out;
  out.secret.fill(number);
  out.description.ufrag = "user";
  return out;
}

class CallMachineTest : public testing::Test {
 protected:
  CallActions on(const CallEvent& event) { return machine.on(event, now()); }
  [[nodiscard]] CallMoment now() const { return {.steady = start + passed, .wall = {1'000 + passed.count()}}; }

  void call_bob() {
    (void)on(PlaceCall{.contact = bob, .id = id_of(5)});
    (void)on(LocalDescribed{.id = id_of(5), .half = half(1)});
  }
  CallActions bob_calls(std::uint8_t number = 9, CallPeer from = bobs_phone, bool fresh = true) {
    return on(CallArrived{
        .from = from,
        .content = {.call = id_of(number), .what = CallOffer{.offered_at = {}, .secret = {}, .description = {}}},
        .fresh = fresh});
  }
  template <class T>
  CallActions says(CallPeer who, T what, std::uint8_t number = 5) {
    return on(CallArrived{.from = who, .content = {.call = id_of(number), .what = what}});
  }
  void talk_to_bob() {
    call_bob();
    (void)says(bobs_phone, CallAnswer{.secret = half(2).secret, .description = half(2).description});
    (void)on(MediaConnected{.id = id_of(5)});
  }

  template <class T>
  static const T* find(const CallActions& actions) {
    for (const auto& action : actions)
      if (const auto* found = std::get_if<T>(&action)) return found;
    return nullptr;
  }
  // What a call came to in these actions; nothing while it goes on.
  static std::optional<CallOutcome> outcome(const CallActions& actions) {
    const auto* over = find<CallOver>(actions);
    return over != nullptr ? std::optional(over->outcome) : std::nullopt;
  }
  template <class T>
  static const SendCall* sent(const CallActions& actions) {
    for (const auto& action : actions)
      if (const auto* send = std::get_if<SendCall>(&action); send && std::holds_alternative<T>(send->content.what))
        return send;
    return nullptr;
  }

  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::chrono::milliseconds passed{0};
  CallMachine machine;
};

TEST_F(CallMachineTest, ACallFromTheFirstStepToTheLast) {
  EXPECT_TRUE(find<PrepareMedia>(on(PlaceCall{.contact = bob, .id = id_of(5)}))->offering);
  const auto offered = on(LocalDescribed{.id = id_of(5), .half = half(1)});
  ASSERT_NE(sent<CallOffer>(offered), nullptr);
  EXPECT_EQ(sent<CallOffer>(offered)->to, (CallPeer{.contact = bob, .device = 0}));
  const auto answered = says(bobs_phone, CallAnswer{.secret = half(2).secret, .description = half(2).description});
  ASSERT_NE(find<ConnectMedia>(answered), nullptr);
  EXPECT_EQ(find<ConnectMedia>(answered)->peer, bobs_phone);
  EXPECT_EQ(find<ConnectMedia>(answered)->their_secret, half(2).secret);
  ASSERT_NE(sent<CallTaken>(answered), nullptr);
  EXPECT_EQ(sent<CallTaken>(answered)->except, bobs_phone.device);
  (void)on(MediaConnected{.id = id_of(5)});
  EXPECT_TRUE(std::holds_alternative<CallActive>(machine.state()));
  passed = seconds(70);
  const auto ended = on(HangUpCall{});
  EXPECT_EQ(outcome(ended), CallOutcome::completed);
  EXPECT_EQ(find<CallOver>(ended)->answered.value, 1'000);
  EXPECT_EQ(find<CallOver>(ended)->ended.value, 71'000);
  EXPECT_EQ(sent<CallHangup>(ended)->to, bobs_phone);
  EXPECT_TRUE(machine.idle());
}

CallPath path_at(std::uint16_t port) {
  return {.ufrag = "user", .password = {}, .candidates = {{CallCandidateType::host, "192.0.2.7", port}}};
}

TEST_F(CallMachineTest, ALostPathIsLookedForInRoundsUntilItIsThere) {
  talk_to_bob();
  const auto silent = on(PathSilent{.id = id_of(5)});
  ASSERT_NE(find<RestartMedia>(silent), nullptr);
  EXPECT_EQ(find<RestartMedia>(silent)->round, 1U);
  EXPECT_NE(find<CallChanged>(silent), nullptr);
  const auto told = on(LocalRestarted{.id = id_of(5), .round = 1, .path = path_at(1)});
  ASSERT_NE(sent<CallRestart>(told), nullptr);
  EXPECT_EQ(sent<CallRestart>(told)->to, bobs_phone);
  EXPECT_EQ(std::get<CallRestart>(sent<CallRestart>(told)->content.what),
            (CallRestart{.round = 1, .path = path_at(1)}));
  passed += limits::call_restart_again - seconds(1);
  EXPECT_TRUE(on(PathSilent{.id = id_of(5)}).empty()) << "the round is under way";
  passed += seconds(1);
  EXPECT_EQ(find<RestartMedia>(on(PathSilent{.id = id_of(5)}))->round, 2U);
  EXPECT_TRUE(on(LocalRestarted{.id = id_of(5), .round = 1, .path = path_at(1)}).empty()) << "of a round that is over";
  EXPECT_NE(find<CallChanged>(on(PathBack{.id = id_of(5)})), nullptr);
  EXPECT_FALSE(machine.deadline());
  passed += seconds(100);
  EXPECT_TRUE(on(TimePassed{}).empty());
  EXPECT_TRUE(on(PathBack{.id = id_of(5)}).empty());
}

TEST_F(CallMachineTest, ALostPathThatDoesNotComeBackEndsTheCall) {
  talk_to_bob();
  (void)on(PathSilent{.id = id_of(5)});
  passed += limits::call_reconnecting - seconds(1);
  (void)on(PathSilent{.id = id_of(5)});
  EXPECT_TRUE(on(TimePassed{}).empty());
  passed += seconds(1);
  ASSERT_TRUE(machine.deadline());
  const auto over = on(TimePassed{});
  EXPECT_EQ(outcome(over), CallOutcome::failed);
  EXPECT_NE(find<CallOver>(over)->answered.value, 0);
  EXPECT_NE(sent<CallHangup>(over), nullptr);
}

TEST_F(CallMachineTest, WhoIsBehindFollowsAndWhatIsOldChangesNothing) {
  talk_to_bob();
  const auto theirs = says(bobs_phone, CallRestart{.round = 3, .path = path_at(3)});
  ASSERT_NE(find<RestartMedia>(theirs), nullptr);
  EXPECT_EQ(find<RestartMedia>(theirs)->round, 3U);
  ASSERT_NE(find<FollowPeer>(theirs), nullptr);
  EXPECT_EQ(find<FollowPeer>(theirs)->theirs, path_at(3));
  EXPECT_FALSE(machine.deadline()) << "here all is well";
  EXPECT_TRUE(says(bobs_phone, CallRestart{.round = 2, .path = path_at(2)}).empty());
  // Both began the same one.
  passed += limits::call_restart_again;
  EXPECT_EQ(find<RestartMedia>(on(PathSilent{.id = id_of(5)}))->round, 4U);
  const auto same = says(bobs_phone, CallRestart{.round = 4, .path = path_at(4)});
  EXPECT_EQ(find<RestartMedia>(same), nullptr);
  EXPECT_EQ(find<FollowPeer>(same)->round, 4U);
}

// However fast they come, they cost no more than our own would.
TEST_F(CallMachineTest, RoundsOfThePeerAreFollowedOnceASecond) {
  talk_to_bob();
  int followed = 0;
  const auto count = [&followed](const CallActions& actions) {
    if (find<RestartMedia>(actions) != nullptr) ++followed;
    EXPECT_EQ(find<RestartMedia>(actions) != nullptr, find<FollowPeer>(actions) != nullptr);
  };
  for (std::uint32_t round = 1; round <= limits::call_restarts; ++round) {
    count(says(bobs_phone, CallRestart{.round = round, .path = path_at(1)}));
    passed += std::chrono::milliseconds(50);
    count(on(TimePassed{}));
  }
  EXPECT_LE(followed, 11) << "in ten seconds";
  EXPECT_GE(followed, 10);
}

TEST_F(CallMachineTest, OfRoundsThatComeTooSoonTheLatestIsFollowedLater) {
  talk_to_bob();
  EXPECT_NE(find<FollowPeer>(says(bobs_phone, CallRestart{.round = 1, .path = path_at(1)})), nullptr);
  EXPECT_TRUE(says(bobs_phone, CallRestart{.round = 3, .path = path_at(3)}).empty());
  EXPECT_TRUE(says(bobs_phone, CallRestart{.round = 2, .path = path_at(2)}).empty());
  EXPECT_EQ(find<FollowPeer>(says(bobs_phone, CallRestart{.round = 1, .path = path_at(4)}))->round, 1U);
  EXPECT_EQ(machine.deadline(), now().steady + limits::call_restart_least);
  EXPECT_EQ(find<RestartMedia>(on(PathSilent{.id = id_of(5)})), nullptr) << "one is about to begin";
  passed += limits::call_restart_least;
  const auto later = on(TimePassed{});
  ASSERT_NE(find<RestartMedia>(later), nullptr);
  EXPECT_EQ(find<RestartMedia>(later)->round, 3U);
  EXPECT_EQ(find<FollowPeer>(later)->theirs, path_at(3));
  // The call is not over with it, and ends when its own time is up.
  EXPECT_TRUE(std::holds_alternative<CallActive>(machine.state()));
  EXPECT_EQ(machine.deadline(), now().steady - limits::call_restart_least + limits::call_reconnecting);
}

// Neither keys nor a path come from anybody but the device that the call is with.
TEST_F(CallMachineTest, Threat19WhoIsNotInTheCallTurnsItNowhere) {
  talk_to_bob();
  const CallRestart restart{.round = 4, .path = path_at(4)};
  EXPECT_TRUE(says(bobs_laptop, restart).empty());
  EXPECT_TRUE(says(carol, restart).empty());
  EXPECT_TRUE(says(bobs_phone, restart, 6).empty()) << "of another call";
  const auto late = says(carol, CallAnswer{.secret = half(3).secret, .description = half(3).description});
  EXPECT_EQ(find<ConnectMedia>(late), nullptr);
  const auto second = says(bobs_laptop, CallAnswer{.secret = half(3).secret, .description = half(3).description});
  EXPECT_EQ(find<ConnectMedia>(second), nullptr);
  EXPECT_TRUE(std::holds_alternative<CallActive>(machine.state()));
}

TEST_F(CallMachineTest, WhoMovedBeginsAtOnceAndIsNotLostBefore) {
  talk_to_bob();
  EXPECT_NE(find<RestartMedia>(on(PathSilent{.id = id_of(5), .moved = true})), nullptr);
  EXPECT_FALSE(machine.deadline());
  EXPECT_TRUE(on(PathSilent{.id = id_of(5), .moved = true}).empty());
  passed += limits::call_restart_least;
  EXPECT_EQ(find<RestartMedia>(on(PathSilent{.id = id_of(5), .moved = true}))->round, 2U);
}

TEST_F(CallMachineTest, ACallHasSoManyRestartsAndNoMore) {
  talk_to_bob();
  (void)says(bobs_phone, CallRestart{.round = limits::call_restarts, .path = path_at(1)});
  passed += limits::call_restart_again;
  EXPECT_EQ(find<RestartMedia>(on(PathSilent{.id = id_of(5)})), nullptr);
}

TEST_F(CallMachineTest, NothingIsRestartedBeforeTheCallIsUp) {
  call_bob();
  EXPECT_TRUE(on(PathSilent{.id = id_of(5)}).empty());
  EXPECT_TRUE(says(bobs_phone, CallRestart{.round = 1, .path = path_at(1)}).empty());
}

TEST_F(CallMachineTest, AnIncomingCallIsAnswered) {
  const auto rings = bob_calls();
  EXPECT_EQ(sent<CallRinging>(rings)->to, bobs_phone);
  EXPECT_FALSE(find<PrepareMedia>(on(AcceptCall{}))->offering);
  const auto answered = on(LocalDescribed{.id = id_of(9), .half = half(3)});
  EXPECT_EQ(sent<CallAnswer>(answered)->to, bobs_phone) << "to the device that offered, and to no other";
  EXPECT_FALSE(find<ConnectMedia>(answered)->offering);
  (void)on(MediaConnected{.id = id_of(9)});
  EXPECT_EQ(outcome(says(bobs_phone, CallHangup{}, 9)), CallOutcome::completed);
}

TEST_F(CallMachineTest, HowACallThatIsOfferedEnds) {
  call_bob();
  EXPECT_EQ(outcome(says(bobs_phone, CallReject{.busy = true})), CallOutcome::busy);
  call_bob();
  const auto declined = says(bobs_phone, CallReject{});
  EXPECT_EQ(outcome(declined), CallOutcome::declined);
  EXPECT_EQ(sent<CallTaken>(declined)->except, bobs_phone.device);
  call_bob();
  const auto cancelled = on(HangUpCall{});
  EXPECT_EQ(outcome(cancelled), CallOutcome::cancelled);
  EXPECT_EQ(sent<CallHangup>(cancelled)->to.device, 0U);
  call_bob();
  EXPECT_EQ(outcome(on(OfferFailed{.id = id_of(5)})), CallOutcome::unreachable);
  call_bob();
  passed += seconds(45);
  EXPECT_EQ(outcome(on(TimePassed{})), CallOutcome::unreachable);
  call_bob();
  (void)says(bobs_laptop, CallRinging{});
  passed += seconds(44);
  EXPECT_TRUE(on(TimePassed{}).empty());
  passed += seconds(1);
  EXPECT_EQ(outcome(on(TimePassed{})), CallOutcome::unanswered);
}

// The other devices of the account may still answer.
TEST_F(CallMachineTest, AProgramThatEndsDeclinesNothing) {
  (void)bob_calls(1);
  EXPECT_TRUE(on(LeaveCall{}).empty());
  (void)on(AcceptCall{});
  const auto left = on(LeaveCall{});
  EXPECT_EQ(outcome(left), CallOutcome::failed);
  EXPECT_EQ(find<SendCall>(left), nullptr);
  call_bob();
  const auto cancelled = on(LeaveCall{});
  EXPECT_EQ(outcome(cancelled), CallOutcome::cancelled);
  EXPECT_NE(sent<CallHangup>(cancelled), nullptr);
}

TEST_F(CallMachineTest, HowACallThatRingsEnds) {
  (void)bob_calls(1);
  EXPECT_EQ(outcome(says(bobs_phone, CallHangup{}, 1)), CallOutcome::missed);
  (void)bob_calls(2);
  EXPECT_EQ(outcome(says(bobs_phone, CallTaken{}, 2)), CallOutcome::answered_elsewhere);
  (void)bob_calls(3);
  EXPECT_EQ(outcome(says(bobs_phone, CallTaken{.declined = true}, 3)), CallOutcome::declined);
  (void)bob_calls(4);
  const auto declined = on(DeclineCall{});
  EXPECT_EQ(outcome(declined), CallOutcome::declined);
  EXPECT_EQ(sent<CallReject>(declined)->to, bobs_phone);
  (void)bob_calls(5);
  passed += seconds(45);
  const auto missed = on(TimePassed{});
  EXPECT_EQ(outcome(missed), CallOutcome::missed);
  EXPECT_EQ(sent<CallReject>(missed), nullptr);
}

// Only the device that answers gets a call; only the device that offered one is listened to.
TEST_F(CallMachineTest, TheFirstAnswerWins) {
  call_bob();
  EXPECT_NE(find<ConnectMedia>(says(bobs_phone, CallAnswer{})), nullptr);
  EXPECT_TRUE(says(bobs_laptop, CallAnswer{}).empty());
  EXPECT_TRUE(says(bobs_laptop, CallReject{}).empty());
  EXPECT_TRUE(says(bobs_laptop, CallHangup{}).empty());
  EXPECT_EQ(call_peer(machine.state()), bobs_phone);
}

TEST_F(CallMachineTest, AnswersThatCameTooLateAreToldSo) {
  (void)bob_calls(9);
  (void)on(AcceptCall{});
  (void)on(LocalDescribed{.id = id_of(9), .half = half(3)});
  EXPECT_EQ(outcome(says(bobs_phone, CallTaken{}, 9)), CallOutcome::answered_elsewhere);
}

TEST_F(CallMachineTest, OthersAndOtherCallsChangeNothing) {
  call_bob();
  EXPECT_TRUE(says(carol, CallAnswer{}).empty());
  EXPECT_TRUE(says(carol, CallReject{}).empty());
  EXPECT_TRUE(says(bobs_phone, CallAnswer{}, 6).empty());
  EXPECT_TRUE(says(bobs_phone, CallTaken{}).empty());
  EXPECT_TRUE(on(MediaConnected{.id = id_of(5)}).empty());
  EXPECT_TRUE(on(MediaEnded{.id = id_of(6), .orderly = false}).empty());
  (void)says(bobs_phone, CallAnswer{});
  (void)on(MediaConnected{.id = id_of(5)});
  EXPECT_TRUE(says(bobs_laptop, CallHangup{}).empty());
  EXPECT_TRUE(says(carol, CallHangup{}).empty());
  EXPECT_TRUE(on(AcceptCall{}).empty());
  EXPECT_TRUE(on(DeclineCall{}).empty());
  EXPECT_TRUE(on(PlaceCall{.contact = 8, .id = id_of(6)}).empty());
}

TEST_F(CallMachineTest, WhoIsInACallIsBusy) {
  talk_to_bob();
  const auto second = bob_calls(9, carol);
  EXPECT_TRUE(std::get<CallReject>(sent<CallReject>(second)->content.what).busy);
  EXPECT_EQ(outcome(second), CallOutcome::missed);
  EXPECT_TRUE(std::holds_alternative<CallActive>(machine.state()));
}

TEST_F(CallMachineTest, OldAndRepeatedOffersDoNotRing) {
  EXPECT_EQ(outcome(bob_calls(1, bobs_phone, false)), CallOutcome::missed);
  EXPECT_TRUE(machine.idle());
  (void)bob_calls(2);
  EXPECT_TRUE(bob_calls(2).empty());
  (void)on(DeclineCall{});
  EXPECT_TRUE(bob_calls(2).empty());
}

// Whoever takes an offer in late does not ring when the caller has long given up.
TEST_F(CallMachineTest, ADeviceRingsNoLongerThanTheCallerWaits) {
  const auto offer = [this](std::uint8_t number, std::chrono::milliseconds age) {
    return on(CallArrived{
        .from = bobs_phone,
        .content = {.call = id_of(number), .what = CallOffer{.offered_at = {}, .secret = {}, .description = {}}},
        .age = age});
  };
  (void)offer(9, limits::call_ringing - seconds(2));
  EXPECT_EQ(machine.deadline(), now().steady + seconds(2));
  passed += seconds(2);
  EXPECT_EQ(outcome(on(TimePassed{})), CallOutcome::missed);
  EXPECT_EQ(outcome(offer(10, limits::call_ringing)), CallOutcome::missed);
  EXPECT_TRUE(machine.idle());
}

TEST(OfferLimitTest, FiveOffersOfOneContactAMinute) {
  OfferLimit limit;
  const OfferLimit::Time start = seconds(1'000);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limit.take(1, start + seconds(i)));
  EXPECT_FALSE(limit.take(1, start + seconds(5)));
  EXPECT_TRUE(limit.take(2, start + seconds(5))) << "another one's";
  EXPECT_FALSE(limit.take(1, start + seconds(59)));
  EXPECT_TRUE(limit.take(1, start + seconds(60))) << "those that were refused do not count";
  EXPECT_FALSE(limit.take(1, start + seconds(60)));
}

TEST_F(CallMachineTest, MediaThatDoNotComeEndTheCall) {
  call_bob();
  (void)says(bobs_phone, CallAnswer{});
  passed += seconds(20);
  const auto failed = on(TimePassed{});
  EXPECT_EQ(outcome(failed), CallOutcome::failed);
  EXPECT_NE(sent<CallHangup>(failed), nullptr);
  talk_to_bob();
  EXPECT_EQ(outcome(on(MediaEnded{.id = id_of(5), .orderly = false})), CallOutcome::failed);
  talk_to_bob();
  EXPECT_EQ(outcome(on(MediaEnded{.id = id_of(5), .orderly = true})), CallOutcome::completed);
}

// The other devices ring on: only the user's word is for all of them.
TEST_F(CallMachineTest, ADeviceThatCannotAnswerEndsItsOwnPartOnly) {
  (void)bob_calls(1);
  (void)on(AcceptCall{});
  const auto broken = on(MediaEnded{.id = id_of(1), .orderly = false});
  EXPECT_EQ(outcome(broken), CallOutcome::failed);
  EXPECT_EQ(find<SendCall>(broken), nullptr);
  (void)bob_calls(2);
  (void)on(AcceptCall{});
  passed += seconds(20);
  const auto late = on(TimePassed{});
  EXPECT_EQ(outcome(late), CallOutcome::failed);
  EXPECT_EQ(find<SendCall>(late), nullptr);
  (void)bob_calls(3);
  (void)on(AcceptCall{});
  const auto hung_up = on(HangUpCall{});
  EXPECT_EQ(outcome(hung_up), CallOutcome::declined);
  EXPECT_EQ(sent<CallReject>(hung_up)->to, bobs_phone);
}

TEST_F(CallMachineTest, WithWhomIsRefusedTheCallEnds) {
  (void)bob_calls(1);
  const auto ringing = on(PeerRefused{});
  EXPECT_EQ(outcome(ringing), CallOutcome::missed);
  EXPECT_EQ(find<SendCall>(ringing), nullptr);
  talk_to_bob();
  const auto active = on(PeerRefused{});
  EXPECT_EQ(outcome(active), CallOutcome::completed);
  EXPECT_EQ(sent<CallHangup>(active)->to, bobs_phone);
  call_bob();
  EXPECT_EQ(outcome(on(PeerRefused{})), CallOutcome::failed);
  EXPECT_TRUE(on(PeerRefused{}).empty());
}

TEST_F(CallMachineTest, ACallMayHaveALongestTime) {
  machine = CallMachine({.longest = seconds(60)});
  talk_to_bob();
  EXPECT_EQ(machine.deadline(), start + seconds(60));
  passed = seconds(59);
  EXPECT_FALSE(find<CallOver>(on(TimePassed{})));
  // A path that is being looked for neither ends nor prolongs it.
  (void)on(PathSilent{.id = id_of(5)});
  passed = seconds(60);
  const auto ended = on(TimePassed{});
  EXPECT_EQ(outcome(ended), CallOutcome::completed);
  EXPECT_NE(sent<CallHangup>(ended), nullptr);
}

TEST_F(CallMachineTest, ACallMayGiveWayToThatOfSomebodyElse) {
  machine = CallMachine({.gives_way = seconds(30)});
  talk_to_bob();
  passed = seconds(29);
  EXPECT_TRUE(std::get<CallReject>(sent<CallReject>(bob_calls(9, carol))->content.what).busy);
  passed = seconds(30);
  EXPECT_TRUE(sent<CallReject>(bob_calls(10, bobs_laptop))) << "nobody has two lines";
  EXPECT_EQ(outcome(bob_calls(11, carol, false)), CallOutcome::missed);
  EXPECT_TRUE(std::holds_alternative<CallActive>(machine.state()));
  const auto made_way = bob_calls(12, carol);
  EXPECT_EQ(outcome(made_way), CallOutcome::completed);
  EXPECT_EQ(sent<CallHangup>(made_way)->to, bobs_phone);
  EXPECT_EQ(sent<CallRinging>(made_way)->to, carol);
  EXPECT_TRUE(std::holds_alternative<CallRingingHere>(machine.state()));
  EXPECT_TRUE(sent<CallReject>(bob_calls(13))) << "what rings does not give way";
}

TEST_F(CallMachineTest, ACallMayGiveWayToThatOfADeviceThatHasLostIt) {
  talk_to_bob();
  EXPECT_TRUE(sent<CallReject>(bob_calls(9))) << "between people";
  machine = CallMachine({.gives_way = seconds(30)});
  talk_to_bob();
  EXPECT_TRUE(sent<CallReject>(bob_calls(10, bobs_laptop)));
  const auto made_way = bob_calls(11);
  EXPECT_EQ(outcome(made_way), CallOutcome::completed);
  EXPECT_TRUE(sent<CallRinging>(made_way));
}

TEST_F(CallMachineTest, ACallThatDoesNotConnectMayGiveWayToo) {
  const auto bob_is_answered = [&](CallTiming timing, std::uint8_t number) {
    machine = CallMachine(timing);
    (void)bob_calls(number);
    (void)on(AcceptCall{});
    EXPECT_TRUE(sent<CallReject>(bob_calls(number + 1, carol))) << "the answer has not gone yet";
    (void)on(LocalDescribed{.id = id_of(number), .half = half(1)});
  };
  bob_is_answered({}, 20);
  passed += limits::service_connecting;
  EXPECT_TRUE(sent<CallReject>(bob_calls(22, carol))) << "between people";
  const CallTiming service{.gives_way = seconds(30)};
  bob_is_answered(service, 30);
  passed += limits::service_connecting - std::chrono::milliseconds(1);
  EXPECT_TRUE(sent<CallReject>(bob_calls(32, carol)));
  passed += std::chrono::milliseconds(1);
  EXPECT_TRUE(sent<CallReject>(bob_calls(33, bobs_laptop))) << "nobody has two lines";
  const auto made_way = bob_calls(34, carol);
  EXPECT_EQ(outcome(made_way), CallOutcome::failed);
  EXPECT_NE(find<CloseMedia>(made_way), nullptr);
  EXPECT_EQ(sent<CallHangup>(made_way)->to, bobs_phone);
  EXPECT_EQ(sent<CallRinging>(made_way)->to, carol);
  EXPECT_EQ(call_peer(machine.state()), carol);
  bob_is_answered(service, 40);
  EXPECT_EQ(outcome(bob_calls(42)), CallOutcome::failed) << "the same device has lost it";
  EXPECT_EQ(call_id(machine.state()), id_of(42));
  // With media it has the time of a call that is up.
  bob_is_answered(service, 50);
  (void)on(MediaConnected{.id = id_of(50)});
  passed += limits::service_connecting;
  EXPECT_TRUE(sent<CallReject>(bob_calls(52, carol)));
}

TEST_F(CallMachineTest, ADeviceThatBeganAnewIsOfferedTheCallOnceMore) {
  call_bob();
  EXPECT_TRUE(on(PeerBeganAnew{carol}).empty());
  const auto again = on(PeerBeganAnew{bobs_laptop});
  const auto* offer = sent<CallOffer>(again);
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->to, bobs_laptop);
  EXPECT_EQ(offer->content.call, id_of(5));
  EXPECT_EQ(std::get<CallOffer>(offer->content.what).secret, half(1).secret);
  EXPECT_TRUE(on(PeerBeganAnew{bobs_laptop}).empty());
  (void)on(HangUpCall{});
  call_bob();
  (void)says(bobs_phone, CallRinging{});
  EXPECT_TRUE(on(PeerBeganAnew{bobs_laptop}).empty()) << "it rings already";
}

TEST_F(CallMachineTest, OfTwoCallsAtOnceTheLowerIdStands) {
  call_bob();  // 5
  EXPECT_TRUE(bob_calls(6).empty()) << "ours stands";
  const auto theirs = bob_calls(4);
  EXPECT_EQ(outcome(theirs), CallOutcome::withdrawn);
  EXPECT_EQ(sent<CallHangup>(theirs)->content.call, id_of(5));
  EXPECT_EQ(find<PrepareMedia>(theirs)->id, id_of(4));
  EXPECT_TRUE(std::holds_alternative<CallAnswering>(machine.state()));
}

// Two people, messages in any order that a session allows, everything that a user and the media may do: no state is
// left without a way out, both end idle, and whoever says they spoke has spoken to the other.
RC_GTEST_PROP(CallMachineProperty, EveryCallEnds, ()) {
  struct Side {
    CallMachine machine;
    std::deque<CallContent> inbox;
    std::map<CallId, int> over;
  };
  std::array<Side, 2> sides;
  CallMoment now{.steady = std::chrono::steady_clock::now(), .wall = {1'000}};
  const auto feed = [&](std::size_t who, const CallEvent& event) {
    for (const auto& action : sides.at(who).machine.on(event, now)) {
      if (const auto* send = std::get_if<SendCall>(&action); send != nullptr && send->except != 1)
        sides.at(1 - who).inbox.push_back(send->content);
      if (const auto* over = std::get_if<CallOver>(&action)) RC_ASSERT(++sides.at(who).over[over->id] == 1);
    }
  };
  const auto deliver = [&](std::size_t who) {
    auto& inbox = sides.at(who).inbox;
    if (inbox.empty()) return;
    const auto content = inbox.front();
    inbox.pop_front();
    feed(who, CallArrived{.from = {.contact = 1, .device = 1}, .content = content});
  };
  const auto steps = *rc::gen::container<std::vector<std::pair<bool, int>>>(
      rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::inRange(0, 9)));
  std::uint8_t next = 1;
  for (const auto& [second, what] : steps) {
    const std::size_t who = second ? 1 : 0;
    const auto id = call_id(sides.at(who).machine.state()).value_or(CallId{});
    switch (what) {
      case 0:
        feed(who, PlaceCall{.contact = 1, .id = id_of(next++)});
        break;
      case 1:
        feed(who, LocalDescribed{.id = id, .half = half(1)});
        break;
      case 2:
        feed(who, AcceptCall{});
        break;
      case 3:
        feed(who, MediaConnected{.id = id});
        break;
      case 4:
        feed(who, HangUpCall{});
        break;
      case 5:
        feed(who, MediaEnded{.id = id, .orderly = true});
        break;
      case 6:
        now.steady += seconds(15);
        feed(who, TimePassed{});
        break;
      default:
        deliver(who);
    }
    if (next == 255) break;
  }
  while (!sides[0].inbox.empty() || !sides[1].inbox.empty()) {
    deliver(0);
    deliver(1);
  }
  for (const std::size_t who : {0U, 1U}) {
    feed(who, HangUpCall{});
    RC_ASSERT(sides.at(who).machine.idle());
    RC_ASSERT(!sides.at(who).machine.deadline());
  }
}

}  // namespace
}  // namespace pqc::client
