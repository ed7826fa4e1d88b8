#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "lib/base/name_hash.hpp"
#include "scheduler-extender/name_set.hpp"

using berth::extender::NameSet;

namespace {

std::optional<std::string_view> found(NameSet& set, const std::vector<std::string_view>& names) {
  std::vector<std::uint64_t> hashes;
  berth::hash_names(names, hashes);
  return set.first_repeated(names, hashes);
}

/// The obvious way, in quadratic time.
std::optional<std::string_view> first_repeated(const std::vector<std::string_view>& names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (names[i] == names[j])
        return names[i];
  return std::nullopt;
}

} // namespace

TEST_CASE("the first name that stands before it already is found, whatever the list") {
  NameSet set;
  CHECK(rc::check([&set] {
    const auto texts = *rc::gen::container<std::vector<std::string>>(
        rc::gen::container<std::string>(rc::gen::inRange('a', 'd')));
    const std::vector<std::string_view> names(texts.begin(), texts.end());
    RC_ASSERT(found(set, names) == first_repeated(names));
  }));
}

TEST_CASE("names that differ in their last digits only are told apart") {
  std::vector<std::string> texts;
  for (int i = 0; i < 20'000; ++i)
    texts.push_back("ip-10-0-" + std::to_string(i) + ".eu-central-1.compute.internal");
  std::vector<std::string_view> names(texts.begin(), texts.end());
  NameSet set;
  CHECK(found(set, names) == std::nullopt);
  names.push_back(names[123]);
  CHECK(found(set, names) == names[123]);
}

TEST_CASE("a list whose names all collide is searched to the end all the same") {
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i)
    texts.push_back("n" + std::to_string(i));
  std::vector<std::string_view> names(texts.begin(), texts.end());
  NameSet set;
  CHECK(set.first_repeated(names, std::vector<std::uint64_t>(1000, 7)) == std::nullopt);
  names.push_back(names[999]);
  CHECK(set.first_repeated(names, std::vector<std::uint64_t>(1001, 7)) == names[999]);
}
