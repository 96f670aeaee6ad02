// Fifty clients and a hostile delivery service, with a seed: random operations, texts and commits lost and reordered,
// concurrent commits, forks, replays, forged messages of every kind, removed members who try to read on and to write.
// Everyone converges or refuses, a refused message leaves the state byte for byte as it was, and nobody reads what it
// should not. PQC_MLS_STEPS sets the number of steps (make soak: 10,000), PQC_MLS_SEED another seed.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "support.h"

namespace pqc::mls::testing {
namespace {

constexpr std::size_t clients = 50;
constexpr int default_steps = 250;
constexpr int default_seed = 2026;
// In the product's suite a step takes several times as long.
constexpr int product_share = 10;

int number_from(const char* name, int otherwise) {
  const auto* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

struct Client {
  std::string name;
  std::optional<Group> group;
  std::size_t read = 0;           // entries of the log
  std::vector<std::size_t> held;  // texts that come later than what was sent after them
  bool misled = false;            // it took a commit that nobody else took, or lost one
  Bytes kept;                     // its state before the last commit that it read, kept as an attacker would
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
  Simulation(std::uint16_t suite, std::uint64_t seed) : world_(suite, seed), choice_(seed + 1) {
    world_.environment.external_commits = ExternalCommits::all;
    for (std::size_t i = 0; i < clients; ++i) clients_[i].name = "client " + std::to_string(i);
    clients_[0].group = world_.create(clients_[0].name);
  }

  void step() {
    switch (draw(18)) {
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
      case 10:
        return forge();
      case 11:
        return lose_a_commit();
      default:
        return draw(2) == 0 ? send_text() : catch_up(draw(clients));
    }
  }

  // Everybody reads everything, those who were misled come back, and all agree.
  void settle() {
    settling_ = true;
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
    settling_ = false;
  }

  int texts_read = 0, commits = 0, refused_replays = 0, refused_forks = 0, refused_forgeries = 0, refused_reorders = 0,
      refused_readers = 0, refused_writers = 0, lost_commits = 0;

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
      if (!settling_ && draw(400) == 0) return lose(client);
      if (draw(8) == 0) read_too_early(client, at);
      client.kept = copy_of(*client.group);
    }
    open_entry(client, entry);
  }

  // The commit never arrives: nothing that follows can be read, and the client has to join again.
  void lose(Client& client) {
    client.misled = true;
    ++lost_commits;
    for (auto at = client.read; at < log_.size() && at < client.read + 3; ++at) expect_refused(*client.group, at);
  }

  // What comes before the commit that it was made after is refused, and read when its turn has come.
  void read_too_early(Client& client, std::size_t commit) {
    for (auto at = commit + 1; at < log_.size() && at < commit + 3; ++at) {
      if (log_[at].epoch <= client.group->context().epoch) continue;
      expect_refused(*client.group, at);
      ++refused_reorders;
    }
  }

  void expect_refused(Group& group, ByteView message) {
    const auto before = copy_of(group);
    EXPECT_FALSE(group.process(message, world_.environment));
    EXPECT_EQ(copy_of(group), before);
  }
  void expect_refused(Group& group, std::size_t entry) { expect_refused(group, log_[entry].message); }

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
    const LeafIndex leaf{static_cast<std::uint32_t>(draw(group.tree().width()))};
    if (group.tree().leaf(leaf) == nullptr || leaf == group.self() || group.tree().member_count() < 4) return;
    if (draw(2) == 0) {
      auto message = group.propose({Remove{leaf}}, {}, world_.environment);
      ASSERT_TRUE(message);
      return publish(by, std::move(*message), false);
    }
    CommitOptions options;
    options.include_pending = false;
    options.proposals = {{Remove{leaf}}};
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
    options.include_pending = draw(2) == 0;
    auto first = commit_by(one, options), second = commit_by(other, options);
    ASSERT_TRUE(first && second);
    take(one, std::move(*first));
    catch_up(other);
    expect_refused(*clients_[one].group, second->message);
  }

  // It never reaches the service; its maker stays where it was.
  void lose_a_commit() {
    const auto by = current_member();
    EXPECT_TRUE(commit_by(by, {}));
    ++lost_commits;
  }

  // A message of any kind, fresh from a member, damaged on its way to another.
  void forge() {
    const auto by = current_member(), to = current_member();
    if (by == to || clients_[by].group->context().epoch != clients_[to].group->context().epoch) return;
    auto message = fresh_message(draw(8), by);
    if (draw(8) == 0) {
      message.resize(draw(message.size()));
    } else {
      message[draw(message.size())] ^= static_cast<std::uint8_t>(1U << draw(8));
    }
    expect_refused(*clients_[to].group, message);
    ++refused_forgeries;
  }

  // Of a copy of the member: nothing of this happens.
  Bytes fresh_message(std::size_t kind, std::size_t by) {
    auto group = Group::parse(copy_of(*clients_[by].group)).value();
    const auto& context = group.context();
    CommitOptions options;
    options.framing = {kind % 2 == 0 ? WireFormat::public_message : WireFormat::private_message, {}, 0};
    switch (kind / 2) {
      case 0:
        return group.propose_update(std::nullopt, options.framing, world_.environment).value();
      case 1:
        return group.propose({Add{world_.bundle("nobody").package}}, options.framing, world_.environment).value();
      case 2:
        return group.commit(options, world_.environment)->message;
      default:
        break;
    }
    if (kind % 2 != 0) return group.seal(as_bytes("text"), {}, 0, world_.environment).value();
    if (draw(2) == 0) {
      return propose_own_add(world_.suite, context.group_id, context.epoch, world_.bundle("nobody"), world_.rng)
          .value();
    }
    const auto info = group.group_info(true, world_.environment).value();
    return join_external(info, world_.identity("nobody"), {}, world_.environment)->message;
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
    expect_refused(group, entry.message);
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
    expect_refused(*clients_[one].group, *aside);
    const auto main = clients_[one].group->seal(as_bytes("together"), {}, 0, world_.environment);
    expect_refused(*clients_[victim].group, *main);
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

  // Those who are out now keep the state of their last epoch, and open nothing that was sent since; nor does anybody
  // take what they send.
  void removed_ones_try() {
    const auto reader = current_member();
    for (std::size_t i = 0; i < clients; ++i) {
      if (!in_tree(*clients_[reader].group, i)) catch_up(i);
    }
    for (auto& client : clients_) {
      if (!client.group || client.group->active() || client.kept.empty()) continue;
      auto old = Group::parse(client.kept).value();
      for (std::size_t at = log_.size(); at-- > 0 && at + 10 > log_.size();) {
        if (log_[at].epoch <= old.context().epoch) continue;
        expect_refused(old, at);
        expect_refused(*client.group, at);
        ++refused_readers;
      }
      expect_refused(*clients_[reader].group, old.seal(as_bytes("still here"), {}, 0, world_.environment).value());
      expect_refused(*clients_[reader].group, old.commit({}, world_.environment)->message);
      ++refused_writers;
    }
  }

  World world_;
  crypto::SeededRng choice_;
  std::array<Client, clients> clients_;
  std::vector<Entry> log_;
  bool settling_ = false;  // nothing is lost
};

void run(std::uint16_t suite, int steps) {
  const auto seed = number_from("PQC_MLS_SEED", default_seed);
  Simulation simulation(suite, static_cast<std::uint64_t>(seed));
  for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
    simulation.step();
    if (i % 100 == 99) simulation.settle();
  }
  simulation.settle();
  std::printf(
      "suite %d, seed %d, %d steps: %d commits, %d lost, %d texts read; refused: %d replays, %d forks, "
      "%d forgeries, %d too early, %d removed readers, %d removed writers\n",
      suite, seed, steps, simulation.commits, simulation.lost_commits, simulation.texts_read,
      simulation.refused_replays, simulation.refused_forks, simulation.refused_forgeries, simulation.refused_reorders,
      simulation.refused_readers, simulation.refused_writers);
  EXPECT_GT(simulation.commits, steps / 10);
  if (steps < default_steps) return;
  for (const auto count :
       {simulation.texts_read, simulation.refused_replays, simulation.refused_forks, simulation.refused_forgeries,
        simulation.refused_reorders, simulation.refused_readers, simulation.refused_writers, simulation.lost_commits}) {
    EXPECT_GT(count, 0);
  }
}

TEST(Simulation, FiftyClientsConvergeOrRefuse) {
  run(suites::x25519_aes128_ed25519, number_from("PQC_MLS_STEPS", default_steps));
}

TEST(Simulation, InTheProductsSuiteToo) {
  run(suites::x_wing_aes256_ml_dsa_87, number_from("PQC_MLS_STEPS", default_steps) / product_share);
}

}  // namespace
}  // namespace pqc::mls::testing
