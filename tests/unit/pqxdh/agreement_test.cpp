// The whole agreement between two key holders, in every suite that is built in, and what must make it fail.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "protocol/pqxdh/limits.h"
#include "protocol/pqxdh/pqxdh.h"
#include "support/person.h"

namespace pqc::pqxdh {
namespace {

using test::bundle_of;
using test::must;
using test::Person;
using test::start_time;

constexpr std::uint32_t batch_size = 5;

class Agreement : public testing::TestWithParam<crypto::SuiteId> {
 protected:
  Agreement()
      : alice("alice", 1, GetParam()),
        bob("bob", 2, GetParam()),
        batch(must(bob.holder.generate_batch(GetParam(), batch_size, start_time))) {}

  Initiated start(std::optional<std::uint32_t> index = 3) {
    return must(alice.holder.initiate(bundle_of(batch, bob.device(GetParam()), index), alice.record->version()));
  }
  auto answer(ByteView initial_part) {
    return bob.holder.respond(must(InitialPart::decode(initial_part)), alice.device(GetParam()).identity());
  }

  Person alice;
  Person bob;
  PrekeyBatch batch;
};

TEST_P(Agreement, GivesBothSidesOneSecret) {
  const auto started = start();
  const auto agreed = must(confirm(must(answer(started.initial_part)), alice.device(GetParam())));
  EXPECT_TRUE(agreed.secret.equals(started.secret));
  EXPECT_EQ(agreed.id, started.id);
  EXPECT_EQ(agreed.prekeys.one_time, 3U);
}

TEST_P(Agreement, GivesBothSidesOneSecretOverTheLastResort) {
  const auto started = start(std::nullopt);
  const auto agreed = must(confirm(must(answer(started.initial_part)), alice.device(GetParam())));
  EXPECT_TRUE(agreed.secret.equals(started.secret));
  EXPECT_FALSE(agreed.prekeys.one_time);
}

TEST_P(Agreement, IsFreshEachTime) {
  const auto first = start(std::nullopt);
  const auto second = start(std::nullopt);
  EXPECT_NE(first.id, second.id);
  EXPECT_FALSE(first.secret.equals(second.secret));
}

TEST_P(Agreement, InitialPartIsWrittenAsItWasRead) {
  for (const auto index : {std::optional<std::uint32_t>(0), std::optional<std::uint32_t>()}) {
    const auto bytes = start(index).initial_part;
    EXPECT_EQ(must(InitialPart::decode(bytes)).encode(), bytes);
    EXPECT_LE(bytes.size(), max_initial_part_size);
    auto longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(InitialPart::decode(longer));
    for (std::size_t size = 0; size < bytes.size(); size += 101)
      EXPECT_FALSE(InitialPart::decode(ByteView(bytes).first(size)));
  }
}

TEST_P(Agreement, AnyChangedByteIsRefused) {
  const auto device = alice.device(GetParam());
  const auto bytes = start().initial_part;
  rc::check([&] {
    auto changed = bytes;
    changed[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^= static_cast<std::uint8_t>(*rc::gen::inRange(1, 256));
    const auto part = InitialPart::decode(changed);
    if (!part) return;
    auto session = bob.holder.respond(*part, device.identity());
    if (session) RC_ASSERT(!confirm(*std::move(session), device).has_value());
  });
}

// A repetition is known by its bytes, before any key is touched.
TEST_P(Agreement, ARepetitionHasTheSameHash) {
  const auto first = start();
  const auto second = start();
  EXPECT_EQ(hash_initial_part(first.initial_part), hash_initial_part(first.initial_part));
  EXPECT_NE(hash_initial_part(first.initial_part), hash_initial_part(second.initial_part));
}

INSTANTIATE_TEST_SUITE_P(Suites, Agreement, testing::ValuesIn(test::built_in_suites()),
                         [](const auto& suite) { return "suite" + std::to_string(crypto::number(suite.param)); });

}  // namespace
}  // namespace pqc::pqxdh
