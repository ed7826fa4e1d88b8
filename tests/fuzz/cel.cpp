// An expression: compiled or refused with a column; what compiles gives the same answer twice.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/ensure.hpp"
#include "lib/cel/expression.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  using namespace berth::cel;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Schema schema{"pod",
                      {{"namespace", Type::String},
                       {"priority", Type::Int},
                       {"gated", Type::Bool},
                       {"labels", Type::Strings},
                       {"requests", Type::Ints}}};
  const auto expression = Expression::compile(text, schema);
  if (!expression) {
    ensure(expression.error().message.starts_with("column "), "a fault has no column");
    return 0;
  }
  ensure(text.size() <= Limits{}.text_bytes_max, "a text over the limit was compiled");
  const std::vector<std::pair<std::string, std::string>> labels{{"app", "web"}, {"team", "red"}};
  const std::vector<std::pair<std::string, std::int64_t>> requests{{"cpu", 1000}};
  const std::vector<Value> fields{std::string_view("default"), std::int64_t{10}, true,
                                  StringMap(labels), IntMap(requests)};
  const auto first = expression->evaluate(fields);
  const auto second = expression->evaluate(fields);
  ensure(first.has_value() == second.has_value(), "an evaluation failed only once");
  ensure(!first || *first == *second, "the same input has two answers");
  return 0;
}
