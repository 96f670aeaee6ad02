#include "media/voice/wav_file.h"

#include <algorithm>
#include <array>
#include <bit>

#include <fcntl.h>
#include <unistd.h>

#include "media/voice/limits.h"

namespace pqc::media::voice {

static_assert(std::endian::native == std::endian::little, "samples are read and written as they lie in memory");

WavReader::WavReader(std::ifstream file, const WavLayout& layout, std::optional<Resampler> resampler)
    : file_(std::move(file)), left_(layout.data_bytes), channels_(layout.channels), resampler_(std::move(resampler)) {}

Result<WavReader> WavReader::open(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(Error::no_file);
  Bytes head(limits::wav_head_bytes);
  file.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  const auto layout = parse_wav(head);
  if (!layout) return std::unexpected(layout.error());
  file.clear();
  file.seekg(static_cast<std::streamoff>(layout->data_offset));
  if (layout->sample_rate == limits::sample_rate) return WavReader(std::move(file), *layout, std::nullopt);
  auto resampler = Resampler::create(layout->sample_rate, limits::sample_rate);
  if (!resampler) return std::unexpected(resampler.error());
  return WavReader(std::move(file), *layout, std::move(*resampler));
}

std::vector<std::int16_t> WavReader::next_samples() {
  std::array<std::int16_t, 4096> raw{};
  const auto wanted = std::min<std::size_t>(left_, sizeof(raw)) / 2U * 2U;
  file_.read(reinterpret_cast<char*>(raw.data()), static_cast<std::streamsize>(wanted));
  const auto count = static_cast<std::size_t>(std::max<std::streamsize>(file_.gcount(), 0)) / 2;
  left_ = count * 2 < wanted ? 0 : left_ - static_cast<std::uint32_t>(count * 2);
  std::vector<std::int16_t> out(count / channels_);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = channels_ == 1 ? raw[i] : static_cast<std::int16_t>((raw[2 * i] + raw[2 * i + 1]) / 2);
  }
  return out;
}

void WavReader::refill() {
  ready_.clear();
  given_ = 0;
  while (ready_.empty() && left_ >= 2) {
    const auto samples = next_samples();
    if (resampler_) {
      resampler_->process(samples, ready_);
      if (left_ < 2) resampler_->finish(ready_);
    } else {
      ready_.assign(samples.begin(), samples.end());
    }
  }
}

bool WavReader::read(std::span<std::int16_t> out) {
  bool any = false;
  while (!out.empty()) {
    if (given_ == ready_.size()) refill();
    if (ready_.empty()) break;
    const auto count = std::min(out.size(), ready_.size() - given_);
    std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(given_), count, out.begin());
    given_ += count;
    out = out.subspan(count);
    any = true;
  }
  std::ranges::fill(out, std::int16_t{0});
  return any;
}

Result<WavWriter> WavWriter::create(const std::filesystem::path& path) {
  // What somebody said in a call is for nobody else to read.
  if (const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600); made >= 0)
    ::close(made);
  WavWriter out(std::ofstream(path, std::ios::binary | std::ios::trunc));
  if (!out.update_head()) return std::unexpected(Error::no_file);
  return out;
}

WavWriter::~WavWriter() {
  if (file_.is_open() && told_ != bytes_) (void)update_head();
}

bool WavWriter::update_head() {
  const auto head = make_wav_head(bytes_);
  file_.seekp(0);
  file_.write(reinterpret_cast<const char*>(head.data()), static_cast<std::streamsize>(head.size()));
  file_.seekp(0, std::ios::end);
  file_.flush();
  told_ = bytes_;
  return file_.good();
}

bool WavWriter::write(std::span<const std::int16_t> samples) {
  if (samples.size_bytes() > limits::wav_data_bytes - bytes_) return false;
  file_.write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(samples.size_bytes()));
  bytes_ += static_cast<std::uint32_t>(samples.size_bytes());
  if (bytes_ - told_ >= limits::sample_rate * 2) return update_head();
  return file_.good();
}

}  // namespace pqc::media::voice
