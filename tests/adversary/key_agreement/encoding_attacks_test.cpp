// THREATS rows 1 (one kind of message taken for another) and 8 (one encoding for two key types): every kind of blob is
// fed to every decoder, and every key to every place that takes a key.
#include <functional>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "identity/key_encoding.h"
#include "protocol/pqxdh/envelope.h"
#include "protocol/pqxdh/pqxdh.h"
#include "support/person.h"

namespace pqc {
namespace {

using identity::KeyKind;
using test::bundle_of;
using test::must;
using test::Person;
using test::start_time;

constexpr std::array both_suites{crypto::SuiteId::standard, crypto::SuiteId::pq};
constexpr std::array kinds{KeyKind::identity_signature,     KeyKind::device_signature,   KeyKind::device_dh,
                           KeyKind::signed_dh_prekey,       KeyKind::one_time_dh_prekey, KeyKind::one_time_kem_prekey,
                           KeyKind::last_resort_kem_prekey, KeyKind::ephemeral_dh};

TEST(Threat8, AKeyIsReadAsItsOwnKindAndSuiteOnly) {
  for (const auto suite : test::built_in_suites()) {
    for (const auto kind : kinds) {
      const auto size = identity::key_size(kind, suite);
      if (!size) continue;
      Bytes bytes;
      wire::Writer writer(bytes);
      identity::encode_key(writer, kind, suite, Bytes(*size, 7));
      for (const auto other_suite : test::built_in_suites()) {
        for (const auto other_kind : kinds) {
          wire::Reader reader(bytes);
          const bool same = kind == other_kind && suite == other_suite;
          EXPECT_EQ(identity::decode_key(reader, other_kind, other_suite).has_value(), same);
        }
      }
    }
  }
}

TEST(Threat8, AKeyHasOneLength) {
  for (const auto kind : kinds) {
    const auto size = *identity::key_size(kind, crypto::SuiteId::pq);
    for (const auto wrong : {size - 1, size + 1, std::size_t{0}}) {
      Bytes bytes;
      wire::Writer writer(bytes);
      identity::encode_key(writer, kind, crypto::SuiteId::pq, Bytes(wrong, 7));
      wire::Reader reader(bytes);
      EXPECT_FALSE(identity::decode_key(reader, kind, crypto::SuiteId::pq));
    }
  }
}

class Threat1 : public testing::Test {
 protected:
  Threat1() {
    constexpr auto suite = crypto::SuiteId::pq;
    const auto batch = must(bob.holder.generate_batch(suite, 2, start_time));
    const auto started = must(alice.holder.initiate(bundle_of(batch, bob.device(suite), 0), {1}));
    const auto message = Bytes(300, 0x42);
    blobs = {{"record", alice.record->encoded()},
             {"signed manifest", batch.signed_manifest},
             {"one-time pair", batch.one_time[0]},
             {"last resort", batch.last_resort},
             {"initial part", started.initial_part},
             {"initial envelope", pqxdh::encode_initial_envelope(started.initial_part, message)},
             {"message envelope", pqxdh::encode_message_envelope(message)},
             {"acknowledgement envelope",
              pqxdh::encode_acknowledgement_envelope(std::vector<pqxdh::AcknowledgementTag>(2))}};
    const auto is_bundle = [](ByteView first, ByteView second) {
      return pqxdh::decode_bundle(first, second).has_value();
    };
    const auto is_envelope = [](ByteView bytes, std::size_t index) {
      const auto envelope = pqxdh::decode_envelope(bytes);
      return envelope && envelope->index() == index;
    };
    const auto account = alice.account;
    const auto pair = batch.one_time[0];
    const auto manifest = batch.signed_manifest;
    handlers = {
        {"record", [=](ByteView b) { return identity::verify(b, account, start_time).has_value(); }},
        {"signed manifest", [=](ByteView b) { return is_bundle(b, pair); }},
        {"one-time pair",
         [=](ByteView b) { return is_bundle(manifest, b) && must(pqxdh::decode_bundle(manifest, b)).one_time; }},
        {"last resort",
         [=](ByteView b) { return is_bundle(manifest, b) && !must(pqxdh::decode_bundle(manifest, b)).one_time; }},
        {"initial part", [](ByteView b) { return pqxdh::InitialPart::decode(b).has_value(); }},
        {"initial envelope", [=](ByteView b) { return is_envelope(b, 0); }},
        {"message envelope", [=](ByteView b) { return is_envelope(b, 1); }},
        {"acknowledgement envelope", [=](ByteView b) { return is_envelope(b, 2); }}};
  }

  Person alice{"alice", 1, both_suites};
  Person bob{"bob", 2, both_suites};
  std::map<std::string, Bytes> blobs;
  std::map<std::string, std::function<bool(ByteView)>> handlers;
};

TEST_F(Threat1, EveryBlobIsTakenByItsOwnHandlerOnly) {
  for (const auto& [kind, blob] : blobs)
    for (const auto& [handler, takes] : handlers) EXPECT_EQ(takes(blob), kind == handler) << kind << " to " << handler;
}

TEST_F(Threat1, EveryLabelHasItsOwnSignatures) {
  const identity::LoginStatement login{{}, alice.account, {1}, crypto::SuiteId::pq, {}, {}};
  const auto signature = must(alice.holder.sign(login));
  const auto device = alice.device(crypto::SuiteId::pq);
  const auto message = identity::encode(login);
  EXPECT_TRUE(device.signature_key().verify(identity::labels::login, message, signature));
  for (const auto label : {identity::labels::registration, identity::labels::prekey_batch,
                           identity::labels::account_record, std::string_view("pqxdh initiator 1")})
    EXPECT_FALSE(device.signature_key().verify(label, message, signature));
}

TEST_F(Threat1, AnEnvelopeIsBoundToItsKindAndSession) {
  const pqxdh::SessionId one{1};
  const pqxdh::SessionId two{2};
  const auto data = pqxdh::envelope_associated_data(pqxdh::EnvelopeKind::initial, one);
  EXPECT_NE(data, pqxdh::envelope_associated_data(pqxdh::EnvelopeKind::message, one));
  EXPECT_NE(data, pqxdh::envelope_associated_data(pqxdh::EnvelopeKind::initial, two));
}

}  // namespace
}  // namespace pqc
