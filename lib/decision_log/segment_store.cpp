#include "lib/decision_log/segment_store.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace berth::decision_log {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "decisions-";
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kDigits = 12;

std::uint64_t first_cycle_of(std::string_view name) {
  std::uint64_t cycle = 0;
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix))
    return 0;
  name = name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), cycle);
  return error == std::errc{} && end == name.data() + name.size() ? cycle : 0;
}

Result<std::vector<Segment>> list_folder(const fs::path& folder) {
  std::vector<Segment> segments;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code gone;
    if (const std::uint64_t first = first_cycle_of(name); first > 0)
      segments.push_back({name, first, entry->file_size(gone)});
  }
  if (error)
    return fail(Code::Invalid, folder.string() + ": cannot be listed: " + error.message());
  std::ranges::sort(segments, {}, &Segment::first_cycle);
  return segments;
}

class FolderStore final : public SegmentStore {
public:
  explicit FolderStore(fs::path folder) : folder_(std::move(folder)) {}
  ~FolderStore() override { finish(); }
  FolderStore(const FolderStore&) = delete;
  FolderStore& operator=(const FolderStore&) = delete;

  Result<std::vector<Segment>> list() override { return list_folder(folder_); }

  Result<void> begin(const std::string& name) override {
    finish();
    const std::string path = (folder_ / name).string();
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
    return file_ < 0 ? complain("cannot be made") : Result<void>{};
  }

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return complain("cannot be written");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> cut(std::uint64_t bytes) override {
    return ::ftruncate(file_, static_cast<off_t>(bytes)) == 0 ? Result<void>{}
                                                              : complain("cannot be cut");
  }

  void finish() override {
    if (file_ < 0)
      return;
    ::fdatasync(file_);
    ::close(file_);
    file_ = -1;
  }

  Result<void> remove(const std::string& name) override {
    std::error_code error;
    fs::remove(folder_ / name, error);
    if (error)
      return fail(Code::Unavailable, name + ": cannot be removed: " + error.message());
    return {};
  }

private:
  [[nodiscard]] tl::unexpected<Error> complain(const char* what) const {
    const bool is_full = errno == ENOSPC || errno == EDQUOT;
    return fail(is_full ? Code::TooLarge : Code::Unavailable,
                folder_.string() + ": a segment " + what + ": " + std::strerror(errno));
  }

  fs::path folder_;
  int file_ = -1;
};

} // namespace

std::string segment_name(std::uint64_t first_cycle) {
  std::string digits = std::to_string(first_cycle);
  if (digits.size() < kDigits)
    digits.insert(0, kDigits - digits.size(), '0');
  return std::string(kPrefix) + digits + std::string(kSuffix);
}

Result<std::unique_ptr<SegmentStore>> open_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && ::access(folder.c_str(), W_OK | X_OK) != 0)
    error = std::error_code(errno, std::generic_category());
  if (error)
    return fail(Code::Invalid, folder + ": cannot be written to: " + error.message());
  return std::make_unique<FolderStore>(folder);
}

Result<std::vector<Segment>> find_segments(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::is_regular_file(status))
    return std::vector<Segment>{
        {path, first_cycle_of(fs::path(path).filename().string()), fs::file_size(path, error)}};
  if (!fs::is_directory(status))
    return fail(Code::NotFound, path + ": there is no such file or folder");
  BERTH_TRY(auto segments, list_folder(path));
  if (segments.empty())
    return fail(Code::NotFound, path + ": the folder holds no decisions-*.log");
  for (Segment& segment : segments)
    segment.name = (fs::path(path) / segment.name).string();
  return segments;
}

} // namespace berth::decision_log
