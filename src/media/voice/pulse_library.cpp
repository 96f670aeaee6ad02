#include "media/voice/pulse_library.h"

#include <optional>

#include <dlfcn.h>

namespace pqc::media::voice {

namespace {

template <class Function>
bool find(void* library, const char* name, Function& out) {
  out = reinterpret_cast<Function>(::dlsym(library, name));
  return out != nullptr;
}

std::optional<PulseLibrary> load_all() {
  void* const library = ::dlopen("libpulse.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  PulseLibrary out;
  bool all = true;
  all = find(library, "pa_context_new", out.context_new) && all;
  all = find(library, "pa_context_connect", out.context_connect) && all;
  all = find(library, "pa_context_disconnect", out.context_disconnect) && all;
  all = find(library, "pa_context_get_state", out.context_get_state) && all;
  all = find(library, "pa_context_unref", out.context_unref) && all;
  all = find(library, "pa_operation_get_state", out.operation_get_state) && all;
  all = find(library, "pa_operation_unref", out.operation_unref) && all;
  all = find(library, "pa_stream_new", out.stream_new) && all;
  all = find(library, "pa_stream_connect_record", out.stream_connect_record) && all;
  all = find(library, "pa_stream_connect_playback", out.stream_connect_playback) && all;
  all = find(library, "pa_stream_disconnect", out.stream_disconnect) && all;
  all = find(library, "pa_stream_unref", out.stream_unref) && all;
  all = find(library, "pa_stream_get_state", out.stream_get_state) && all;
  all = find(library, "pa_stream_cork", out.stream_cork) && all;
  all = find(library, "pa_stream_flush", out.stream_flush) && all;
  all = find(library, "pa_stream_peek", out.stream_peek) && all;
  all = find(library, "pa_stream_drop", out.stream_drop) && all;
  all = find(library, "pa_stream_write", out.stream_write) && all;
  all = find(library, "pa_stream_set_read_callback", out.stream_set_read_callback) && all;
  all = find(library, "pa_stream_set_write_callback", out.stream_set_write_callback) && all;
  all = find(library, "pa_stream_set_underflow_callback", out.stream_set_underflow_callback) && all;
  all = find(library, "pa_stream_set_buffer_attr", out.stream_set_buffer_attr) && all;
  all = find(library, "pa_stream_get_buffer_attr", out.stream_get_buffer_attr) && all;
  if (!all) return std::nullopt;
  return out;
}

}  // namespace

const PulseLibrary* PulseLibrary::load() {
  static const auto loaded = load_all();
  return loaded ? &*loaded : nullptr;
}

}  // namespace pqc::media::voice
