#include "server/server.h"

#include <algorithm>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unistd.h>

#include "base/log.h"
#include "crypto/random.h"
#include "net/listener.h"
#include "net/local_http.h"
#include "server/blobs/tidy.h"
#include "server/call_requests.h"
#include "server/limits.h"
#include "server/metrics.h"
#include "server/session.h"
#include "server/storage/sqlite_store.h"
#include "server/store_failure.h"
#include "server/stun/server.h"

namespace pqc::server {
namespace {

constexpr const char* listening_file = "listening";

std::optional<RateTable<std::int64_t>> message_rates(std::uint64_t per_day) {
  if (per_day == 0) return std::nullopt;
  constexpr double seconds_a_day = 86'400;
  const auto at_once = std::max<std::uint64_t>(1, per_day / messages_burst_share);
  return RateTable<std::int64_t>({static_cast<double>(per_day) / seconds_a_day, static_cast<double>(at_once)},
                                 max_rate_keys);
}

StartFailure listen_failure(const net::ListenFailure& failure) {
  switch (failure.error) {
    case net::ListenError::address_in_use:
      return {ExitCode::address_in_use, failure.text + ": choose another port with --listen"};
    case net::ListenError::no_permission:
      return {ExitCode::no_permission, failure.text + ": ports below 1024 need root or CAP_NET_BIND_SERVICE"};
    case net::ListenError::bad_address:
      return {ExitCode::usage, failure.text};
    case net::ListenError::failed:
      return {ExitCode::unexpected, failure.text};
  }
  return {ExitCode::unexpected, failure.text};
}

FileOptions file_options(const ServerOptions& options) {
  return {.max_size = std::min(options.max_file, blobs::max_blob_size),
          .quota = {.bytes = options.file_quota, .count = blobs::max_blobs_of_account},
          .lifetime = options.keep_files};
}

Started<std::vector<net::Certificate>> certificates(const DataFolder& folder, const ServerOptions& options) {
  std::vector<std::string> hosts{folder.server_name("").value_or("")};
  if (!options.host.empty()) hosts.push_back(options.host);
  auto ours = folder.certificates(hosts);
  if (!ours || options.certificate_file.empty()) return ours;
  auto theirs = net::Certificate::load(options.certificate_file, options.key_file);
  if (!theirs) return std::unexpected(start_failure(theirs.error()));
  if (theirs->kind() != net::CertificateKind::ecdsa_p256) {
    return std::unexpected(StartFailure{
        ExitCode::usage, options.certificate_file + " is not for browsers and tools: give an ECDSA P-256 certificate"});
  }
  for (auto& certificate : *ours) {
    if (certificate.kind() == theirs->kind()) certificate = *theirs;
  }
  return ours;
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& context, DataFolder opened, const ServerOptions& wanted)
      : context_(context), folder_(std::move(opened)), options_(wanted), sweep_timer_(context) {}

  Started<void> start() {
    if (auto restored = restore(); !restored) return restored;
    auto name = folder_.server_name(options_.name);
    if (!name) return std::unexpected(name.error());
    name_ = std::move(*name);
    auto all = certificates(folder_, options_);
    if (!all) return std::unexpected(all.error());
    fingerprint_ = all->front().fingerprint();
    if (auto opened = open_store(); !opened) return opened;
    if (options_.rendezvous) services_->rendezvous.emplace();
    if (auto ready = prepare_turn(); !ready) return ready;
    if (auto listening = listen(*all); !listening) return listening;
    if (auto listening = listen_for_stun(); !listening) return listening;
    if (auto written = folder_.write(listening_file, listening_text()); !written) return written;
    sweep_blobs();  // what expired while nobody served gives its room back at once
    sweep();
    return {};
  }

  void stop(std::function<void()> done) {
    if (std::exchange(services_->shutting_down, true)) return;
    log(LogLevel::info, "stopping", {{"connections", listener_->stats().connections}});
    folder_.remove(listening_file);
    listener_->stop_accepting();
    sweep_timer_.cancel();
    stun_.reset();
    // What was accepted is finished: the reports are posted before this returns, so they come before what follows.
    blobs_->stop();
    storage_->stop();
    boost::asio::post(context_, [self = shared_from_this(), done = std::move(done)] {
      self->listener_->close_all(net::CloseCode::going_away, "shutting down", done);
    });
  }

  // The owner goes; connections are dropped before what they use.
  void abandon() {
    sweep_timer_.cancel();
    listener_.reset();
    local_.reset();
    stun_.reset();
    if (blobs_) blobs_->stop();
    if (storage_) storage_->stop();
    folder_.remove(listening_file);
  }

  // Of a start that failed: the folder stays locked until all else is closed.
  DataFolder give_up() {
    abandon();
    return std::move(folder_);
  }

  [[nodiscard]] std::string listening_text() const {
    return "address=" + listener_->address() + "\n" + (local_ ? "metrics=" + local_->address() + "\n" : "") +
           (stun_ ? "stun=" + stun_->address() + "\n" : "") + "fingerprint=" + net::to_text(fingerprint_) +
           "\nname=" + name_ + "\npid=" + std::to_string(::getpid()) + "\n";
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const net::Fingerprint& fingerprint() const { return fingerprint_; }
  [[nodiscard]] const net::Listener& listener() const { return *listener_; }
  [[nodiscard]] std::string metrics_address() const { return local_ ? local_->address() : ""; }
  [[nodiscard]] std::string stun_address() const { return stun_ ? stun_->address() : ""; }

 private:
  // A database from a backup brings name and keys with it.
  Started<void> restore() {
    const auto database = folder_.database();
    if (::access(database.c_str(), F_OK) != 0) return {};
    const auto files = storage::kept_files(database);
    if (!files) return std::unexpected(store_failure(files.error(), database));
    if (files->empty()) return {};
    for (const auto& file : *files) {
      if (std::ranges::find(DataFolder::kept_files, file.name) == DataFolder::kept_files.end()) continue;
      if (auto written = folder_.write(file.name, file.content); !written) return written;
    }
    if (auto forgotten = storage::forget_kept_files(database); !forgotten) {
      return std::unexpected(store_failure(forgotten.error(), database));
    }
    return {};
  }

  Started<void> open_store() {
    auto opened = storage::open_sqlite(folder_.database());
    if (!opened) return std::unexpected(store_failure(opened.error(), folder_.database()));
    auto folder = open_blobs(**opened);
    if (!folder) return std::unexpected(folder.error());
    storage_ = std::make_unique<storage::GroupCommit>(std::move(*opened), [this](std::function<void()> reports) {
      boost::asio::post(context_, [weak = weak_from_this(), reports = std::move(reports)] {
        const auto self = weak.lock();
        if (!self) return;
        reports();
        self->hub_.flush();
        if (self->services_) Session::serve_readers(*self->services_);
      });
    });
    blobs_ = std::make_unique<blobs::BlobWorker>(std::move(*folder), [this](std::function<void()> reports) {
      boost::asio::post(context_, [weak = weak_from_this(), reports = std::move(reports)] {
        if (const auto self = weak.lock()) reports();
      });
    });
    services_ = std::make_unique<Services>(Services{.storage = *storage_,
                                                    .blobs = *blobs_,
                                                    .hub = hub_,
                                                    .clock = clock_,
                                                    .rng = crypto::SystemRng::instance(),
                                                    .at = [this](auto time, auto what) { at(time, std::move(what)); },
                                                    .server_name = name_,
                                                    .fingerprint = fingerprint_,
                                                    .invite_only = options_.invite_only,
                                                    .files = file_options(options_),
                                                    .messages = message_rates(options_.messages_per_day),
                                                    .counters = {},
                                                    .request = {},
                                                    .answer = {}});
    return {};
  }

  Started<blobs::BlobFolder> open_blobs(storage::Store& store) {
    auto folder = blobs::BlobFolder::open(folder_.blobs());
    if (!folder) return std::unexpected(folder_failure("cannot use the folder " + folder_.blobs(), folder.error()));
    const auto tidied = blobs::tidy(store, *folder);
    if (!tidied) return std::unexpected(store_failure(tidied.error(), folder_.database()));
    return std::move(*folder);
  }

  Started<void> listen(const std::vector<net::Certificate>& all) {
    auto tls = net::TlsServerContext::make(all, options_.allow_classical_tls);
    if (!tls) return std::unexpected(StartFailure{ExitCode::unexpected, tls.error()});
    net::ListenerCallbacks callbacks;
    callbacks.opened = [this](net::ServerConnection& connection) {
      auto session = std::make_shared<Session>(*services_, connection);
      session->say_hello();
      return session;
    };
    callbacks.request = [this](const net::HttpRequest& request) { return answer(request); };
    auto listener = net::Listener::start(context_, std::move(*tls), options_.host, options_.port, std::move(callbacks));
    if (!listener) return std::unexpected(listen_failure(listener.error()));
    listener_ = std::move(*listener);
    if (!options_.metrics_port) return {};
    auto local = net::LocalHttp::start(context_, *options_.metrics_port, [this](const net::HttpRequest& request) {
      if (request.target != "/metrics") return net::HttpResponse{404, "text/plain; charset=utf-8", "not found\n"};
      return net::HttpResponse{200, "text/plain; version=0.0.4",
                               metrics_text(*services_, listener_->stats(), stun_ ? &stun_->counters() : nullptr)};
    });
    if (!local) return std::unexpected(listen_failure(local.error()));
    local_ = std::move(*local);
    return {};
  }

  Started<void> prepare_turn() {
    if (options_.turn_uris.empty()) return {};
    auto issuer = turn::Issuer::make(options_.turn_uris, options_.turn_secret_file);
    if (!issuer) return std::unexpected(StartFailure{ExitCode::usage, "TURN: " + issuer.error()});
    services_->turn = std::move(*issuer);
    return {};
  }

  Started<void> listen_for_stun() {
    if (!options_.stun_port) return {};
    auto stun = stun::StunServer::start(options_.host, *options_.stun_port, crypto::SystemRng::instance());
    if (!stun) return std::unexpected(listen_failure(stun.error()));
    stun_ = std::move(*stun);
    const auto& at = stun_->address();
    services_->stun_port = static_cast<std::uint16_t>(std::stoul(at.substr(at.rfind(':') + 1)));
    return {};
  }

  net::HttpResponse answer(const net::HttpRequest& request) {
    if (is_call_target(request.target)) return answer_rest_call(*services_, request);
    if (request.target != "/healthz") return {404, "text/plain; charset=utf-8", "not found\n"};
    if (request.method != "GET" && request.method != "HEAD") return {405, "text/plain; charset=utf-8", ""};
    return {200, "text/plain; charset=utf-8", request.method == "GET" ? "ok\n" : ""};
  }

  void at(std::chrono::steady_clock::time_point time, std::function<void()> what) {
    auto timer = std::make_shared<boost::asio::steady_timer>(context_, time);
    timer->async_wait([timer, what = std::move(what)](boost::system::error_code cancelled) {
      if (!cancelled) what();
    });
  }

  void sweep() {
    sweep_timer_.expires_after(sweep_interval);
    sweep_timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
      if (cancelled || self->services_->shutting_down) return;
      auto tidy = [now = self->clock_.now()](storage::Store& store) { return store.sweep(now); };
      auto tidied = [](const storage::Result<void>& done) {
        if (!done) log(LogLevel::warning, "sweep_failed", {{"error", storage::name_of(done.error())}});
      };
      static_cast<void>(self->storage_->submit(0, std::move(tidy), std::move(tidied)));  // full: next time
      self->sweep_blobs();
      expire_calls(*self->services_);
      self->sweep();
    });
  }

  // Rows first: a crash in between leaves files that the next start removes.
  void sweep_blobs() {
    auto take = [now = clock_.now()](storage::Store& store) {
      return store.take_expired_blobs(now, blobs::sweep_step);
    };
    auto taken = [weak = weak_from_this()](storage::Result<std::vector<storage::BlobId>> ids) {
      const auto self = weak.lock();
      if (!self || !ids || ids->empty()) return;
      log(LogLevel::info, "blobs_expired", {{"count", ids->size()}});
      static_cast<void>(self->blobs_->remove(std::move(*ids)));  // full: the next start removes them
    };
    static_cast<void>(storage_->submit(0, std::move(take), std::move(taken)));  // full: next time
  }

  boost::asio::io_context& context_;
  DataFolder folder_;
  ServerOptions options_;
  SystemClock clock_;
  relay::Hub hub_;
  std::string name_;
  net::Fingerprint fingerprint_;
  std::unique_ptr<storage::GroupCommit> storage_;
  std::unique_ptr<blobs::BlobWorker> blobs_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<net::LocalHttp> local_;
  std::unique_ptr<stun::StunServer> stun_;
  boost::asio::steady_timer sweep_timer_;
};

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() {
  impl_->abandon();
}

Started<std::unique_ptr<Server>> Server::start(boost::asio::io_context& context, const ServerOptions& options) {
  auto folder = DataFolder::open(options.data_folder);
  if (!folder) return std::unexpected(folder.error());
  auto impl = std::make_shared<Impl>(context, std::move(*folder), options);
  auto started = impl->start();
  if (started) return std::unique_ptr<Server>(new Server(std::move(impl)));
  auto unused = impl->give_up();
  impl.reset();
  if (unused.is_new()) unused.discard();  // nobody has an account there
  return std::unexpected(started.error());
}

void Server::stop(std::function<void()> done) {
  impl_->stop(std::move(done));
}
std::string Server::address() const {
  return impl_->listener().address();
}
std::string Server::metrics_address() const {
  return impl_->metrics_address();
}
std::string Server::stun_address() const {
  return impl_->stun_address();
}
std::string Server::fingerprint() const {
  return net::to_text(impl_->fingerprint());
}
const std::string& Server::name() const {
  return impl_->name();
}
std::string Server::listening() const {
  return impl_->listening_text();
}

}  // namespace pqc::server
