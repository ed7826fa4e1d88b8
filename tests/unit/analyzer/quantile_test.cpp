#include "analyzer/model/quantile.hpp"

#include <catch2/catch.hpp>

#include <array>

namespace berth::analyzer {

TEST_CASE("a quantile lies between its neighbours by proportion") {
  const std::array sorted{10.0, 20.0, 30.0, 40.0, 50.0};
  CHECK(quantile(sorted, 0) == 10);
  CHECK(quantile(sorted, 0.5) == 30);
  CHECK(quantile(sorted, 1) == 50);
  CHECK(quantile(sorted, 0.1) == Approx(14));
  CHECK(quantile(sorted, 0.95) == Approx(48));
}

TEST_CASE("every quantile of one value is that value") {
  const std::array one{7.0};
  CHECK(quantile(one, 0) == 7);
  CHECK(quantile(one, 0.3) == 7);
  CHECK(quantile(one, 1) == 7);
}

TEST_CASE("the median does not mind the order") {
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 3, 2}) == Approx(2.5));
}

} // namespace berth::analyzer
