#include <catch2/catch.hpp>

#include "lib/resources/resource_sum.hpp"
#include "lib/resources/resource_vector.hpp"

using namespace berth::resources;

TEST_CASE("resource names are ordered by text, well known or not") {
  const std::vector<std::string> sorted{"a.com/x",       "cpu",    "ephemeral-storage",
                                        "hugepages-2Mi", "memory", "nvidia.com/gpu",
                                        "pods",          "z/z"};
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      CHECK((ResourceName{sorted[i]} < ResourceName{sorted[j]}) == (i < j));
      CHECK((ResourceName{sorted[i]} == ResourceName{sorted[j]}) == (i == j));
    }
  CHECK(ResourceName{"cpu"} == ResourceName::cpu());
  CHECK(ResourceName{"pool.berth.dev/licences"}.is_virtual());
  CHECK_FALSE(ResourceName{"berth.dev/licences"}.is_virtual());
}

TEST_CASE("cpu counts in millicores and everything else in whole units, rounded up") {
  const auto amount = [](const char* name, const char* text) {
    return amount_of(ResourceName{name}, *Quantity::parse(text)).value();
  };
  CHECK(amount("cpu", "1.5") == 1500);
  CHECK(amount("cpu", "0.1m") == 1);
  CHECK(amount("memory", "0.1") == 1);
  CHECK(amount("memory", "1Gi") == 1 << 30);
  CHECK(amount("nvidia.com/gpu", "3") == 3);
  CHECK(format_amount(ResourceName::cpu(), Amount{1500}) == "1500m");
  CHECK(format_amount(ResourceName::memory(), Amount{3LL << 30}) == "3Gi");
  CHECK(format_amount(ResourceName{"nvidia.com/gpu"}, Amount{3}) == "3");
  CHECK(format_amount(ResourceName{"hugepages-2Mi"}, Amount{4 << 20}) == "4Mi");
  CHECK(format_amount(ResourceName::pods(), Amount::unlimited()) == "unlimited");
}

TEST_CASE("vectors add and subtract by name and keep their order") {
  const ResourceVector sum =
      ResourceVector{{"memory", 5}, {"cpu", 1}} + ResourceVector{{"cpu", 2}, {"x", 3}};
  CHECK(sum == ResourceVector{{"cpu", 3}, {"memory", 5}, {"x", 3}});
  CHECK(sum.begin()->name == ResourceName::cpu());
  CHECK(sum - ResourceVector{{"y", 4}} ==
        ResourceVector{{"cpu", 3}, {"memory", 5}, {"x", 3}, {"y", -4}});
  CHECK(to_string(ResourceVector{{"cpu", 1500}, {"memory", 1 << 20}}) == "cpu 1500m, memory 1Mi");
  CHECK(to_string(ResourceVector{}) == "nothing");
}

TEST_CASE("a request fits where every positive part fits; what is absent is zero") {
  const ResourceVector room{{"cpu", 4}, {"memory", 8}};
  CHECK(ResourceVector{{"cpu", 4}, {"memory", 8}}.fits_within(room));
  CHECK(ResourceVector{{"cpu", 1}, {"x", 0}}.fits_within(room));
  CHECK(ResourceVector{{"x", 1}}.first_short(room) == ResourceName{"x"});
  CHECK(ResourceVector{{"cpu", 5}, {"memory", 9}}.first_short(room) == ResourceName::cpu());
  CHECK(ResourceVector{{"cpu", -5}}.fits_within(ResourceVector{{"cpu", -9}}));
  CHECK(ResourceVector{{"cpu", 0}}.is_nothing());
}

TEST_CASE("raising takes the larger of each, scaling rounds down") {
  ResourceVector vector{{"cpu", 3}, {"memory", 5}};
  vector.raise_to({{"cpu", 4}, {"memory", 1}, {"x", -1}});
  CHECK(vector == ResourceVector{{"cpu", 4}, {"memory", 5}, {"x", -1}});
  CHECK(ResourceVector{{"cpu", 3}}.scaled_percent(150) == ResourceVector{{"cpu", 4}});
  ResourceVector zeros{{"cpu", 0}, {"x", 1}};
  zeros.drop_zeros();
  CHECK(zeros == ResourceVector{{"x", 1}});
}

TEST_CASE("L3: a sum comes back after amounts that no int64 can hold together") {
  ResourceSum sum;
  const ResourceVector huge{{"memory", INT64_MAX}};
  sum.add({{"memory", 7}});
  sum.add(huge);
  sum.add(huge);
  CHECK(sum.get(ResourceName::memory()) == Amount{INT64_MAX});
  sum.subtract(huge);
  sum.subtract(huge);
  CHECK(sum.total() == ResourceVector{{"memory", 7}});
  sum.subtract({{"memory", 7}});
  CHECK(sum.empty());
}
