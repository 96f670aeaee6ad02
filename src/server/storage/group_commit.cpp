#include "server/storage/group_commit.h"

#include <algorithm>

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

void GroupCommit::stop(std::chrono::milliseconds limit) {
  stop_by_ = Clock::now() + limit;
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

bool GroupCommit::push(std::unique_ptr<Job> job) {
  const auto bytes = job->bytes;
  const auto before = waiting_bytes_->fetch_add(bytes);
  const bool room = before == 0 || before + bytes <= max_waiting_job_bytes;
  if (room && queue_.try_push(std::move(job))) return true;
  waiting_bytes_->fetch_sub(bytes);
  return false;
}

bool GroupCommit::is_time_up() const {
  return Clock::now() >= stop_by_.load();
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
      is_time_up() ? give_up(std::move(group), StoreError::stopped) : run_group(std::move(group));
    }
  }
}

std::optional<StoreError> GroupCommit::run_together(Jobs& jobs) {
  const auto started = std::chrono::steady_clock::now();
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
  // No job is to blame: each of them alone would wait as long as all together did.
  if (auto begun = store_->begin(); !begun) return give_up(std::move(jobs), begun.error());
  Outcomes outcomes(jobs.size());
  if (const auto error = run_together(jobs)) {
    log(LogLevel::error, "commit_failed", {{"error", name_of(*error)}, {"jobs", jobs.size()}});
    outcomes = jobs.size() == 1 ? Outcomes{error} : run_each_alone(jobs);
    stats_.failures +=
        static_cast<std::uint64_t>(std::ranges::count_if(outcomes, &std::optional<StoreError>::has_value));
  }
  post_reports(std::move(jobs), std::move(outcomes));
}

GroupCommit::Outcomes GroupCommit::run_each_alone(Jobs& jobs) {
  Outcomes outcomes(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (auto begun = store_->begin(); !begun) {
      std::fill(outcomes.begin() + static_cast<std::ptrdiff_t>(i), outcomes.end(), begun.error());
      break;
    }
    Jobs alone;
    alone.push_back(std::move(jobs[i]));
    outcomes[i] = run_together(alone);
    jobs[i] = std::move(alone.front());
  }
  return outcomes;
}

void GroupCommit::give_up(Jobs jobs, StoreError error) {
  stats_.failures += jobs.size();
  log(LogLevel::warning, "jobs_given_up", {{"error", name_of(error)}, {"jobs", jobs.size()}});
  Outcomes outcomes(jobs.size(), error);
  post_reports(std::move(jobs), std::move(outcomes));
}

void GroupCommit::post_reports(Jobs jobs, Outcomes outcomes) {
  // std::function has to be copyable.
  auto shared = std::make_shared<std::pair<Jobs, Outcomes>>(std::move(jobs), std::move(outcomes));
  post_([shared, waiting = waiting_bytes_] {
    for (std::size_t i = 0; i < shared->first.size(); ++i) {
      const auto job = std::move(shared->first[i]);
      job->report(shared->second[i]);
      waiting->fetch_sub(job->bytes);
    }
  });
}

}  // namespace pqc::server::storage
