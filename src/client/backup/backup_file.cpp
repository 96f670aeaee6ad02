#include "client/backup/backup_file.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/limits.h"

namespace pqc::client {
namespace {

constexpr std::array<std::uint8_t, 8> magic{'P', 'Q', 'C', 'B', 'A', 'C', 'K', 'P'};
constexpr std::uint16_t version = 1;
constexpr std::size_t salt_at = 22;
constexpr std::size_t sealed_piece = backup_piece_size + crypto::aead_tag_size;

std::unexpected<Error> damaged() {
  return fail(ExitCode::damaged, "the backup is damaged or was cut off: nothing was restored");
}

template <class T>
void put(Bytes& out, T value) {
  for (int shift = (sizeof(T) - 1) * 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint32_t get_32(ByteView in) {
  std::uint32_t out = 0;
  for (const auto byte : in.first(4)) out = out << 8 | byte;
  return out;
}

std::array<std::uint8_t, crypto::aead_nonce_size> nonce_of(std::uint64_t number, bool last) {
  std::array<std::uint8_t, crypto::aead_nonce_size> out{};
  out[0] = last ? 1 : 0;
  for (std::size_t i = 0; i < 8; ++i) out[11 - i] = static_cast<std::uint8_t>(number >> 8 * i);
  return out;
}

Status set_key(crypto::Aead& aead, const SecretBytes& passphrase, ByteView header,
               const crypto::Argon2Parameters& parameters) {
  SecretBytes key(32);
  if (!crypto::argon2id(passphrase.view(), header.subspan(salt_at), parameters, key.fill()) ||
      !aead.set_key(key.view()))
    return fail(ExitCode::unexpected, "the key of the backup could not be made: is there enough memory?");
  return {};
}

// A name that nothing has: what is there under the one that was drawn is left as it is.
std::filesystem::path unfinished(const std::filesystem::path& file, Rng& rng) {
  return file.string() + "." + to_hex(rng.bytes<8>()) + ".new";
}

Status sync_folder(const std::filesystem::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return std::unexpected(system_error(errno, "write", file));
  return {};
}

}  // namespace

Result<std::unique_ptr<BackupWriter>> BackupWriter::create(const std::filesystem::path& file,
                                                           const SecretBytes& passphrase,
                                                           const crypto::Argon2Parameters& parameters, Rng& rng) {
  if (::access(file.c_str(), F_OK) == 0)
    return fail(ExitCode::usage, file.string() + " is there already: choose another name");
  auto name = unfinished(file, rng);
  FileDescriptor descriptor(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!descriptor) return std::unexpected(system_error(errno, "write", file));
  std::unique_ptr<BackupWriter> writer(new BackupWriter(file, std::move(name), std::move(descriptor)));
  auto& header = writer->header_;
  header.assign(magic.begin(), magic.end());
  put(header, version);
  put(header, parameters.memory_kib);
  put(header, parameters.passes);
  put(header, parameters.lanes);
  const auto salt = rng.bytes<32>();
  header.insert(header.end(), salt.begin(), salt.end());
  if (auto keyed = set_key(writer->aead_, passphrase, header, parameters); !keyed) return pass(keyed);
  if (auto written = writer->write(header); !written) return pass(written);
  return writer;
}

BackupWriter::~BackupWriter() {
  ::unlink(unfinished_.c_str());
}

Status BackupWriter::write(ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(system_error(errno, "write", file_));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Status BackupWriter::add(ByteView record) {
  if (record.size() > backup_record_size) return fail(ExitCode::unexpected, "a record is too long for a backup");
  Bytes length;
  put(length, static_cast<std::uint32_t>(record.size()));
  if (auto done = append(length); !done) return done;
  return append(record);
}

Status BackupWriter::append(ByteView bytes) {
  while (!bytes.empty()) {
    // Sealed only when more follows: the last piece is never known before finish().
    if (piece_.size() == backup_piece_size)
      if (auto done = seal_piece(false); !done) return done;
    const auto part = std::min(bytes.size(), backup_piece_size - piece_.size());
    piece_.append(bytes.first(part));
    bytes = bytes.subspan(part);
  }
  return {};
}

Status BackupWriter::seal_piece(bool last) {
  Bytes sealed(piece_.size() + crypto::aead_tag_size);
  if (!aead_.seal(nonce_of(number_++, last), header_, piece_.view(), sealed))
    return fail(ExitCode::unexpected, "the backup could not be sealed");
  piece_ = SecretBytes();
  return write(sealed);
}

Status BackupWriter::finish() {
  if (auto done = seal_piece(true); !done) return done;
  if (::fsync(descriptor_.get()) != 0) return std::unexpected(system_error(errno, "write", file_));
  // Nothing that has this name already is replaced.
  if (::link(unfinished_.c_str(), file_.c_str()) == 0) return sync_folder(file_);
  if (errno == EEXIST) return fail(ExitCode::usage, file_.string() + " is there already: choose another name");
  return std::unexpected(system_error(errno, "write", file_));
}

Result<std::unique_ptr<BackupReader>> BackupReader::open(const std::filesystem::path& file,
                                                         const SecretBytes& passphrase) {
  FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) return std::unexpected(system_error(errno, "read", file));
  std::unique_ptr<BackupReader> reader(new BackupReader(std::move(descriptor)));
  if (auto read = reader->read_header(passphrase); !read) return pass(read);
  return reader;
}

Result<Bytes> BackupReader::read(std::size_t size) {
  Bytes out(size);
  std::size_t have = 0;
  while (have < size) {
    const auto got = ::read(descriptor_.get(), out.data() + have, size - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error(errno, "read", "the backup"));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

Status BackupReader::read_header(const SecretBytes& passphrase) {
  auto header = read(backup_header_size);
  if (!header) return pass(header);
  const bool ours = header->size() == backup_header_size && std::ranges::equal(ByteView(*header).first(8), magic);
  const auto number = ours ? static_cast<unsigned>((*header)[8] << 8 | (*header)[9]) : 0U;
  if (number == 0) return fail(ExitCode::damaged, "this is no backup of pqc-chat");
  if (number > version) return fail(ExitCode::too_new, "the backup was written by a newer pqc-chat: update this one");
  header_ = std::move(*header);
  const ByteView view(header_);
  const crypto::Argon2Parameters parameters{
      .memory_kib = get_32(view.subspan(10)), .passes = get_32(view.subspan(14)), .lanes = get_32(view.subspan(18))};
  if (parameters.memory_kib > crypto::max_argon2_memory_kib || parameters.passes > crypto::max_argon2_passes ||
      parameters.lanes > crypto::max_argon2_lanes)
    return damaged();
  if (auto keyed = set_key(aead_, passphrase, header_, parameters); !keyed) return keyed;
  auto ahead = read(sealed_piece);
  if (!ahead) return pass(ahead);
  ahead_ = std::move(*ahead);
  if (auto opened = open_piece(); !opened)
    return fail(ExitCode::wrong_key, "this is not the passphrase of the backup, or the backup was changed");
  return {};
}

// A piece is the last one if nothing stands behind it, and it was sealed as such.
Status BackupReader::open_piece() {
  const auto piece = std::move(ahead_);
  auto behind = read(sealed_piece);
  if (!behind) return pass(behind);
  ahead_ = std::move(*behind);
  last_ = ahead_.empty();
  if (piece.size() < crypto::aead_tag_size || (!last_ && piece.size() != sealed_piece)) return damaged();
  SecretBytes plain(piece.size() - crypto::aead_tag_size);
  if (!aead_.open(nonce_of(number_++, last_), header_, piece, plain.fill())) return damaged();
  SecretBytes rest(plain_.view().subspan(used_));
  rest.append(plain.view());
  plain_ = std::move(rest);
  used_ = 0;
  return {};
}

Result<bool> BackupReader::have(std::size_t size) {
  while (plain_.size() - used_ < size) {
    if (last_) return false;
    if (auto opened = open_piece(); !opened) return pass(opened);
  }
  return true;
}

Result<std::optional<SecretBytes>> BackupReader::next() {
  auto more = have(4);
  if (!more) return pass(more);
  if (!*more) {
    if (plain_.size() != used_) return damaged();
    return std::nullopt;
  }
  const auto size = get_32(plain_.view().subspan(used_));
  if (size > backup_record_size) return damaged();
  auto whole = have(4 + std::size_t{size});
  if (!whole) return pass(whole);
  if (!*whole) return damaged();
  SecretBytes record(plain_.view().subspan(used_ + 4, size));
  used_ += 4 + std::size_t{size};
  return record;
}

}  // namespace pqc::client
