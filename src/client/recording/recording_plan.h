// What a recording needs before it begins: its place, its key, what it says about the call (docs/spec/recording.md §1,
// §2). Loop thread only.
#pragma once

#include <string>

#include "base/rng.h"
#include "client/recording/recorder.h"
#include "client/store/store.h"

namespace pqc::client {

// Whether a recording could be written to this place; it is looked at before anybody is called. Errors: usage
// (something is there already, or it is no path from the root on), missing (its folder), no_permission.
Status check_recording_path(const std::string& path);

// The key of the recording with this header; the profile's secret is made where there is none. Errors: damaged, those
// of the store.
Result<recording::FileKey> recording_key(Store& store, Rng& rng, const recording::Header& header);

Result<RecordingPlan> plan_recording(Store& store, Rng& rng, const std::string& path, recording::Start start);

}  // namespace pqc::client
