#include "cli/safety_code.h"

#include <memory>

#include <qrencode.h>

namespace pqc::cli {

std::vector<std::string> safety_code(ByteView payload) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeData(static_cast<int>(payload.size()), payload.data(), 0, QR_ECLEVEL_L), &QRcode_free);
  if (!code) return {};
  const int width = code->width;
  constexpr int quiet = 2;
  const auto dark = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < width && y < width && (code->data[y * width + x] & 1) != 0;
  };
  std::vector<std::string> rows;
  for (int y = -quiet; y < width + quiet; y += 2) {
    std::string row;
    for (int x = -quiet; x < width + quiet; ++x) {
      const bool upper = !dark(x, y);
      const bool lower = !dark(x, y + 1);
      row += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace pqc::cli
