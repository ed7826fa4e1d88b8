#include "analyzer/backtest/m4.hpp"

#include <map>

#include "analyzer/backtest/csv.hpp"

namespace berth::analyzer {
namespace {

struct NamedValues {
  std::string name;
  std::vector<double> values;
};

Result<NamedValues> decode_line(std::string_view line) {
  BERTH_TRY(const auto fields, csv_fields(line));
  NamedValues series{std::string(fields.front()), {}};
  for (std::size_t i = 1; i < fields.size() && !fields[i].empty(); ++i) {
    BERTH_TRY(const double value, csv_number(fields[i]));
    series.values.push_back(value);
  }
  return series;
}

Result<std::vector<NamedValues>> decode_file(std::string_view text) {
  std::vector<NamedValues> all;
  std::string_view line;
  for (std::size_t number = 1; next_line(text, line); ++number) {
    if (number == 1 || line.empty())
      continue; // the names of the columns
    if (all.size() == kM4SeriesMax)
      return fail(Code::TooLarge, "more than 100000 series");
    auto series = decode_line(line);
    if (!series)
      return fail_at("line " + std::to_string(number), series.error());
    all.push_back(std::move(*series));
  }
  return all;
}

} // namespace

Result<std::vector<M4Series>> decode_m4(std::string_view train, std::string_view test) {
  auto past = decode_file(train);
  if (!past)
    return fail_at("training file", past.error());
  auto future = decode_file(test);
  if (!future)
    return fail_at("test file", future.error());
  std::map<std::string, std::vector<double>, std::less<>> by_name;
  for (auto& series : *future)
    by_name.emplace(std::move(series.name), std::move(series.values));
  std::vector<M4Series> all;
  for (auto& series : *past) {
    const auto found = by_name.find(series.name);
    if (found != by_name.end() && !found->second.empty() && !series.values.empty())
      all.push_back({std::move(series.name), std::move(series.values), found->second});
  }
  if (all.empty())
    return fail(Code::Invalid, "the two files have no series in common");
  return all;
}

} // namespace berth::analyzer
