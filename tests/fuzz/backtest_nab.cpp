// The files of the Numenta Anomaly Benchmark: refused with a place, or rows and windows that fit
// together. What was read is scored and drawn, since other programs' CSV files come this way too.

#include <cstdint>
#include <string_view>

#include "analyzer/backtest/nab_score.hpp"
#include "analyzer/backtest/series_view.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  constexpr std::size_t kDrawnRowsMax = 512;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(analyzer::decode_nab_windows(text));
  const analyzer::NabWindows windows{{"2015-01-01 00:00:00", "2015-01-01 12:00:00"}};
  if (const auto file = analyzer::decode_nab_file("x.csv", text, windows))
    for (const analyzer::RowRange& window : file->windows)
      ensure(window.first <= window.last && window.last < file->values.size(),
             "a window without rows");
  auto series = analyzer::decode_nab_file("x.csv", text, {});
  if (!series || series->values.empty() || series->values.size() > kDrawnRowsMax)
    return 0;
  const auto view = analyzer::view_series(std::move(*series), 0);
  ensure(!analyzer::draw_series(view).empty(), "a picture of something");
  ensure(!analyzer::render_json(view).empty(), "a document of something");
  return 0;
}
