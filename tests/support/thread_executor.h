// An executor over a few threads that live as long as one call, for tests and benchmarks.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "protocol/mls_public/executor.h"

namespace pqc::test {

class ThreadExecutor final : public mls::Executor {
 public:
  explicit ThreadExecutor(unsigned threads) : threads_(threads) {}

  void run(std::size_t count, const std::function<void(std::size_t)>& task) const override {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (auto i = next.fetch_add(1); i < count; i = next.fetch_add(1)) task(i);
    };
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads_; ++i) others.emplace_back(work);
    work();
  }

 private:
  unsigned threads_;
};

}  // namespace pqc::test
