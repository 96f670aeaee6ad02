#include "server/directory/directory.h"

#include "server/directory/limits.h"

namespace pqc::server::directory {

std::expected<storage::PrekeyBatch, v1::ErrorCode> check(const v1::PublishPrekeys& request, UnixMillis now) {
  const UnixMillis expires{request.expires_at()};
  if (request.suite() == 0 || request.suite() > 0xFFFF || request.batch().empty() || request.batch_id() == 0 ||
      request.batch_id() > std::uint64_t{INT64_MAX} || expires <= now || expires > now + max_batch_lifetime) {
    return std::unexpected(v1::ERROR_MALFORMED);
  }
  if (request.batch().size() > max_batch_size || request.last_resort().size() > max_last_resort_size ||
      static_cast<std::size_t>(request.one_time_pairs_size()) > max_one_time_pairs) {
    return std::unexpected(v1::ERROR_TOO_LARGE);
  }
  storage::PrekeyBatch batch{static_cast<std::uint16_t>(request.suite()),
                             request.batch_id(),
                             to_bytes(as_bytes(request.batch())),
                             to_bytes(as_bytes(request.last_resort())),
                             {},
                             expires};
  for (const auto& pair : request.one_time_pairs()) {
    if (pair.empty()) return std::unexpected(v1::ERROR_MALFORMED);
    if (pair.size() > max_pair_size) return std::unexpected(v1::ERROR_TOO_LARGE);
    batch.one_time.push_back(to_bytes(as_bytes(pair)));
  }
  return batch;
}

storage::Result<v1::ErrorCode> publish(storage::Store& store, storage::MailboxId mailbox,
                                       const storage::PrekeyBatch& batch) {
  return store.put_prekeys(mailbox, batch).transform([](bool stored) {
    return stored ? v1::ERROR_UNSPECIFIED : v1::ERROR_CONFLICT;
  });
}

storage::Result<std::expected<v1::Bundle, v1::ErrorCode>> fetch(storage::Store& store, storage::AccountId requester,
                                                                const v1::FetchBundle& request, UnixMillis now) {
  using Answer = std::expected<v1::Bundle, v1::ErrorCode>;
  const auto target = store.find_recipient(request.account(), request.device());
  if (!target) return std::unexpected(target.error());
  if (target->lookup == storage::Lookup::no_account) return Answer(std::unexpected(v1::ERROR_UNKNOWN_ACCOUNT));
  if (target->lookup == storage::Lookup::no_device) return Answer(std::unexpected(v1::ERROR_UNKNOWN_DEVICE));
  const auto window_length = std::chrono::milliseconds(hand_out_window).count();
  const UnixMillis window{now.value - now.value % window_length};
  const auto count = store.count_hand_out(requester, target->mailbox, window);
  if (!count) return std::unexpected(count.error());
  if (*count > max_hand_outs) return Answer(std::unexpected(v1::ERROR_RATE_LIMITED));
  if (request.suite() > 0xFFFF) return Answer(std::unexpected(v1::ERROR_NO_PREKEYS));
  const auto taken = store.take_prekey(target->mailbox, static_cast<std::uint16_t>(request.suite()), now);
  if (!taken) return std::unexpected(taken.error());
  if (!*taken) return Answer(std::unexpected(v1::ERROR_NO_PREKEYS));
  const auto& bundle = **taken;
  v1::Bundle answer;
  answer.set_device(request.device());
  answer.set_suite(request.suite());
  answer.set_batch_id(bundle.batch_id);
  answer.set_batch(std::string(as_text(bundle.batch)));
  answer.set_prekey(std::string(as_text(bundle.prekey)));
  answer.set_last_resort(bundle.last_resort);
  answer.set_record_version(bundle.record_version);
  return Answer(std::move(answer));
}

storage::Result<std::vector<v1::PrekeyCount>> status(storage::Store& store, storage::MailboxId mailbox) {
  const auto counts = store.count_prekeys(mailbox);
  if (!counts) return std::unexpected(counts.error());
  std::vector<v1::PrekeyCount> out;
  for (const auto& count : *counts) {
    auto& entry = out.emplace_back();
    entry.set_suite(count.suite);
    entry.set_batch_id(count.batch_id);
    entry.set_one_time_left(count.one_time_left);
    entry.set_last_resort_used(count.last_resort_used);
    entry.set_expires_at(count.expires.value);
  }
  return out;
}

}  // namespace pqc::server::directory
