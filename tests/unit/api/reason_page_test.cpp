#include "lib/base/reason.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

namespace berth {

TEST_CASE("the reference page has every reason with its meaning") {
  std::ifstream file("docs/reference/reasons.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  for (const Reason reason : all_reasons()) {
    const std::string line =
        "| `" + std::string(to_string(reason)) + "` | " + std::string(meaning(reason)) + " |\n";
    CAPTURE(line);
    CHECK(page.find(line) != std::string::npos);
  }
  std::size_t rows = 0;
  for (auto at = page.find("| `"); at != std::string::npos; at = page.find("| `", at + 1))
    ++rows;
  CHECK(rows == all_reasons().size());
}

} // namespace berth
