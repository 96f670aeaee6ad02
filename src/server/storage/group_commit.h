// The storage thread: runs jobs on the Store, many to one commit, and reports each only after that commit is on disk.
//
//   submit(job, done)  ──queue──►  begin, job, job, …, commit  ──one post──►  done, done, …
//
// Jobs run in the order of submission, and their reports come in that order. A job that fails inside the store takes
// the transaction with it; the others of the group are then run again, each alone.
#pragma once

#include <atomic>
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
  // Finishes what was submitted.
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // `run` is Result<T>(Store&), `done` takes that Result<T>. False when too much is waiting: nothing happens then.
  template <class Run, class Done>
  [[nodiscard]] bool submit(Run run, Done done) {
    return queue_.try_push(std::make_unique<JobOf<Run, Done>>(std::move(run), std::move(done)));
  }

  // No more jobs; those submitted are finished, and their reports posted, when it returns.
  void stop();
  [[nodiscard]] const CommitStats& stats() const { return stats_; }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

 private:
  using Jobs = std::vector<std::unique_ptr<Job>>;
  using Outcomes = std::vector<std::optional<StoreError>>;

  void work();
  void run_group(Jobs jobs);
  std::optional<StoreError> run_together(Jobs& jobs);
  void post_reports(Jobs jobs, Outcomes outcomes);

  std::unique_ptr<Store> store_;
  Post post_;
  BoundedQueue<std::unique_ptr<Job>> queue_{max_waiting_jobs};
  CommitStats stats_;
  std::thread thread_;
};

}  // namespace pqc::server::storage
