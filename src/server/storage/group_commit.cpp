#include "server/storage/group_commit.h"

#include <chrono>

#include <pthread.h>

#include "base/log.h"

namespace pqc::server::storage {

GroupCommit::GroupCommit(std::unique_ptr<Store> store, Post post) : store_(std::move(store)), post_(std::move(post)) {
  thread_ = std::thread([this] { work(); });
  pthread_setname_np(thread_.native_handle(), "storage");
}

GroupCommit::~GroupCommit() {
  stop();
}

void GroupCommit::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void GroupCommit::work() {
  while (true) {
    auto waiting = queue_.pop_all();
    if (waiting.empty()) return;
    while (!waiting.empty()) {
      Jobs group;
      while (!waiting.empty() && group.size() < max_jobs_per_commit) {
        group.push_back(std::move(waiting.front()));
        waiting.pop_front();
      }
      run_group(std::move(group));
    }
  }
}

std::optional<StoreError> GroupCommit::run_together(Jobs& jobs) {
  const auto started = std::chrono::steady_clock::now();
  if (auto begun = store_->begin(); !begun) return begun.error();
  for (const auto& job : jobs) {
    if (auto ran = job->run(*store_); !ran) {
      store_->rollback();
      return ran.error();
    }
  }
  if (auto committed = store_->commit(); !committed) {
    store_->rollback();
    return committed.error();
  }
  ++stats_.commits;
  const auto took = std::chrono::steady_clock::now() - started;
  stats_.commit_micros +=
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  return std::nullopt;
}

void GroupCommit::run_group(Jobs jobs) {
  stats_.jobs += jobs.size();
  Outcomes outcomes(jobs.size());
  if (const auto error = run_together(jobs)) {
    log(LogLevel::error, "commit_failed", {{"error", name_of(*error)}, {"jobs", jobs.size()}});
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      Jobs alone;
      alone.push_back(std::move(jobs[i]));
      outcomes[i] = jobs.size() == 1 ? error : run_together(alone);
      if (outcomes[i]) ++stats_.failures;
      jobs[i] = std::move(alone.front());
    }
  }
  post_reports(std::move(jobs), std::move(outcomes));
}

void GroupCommit::post_reports(Jobs jobs, Outcomes outcomes) {
  // std::function has to be copyable.
  auto shared = std::make_shared<std::pair<Jobs, Outcomes>>(std::move(jobs), std::move(outcomes));
  post_([shared] {
    for (std::size_t i = 0; i < shared->first.size(); ++i) shared->first[i]->report(shared->second[i]);
  });
}

}  // namespace pqc::server::storage
