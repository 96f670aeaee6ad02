// pqc-chat doctor: is everything as it should be, and what to do where it is not.
#include <cmath>

#include <sys/stat.h>

#include "base/locked_arena.h"
#include "cli/commands.h"
#include "client/keys/key_commands.h"

namespace pqc::cli {
namespace {

using std::chrono::seconds;

constexpr seconds connect_wait{20};
// Beyond this the user should look, though signatures still hold (client/limits.h: clock_tolerance).
constexpr std::chrono::milliseconds clock_warning = seconds(60);

class Report {
 public:
  explicit Report(const Output& output) : output_(output) {}

  void good(std::string_view check, const std::string& text) { add(check, "ok", text); }
  void warn(std::string_view check, const std::string& text) { add(check, "warning", text); }
  void bad(std::string_view check, const client::Error& error) {
    add(check, "failed", error.message);
    if (worst_ == ExitCode::ok) worst_ = error.code;
  }
  [[nodiscard]] ExitCode exit_code() const { return worst_; }

 private:
  void add(std::string_view check, std::string_view result, const std::string& text) {
    if (output_.json())
      output_.object(json_object("check").add("check", check).add("result", result).add("text", text));
    else
      output_.line(std::string(result) + std::string(9 - result.size(), ' ') + std::string(check) + ": " + text);
  }

  const Output& output_;
  ExitCode worst_ = ExitCode::ok;
};

void check_process(Report& report) {
  if (forbid_core_dumps())
    report.good("core_dumps", "forbidden for this program");
  else
    report.warn("core_dumps", "the system does not let this program forbid them: secrets could land in a core file");
  if (LockedArena::instance().locked())
    report.good("locked_memory", "secrets stay in RAM");
  else
    report.warn("locked_memory",
                "secrets could be written to swap: raise the limit (ulimit -l 4096) or encrypt the swap");
}

void check_folder(Report& report, const client::ProfilePaths& paths) {
  struct stat status{};
  if (::stat(paths.folder.c_str(), &status) != 0) return;
  if ((status.st_mode & 077) != 0)
    report.warn("profile_folder", "others may enter it: chmod 700 " + paths.folder.string());
  else
    report.good("profile_folder", paths.folder.string());
}

void check_clock(Report& report, std::chrono::milliseconds offset) {
  const auto text = std::to_string(std::abs(offset.count())) + " ms " + (offset.count() < 0 ? "ahead of" : "behind") +
                    " the server's";
  if (offset > clock_warning || offset < -clock_warning)
    report.warn("clock", text + ": set it, signatures depend on it");
  else
    report.good("clock", text);
}

void check_server(Report& report, client::Client& client, const client::AccountInfo& account) {
  auto connection = client.connect(connect_wait);
  if (!connection) return report.bad("server", connection.error());
  report.good("server", account.host + ":" + std::to_string(account.port) + " answers and accepts this device");
  report.good("certificate", "the server has the key that is pinned: " + account.fingerprint);
  if (connection->group.find("MLKEM") != std::string::npos)
    report.good("key_exchange", connection->group + ", " + connection->cipher);
  else
    report.warn("key_exchange", connection->group + " is not quantum-safe: the server allows classical TLS");
  check_clock(report, connection->clock_offset);
}

void check_measures(Report& report, const client::KeyStatus& keys) {
  for (const auto& measure : keys.measures) {
    const auto name = "agent_" + measure.name;
    if (measure.holds)
      report.good(name, measure.detail);
    else
      report.warn(name, "does not hold on this machine: " + measure.detail);
  }
  if (keys.arena_overflowed)
    report.warn("agent_arena", "the agent keeps more secrets than its locked memory takes: some could be swapped out");
}

// Where the private keys are and what protects them (docs/spec/agent.md §7).
void check_agent(Report& report, const Context& context) {
  auto commands = client::KeyCommands::open(context.profile(), client::key_access(context.open_options()));
  if (!commands) return;  // said by the profile's own check
  auto keys = commands->status();
  if (!keys) return report.bad("key_agent", keys.error());
  report.good("key_agent", std::string("the private keys live in pqc-chat-keyd, ") +
                               (keys->unlocked ? "unlocked" : "locked") +
                               (keys->key_file ? "; they open without a passphrase" : ""));
  check_measures(report, *keys);
  if (keys->audit_ok)
    report.good("security_log", "written; it names contacts in clear (pqc-chat audit)");
  else
    report.warn("security_log", "cannot be written: check the disk, and the folder keys of the profile");
  if (keys->vault_rolled_back || keys->store_rolled_back)
    report.warn("roll_back", std::string(keys->vault_rolled_back ? "the keys were" : "the database was") +
                                 " put back from an old copy: use one copy of a profile only");
  else
    report.good("roll_back", "keys and database are as new as they were");
}

}  // namespace

ExitCode run(const Context& context, const DoctorCommand&) {
  Report report(context.output);
  check_process(report);
  check_folder(report, context.profile());
  auto opened = context.open();
  check_agent(report, context);
  if (!opened) {
    report.bad("profile", opened.error());
    return report.exit_code();
  }
  auto& client = **opened;
  struct Closing {
    client::Client& client;
    ~Closing() { client.close(); }
  } const closing{client};
  auto account = client.whoami();
  auto checked = account ? client.check_store() : client::Status(client::pass(account));
  if (!checked) {
    report.bad("profile", checked.error());
    return report.exit_code();
  }
  report.good("profile", account->name + (client.owner() ? "" : " (another process owns it at this moment)"));
  check_server(report, client, *account);
  return report.exit_code();
}

}  // namespace pqc::cli
