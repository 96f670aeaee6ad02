#include "media/voice/device_context.h"

#include <array>
#include <cstring>
#include <span>

#include "media/voice/limits.h"

namespace pqc::media::voice {

namespace {

struct Found {
  std::span<ma_device_info> sources;
  std::span<ma_device_info> sinks;
};

Result<Found> enumerate(ma_context* context) {
  ma_device_info* sinks = nullptr;
  ma_device_info* sources = nullptr;
  ma_uint32 sink_count = 0;
  ma_uint32 source_count = 0;
  if (ma_context_get_devices(context, &sinks, &sink_count, &sources, &source_count) != MA_SUCCESS) {
    return std::unexpected(Error::no_device);
  }
  return Found{.sources = {sources, source_count}, .sinks = {sinks, sink_count}};
}

std::vector<DeviceInfo> describe(std::span<const ma_device_info> infos, ma_backend backend) {
  std::vector<DeviceInfo> out;
  for (const auto& info : infos.first(std::min(infos.size(), limits::devices_listed))) {
    const auto& id = info.id.alsa;
    out.push_back({.name = info.name,
                   .is_default = info.isDefault != MA_FALSE,
                   .is_plugin = backend == ma_backend_alsa && is_alsa_plugin({id, ::strnlen(id, sizeof id)})});
  }
  return out;
}

}  // namespace

void DeviceContext::Close::operator()(ma_context* context) const {
  ma_context_uninit(context);
  delete context;
}

Result<DeviceContext> DeviceContext::open() {
  return open(std::array{ma_backend_pulseaudio, ma_backend_alsa});
}

Result<DeviceContext> DeviceContext::open_alsa() {
  return open(std::array{ma_backend_alsa});
}

Result<DeviceContext> DeviceContext::open(std::span<const ma_backend> backends) {
  auto config = ma_context_config_init();
  config.pulse.pApplicationName = "pqc-chat";
  auto context = std::make_unique<ma_context>();
  if (ma_context_init(backends.data(), static_cast<ma_uint32>(backends.size()), &config, context.get()) != MA_SUCCESS) {
    return std::unexpected(Error::no_device);
  }
  DeviceContext out;
  out.context_.reset(context.release());
  return out;
}

Result<DeviceList> DeviceContext::list() const {
  return enumerate(get()).transform([backend = get()->backend](const Found& found) {
    return DeviceList{.sources = describe(found.sources, backend), .sinks = describe(found.sinks, backend)};
  });
}

Result<std::optional<ma_device_id>> DeviceContext::find(const std::string& name, ma_device_type type) const {
  if (name.empty()) return std::nullopt;
  const auto found = enumerate(get());
  if (!found) return std::unexpected(found.error());
  for (const auto& info : type == ma_device_type_capture ? found->sources : found->sinks) {
    if (name == info.name) return info.id;
  }
  return std::unexpected(Error::no_device);
}

// Sound cards are ":0,0": a card and a device of it.
bool is_alsa_plugin(std::string_view id) {
  return id != "default" && !id.starts_with(':');
}

Result<DeviceList> list_devices() {
  return DeviceContext::open().and_then([](const DeviceContext& context) { return context.list(); });
}

}  // namespace pqc::media::voice
