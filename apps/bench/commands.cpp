#include "commands.h"

#include <charconv>
#include <format>
#include <memory>

#include "bare_tls.h"
#include "crypto/random.h"
#include "entry_run.h"
#include "process.h"
#include "relay_run.h"
#include "run_name.h"
#include "server_process.h"

namespace pqc::bench {
namespace {

constexpr int report_version = 1;
constexpr double kibibyte = 1024;

std::unexpected<Failure> usage_error(std::string text) {
  return std::unexpected(Failure{.code = ExitCode::usage, .text = std::move(text)});
}
std::unexpected<Failure> failed(std::string text) {
  return std::unexpected(Failure{.code = ExitCode::unexpected, .text = std::move(text)});
}

std::expected<DeviceKeys, Failure> keys_of(const CommonOptions& common) {
  const auto* suite = crypto::find_suite(common.suite);
  if (suite == nullptr) return usage_error("no suite is called " + common.suite);
  auto keys = DeviceKeys::make(*suite, crypto::SystemRng::instance());
  if (!keys) return failed(keys.error());
  return std::move(*keys);
}

// A server of this run or one that is there already.
class Target {
 public:
  static std::expected<Target, Failure> make(const ServerOptions& options);

  [[nodiscard]] const net::LinkOptions& link() const { return link_; }
  [[nodiscard]] std::optional<pid_t> pid() const { return process_ ? std::optional(process_->pid()) : std::nullopt; }
  // The same data folder under a new process, so that memory begins with nothing that the run left behind.
  std::expected<void, Failure> restart();
  std::expected<void, Failure> stop();

 private:
  explicit Target(const ServerOptions& options) : options_(options) {}
  std::expected<void, Failure> start();
  std::expected<void, Failure> find();

  ServerOptions options_;
  net::LinkOptions link_;
  std::optional<TemporaryFolder> folder_;
  std::unique_ptr<ServerProcess> process_;
};

std::expected<Target, Failure> Target::make(const ServerOptions& options) {
  Target target(options);
  const auto made = options.spawn.empty() ? target.find() : target.start();
  if (!made) return std::unexpected(made.error());
  return target;
}

std::expected<void, Failure> Target::find() {
  const auto colon = options_.address.rfind(':');
  if (colon == std::string::npos) return usage_error("--server takes HOST:PORT (or use --spawn-server)");
  link_.host = options_.address.substr(0, colon);
  const auto port = options_.address.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), link_.port);
  if (error != std::errc{} || end != port.data() + port.size()) return usage_error("not a port: " + port);
  link_.pin = net::parse_fingerprint(options_.fingerprint);
  if (!link_.pin) return usage_error("--fingerprint takes what `pqc-chat-server fingerprint` prints");
  return {};
}

std::expected<void, Failure> Target::start() {
  if (options_.data.empty() && !folder_) {
    auto folder = TemporaryFolder::make();
    if (!folder) return failed(folder.error());
    folder_.emplace(std::move(*folder));
  }
  const std::filesystem::path data = folder_ ? folder_->path() / "data" : std::filesystem::path(options_.data);
  auto process = ServerProcess::start(options_.spawn, data, options_.pin_server);
  if (!process) return failed(process.error());
  process_ = std::make_unique<ServerProcess>(std::move(*process));
  const auto fingerprint = fingerprint_of(options_.spawn, data);
  if (!fingerprint) return failed(fingerprint.error());
  link_.host = "127.0.0.1";
  link_.port = process_->port();
  link_.pin = net::parse_fingerprint(*fingerprint);
  if (!link_.pin) return failed("the server's fingerprint does not parse: " + *fingerprint);
  return {};
}

std::expected<void, Failure> Target::stop() {
  if (!process_) return {};
  const auto stopped = process_->stop();
  process_.reset();
  if (!stopped) return failed(stopped.error());
  return {};
}

std::expected<void, Failure> Target::restart() {
  if (auto stopped = stop(); !stopped) return stopped;
  return start();
}

JsonObject header(std::string_view type, const CommonOptions& common) {
  JsonObject json;
  json.add("v", report_version).add("type", type).add("suite", common.suite);
  return json;
}

double milliseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

JsonObject json_of(const Histogram& histogram) {
  JsonObject json;
  json.add("count", histogram.count())
      .add("mean", histogram.mean() / 1e6)
      .add("p50", milliseconds(histogram.percentile(50)))
      .add("p90", milliseconds(histogram.percentile(90)))
      .add("p99", milliseconds(histogram.percentile(99)))
      .add("p99_9", milliseconds(histogram.percentile(99.9)))
      .add("max", milliseconds(histogram.max()));
  return json;
}

std::string text_of(std::string_view name, const Histogram& histogram) {
  return std::format("{:<28} p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  p99.9 {:.2f}  max {:.2f} ms\n", name,
                     milliseconds(histogram.percentile(50)), milliseconds(histogram.percentile(90)),
                     milliseconds(histogram.percentile(99)), milliseconds(histogram.percentile(99.9)),
                     milliseconds(histogram.max()));
}

JsonObject json_of(const Verdict& verdict) {
  JsonObject json;
  json.add("ok", verdict.ok())
      .add("accepted", verdict.accepted)
      .add("refused", verdict.refused)
      .add("unanswered", verdict.unanswered)
      .add("arrived", verdict.arrived)
      .add("lost", verdict.lost)
      .add("duplicated", verdict.duplicated)
      .add("out_of_order", verdict.out_of_order)
      .add("foreign", verdict.foreign);
  return json;
}

std::string text_of(const Verdict& verdict) {
  return std::format(
      "{:<28} {}: {} accepted, {} arrived; {} lost, {} twice, {} out of order, {} foreign; {} refused, {} unanswered\n",
      "exactly once, in order", verdict.ok() ? "yes" : "NO", verdict.accepted, verdict.arrived, verdict.lost,
      verdict.duplicated, verdict.out_of_order, verdict.foreign, verdict.refused, verdict.unanswered);
}

std::string line(std::string_view name, const std::string& value) {
  return std::format("{:<28} {}\n", name, value);
}

Report report_of(const CommonOptions& common, const RelayOptions& options, const RelayResult& result) {
  Report report;
  report.ok = result.verdict.ok();
  JsonObject server;
  if (result.server_cpu_us_per_message) {
    server.add("cpu_us_per_message", *result.server_cpu_us_per_message)
        .add("cpu_percent", result.server_cpu_percent.value_or(0))
        .add("resident_bytes", result.server_resident_bytes.value_or(0));
  }
  report.json = header("relay", common);
  report.json.add("group", result.group)
      .add("cipher", result.cipher)
      .add("receivers", options.absent ? "absent" : "connected")
      .add("connections", options.connections)
      .add("senders", options.senders)
      .add("body_bytes", options.body_size)
      .add("rate", options.rate)
      .add("window", options.window)
      .add("batch", options.batch)
      .add("seconds", result.seconds)
      .add("accepted_per_second", result.accepted_per_second)
      .add("arrived_per_second", result.arrived_per_second)
      .add("latency_ms", json_of(result.latency))
      .add("acceptance_ms", json_of(result.acceptance))
      .add("server", server)
      .add("generator_cpu_percent", result.own_cpu_percent)
      .add("verdict", json_of(result.verdict));
  if (options.absent) report.json.add("drain_per_second", result.drain_per_second);

  report.text = line("accepted (after fsync)", std::format("{:.0f} messages/s", result.accepted_per_second));
  if (options.absent) {
    report.text += line("fetched afterwards", std::format("{:.0f} messages/s", result.drain_per_second));
  } else {
    report.text += line("arrived", std::format("{:.0f} messages/s", result.arrived_per_second));
    report.text += text_of("send to arrival", result.latency);
  }
  report.text += text_of("send to acceptance", result.acceptance);
  if (result.server_cpu_us_per_message) {
    report.text += line(
        "server", std::format("{:.1f} us of CPU a message, {:.0f} % of a core, {:.1f} MiB resident",
                              *result.server_cpu_us_per_message, result.server_cpu_percent.value_or(0),
                              static_cast<double>(result.server_resident_bytes.value_or(0)) / (kibibyte * kibibyte)));
  }
  report.text += line("load generator", std::format("{:.0f} % of a core", result.own_cpu_percent));
  report.text += text_of(result.verdict);
  return report;
}

Report report_of(const CommonOptions& common, const IdleOptions& options, const IdleResult& result,
                 std::optional<double> bare) {
  Report report;
  report.json = header("idle", common);
  report.json.add("group", result.group)
      .add("connections", options.connections)
      .add("bytes_per_connection", result.bytes_per_connection)
      .add("resident_before", result.resident_before)
      .add("resident_after", result.resident_after)
      .add("cpu_us_per_login", result.cpu_us_per_login)
      .add("logins_per_second", result.logins_per_second);
  report.text = line("idle connections", std::to_string(options.connections) + ", logged in and subscribed");
  report.text += line("server memory", std::format("{:.1f} KiB a connection", result.bytes_per_connection / kibibyte));
  if (bare) {
    report.json.add("bare_tls_bytes_per_connection", *bare);
    report.text += line("of it libssl's own", std::format("{:.1f} KiB (bare TLS, buffers released)", *bare / kibibyte));
  }
  report.text += line("server CPU", std::format("{:.0f} us a login", result.cpu_us_per_login));
  report.text += line("logins", std::format("{:.0f} a second", result.logins_per_second));
  return report;
}

Report report_of(const CommonOptions& common, const LoginOptions& options, const LoginResult& result) {
  Report report;
  report.json = header("login", common);
  report.json.add("group", result.group)
      .add("count", options.count)
      .add("at_once", options.at_once)
      .add("full_ms", json_of(result.full))
      .add("resumed_ms", json_of(result.resumed))
      .add("not_resumed", result.not_resumed);
  report.text = text_of("login, full handshake", result.full) + text_of("login with a ticket", result.resumed);
  if (result.full_cpu_us && result.resumed_cpu_us) {
    report.json.add("full_cpu_us", *result.full_cpu_us).add("resumed_cpu_us", *result.resumed_cpu_us);
    report.text += line("server CPU", std::format("{:.0f} us a login, {:.0f} us with a ticket", *result.full_cpu_us,
                                                  *result.resumed_cpu_us));
  }
  if (result.not_resumed != 0) report.text += line("tickets not taken", std::to_string(result.not_resumed));
  return report;
}

Report report_of(const CommonOptions& common, const StartOptions& options, const StartResult& result) {
  Report report;
  report.json = header("start", common);
  report.json.add("count", options.count)
      .add("first_ready_ms", result.first_ready_ms)
      .add("ready_ms", json_of(result.ready))
      .add("first_login_ms", json_of(result.first_login));
  report.text = line("first start (makes keys)", std::format("{:.1f} ms to ready", result.first_ready_ms));
  report.text += text_of("start to ready", result.ready) + text_of("start to a login's answer", result.first_login);
  return report;
}

}  // namespace

Outcome relay_command(const CommonOptions& common, const RelayOptions& options) {
  if (options.connections < 2 * std::size_t{options.senders} || options.senders == 0) {
    return usage_error("--connections must be at least twice --senders, and --senders at least 1");
  }
  if (options.body_size < stamp_size) return usage_error(std::format("--size must be at least {}", stamp_size));
  const auto keys = keys_of(common);
  if (!keys) return std::unexpected(keys.error());
  auto target = Target::make(common.server);
  if (!target) return std::unexpected(target.error());
  const auto result = run_relay(options, *keys, target->link(), target->pid());
  if (!result) return failed(result.error());
  if (auto stopped = target->stop(); !stopped) return std::unexpected(stopped.error());
  return report_of(common, options, *result);
}

Outcome idle_command(const CommonOptions& common, const IdleOptions& options) {
  if (common.server.spawn.empty()) return usage_error("idle measures a server's memory: it takes --spawn-server");
  std::optional<double> bare;
  if (options.bare_tls) {
    const auto measured = bare_tls_bytes_per_connection(std::min<std::size_t>(options.connections, 2'000));
    if (!measured) return failed(measured.error());
    bare = *measured;
  }
  const auto keys = keys_of(common);
  if (!keys) return std::unexpected(keys.error());
  auto target = Target::make(common.server);
  if (!target) return std::unexpected(target.error());
  const auto run = random_run();
  if (auto made = register_accounts(options.connections, "idle", run, *keys, target->link()); !made) {
    return failed(made.error());
  }
  if (auto again = target->restart(); !again) return std::unexpected(again.error());
  const auto result = run_idle(options.connections, "idle", run, *keys, target->link(), *target->pid());
  if (!result) return failed(result.error());
  return report_of(common, options, *result, bare);
}

Outcome login_command(const CommonOptions& common, const LoginOptions& options) {
  const auto keys = keys_of(common);
  if (!keys) return std::unexpected(keys.error());
  auto target = Target::make(common.server);
  if (!target) return std::unexpected(target.error());
  const auto result = run_login(options, *keys, target->link(), target->pid());
  if (!result) return failed(result.error());
  return report_of(common, options, *result);
}

Outcome start_command(const CommonOptions& common, const StartOptions& options) {
  if (common.server.spawn.empty()) return usage_error("start takes --spawn-server");
  const auto keys = keys_of(common);
  if (!keys) return std::unexpected(keys.error());
  const auto result = run_start(options, common.server, *keys);
  if (!result) return failed(result.error());
  return report_of(common, options, *result);
}

}  // namespace pqc::bench
