#include "analyzer/backtest/backtest.hpp"

#include <filesystem>

#include "analyzer/backtest/anomaly_backtest.hpp"
#include "analyzer/backtest/csv.hpp"
#include "analyzer/backtest/series_view.hpp"
#include "lib/base/file.hpp"

namespace berth::analyzer {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{256} << 20U;

template <class Report>
std::string rendered(const Report& report, bool json) {
  return json ? render_json(report) : render_text(report);
}

Result<std::string> run_forecast(const BacktestOptions& options, const Stopwatch& stopwatch) {
  BERTH_TRY(const std::string train,
            read_file(options.folder + "/Hourly-train.csv", kFileBytesMax));
  BERTH_TRY(const std::string test, read_file(options.folder + "/Hourly-test.csv", kFileBytesMax));
  const auto series = decode_m4(train, test);
  if (!series)
    return fail_at(options.folder, series.error());
  return rendered(backtest_forecast(*series, stopwatch), options.json);
}

Result<std::vector<NabFile>> read_nab(const std::string& folder) {
  const std::string labels = folder + "/labels/combined_windows.json";
  BERTH_TRY(const std::string text, read_file(labels, kFileBytesMax));
  const auto windows = decode_nab_windows(text);
  if (!windows)
    return fail_at(labels, windows.error());
  std::vector<NabFile> files;
  for (const auto& [name, of_file] : *windows) {
    const std::string path = std::filesystem::path(folder) / "data" / name;
    BERTH_TRY(const std::string rows, read_file(path, kFileBytesMax));
    auto file = decode_nab_file(name, rows, of_file);
    if (!file)
      return fail_at(path, file.error());
    files.push_back(std::move(*file));
  }
  return files;
}

Result<void> write_scores(const std::string& folder, std::span<const NabFile> files,
                          const AnomalyReport& report) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::filesystem::path path = std::filesystem::path(folder) / files[i].name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error)
      return fail(Code::Invalid, path.parent_path().string() + ": " + error.message());
    BERTH_CHECK(write_file(path.string(), render_scores(files[i], report.scores[i])));
  }
  return {};
}

Result<std::string> run_anomaly(const BacktestOptions& options) {
  BERTH_TRY(const auto files, read_nab(options.folder));
  const AnomalyReport report = backtest_anomaly(files);
  if (!options.scores.empty())
    BERTH_CHECK(write_scores(options.scores, files, report));
  return rendered(report, options.json);
}

Result<std::string> run_series(const BacktestOptions& options) {
  BERTH_TRY(const std::string text, read_file(options.file, kFileBytesMax));
  auto series = decode_nab_file(std::filesystem::path(options.file).filename(), text, {});
  if (!series)
    return fail_at(options.file, series.error());
  if (series->values.empty())
    return fail(Code::Invalid, options.file + ": there are no values");
  const auto view = view_series(std::move(*series), static_cast<std::size_t>(options.horizon));
  if (!options.picture.empty())
    BERTH_CHECK(write_file(options.picture, draw_series(view)));
  return rendered(view, options.json);
}

} // namespace

Result<std::string> run_backtest(const BacktestOptions& options, const Stopwatch& stopwatch) {
  switch (options.kind) {
  case BacktestOptions::Kind::Forecast: return run_forecast(options, stopwatch);
  case BacktestOptions::Kind::Anomaly: return run_anomaly(options);
  case BacktestOptions::Kind::Series: return run_series(options);
  }
  return fail(Code::Internal, "no such back-test");
}

} // namespace berth::analyzer
