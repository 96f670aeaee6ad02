// Fifty clients and a hostile delivery service, with a seed: random operations, messages lost and reordered, concurrent
// commits, forks, replays, removed members who try to read on. Everyone converges or refuses, and nobody reads what it
// should not. PQC_MLS_STEPS sets the number of steps (make soak: 10,000).
#include <algorithm>
#include <array>
#include <cstdlib>

#include "support.h"

namespace pqc::mls::testing {
namespace {

constexpr std::size_t clients = 50;
constexpr int default_steps = 250;

int steps_wanted() {
  const auto* text = std::getenv("PQC_MLS_STEPS");
  return text == nullptr ? default_steps : std::atoi(text);
}

struct Client {
  std::string name;
  std::optional<Group> group;
  std::size_t read = 0;           // entries of the log
  std::vector<std::size_t> held;  // texts that come later than what was sent after them
  bool misled = false;            // the service showed it a commit that nobody else took
  std::vector<Group> discarded;   // states from before it was removed, kept as an attacker would
};

// One thing that the delivery service ordered.
struct Entry {
  std::size_t sender;
  Bytes message;
  bool commit;
  std::optional<Bytes> text;  // of an application message
  Epoch epoch;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : world_(suites::x25519_aes128_ed25519, seed), choice_(seed + 1) {
    for (std::size_t i = 0; i < clients; ++i) clients_[i].name = "client " + std::to_string(i);
    clients_[0].group = world_.create(clients_[0].name);
  }

  void step() {
    switch (draw(16)) {
      case 0:
      case 1:
        return add_someone();
      case 2:
        return remove_someone();
      case 3:
        return propose_update();
      case 4:
        return commit_pending();
      case 5:
        return join_externally();
      case 6:
        return two_commits_at_once();
      case 7:
        return replay();
      case 8:
        return fork();
      case 9:
        return removed_ones_try();
      default:
        return draw(2) == 0 ? send_text() : catch_up(draw(clients));
    }
  }

  // Everybody reads everything, those who were misled come back, and all agree.
  void settle() {
    for (std::size_t i = 0; i < clients; ++i) catch_up(i);
    for (std::size_t i = 0; i < clients; ++i) {
      if (clients_[i].misled) rejoin(i);
    }
    for (std::size_t i = 0; i < clients; ++i) catch_up(i);
    const Group* first = nullptr;
    for (auto& client : clients_) {
      if (!client.group || !client.group->active()) continue;
      if (first == nullptr) first = &*client.group;
      ASSERT_TRUE(same_epoch(*first, *client.group)) << client.name;
    }
    ASSERT_NE(first, nullptr);
  }

  int texts_read = 0, refused_replays = 0, refused_forks = 0, commits = 0;

 private:
  std::size_t draw(std::size_t below) {
    const auto bytes = choice_.bytes<4>();
    return ((std::size_t{bytes[0]} << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) % below;
  }

  bool member(std::size_t index) const {
    return clients_[index].group && clients_[index].group->active() && !clients_[index].misled;
  }

  // A member that has read everything; there is always one.
  std::size_t current_member() {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < clients; ++i) {
      if (member(i)) all.push_back(i);
    }
    const auto chosen = all.at(draw(all.size()));
    catch_up(chosen);
    return member(chosen) ? chosen : current_member();
  }

  void catch_up(std::size_t index) {
    auto& client = clients_[index];
    while (member(index) && client.read < log_.size()) read_next(client, index);
  }

  // Texts are lost, or held back and read out of order before the next commit; what changes the group is not.
  void read_next(Client& client, std::size_t index) {
    const auto at = client.read++;
    const auto& entry = log_[at];
    if (entry.sender == index || (entry.text && draw(4) == 0)) return;
    if (entry.text && draw(3) == 0) return client.held.push_back(at);
    if (entry.commit) {
      while (!client.held.empty()) {
        const auto held = client.held.begin() + static_cast<std::ptrdiff_t>(draw(client.held.size()));
        open_entry(client, log_[*held]);
        client.held.erase(held);
      }
      if (draw(10) == 0) client.discarded.push_back(Group::parse(copy_of(*client.group)).value());
    }
    open_entry(client, entry);
  }

  void open_entry(Client& client, const Entry& entry) {
    const auto event = client.group->process(entry.message, world_.environment);
    ASSERT_TRUE(event) << client.name << ": " << to_string(event.error());
    if (const auto* text = std::get_if<ApplicationReceived>(&*event)) {
      ASSERT_EQ(text->data, *entry.text);
      ++texts_read;
    }
  }

  void publish(std::size_t sender, Bytes message, bool commit, std::optional<Bytes> text = {}) {
    log_.push_back({sender, std::move(message), commit, std::move(text), clients_[sender].group->context().epoch});
    clients_[sender].read = log_.size();
    if (commit) clients_[sender].held.clear();
  }

  void take(std::size_t by, Committed committed) {
    ++commits;
    publish(by, std::move(committed.message), true);
    clients_[by].group = std::move(committed.next);
  }

  std::optional<Committed> commit_by(std::size_t index, CommitOptions options) {
    if (draw(2) == 0) options.framing.format = WireFormat::public_message;
    auto committed = clients_[index].group->commit(options, world_.environment);
    EXPECT_TRUE(committed) << to_string(committed.error());
    if (!committed) return std::nullopt;
    return std::move(*committed);
  }

  std::optional<std::size_t> outsider() {
    for (std::size_t tries = 0; tries < clients; ++tries) {
      const auto index = draw(clients);
      const auto& client = clients_[index];
      if (!client.misled && (!client.group || !client.group->active())) return index;
    }
    return std::nullopt;
  }

  void enter(std::size_t index, Group group) {
    clients_[index].group = std::move(group);
    clients_[index].held.clear();
    clients_[index].read = log_.size();
    clients_[index].misled = false;
  }

  // Whether the client stands in the tree though it does not know (it has not read that it was removed, or was misled).
  bool in_tree(const Group& by, std::size_t index) { return find_leaf(by, index).has_value(); }
  std::optional<LeafIndex> find_leaf(const Group& by, std::size_t index) {
    for (std::uint32_t i = 0; i < by.tree().width(); ++i) {
      const auto* leaf = by.tree().leaf({i});
      if (leaf != nullptr && as_text(leaf->credential.identity) == clients_[index].name) return LeafIndex{i};
    }
    return std::nullopt;
  }

  void add_someone() {
    const auto by = current_member();
    const auto who = outsider();
    if (!who || in_tree(*clients_[by].group, *who)) return;
    const auto bundle = world_.bundle(clients_[*who].name);
    CommitOptions options;
    options.proposals = {{Add{bundle.package}}};
    options.force_path = draw(2) == 0;
    auto committed = commit_by(by, options);
    ASSERT_TRUE(committed);
    auto joined = Group::join(*committed->welcome, bundle, {}, world_.environment);
    ASSERT_TRUE(joined) << to_string(joined.error());
    take(by, std::move(*committed));
    enter(*who, std::move(*joined));
  }

  void remove_someone() {
    const auto by = current_member();
    auto& group = *clients_[by].group;
    const auto victim = draw(clients);
    const auto leaf = find_leaf(group, victim);
    if (!leaf || victim == by || group.tree().member_count() < 4) return;
    if (draw(2) == 0) {
      auto message = group.propose({Remove{*leaf}}, {}, world_.environment);
      ASSERT_TRUE(message);
      return publish(by, std::move(*message), false);
    }
    CommitOptions options;
    options.include_pending = false;
    options.proposals = {{Remove{*leaf}}};
    auto committed = commit_by(by, options);
    ASSERT_TRUE(committed);
    take(by, std::move(*committed));
  }

  void propose_update() {
    const auto by = current_member();
    auto message = clients_[by].group->propose_update(std::nullopt, {}, world_.environment);
    ASSERT_TRUE(message);
    publish(by, std::move(*message), false);
  }

  void commit_pending() {
    const auto by = current_member();
    CommitOptions options;
    auto committed = commit_by(by, options);
    ASSERT_TRUE(committed);
    take(by, std::move(*committed));
  }

  void join_externally() {
    const auto by = current_member();
    const auto who = outsider();
    if (!who || in_tree(*clients_[by].group, *who)) return;
    const auto info = clients_[by].group->group_info(true, world_.environment);
    auto joined = join_external(*info, world_.identity(clients_[*who].name), {}, world_.environment);
    ASSERT_TRUE(joined) << to_string(joined.error());
    enter(*who, std::move(joined->group));
    log_.push_back({*who, std::move(joined->message), true, {}, clients_[*who].group->context().epoch});
    clients_[*who].read = log_.size();
    ++commits;
  }

  void two_commits_at_once() {
    const auto one = current_member(), other = current_member();
    if (one == other) return;
    CommitOptions options;
    options.include_pending = false;
    auto first = commit_by(one, options), second = commit_by(other, options);
    ASSERT_TRUE(first && second);
    take(one, std::move(*first));
    catch_up(other);
    const auto before = copy_of(*clients_[one].group);
    EXPECT_FALSE(clients_[one].group->process(second->message, world_.environment));
    EXPECT_EQ(copy_of(*clients_[one].group), before);
  }

  void send_text() {
    const auto by = current_member();
    Bytes text(draw(200));
    world_.rng.fill(text);
    auto message = clients_[by].group->seal(text, {}, draw(50), world_.environment);
    ASSERT_TRUE(message);
    publish(by, std::move(*message), false, std::move(text));
  }

  void replay() {
    if (log_.empty()) return;
    const auto to = current_member();
    auto& group = *clients_[to].group;
    const auto& entry = log_[draw(log_.size())];
    if (!entry.commit && entry.epoch == group.context().epoch) return;  // perhaps lost before: it may come now
    const auto before = copy_of(group);
    EXPECT_FALSE(group.process(entry.message, world_.environment));
    EXPECT_EQ(copy_of(group), before);
    ++refused_replays;
  }

  // The service lets one commit through to the group and shows another to a victim: they part and refuse each other.
  void fork() {
    const auto one = current_member(), other = current_member(), victim = current_member();
    if (one == other || victim == one || victim == other) return;
    CommitOptions options;
    options.include_pending = false;
    auto shown = commit_by(other, options), taken = commit_by(one, options);
    ASSERT_TRUE(shown && taken);
    ASSERT_TRUE(clients_[victim].group->process(shown->message, world_.environment));
    take(one, std::move(*taken));
    clients_[victim].misled = true;
    catch_up(other);
    const auto aside = clients_[victim].group->seal(as_bytes("alone"), {}, 0, world_.environment);
    const auto before = copy_of(*clients_[one].group);
    EXPECT_FALSE(clients_[one].group->process(*aside, world_.environment));
    EXPECT_EQ(copy_of(*clients_[one].group), before);
    const auto main = clients_[one].group->seal(as_bytes("together"), {}, 0, world_.environment);
    EXPECT_FALSE(clients_[victim].group->process(*main, world_.environment));
    ++refused_forks;
  }

  void rejoin(std::size_t index) {
    const auto by = current_member();
    ExternalJoinOptions options;
    options.replaces = find_leaf(*clients_[by].group, index);
    const auto info = clients_[by].group->group_info(true, world_.environment);
    auto joined = join_external(*info, world_.identity(clients_[index].name), options, world_.environment);
    ASSERT_TRUE(joined) << to_string(joined.error());
    log_.push_back({index, std::move(joined->message), true, {}, joined->group.context().epoch});
    enter(index, std::move(joined->group));
  }

  // Old states of those who are out now do not open what was sent since.
  void removed_ones_try() {
    for (auto& client : clients_) {
      if (client.discarded.empty() || (client.group && client.group->active())) continue;
      for (std::size_t i = log_.size(); i-- > 0 && i + 10 > log_.size();) {
        if (!log_[i].text || log_[i].epoch <= client.discarded.back().context().epoch) continue;
        EXPECT_FALSE(client.discarded.back().process(log_[i].message, world_.environment));
      }
    }
  }

  World world_;
  crypto::SeededRng choice_;
  std::array<Client, clients> clients_;
  std::vector<Entry> log_;
};

TEST(Simulation, FiftyClientsConvergeOrRefuse) {
  Simulation simulation(2026);
  const auto steps = steps_wanted();
  for (int i = 0; i < steps && !HasFatalFailure(); ++i) {
    simulation.step();
    if (i % 100 == 99) simulation.settle();
  }
  simulation.settle();
  EXPECT_GT(simulation.texts_read, 0);
  EXPECT_GT(simulation.refused_replays, 0);
  EXPECT_GT(simulation.refused_forks, 0);
  EXPECT_GT(simulation.commits, steps / 8);
}

}  // namespace
}  // namespace pqc::mls::testing
