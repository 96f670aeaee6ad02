// Connecting to somebody on the local network, whose tag others may repeat (docs/spec/p2p.md §16).
#include "p2p/nearby_connection.h"

#include <array>

#include <gtest/gtest.h>

#include "p2p/chat.h"
#include "p2p/limits.h"
#include "p2p/local_identity.h"
#include "p2p/registry.h"
#include "support/person.h"
#include "support/temporary_folder.h"

namespace pqc::p2p {
namespace {

using client::Loop;

class Silent final : public client::Interactor {
 public:
  void start(Handlers) override {}
  void show(const client::Message&) override {}
  void show(const client::Notice&) override {}
  void show(std::string_view text) override { shown.emplace_back(text); }
  void update(const client::Message&) override {}

  std::vector<std::string> shown;
};

// Someone who listens, and ends every chat at its first frame.
struct Impostor {
  explicit Impostor(Loop& on) : loop(on), transport(on) {
    at = transport.bind({"127.0.0.1", 0}).value();
    EXPECT_TRUE(transport.listen({}, [this](LinkPtr given) {
      link = std::move(given);
      link->start({.frame = [this](ByteView) { on_frame(); }, .drained = [] {}, .closed = [](const client::Error&) {}},
                  limits::frame);
    }));
  }
  void on_frame() {
    ++frames;
    loop.post([this] { link.reset(); });
  }

  Loop& loop;
  UdpTransport transport;
  Address at;
  LinkPtr link;
  int frames = 0;
};

TEST(NearbyConnection, GoesOnWithTheOtherAddressesAfterAWrongOne) {
  Loop loop;
  Silent interactor;
  const test::TemporaryFolder folder;
  PeersFile peers(folder.path("peers"));
  crypto::SeededRng rng(1);
  keys::SoftwareKeyHolder holder(rng);
  const ManualClock clock(test::start_time);
  const auto account = test::must(p2p_account("alice"));
  const std::array suites{crypto::SuiteId{3}};
  const auto made = test::must(holder.create(account, p2p_device, suites));
  const auto record =
      test::must(identity::verify(test::must(holder.sign_record(test::first_record(made))), account, test::start_time));
  const Party party{.name = "alice",
                    .record = record,
                    .keys = holder,
                    .minimum_level = crypto::Level::standard,
                    .clock = clock,
                    .rng = rng};
  auto factory = no_encryption().prepare(party);
  ASSERT_TRUE(factory);
  Chat chat(loop, interactor,
            {.transport = "udp",
             .encryption = no_encryption(),
             .make_encryptor = *factory,
             .party = party,
             .peers = peers,
             .show_status = [](const LinkStatus&) {},
             .show_file = [](const FileStatus&) {}});
  std::array<Impostor, 2> there{Impostor(loop), Impostor(loop)};
  NearbyConnection connection(loop, chat);
  connection.start(
      {.name = "laptop", .known_as = "bob", .identity = Bytes(32, 1), .addresses = {there[0].at, there[1].at}});
  // When there is no address left, the chat says what the last one came to.
  EXPECT_FALSE(chat.run());
  EXPECT_EQ(there[0].frames, 1);
  EXPECT_EQ(there[1].frames, 1);
  EXPECT_EQ(interactor.shown.size(), 1U);
}

}  // namespace
}  // namespace pqc::p2p
