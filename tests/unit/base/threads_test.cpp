// What base promises to several threads at once: the locked arena and the bounded queue.
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "base/secret.h"

namespace pqc {
namespace {

TEST(LockedArenaThreads, NoTwoSecretsShareBytes) {
  const std::size_t before = LockedArena::instance().in_use();
  std::atomic<int> spoilt{0};
  {
    std::vector<std::jthread> threads;
    for (std::uint8_t mark = 1; mark <= 4; ++mark) {
      threads.emplace_back([mark, &spoilt] {
        for (std::size_t round = 0; round < 500; ++round) {
          SecretBytes secret(1 + round % 300);
          std::ranges::fill(secret.fill(), mark);
          const bool intact = std::ranges::all_of(secret.view(), [mark](std::uint8_t byte) { return byte == mark; });
          spoilt += intact ? 0 : 1;
        }
      });
    }
  }
  EXPECT_EQ(spoilt, 0);
  EXPECT_EQ(LockedArena::instance().in_use(), before);
}

TEST(BoundedQueueThreads, EveryItemArrivesOnce) {
  constexpr int producers = 3;
  constexpr int items = 1000;
  BoundedQueue<int> queue(16);
  std::vector<int> arrived;
  {
    std::jthread consumer([&] {
      for (auto batch = queue.pop_all(); !batch.empty(); batch = queue.pop_all()) {
        arrived.insert(arrived.end(), batch.begin(), batch.end());
      }
    });
    {
      std::vector<std::jthread> threads;
      for (int producer = 0; producer < producers; ++producer) {
        threads.emplace_back([&queue, producer] {
          for (int i = 0; i < items; ++i) {
            while (!queue.try_push(producer * items + i)) std::this_thread::yield();
          }
        });
      }
    }
    queue.close();
  }
  std::ranges::sort(arrived);
  std::vector<int> expected(producers * items);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(arrived, expected);
}

TEST(BoundedQueue, RefusesWhenFullAndWhenClosed) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.try_push(std::move(second)));
  EXPECT_NE(second, nullptr);  // NOLINT(bugprone-use-after-move): a refused item stays with its owner
  queue.close();
  EXPECT_EQ(queue.pop_all().size(), 1U);
  EXPECT_TRUE(queue.pop_all().empty());
  EXPECT_FALSE(queue.try_push(std::move(second)));
}

}  // namespace
}  // namespace pqc
