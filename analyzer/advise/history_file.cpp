#include "analyzer/advise/history_file.hpp"

#include <filesystem>
#include <system_error>

#include "analyzer/model/history/snapshot.hpp"
#include "lib/base/file.hpp"

namespace berth::analyzer {

Result<void> read_history_file(const std::string& path, TimePoint now, History& into) {
  BERTH_TRY(const std::string bytes, read_file(path, kSnapshotBytesMax));
  return decode_snapshot(bytes, now, into);
}

Result<void> write_history_file(const std::string& path, const History& history) {
  const std::string beside = path + ".new";
  BERTH_CHECK(write_file(beside, encode_snapshot(history)));
  std::error_code error;
  std::filesystem::rename(beside, path, error);
  if (error)
    return fail(Code::Invalid, path + ": cannot be replaced: " + error.message());
  return {};
}

} // namespace berth::analyzer
