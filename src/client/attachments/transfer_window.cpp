#include "client/attachments/transfer_window.h"

#include <algorithm>

#include "client/limits.h"

namespace pqc::client {

std::size_t TransferWindow::part() const {
  return std::clamp<std::size_t>(chunks_ / 4, 1, limits::part_chunks);
}

void TransferWindow::answered(std::chrono::steady_clock::duration after) {
  if (after <= limits::quick_answer) chunks_ = std::min(chunks_ + part(), limits::window_chunks);
  if (after > limits::slow_answer) chunks_ = std::max<std::size_t>(chunks_ / 2, 1);
}

}  // namespace pqc::client
