// A quantity of the API: read or refused; what is read keeps its amount and its text from the first
// writing on.

#include <cstdint>
#include <string_view>

#include "lib/base/ensure.hpp"
#include "lib/resources/quantity.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  using resources::Quantity;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto quantity = Quantity::parse(text);
  if (!quantity)
    return 0;
  ensure(text.size() <= Quantity::kTextBytesMax, "a text over the limit was read");
  const std::string written = quantity->str();
  const auto again = Quantity::parse(written);
  ensure(again.has_value() && *again == *quantity, "writing changed the amount");
  ensure(again->str() == written, "writing twice gave two texts");
  return 0;
}
