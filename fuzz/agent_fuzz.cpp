// The agent's side of its socket (docs/spec/agent.md §3, §4): a row of frames against an agent in process, with a vault
// in a temporary folder that a key file opens. Whatever comes is answered by one reply that parses, and the agent goes
// on.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "crypto/random.h"
#include "keys/agent/agent.h"
#include "keys/agent_protocol/codec.h"
#include "keys/agent_protocol/frame.h"
#include "keys/agent_protocol/limits.h"

namespace {

using namespace pqc;
using namespace pqc::keys;

// One for all inputs: making keys costs more than the parsing that is looked at.
struct World {
  std::string path;
  std::unique_ptr<vault::KeyFolder> folder;
  ManualClock clock;
  crypto::SeededRng rng{1};
  std::unique_ptr<audit::LogFile> log;
  std::unique_ptr<agent::Agent> agent;

  World() {
    path = (std::filesystem::temp_directory_path() / "pqc-fuzz-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) std::abort();
    folder = std::make_unique<vault::KeyFolder>(*vault::KeyFolder::open(path));
    log = std::make_unique<audit::LogFile>(folder->fd(), clock);
    agent = std::make_unique<agent::Agent>(agent::Surroundings{*folder, clock, rng, *log, {}});
  }
  ~World() { std::filesystem::remove_all(path); }
};

void check(const agent::Answer& answer) {
  agent_protocol::proto::Reply reply;
  if (!reply.ParseFromString(answer.message) || reply.body_case() == 0) std::abort();
  if (answer.message.size() > agent_protocol::max_reply_size) std::abort();
}

// A passphrase costs a tenth of a second: not what is looked for here.
bool slow(ByteView message) {
  agent_protocol::proto::Request request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) return false;
  if (request.has_create_vault()) return !request.create_vault().key_file();
  if (request.has_unlock()) return request.unlock().way() == agent_protocol::proto::WAY_PASSPHRASE;
  return request.has_change_passphrase() || request.generate_batch().size() > 4;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  agent::Session session;
  ByteView input(data, size);
  while (input.size() >= agent_protocol::frame_header_size) {
    const auto header = agent_protocol::decode_header(input.first<agent_protocol::frame_header_size>(),
                                                      agent_protocol::max_request_size);
    if (!header) return 0;
    input = input.subspan(agent_protocol::frame_header_size);
    if (input.size() < std::size_t{header->message_size} + header->secret_size) return 0;
    const auto message = input.first(header->message_size);
    const auto secret = input.subspan(header->message_size, header->secret_size);
    input = input.subspan(message.size() + secret.size());
    if (slow(message)) continue;
    (void)agent_protocol::split_secrets(secret);
    const auto answer = world.agent->handle(session, message, SecretBytes(secret));
    check(answer);
    if (answer.close) return 0;
  }
  return 0;
}
