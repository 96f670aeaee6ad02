// libpulse, loaded when a device is first opened: programs start, and run, without it. Each member is the function of
// that name (PulseAudio's "Asynchronous API"). Included by source files only.
#pragma once

#include <pulse/context.h>
#include <pulse/error.h>
#include <pulse/operation.h>
#include <pulse/stream.h>

namespace pqc::media::voice {

struct PulseLibrary {
  // Nothing where the system has none. Stays loaded.
  [[nodiscard]] static const PulseLibrary* load();

  decltype(&::pa_context_new) context_new = nullptr;
  decltype(&::pa_context_connect) context_connect = nullptr;
  decltype(&::pa_context_disconnect) context_disconnect = nullptr;
  decltype(&::pa_context_get_state) context_get_state = nullptr;
  decltype(&::pa_context_unref) context_unref = nullptr;
  decltype(&::pa_operation_get_state) operation_get_state = nullptr;
  decltype(&::pa_operation_unref) operation_unref = nullptr;
  decltype(&::pa_stream_new) stream_new = nullptr;
  decltype(&::pa_stream_connect_record) stream_connect_record = nullptr;
  decltype(&::pa_stream_connect_playback) stream_connect_playback = nullptr;
  decltype(&::pa_stream_disconnect) stream_disconnect = nullptr;
  decltype(&::pa_stream_unref) stream_unref = nullptr;
  decltype(&::pa_stream_get_state) stream_get_state = nullptr;
  decltype(&::pa_stream_cork) stream_cork = nullptr;
  decltype(&::pa_stream_flush) stream_flush = nullptr;
  decltype(&::pa_stream_peek) stream_peek = nullptr;
  decltype(&::pa_stream_drop) stream_drop = nullptr;
  decltype(&::pa_stream_write) stream_write = nullptr;
  decltype(&::pa_stream_set_read_callback) stream_set_read_callback = nullptr;
  decltype(&::pa_stream_set_write_callback) stream_set_write_callback = nullptr;
  decltype(&::pa_stream_set_underflow_callback) stream_set_underflow_callback = nullptr;
  decltype(&::pa_stream_set_buffer_attr) stream_set_buffer_attr = nullptr;
  decltype(&::pa_stream_get_buffer_attr) stream_get_buffer_attr = nullptr;
};

}  // namespace pqc::media::voice
