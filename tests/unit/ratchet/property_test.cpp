// Any order of sending, loss, repetition, delay and damage: a message is read at most once and as it was written, or it
// is refused and nothing changes.
#include <deque>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support.h"

namespace pqc::ratchet {
namespace {

using namespace testing;

enum class Action { send, deliver, deliver_late, repeat, damage, lose, restart };

struct Event {
  Action action;
  bool alice;          // who acts; of deliveries, who receives
  std::uint16_t pick;  // which message, which bit
};

rc::Gen<Event> any_event() {
  return rc::gen::construct<Event>(rc::gen::weightedElement<Action>({{8, Action::send},
                                                                     {8, Action::deliver},
                                                                     {3, Action::deliver_late},
                                                                     {2, Action::repeat},
                                                                     {2, Action::damage},
                                                                     {2, Action::lose},
                                                                     {1, Action::restart}}),
                                   rc::gen::arbitrary<bool>(), rc::gen::arbitrary<std::uint16_t>());
}

struct Flying {
  std::string text;
  Message message;
};

// The network and both ends.
class Simulation {
 public:
  explicit Simulation(const crypto::Suite& suite, std::uint64_t seed) : rng_(seed), pair_(make_pair(suite, rng_)) {}

  void run(const Event& event) {
    switch (event.action) {
      case Action::send:
        return send(event.alice);
      case Action::deliver:
        return deliver(event.alice, 0);
      case Action::deliver_late:
        return deliver(event.alice, event.pick);
      case Action::repeat:
        return repeat(event.alice, event.pick);
      case Action::damage:
        return damage(event.alice, event.pick);
      case Action::lose:
        return lose(event.alice, event.pick);
      case Action::restart:
        return party(event.alice).restart();
    }
  }

  // With nothing lost on the way any more, both sides still understand each other.
  void finish() {
    for (const bool alice : {true, false, true, false}) {
      if (!party(alice).session.can_send()) continue;
      const auto message = party(alice).send("end", rng_);
      RC_ASSERT(party(!alice).receive(message).value() == "end");
    }
  }

 private:
  Party& party(bool alice) { return alice ? pair_.alice : pair_.bob; }
  std::deque<Flying>& to(bool alice) { return alice ? to_alice_ : to_bob_; }

  void send(bool alice) {
    if (!party(alice).session.can_send()) return;
    const auto text = "message " + std::to_string(count_++);
    to(!alice).push_back({text, party(alice).send(text, rng_)});
  }

  void deliver(bool alice, std::size_t pick) {
    auto& queue = to(alice);
    if (queue.empty()) return;
    const auto at = queue.begin() + static_cast<std::ptrdiff_t>(pick % queue.size());
    const auto text = party(alice).receive(at->message);
    // Nothing here goes beyond a limit but the five older chains.
    if (text) {
      RC_ASSERT(*text == at->text);
      RC_ASSERT(party(alice).last.ack == at->message.ack);
      RC_ASSERT(read_.insert(*text).second);
      seen_[alice].push_back(*at);
    }
    queue.erase(at);
  }

  void repeat(bool alice, std::size_t pick) {
    auto& seen = seen_[alice];
    if (seen.empty()) return;
    expect_refused(alice, seen[pick % seen.size()].message.bytes);
  }

  void damage(bool alice, std::size_t pick) {
    auto& queue = to(alice);
    if (queue.empty()) return;
    auto bytes = queue[pick % queue.size()].message.bytes;
    const auto bit = rng_.bytes<4>();
    const auto at = (static_cast<std::size_t>(bit[0]) << 16 | static_cast<std::size_t>(bit[1]) << 8 | bit[2]);
    bytes[at % bytes.size()] ^= static_cast<std::uint8_t>(1u << (bit[3] % 8));
    expect_refused(alice, bytes);
  }

  void expect_refused(bool alice, ByteView bytes) {
    const auto before = party(alice).state();
    RC_ASSERT(!party(alice).receive(bytes));
    RC_ASSERT(party(alice).state() == before);
  }

  void lose(bool alice, std::size_t pick) {
    auto& queue = to(alice);
    if (!queue.empty()) queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(pick % queue.size()));
  }

  crypto::SeededRng rng_;
  Pair pair_;
  std::deque<Flying> to_alice_;
  std::deque<Flying> to_bob_;
  std::vector<Flying> seen_[2];
  std::set<std::string> read_;
  int count_ = 0;
};

void run_events(const crypto::Suite& suite) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto events = *rc::gen::container<std::vector<Event>>(any_event());
  Simulation simulation(suite, seed);
  for (const auto& event : events) simulation.run(event);
  simulation.finish();
}

RC_GTEST_PROP(RatchetProperty, HybridSuiteKeepsItsPromises, ()) {
  run_events(pq_suite());
}

RC_GTEST_PROP(RatchetProperty, ClassicalSuitesKeepTheirPromises, ()) {
  run_events(*crypto::find_suite(*rc::gen::element(crypto::SuiteId::standard, crypto::SuiteId::enhanced)));
}

// Without loss everything arrives, in whatever order, as long as no chain is older than five turns.
RC_GTEST_PROP(RatchetProperty, EverythingSentInATurnArrivesInAnyOrder, (std::uint64_t seed)) {
  crypto::SeededRng rng(seed);
  auto [alice, bob] = make_talking_pair(pq_suite(), rng);
  std::vector<std::pair<std::string, Message>> sent;
  const auto turns = *rc::gen::inRange(1, 5);
  for (int turn = 0; turn < turns; ++turn) {
    const auto count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
      const auto text = std::to_string(turn) + "." + std::to_string(i);
      sent.emplace_back(text, alice.send(text, rng));
    }
    const auto last = sent.back();
    sent.pop_back();
    RC_ASSERT(bob.receive(last.second).value() == last.first);
    RC_ASSERT(alice.receive(bob.send("go on", rng)).value() == "go on");
  }
  while (!sent.empty()) {
    const auto at = sent.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(sent.size()));
    RC_ASSERT(bob.receive(at->second).value() == at->first);
    sent.erase(at);
  }
  RC_ASSERT(bob.session.skipped_keys() == 0u);
}

}  // namespace
}  // namespace pqc::ratchet
