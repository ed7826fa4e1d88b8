#include "lib/telemetry/labels.hpp"

#include <algorithm>
#include <string>

namespace berth::telemetry {
namespace {

/// The enumerator whose word is `word`, or `otherwise`.
template <class E>
E find_word(std::string_view word, E otherwise) {
  const auto& words = Label<E>::kValues;
  const auto found = std::ranges::find(words, word);
  return found == words.end() ? otherwise : static_cast<E>(found - words.begin());
}

} // namespace

StatusCode status_code(std::optional<int> status) {
  return status ? find_word(std::to_string(*status), StatusCode::Other) : StatusCode::None;
}

HttpMethod http_method(std::string_view method) {
  return find_word(method, HttpMethod::Other);
}

} // namespace berth::telemetry
