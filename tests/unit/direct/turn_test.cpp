// Credentials for a TURN server: the convention's bytes, and what is refused as configuration.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "server/turn/access.h"
#include "support/temporary_folder.h"

namespace pqc::server::turn {
namespace {

const std::string secret = "a shared secret of the test";
constexpr UnixMillis now{1'700'000'000'000};

// Computed with Python's hmac module.
TEST(TurnAccess, IsWhatCoturnExpects) {
  const Issuer issuer({"turn:relay.example"}, SecretBytes(as_bytes(secret)));
  const auto access = issuer.access(42, now);
  EXPECT_EQ(access.username, "1700043200:370f7776386cdd6c");
  EXPECT_EQ(access.password, "nM+m70/LfNpEbx0Cmg8Tii9xkDQ=");
}

TEST(TurnAccess, AnAccountStaysTheSameAndIsNobodyElse) {
  const Issuer issuer({}, SecretBytes(as_bytes(secret)));
  const auto who = [](const Access& access) { return access.username.substr(access.username.find(':')); };
  const auto later = now + std::chrono::hours(5);
  EXPECT_EQ(who(issuer.access(1, now)), who(issuer.access(1, later)));
  EXPECT_NE(who(issuer.access(1, now)), who(issuer.access(2, now)));
  EXPECT_NE(issuer.access(1, now).password, issuer.access(1, later).password);
  const Issuer other({}, SecretBytes(as_bytes("another secret of the test")));
  EXPECT_NE(who(issuer.access(1, now)), who(other.access(1, now)));
}

TEST(TurnAccess, TakesSeveralServers) {
  const auto uris = parse_uris("turn:relay.example:3478?transport=udp, turns:[2001:db8::1]\tturn:a");
  ASSERT_TRUE(uris);
  EXPECT_EQ(*uris,
            (std::vector<std::string>{"turn:relay.example:3478?transport=udp", "turns:[2001:db8::1]", "turn:a"}));
  EXPECT_TRUE(parse_uris("")->empty());
  for (const auto* wrong : {"stun:relay.example", "relay.example", "turn:", "turn:a\"b", "turn:a turn:\x01"})
    EXPECT_FALSE(parse_uris(wrong)) << wrong;
  EXPECT_FALSE(parse_uris("turn:" + std::string(max_uri_size, 'a')));
  std::string many;
  for (std::size_t i = 0; i <= max_uris; ++i) many += "turn:a ";
  EXPECT_FALSE(parse_uris(many));
}

class TurnSecret : public testing::Test {
 protected:
  auto with(const std::string& content, std::filesystem::perms perms = std::filesystem::perms::owner_read) {
    const auto file = folder_.path("secret");
    std::filesystem::remove(file);
    std::ofstream(file) << content;
    std::filesystem::permissions(file, perms);
    return Issuer::make("turn:a", file);
  }
  test::TemporaryFolder folder_;
};

TEST_F(TurnSecret, IsTheFirstLine) {
  const auto issuer = with(secret + "\nsomething else\n");
  ASSERT_TRUE(issuer) << issuer.error();
  EXPECT_EQ(issuer->access(42, now).username, "1700043200:370f7776386cdd6c");
  EXPECT_TRUE(with(secret));
  EXPECT_TRUE(with(std::string(max_secret_size, 'x') + "\n"));
}

TEST_F(TurnSecret, OfAnotherLengthOrOpenToEverybodyIsRefused) {
  EXPECT_FALSE(with(""));
  EXPECT_FALSE(with("short\n" + secret));
  EXPECT_FALSE(with(std::string(max_secret_size + 1, 'x')));
  const auto open = with(secret, std::filesystem::perms::owner_read | std::filesystem::perms::others_read);
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().find("open to everybody"), std::string::npos);
  EXPECT_FALSE(Issuer::make("turn:a", folder_.path("nothing")));
  EXPECT_FALSE(Issuer::make("turn:a", folder_.path()));
}

}  // namespace
}  // namespace pqc::server::turn
