#include "cli/echo_view.h"

#include <algorithm>
#include <cmath>
#include <format>

namespace pqc::cli {
namespace {

// -50 dB: more than the noise of a quiet room.
constexpr float audible = 0.003F;

enum class Echo : std::uint8_t { heard, nothing_back, silent };

Echo result_of(const client::CallQuality& quality) {
  if (quality.loudest_out >= audible) return Echo::heard;
  return quality.loudest_in >= audible ? Echo::nothing_back : Echo::silent;
}

std::string_view name(Echo result) {
  switch (result) {
    case Echo::heard:
      return "heard";
    case Echo::nothing_back:
      return "nothing_back";
    case Echo::silent:
      break;
  }
  return "silent";
}

std::string bar(float level) {
  constexpr int steps = 8;
  const double decibels = level > 0 ? 20 * std::log10(static_cast<double>(level)) : -60;
  const int full = std::clamp(static_cast<int>(std::lround((decibels + 60) * steps / 60)), 0, steps);
  return std::string(static_cast<std::size_t>(full), '#') + std::string(static_cast<std::size_t>(steps - full), '-');
}

double share_lost(const client::CallQuality& quality) {
  const auto all = quality.packets_received + quality.packets_lost;
  return all == 0 ? 0 : static_cast<double>(quality.packets_lost) / static_cast<double>(all);
}

}  // namespace

bool is_echo(std::string_view peer) {
  return peer.substr(0, peer.find('@')) == "echo";
}

std::string level_meter(const client::CallQuality& quality) {
  return "in " + bar(quality.level_in) + " out " + bar(quality.level_out);
}

std::string echo_line(const client::CallInfo& call) {
  const auto& quality = call.quality;
  std::string text;
  if (quality.round_trip)
    text = std::format("round trip {:.1f} ms; ", static_cast<double>(quality.round_trip->count()) / 1000);
  text += std::format("lost: {} of {} packets on the way here ({:.1f} %), {:.1f} % of the last on the way there",
                      quality.packets_lost, quality.packets_received + quality.packets_lost, share_lost(quality) * 100,
                      quality.peer_loss * 100);
  return result_of(quality) == Echo::heard ? "you were heard, and your words came back; " + text : text;
}

Json echo_object(const client::CallInfo& call) {
  const auto& quality = call.quality;
  auto out = json_object("echo_test");
  out.add("id", call.id).add("result", name(result_of(quality)));
  if (quality.round_trip) out.add("round_trip_us", quality.round_trip->count());
  return out.add("packets_received", quality.packets_received)
      .add("packets_lost", quality.packets_lost)
      .add("loss_per_mille", static_cast<std::int64_t>(share_lost(quality) * 1000))
      .add("peer_loss_per_mille", static_cast<std::int64_t>(quality.peer_loss * 1000))
      .add("loudest_in", std::llround(quality.loudest_in * 1000))
      .add("loudest_out", std::llround(quality.loudest_out * 1000));
}

client::Error echo_error(const client::CallInfo& call) {
  switch (result_of(call.quality)) {
    case Echo::heard:
      break;
    case Echo::nothing_back:
      return {ExitCode::call_broken,
              "your words went out, and nothing came back: call again and speak for some seconds"};
    case Echo::silent:
      return {ExitCode::call_broken,
              "your microphone gave no sound: look whether it is on and the right one (pqc-chat devices audio, "
              "--audio-in), and speak for some seconds"};
  }
  return {ExitCode::ok, {}};
}

client::Error no_echo_service(std::string_view peer) {
  return {ExitCode::call_unreachable,
          "no echo service answers to " + std::string(peer) +
              ": this server has none, or it does not run, or has too much to do; who runs the "
              "server can start one with pqc-chat echo-service"};
}

}  // namespace pqc::cli
