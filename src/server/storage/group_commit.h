// The storage thread: runs jobs on the Store, many to one commit, and reports each only after that commit is on disk.
//
//   submit(job, done)  ──queue──►  begin, job, job, …, commit  ──one post──►  done, done, …
//
// Jobs run in the order of submission, and their reports come in that order. A job that fails inside the store takes
// the transaction with it; the others of the group are then run again, each alone.
//
// What waits is bounded, in jobs and in bytes: whoever comes then is told at once, and tries again later.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/bounded_queue.h"
#include "server/storage/limits.h"
#include "server/storage/store.h"

namespace pqc::server::storage {

class Job {
 public:
  virtual ~Job() = default;
  // On the storage thread, inside a transaction; may run a second time after a rollback.
  virtual Result<void> run(Store& store) = 0;
  // On the thread that reports are posted to. Without an error what run() did is on disk.
  virtual void report(std::optional<StoreError> error) = 0;
  // What it holds in memory.
  std::size_t bytes = 0;
};

template <class Run, class Done>
class JobOf final : public Job {
  using Answer = std::invoke_result_t<Run&, Store&>;

 public:
  JobOf(Run run, Done done) : run_(std::move(run)), done_(std::move(done)) {}
  Result<void> run(Store& store) override {
    answer_.emplace(run_(store));
    if (!*answer_) return std::unexpected(answer_->error());
    return {};
  }
  void report(std::optional<StoreError> error) override {
    if (error) answer_.emplace(std::unexpected(*error));
    done_(std::move(*answer_));
  }

 private:
  Run run_;
  Done done_;
  std::optional<Answer> answer_;
};

struct CommitStats {
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> jobs{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> commit_micros{0};
};

class GroupCommit {
 public:
  using Post = std::function<void(std::function<void()>)>;

  // `post` hands a function to the thread that reports belong to.
  GroupCommit(std::unique_ptr<Store> store, Post post);
  // As stop().
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // `run` is Result<T>(Store&), `done` takes that Result<T>; `bytes` is what both hold beside their own size, until
  // `done` has run. False when too much is waiting: nothing happens then. A job that is alone is never too much.
  template <class Run, class Done>
  [[nodiscard]] bool submit(std::size_t bytes, Run run, Done done) {
    auto job = std::make_unique<JobOf<Run, Done>>(std::move(run), std::move(done));
    job->bytes = bytes + sizeof(JobOf<Run, Done>);
    return push(std::move(job));
  }

  // No more jobs. What was submitted is finished as long as that takes no longer than `limit`, which ends before the
  // next group and not in the middle of one; what is left then is reported as `stopped`. All reports have been posted
  // when it returns.
  void stop(std::chrono::milliseconds limit = stop_limit);
  [[nodiscard]] const CommitStats& stats() const { return stats_; }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
  [[nodiscard]] std::size_t waiting_bytes() const { return *waiting_bytes_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Jobs = std::vector<std::unique_ptr<Job>>;
  using Outcomes = std::vector<std::optional<StoreError>>;

  bool push(std::unique_ptr<Job> job);
  void work();
  [[nodiscard]] bool is_time_up() const;
  void run_group(Jobs jobs);
  void give_up(Jobs jobs, StoreError error);
  Outcomes run_each_alone(Jobs& jobs);
  // After begin().
  std::optional<StoreError> run_together(Jobs& jobs);
  void post_reports(Jobs jobs, Outcomes outcomes);

  std::unique_ptr<Store> store_;
  Post post_;
  BoundedQueue<std::unique_ptr<Job>> queue_{max_waiting_jobs};
  // Of the jobs that were not reported yet; reports may outlive this object.
  std::shared_ptr<std::atomic<std::size_t>> waiting_bytes_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::atomic<Clock::time_point> stop_by_{Clock::time_point::max()};
  CommitStats stats_;
  std::thread thread_;
};

}  // namespace pqc::server::storage
