// What strangers can do to a service that anybody may call (docs/spec/calls.md §10): what they cost it at the server,
// and what of them stays. Real engines, stores, key agents and sessions.
#include <algorithm>
#include <filesystem>
#include <format>
#include <fstream>

#include <gtest/gtest.h>

#include "client/limits.h"
#include "hostile_server.h"
#include "protocol/pqxdh/envelope.h"
#include "protocol/pqxdh/pqxdh.h"
#include "support/device.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

using test::Behaviour;
using test::HostileServer;

class HostileStrangers : public testing::Test {
 protected:
  void SetUp() override {
    service.serve({});
    for (auto* device : {&service, &alice, &mallory}) device->register_account();
  }
  // Mallory's first message to the service, which does not arrive.
  test::Item first_of_mallory() {
    server.behave({.relay = [](const test::Item&) { return std::vector<test::Item>(); }});
    EXPECT_TRUE(mallory.send("service", "hello"));
    server.behave({});
    return server.appended().back();
  }
  void inject(test::Item item, const Bytes& body, std::size_t times) {
    item.body.assign(body.begin(), body.end());
    for (std::size_t i = 0; i < times; ++i) {
      item.id = std::format("{:016}", injected++);
      server.inject(item);
    }
  }
  void service_looks() {
    service.catch_up();
    service.settle();
  }
  bool has_session_with(const std::string& account) {
    auto& store = service.core().store;
    const auto contact = store.contacts.find(account);
    return contact && *contact && !store.sessions.of_device((*contact)->id, 1)->empty();
  }
  [[nodiscard]] std::string security_log() const {
    std::ifstream file(std::filesystem::path(folder.path("service")) / "keys" / "audit.log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::TemporaryFolder folder;
  HostileServer server;
  Device service{folder.path("service"), "service", server.port()};
  Device alice{folder.path("alice"), "alice", server.port()};
  Device mallory{folder.path("mallory"), "mallory", server.port()};
  std::size_t injected = 0;
};

// Each names a record that the server does not have: the service asks a few times, and others do not wait behind them.
TEST_F(HostileStrangers, Threat16RecordsThatNobodyHasAreNotAskedForAgainAndAgain) {
  const auto item = first_of_mallory();
  const auto bytes = to_bytes(as_bytes(item.body));
  const auto envelope = pqxdh::decode_envelope(bytes);
  ASSERT_TRUE(envelope);
  const auto& initial = std::get<pqxdh::InitialEnvelope>(*envelope);
  auto part = pqxdh::InitialPart::decode(initial.initial_part);
  ASSERT_TRUE(part);
  // One that the key agent refuses.
  part->sealed_signature.front() ^= 1;
  inject(item, pqxdh::encode_initial_envelope(part->encode(), initial.ratchet_message), 1);
  part->sender_record = {std::uint64_t{1} << 63};
  inject(item, pqxdh::encode_initial_envelope(part->encode(), initial.ratchet_message), 40);
  ASSERT_TRUE(alice.send("service", "hello"));
  const auto before = server.accounts_fetched();
  service_looks();
  EXPECT_LE(server.accounts_fetched() - before, 1 + static_cast<std::uint64_t>(limits::stranger_lookups.burst));
  EXPECT_TRUE(has_session_with("alice@server.test"));
  EXPECT_NE(security_log().find(R"("source":"agent","event":"refused","reason")"), std::string::npos);
  EXPECT_EQ(security_log().find("mallory"), std::string::npos);
}

// Of one account no more is looked at than a caller needs: what comes beyond is dropped, and leaves no trace.
TEST_F(HostileStrangers, Threat16OneStrangerCannotKeepTheServiceBusy) {
  const auto item = first_of_mallory();
  constexpr auto most = static_cast<std::size_t>(limits::stranger_deliveries.burst);
  inject(item, pqxdh::encode_message_envelope(Bytes(200)), most + 100);
  ASSERT_TRUE(alice.send("service", "hello"));
  service_looks();
  EXPECT_TRUE(has_session_with("alice@server.test"));
  const auto contact = service.core().store.contacts.find("mallory@server.test");
  ASSERT_TRUE(contact && *contact);
  std::size_t looked_at = 0;
  for (std::size_t i = 0; i < injected; ++i) {
    const auto id = std::format("{:016}", i);
    looked_at += *service.core().store.outbox.seen((*contact)->id, to_bytes(as_bytes(id))) ? 1 : 0;
  }
  EXPECT_GE(looked_at, most);
  EXPECT_LT(looked_at, most + 50) << "some more by the time that passed";
}

// With prekeys that are of use and with others: one attempt an hour, and of all that nobody's name stays in the
// security log.
TEST_F(HostileStrangers, Threat16ASessionIsBegunAnewOnceAnHourWhateverBecomesOfIt) {
  ASSERT_TRUE(mallory.send("service", "hello"));
  service_looks();
  ASSERT_TRUE(has_session_with("mallory@server.test"));
  const auto item = server.appended().back();
  auto before = server.bundles_fetched();
  server.behave({.bundle = [](const std::string&, pqc_chat::v1::Bundle& bundle) {
    bundle.mutable_batch()->back() = static_cast<char>(bundle.batch().back() ^ 1);
  }});
  const auto garbage = pqxdh::encode_message_envelope(Bytes(200, 7));
  for (int i = 0; i < 2; ++i) {
    inject(item, garbage, 30);
    service_looks();
    EXPECT_EQ(server.bundles_fetched() - before, 1U);
  }
  EXPECT_EQ(security_log().find("mallory"), std::string::npos);
  EXPECT_NE(security_log().find("identity_created"), std::string::npos);

  server.behave({});
  ASSERT_TRUE(alice.send("service", "hello"));
  service_looks();
  auto of_alice = server.appended().back();
  before = server.bundles_fetched();
  for (int i = 0; i < 2; ++i) {
    inject(of_alice, garbage, 30);
    service_looks();
    EXPECT_EQ(server.bundles_fetched() - before, 1U);
  }
  const auto items = server.appended();
  EXPECT_EQ(
      std::ranges::count_if(items, [](const test::Item& each) { return each.from.account() == "service@server.test"; }),
      1);
  EXPECT_EQ(security_log().find("alice"), std::string::npos);
}

}  // namespace
}  // namespace pqc::client
