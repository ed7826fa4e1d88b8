#include "lib/base/reason.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>

namespace berth {

TEST_CASE("every reason has a name of its own that leads back to it") {
  std::set<std::string_view> names;
  for (const Reason reason : all_reasons()) {
    CAPTURE(to_string(reason));
    CHECK(reason_from(to_string(reason)) == reason);
    CHECK(names.insert(to_string(reason)).second);
  }
  CHECK(reason_from("") == std::nullopt);
  CHECK(reason_from("admitted") == std::nullopt);
  CHECK(reason_from("Nonsense") == std::nullopt);
}

TEST_CASE("every reason fits a condition: CamelCase, and its meaning is a sentence") {
  for (const Reason reason : all_reasons()) {
    const std::string_view name = to_string(reason);
    const std::string_view sentence = meaning(reason);
    CAPTURE(name);
    CHECK(std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0; }));
    CHECK(std::isupper(static_cast<unsigned char>(name.front())) != 0);
    CHECK(name.size() <= 64);
    CHECK(sentence.ends_with('.'));
    CHECK(std::isupper(static_cast<unsigned char>(sentence.front())) != 0);
  }
}

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
