// Linking a device: both sides, and a server in between that reads the code's fingerprint but not its secret.
#include <gtest/gtest.h>

#include "crypto/random.h"
#include "identity/key_encoding.h"
#include "protocol/linking/guest.h"
#include "protocol/linking/host.h"

namespace pqc::linking {
namespace {

using identity::KeyKind;

constexpr auto suite = crypto::SuiteId::pq;

Code copy_of(const Code& code) {
  return {.secret = code.secret.clone(), .fingerprint = code.fingerprint};
}

Invitation invitation() {
  return {.account = identity::AccountName::parse("alice@test").value(),
          .device = {2},
          .host = {1},
          .server_key = {7},
          .history = true,
          .last_message = 41,
          .suites = {suite},
          .record = Bytes(20'000, 9)};
}

std::vector<identity::DeviceKeys> keys_of(crypto::SuiteId id = suite) {
  return {{.suite = id,
           .signature_key = Bytes(identity::key_size(KeyKind::device_signature, id).value(), 1),
           .dh_key = Bytes(identity::key_size(KeyKind::device_dh, id).value(), 2)}};
}

class Linking : public ::testing::Test {
 protected:
  Result<SealedInvitation> host_invites(const Code& code) {
    return invite(code, offer.public_key(), invitation(), rng);
  }

  crypto::SeededRng rng{1};
  Offer offer = Offer::make(rng).value();
};

TEST_F(Linking, BothSidesCarryItToTheEnd) {
  auto invited = host_invites(parse_code(to_text(offer.code())).value());
  ASSERT_TRUE(invited);
  auto opened = offer.open_invitation(invited->message);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->invitation().account.text(), "alice@test");
  EXPECT_EQ(opened->invitation().device.value, 2U);
  EXPECT_EQ(opened->invitation().host.value, 1U);
  EXPECT_EQ(opened->invitation().last_message, 41U);
  EXPECT_TRUE(opened->invitation().history);
  EXPECT_EQ(opened->invitation().record, Bytes(20'000, 9));
  auto reply = Invited::answer(std::move(*opened), keys_of());
  ASSERT_TRUE(reply);
  auto answer = invited->next.open_answer(reply->message);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->keys, keys_of());
  auto record = Signing::seal_record(std::move(answer->next), Bytes(100, 5));
  ASSERT_TRUE(record);
  EXPECT_EQ(reply->next.open_record(record->message), Bytes(100, 5));
  EXPECT_TRUE(record->next.open_confirmation(reply->next.confirm().value()));
}

TEST_F(Linking, ACodeIsReadHoweverItWasPasted) {
  const auto text = to_text(offer.code());
  EXPECT_EQ(text.size(), 70U);
  EXPECT_TRUE(text.starts_with("link1."));
  const auto read = parse_code("  " + text.substr(0, 30) + "\n" + text.substr(30) + " \n");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->secret.equals(offer.code().secret));
  EXPECT_EQ(read->fingerprint, offer.code().fingerprint);
  EXPECT_EQ(read->link_id(), offer.code().link_id());
  for (const auto& wrong : {std::string(), text.substr(1), text + "A", text.substr(0, 69), std::string(300, 'A'),
                            "link2." + text.substr(6), "link1." + std::string(64, '!')})
    EXPECT_FALSE(parse_code(wrong)) << wrong;
}

// THREATS 3: a server that puts a key of its own in place of the new device's.
TEST_F(Linking, Threat3AnExchangedKeyIsRefusedByTheHost) {
  const auto other = Offer::make(rng).value();
  const auto refused = invite(offer.code(), other.public_key(), invitation(), rng);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Error::refused);
  EXPECT_FALSE(invite(offer.code(), Bytes(), invitation(), rng));
}

// It knows the public key, and so the fingerprint, but not the secret: it cannot take the new device over.
TEST_F(Linking, Threat3AnInvitationOfWhoDoesNotKnowTheSecretIsRefused) {
  auto guessed = copy_of(offer.code());
  guessed.secret.fill()[0] ^= 1;
  const auto invited = host_invites(guessed);
  ASSERT_TRUE(invited);
  const auto refused = offer.open_invitation(invited->message);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Error::refused);
  // The genuine one still opens.
  EXPECT_TRUE(offer.open_invitation(host_invites(offer.code())->message));
}

TEST_F(Linking, EveryChangedByteIsRefused) {
  auto invited = host_invites(offer.code());
  ASSERT_TRUE(invited);
  for (std::size_t i = 0; i < invited->message.size(); i += 97) {
    auto changed = invited->message;
    changed[i] ^= 1;
    EXPECT_FALSE(offer.open_invitation(changed)) << i;
  }
  for (const std::size_t size : {0UL, 1UL, 2UL, 1121UL, 1122UL, 1137UL, invited->message.size() - 1})
    EXPECT_FALSE(offer.open_invitation(ByteView(invited->message).first(size))) << size;
  EXPECT_FALSE(offer.open_invitation(Bytes(max_message + 1)));
}

TEST_F(Linking, NoMessageStandsForAnother) {
  auto invited = host_invites(offer.code());
  auto reply = Invited::answer(offer.open_invitation(invited->message).value(), keys_of());
  ASSERT_TRUE(reply);
  // Reflected, and out of order.
  EXPECT_FALSE(reply->next.open_record(reply->message));
  EXPECT_FALSE(reply->next.open_record(ByteView(invited->message).subspan(2 + 1120)));
  EXPECT_FALSE(invited->next.open_answer(ByteView(invited->message).subspan(2 + 1120)));
  EXPECT_FALSE(invited->next.open_answer(reply->next.confirm().value()));
  // A refusal changes nothing.
  EXPECT_TRUE(invited->next.open_answer(reply->message));
}

TEST_F(Linking, KeysOfOtherSuitesThanWereAskedForAreRefused) {
  auto invited = host_invites(offer.code());
  auto reply = Invited::answer(offer.open_invitation(invited->message).value(), keys_of(crypto::SuiteId::standard));
  ASSERT_TRUE(reply);
  EXPECT_FALSE(invited->next.open_answer(reply->message));
}

TEST(LinkingMessages, AreParsedToTheLastByte) {
  const auto bytes = encode(invitation());
  ASSERT_TRUE(decode_invitation(bytes));
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_invitation(longer));
  for (std::size_t size = 0; size < 60; ++size) EXPECT_FALSE(decode_invitation(ByteView(bytes).first(size))) << size;
  const auto keys = encode(keys_of());
  ASSERT_TRUE(decode_keys(keys));
  EXPECT_FALSE(decode_keys(ByteView(keys).first(keys.size() - 1)));
  EXPECT_FALSE(decode_keys(Bytes{0}));
  EXPECT_FALSE(decode_keys(Bytes{200}));
}

}  // namespace
}  // namespace pqc::linking
