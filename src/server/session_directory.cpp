// Session: the prekey directory.
#include "server/directory/directory.h"
#include "server/session.h"

namespace pqc::server {

void Session::publish_prekeys(std::uint64_t id, const v1::PublishPrekeys& request) {
  if (!services_.publishes.take(owner_->account_id.value)) return fail(id, v1::ERROR_RATE_LIMITED);
  auto batch = directory::check(request, services_.clock.now());
  if (!batch) return fail(id, batch.error());
  auto publish = [owner = owner_, batch = std::move(*batch)](storage::Store& store) {
    return directory::publish(store, owner->mailbox, batch);
  };
  store(id, request.ByteSizeLong(), std::move(publish), [id](Session& self, const auto& published) {
    if (!published) return self.fail(id, v1::ERROR_UNAVAILABLE);
    if (*published != v1::ERROR_UNSPECIFIED) return self.fail(id, *published);
    self.prekey_status(id);
  });
}

void Session::prekey_status(std::uint64_t id) {
  auto count = [mailbox = owner_->mailbox](storage::Store& store) { return directory::status(store, mailbox); };
  store(id, 0, std::move(count), [id](Session& self, auto counts) {
    if (!counts) return self.fail(id, v1::ERROR_UNAVAILABLE);
    auto& out = *self.answer(id).mutable_prekeys();
    for (auto& entry : *counts) *out.add_prekeys() = std::move(entry);
    self.send(self.services_.answer);
  });
}

void Session::fetch_bundle(std::uint64_t id, const v1::FetchBundle& request) {
  if (!may_look_up(id)) return;
  const auto account = accounts::parse_account(request.account(), services_.server_name);
  if (!account) return fail(id, account.error().code);
  auto fetch = [owner = owner_, request, now = services_.clock.now()](storage::Store& store) {
    return directory::fetch(store, owner->account_id, request, now);
  };
  store(id, 0, std::move(fetch), [id](Session& self, auto bundle) {
    if (!bundle) return self.fail(id, v1::ERROR_UNAVAILABLE);
    if (!*bundle) return self.fail(id, bundle->error());
    ++self.services_.counters.bundles;
    if ((*bundle)->last_resort()) ++self.services_.counters.last_resorts;
    *self.answer(id).mutable_bundle() = std::move(**bundle);
    self.send(self.services_.answer);
  });
}

}  // namespace pqc::server
