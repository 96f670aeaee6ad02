#include "server/metrics.h"

#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace pqc::server {
namespace {

prometheus::MetricFamily family(std::string name, std::string help, prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Gauge) metric.gauge.value = value;
  if (type == prometheus::MetricType::Counter) metric.counter.value = value;
  return {"pqc_chat_" + name, std::move(help), type, {std::move(metric)}};
}

}  // namespace

std::string metrics_text(const Services& services, const net::ListenerStats& connections, const stun::Counters* stun) {
  std::vector<prometheus::MetricFamily> all;
  const auto gauge = [&](std::string name, std::string help, auto value) {
    all.push_back(family(std::move(name), std::move(help), prometheus::MetricType::Gauge, static_cast<double>(value)));
  };
  const auto counter = [&](std::string name, std::string help, auto value) {
    all.push_back(
        family(name + "_total", std::move(help), prometheus::MetricType::Counter, static_cast<double>(value)));
  };
  gauge("connections", "Open TCP connections", connections.connections);
  gauge("websockets", "Open WebSockets", connections.websockets);
  gauge("subscribers", "Devices that are subscribed", services.hub.size());
  gauge("storage_waiting", "Jobs waiting for storage", services.storage.waiting());
  counter("accepted", "TCP connections accepted", connections.accepted);
  counter("turned_away", "Connections over a limit", connections.turned_away);
  counter("tls_handshakes", "TLS handshakes done", connections.handshakes);
  counter("tls_handshake_failures", "TLS handshakes failed", connections.handshake_failures);
  counter("tls_resumed", "TLS handshakes with a session ticket", connections.resumed);
  counter("deadlines_missed", "Connections closed by a deadline", connections.deadlines_missed);
  counter("received_bytes", "Bytes received inside TLS", connections.bytes_in);
  counter("sent_bytes", "Bytes sent inside TLS", connections.bytes_out);
  const auto& counters = services.counters;
  counter("requests", "Frames from clients", counters.requests);
  counter("malformed", "Frames that are not what the protocol allows", counters.malformed);
  counter("refused", "Requests refused", counters.refused);
  counter("rate_limited", "Requests over a rate", counters.rate_limited);
  counter("logins", "Logins", counters.logins);
  counter("registrations", "Accounts made", counters.registrations);
  counter("messages_in", "Messages that senders appended", counters.messages_in);
  counter("messages_out", "Messages sent to subscribers", counters.messages_out);
  counter("acknowledgements", "Acknowledgements of receivers", counters.acknowledgements);
  counter("bundles", "Prekey bundles handed out", counters.bundles);
  counter("last_resorts", "Bundles without a one-time pair", counters.last_resorts);
  counter("uploads", "Uploads begun", counters.uploads);
  counter("uploads_completed", "Uploads whole and on disk", counters.uploads_completed);
  counter("blobs_removed", "Blobs that their owners removed", counters.blobs_removed);
  const auto& blobs = services.blobs.stats();
  gauge("blob_waiting_bytes", "Bytes of blobs waiting to be written or sent", services.blobs.waiting_bytes());
  counter("blob_written_bytes", "Bytes of blobs written", blobs.written_bytes.load());
  counter("blob_read_bytes", "Bytes of blobs read", blobs.read_bytes.load());
  counter("blob_syncs", "Files of blobs brought to disk", blobs.syncs.load());
  counter("blob_failures", "Files of blobs that could not be", blobs.failures.load());
  counter("meetings", "Answers with what another left under the same code", counters.meetings);
  counter("turn_accesses", "Credentials for a TURN server", counters.turn_accesses);
  gauge("calls", "Calls that are remembered, over or not", services.calls.size());
  counter("calls_made", "Calls begun", counters.calls);
  counter("rest_requests", "Requests over REST", counters.rest_requests);
  if (services.rendezvous)
    gauge("rendezvous_slots", "Codes under which somebody waits or has met", services.rendezvous->size());
  const auto& commits = services.storage.stats();
  counter("commits", "Transactions on disk", commits.commits.load());
  counter("commit_jobs", "Jobs in them", commits.jobs.load());
  counter("commit_failures", "Jobs that storage failed", commits.failures.load());
  counter("commit_seconds", "Time in transactions", static_cast<double>(commits.commit_micros.load()) / 1e6);
  if (stun != nullptr) {
    counter("stun_answers", "STUN requests answered", stun->answers.load());
    counter("stun_refused", "STUN requests with attributes that are not known", stun->refused.load());
    counter("stun_ignored", "Datagrams and TCP messages that are no STUN requests", stun->ignored.load());
    counter("stun_rate_limited", "STUN requests over a source's rate", stun->rate_limited.load());
    counter("stun_connections", "TCP connections for STUN", stun->connections.load());
  }
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace pqc::server
