// write-history FILE: the past that an analyzer is to be started with (--history-file), from lines
// "SERIES SECONDS VALUE" on standard input, seconds since 1970 and by time. For integration tests.

#include <iostream>

#include "analyzer/advise/history_file.hpp"

namespace {

using namespace berth;

int write_history(const char* file) {
  analyzer::History history{analyzer::SeriesOptions{}};
  std::string series;
  std::int64_t at = 0;
  double value = 0;
  while (std::cin >> series >> at >> value) {
    const TimePoint time{std::chrono::seconds{at}};
    if (history.add(series, {time, value}, time) != analyzer::SampleFate::Added) {
      std::cerr << "write-history: " << series << " at " << at << " was not taken\n";
      return 1;
    }
  }
  if (!std::cin.eof()) {
    std::cerr << "write-history: a line is not SERIES SECONDS VALUE\n";
    return 2;
  }
  if (const auto written = analyzer::write_history_file(file, history); !written) {
    std::cerr << "write-history: " << written.error().message << '\n';
    return 1;
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2)
    return write_history(argv[1]);
  std::cerr << "usage: write-history FILE < LINES\n";
  return 2;
}
