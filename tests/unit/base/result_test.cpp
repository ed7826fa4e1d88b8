#include <catch2/catch.hpp>

#include "lib/base/result.hpp"

namespace {

using berth::Code;
using berth::fail;
using berth::Result;

Result<int> half(int number) {
  if (number % 2 != 0)
    return fail(Code::Invalid, std::to_string(number) + " is odd");
  return number / 2;
}

Result<int> quarter(int number) {
  BERTH_TRY(const int first, half(number));
  BERTH_TRY(const int second, half(first));
  return second;
}

Result<void> expect_even(int number) {
  BERTH_CHECK(half(number).map([](int) {}));
  return {};
}

} // namespace

TEST_CASE("BERTH_TRY unwraps a value or hands the error on") {
  CHECK(quarter(12) == 3);
  REQUIRE_FALSE(quarter(6).has_value());
  CHECK(quarter(6).error().code == Code::Invalid);
  CHECK(quarter(6).error().message == "3 is odd");
  CHECK(expect_even(4).has_value());
  CHECK_FALSE(expect_even(5).has_value());
}

TEST_CASE("an error says what was being done and keeps its code and delay") {
  const berth::Error error{Code::Throttled, "too many requests", std::chrono::seconds{3}};
  const berth::Error outer = error.while_doing("patch Quota a").while_doing("admit a/b");
  CHECK(outer.message == "failed to admit a/b: failed to patch Quota a: too many requests");
  CHECK(outer.code == Code::Throttled);
  CHECK(outer.retry_after == std::chrono::seconds{3});
  CHECK(to_string(Code::Gone) == "Gone");
}
