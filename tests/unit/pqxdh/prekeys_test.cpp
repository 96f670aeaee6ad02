#include "protocol/pqxdh/prekeys.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "protocol/pqxdh/limits.h"
#include "support/person.h"

namespace pqc::pqxdh {
namespace {

using test::bundle_of;
using test::must;
using test::Person;
using test::start_time;

constexpr auto classical = crypto::SuiteId::standard;

// Pairs of a suite without a KEM, of any bytes.
std::vector<OneTimePair> pairs_of(std::uint32_t size) {
  std::vector<OneTimePair> pairs(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    pairs[i].index = i;
    pairs[i].dh_key.assign(32, static_cast<std::uint8_t>(i));
  }
  return pairs;
}

TEST(PrekeyTree, EveryLeafLeadsToTheRoot) {
  for (const std::uint32_t size : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 100U, 1023U, 1024U}) {
    const auto pairs = pairs_of(size);
    const PrekeyTree tree(classical, pairs);
    for (const auto& pair : pairs) {
      const auto path = tree.path(pair.index);
      EXPECT_LE(path.size(), max_path_length);
      EXPECT_EQ(root_from_path(classical, pair, size, path), tree.root());
    }
  }
}

TEST(PrekeyTree, NothingElseLeadsToTheRoot) {
  rc::check([] {
    const auto size = *rc::gen::inRange<std::uint32_t>(1, 40);
    const auto pairs = pairs_of(size);
    const PrekeyTree tree(classical, pairs);
    auto pair = pairs[*rc::gen::inRange<std::uint32_t>(0, size)];
    auto path = tree.path(pair.index);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        pair.dh_key[0] ^= 1;
        break;
      case 1:
        pair.index += *rc::gen::inRange<std::uint32_t>(1, 50);
        break;
      case 2:
        path.emplace_back();
        break;
      default:
        if (path.empty()) return;
        path[*rc::gen::inRange<std::size_t>(0, path.size())][31] ^= 1;
    }
    RC_ASSERT(root_from_path(classical, pair, size, path) != tree.root());
  });
}

class Bundle : public testing::TestWithParam<crypto::SuiteId> {
 protected:
  Person bob{std::string(64, 'b'), 2, GetParam()};
  PrekeyBatch batch = must(bob.holder.generate_batch(GetParam(), default_batch_size, start_time));
};

TEST_P(Bundle, IsAtMostEightKibibytes) {
  for (const auto& prekey : batch.one_time) EXPECT_LE(batch.signed_manifest.size() + prekey.size(), 8192U);
  EXPECT_LE(batch.signed_manifest.size() + batch.last_resort.size(), 8192U);
  // With the longest names and the longest path too.
  const auto longest =
      identity::max_server_size - bob.account.server().size() + (max_path_length - 7) * sizeof(TreeHash);
  EXPECT_LE(batch.signed_manifest.size() + batch.one_time[0].size() + longest, 8192U);
}

TEST_P(Bundle, ShowsWhetherItIsOneTime) {
  const auto device = bob.device(GetParam());
  EXPECT_TRUE(bundle_of(batch, device, 99).one_time());
  EXPECT_FALSE(bundle_of(batch, device, std::nullopt).one_time());
  const bool hybrid = crypto::find_suite(GetParam())->hybrid();
  EXPECT_EQ(bundle_of(batch, device, 0).kem_key().empty(), !hybrid);
  EXPECT_EQ(bundle_of(batch, device, std::nullopt).kem_key().empty(), !hybrid);
}

TEST_P(Bundle, IsWrittenAsItWasRead) {
  const auto bundle = must(decode_bundle(batch.signed_manifest, batch.one_time[7]));
  EXPECT_EQ(encode_signed_manifest(bundle.manifest, bundle.signature), batch.signed_manifest);
  EXPECT_EQ(encode_one_time(GetParam(), *bundle.one_time, bundle.path), batch.one_time[7]);
  const auto last = must(decode_bundle(batch.signed_manifest, batch.last_resort));
  EXPECT_EQ(encode_last_resort(GetParam(), last.last_resort), batch.last_resort);
}

TEST_P(Bundle, AnyChangedByteIsRefused) {
  const auto device = bob.device(GetParam());
  rc::check([&] {
    auto manifest = batch.signed_manifest;
    auto prekey = *rc::gen::arbitrary<bool>() ? batch.one_time[3] : batch.last_resort;
    auto& target = *rc::gen::arbitrary<bool>() ? manifest : prekey;
    target[*rc::gen::inRange<std::size_t>(0, target.size())] ^= static_cast<std::uint8_t>(*rc::gen::inRange(1, 256));
    auto bundle = decode_bundle(manifest, prekey);
    if (bundle) RC_ASSERT(!verify_bundle(*std::move(bundle), device, start_time).has_value());
  });
}

TEST_P(Bundle, IsParsedToTheLastByte) {
  auto longer = batch.signed_manifest;
  longer.push_back(0);
  EXPECT_FALSE(decode_bundle(longer, batch.one_time[0]));
  longer = batch.one_time[0];
  longer.push_back(0);
  EXPECT_FALSE(decode_bundle(batch.signed_manifest, longer));
  EXPECT_EQ(decode_bundle(Bytes(max_bundle_size), batch.one_time[0]).error(), Error::limit);
}

INSTANTIATE_TEST_SUITE_P(Suites, Bundle, testing::ValuesIn(test::built_in_suites()),
                         [](const auto& suite) { return "suite" + std::to_string(crypto::number(suite.param)); });

}  // namespace
}  // namespace pqc::pqxdh
