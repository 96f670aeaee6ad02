// Which contacts' devices have a path of their own, who offers one when, and what goes over it (docs/spec/direct.md).
//
//   none --they would, or they offer--> attempt --open, hello--> in use --end--> none
//
// It stands between the outbox and the server's transport: parcels for a device with a path take that, all others the
// server, and what a path has not delivered at its end too. Nothing happens before allow(). Loop thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "client/chat/transport.h"
#include "client/core.h"
#include "client/direct/direct_link.h"
#include "client/direct/direct_news.h"
#include "client/direct/direct_pace.h"
#include "client/direct/direct_paths.h"
#include "client/messages/outbox.h"
#include "client/messages/sync.h"

namespace pqc::client {

class DirectContacts final : public Transport {
 public:
  // `server`: the way that is always there.
  DirectContacts(Core& core, Transport& server) : core_(core), server_(server) {}

  // Once, before allow(): whom it talks to.
  void join(Outbox& outbox, Sync& sync);
  // Whether this device's addresses are kept from the contact now; look_again() when that changes.
  std::function<bool(std::int64_t contact)> hides_from = [](std::int64_t) { return false; };
  void allow(DirectPolicy policy, std::unique_ptr<DirectPaths> paths);
  // Whether it would go direct with this contact.
  [[nodiscard]] bool willing(const ContactRow& contact) const;
  // Whether every device of the contact is reached by a path of its own.
  [[nodiscard]] bool reaches(const ContactRow& contact);

  // The user changed something about contacts: paths that are not allowed any more end.
  void look_again();
  // Ends all paths. What they have not delivered goes to the server, if it is there.
  void stop();

  [[nodiscard]] bool ready() const override { return server_.ready(); }
  [[nodiscard]] std::size_t batch() const override { return server_.batch(); }
  [[nodiscard]] bool apart(const Parcel& parcel) const override;
  void carry(std::vector<Parcel> parcels, Answer answer) override;

 private:
  using Device = std::pair<std::string, std::uint32_t>;  // name@server and its number
  enum class State : std::uint8_t { none, offering, answering, in_use };

  struct Peer {
    std::int64_t contact = 0;
    State state = State::none;
    std::uint64_t attempt = 0;  // which one: callbacks of earlier ones are passed over
    DirectPathPtr path;
    std::unique_ptr<DirectLink> link;
    MessageId offer{};    // the id of the content that offers: ours, or the one that was answered
    MessageId after{};    // what was given to the server last
    MessageId relayed{};  // what the server took last
    DirectPace pace;
    Loop::HandlePtr deadline;
  };
  struct Batch;

  void on_commit(const DirectCommit& commit);
  void on_news(const DirectNews& news);
  void on_offer(const Device& device, const DirectNews& news, const DirectOfferContent& offer);
  void on_answer(const Device& device, const DirectAnswerContent& answer);
  void begin_offer(const Device& device, std::int64_t contact);
  void begin_answer(const Device& device, const DirectNews& news, const DirectOfferContent& offer);
  void keep(Peer& peer, DirectPathPtr path);
  Peer* begin(const Device& device, std::int64_t contact, State state);
  DirectPath::Handlers handlers_for(const Device& device, std::uint64_t attempt);
  Peer* find(const Device& device, std::uint64_t attempt);
  void on_candidates(const Device& device, const DirectCandidatesContent& candidates);
  Status tell_ticket(const Device& device, const Peer& peer, std::string ticket);
  Status tell(const Device& device, const Peer& peer, const Content& content);
  void on_open(const Device& device, Peer& peer);
  // `failed`: the next offer waits longer.
  void on_end(const Device& device, Peer& peer, const Error& why, bool failed);
  void give_back(std::deque<DirectLink::Waiting> waiting);
  void carry_by_server(std::vector<DirectLink::Waiting> parcels);
  // Of a parcel that was given to the server: which attempt it belongs to.
  struct Relayed {
    std::size_t place = 0;
    Device device;
    std::uint64_t attempt = 0;
    MessageId id{};
  };
  void to_server(std::vector<Parcel> parcels, Answer answer);
  std::vector<Relayed> note_relayed(const std::vector<Parcel>& parcels);
  void settle_relayed(const Relayed& relayed, bool accepted);
  Status take(const Device& device, DirectParcel parcel);
  [[nodiscard]] bool allowed(const Device& device, std::int64_t contact);
  void tell_path(std::int64_t contact);

  Core& core_;
  Transport& server_;
  Outbox* outbox_ = nullptr;
  Sync* sync_ = nullptr;
  DirectPolicy policy_ = DirectPolicy::off;
  std::unique_ptr<DirectPaths> paths_;
  std::map<Device, Peer> peers_;
  std::uint64_t attempts_ = 0;
  std::map<std::int64_t, bool> told_;  // by contact: whether front ends know of a path
};

}  // namespace pqc::client
