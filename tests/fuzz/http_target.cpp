// Targets, queries and URLs: decoding undoes encoding, and what was parsed is what it says.

#include <string>
#include <string_view>

#include "lib/base/ensure.hpp"
#include "lib/http/beast_transport.hpp"
#include "lib/http/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  using namespace berth::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const std::string encoded = percent_encode(text);
  ensure(percent_decode(encoded) == text, "decoding does not undo encoding");
  ensure(path_of(encoded) == encoded, "an encoded segment has a query");
  ensure(query_value("/?a=1&b=" + encoded + "&c=3", "b") == text, "a query value is lost");
  ensure(query_value("/?" + encoded + "=x", text) == "x", "a query name is lost");

  const std::string_view path = path_of(text);
  ensure(text.starts_with(path), "a path is not the beginning of its target");
  for (const std::string& value : query_values(text, "a"))
    ensure(value.size() <= text.size(), "a value is longer than its query");

  if (const auto endpoint = Endpoint::parse(text)) {
    const std::string again =
        (endpoint->tls ? "https://" : "http://") + endpoint->host_field() + endpoint->base_path;
    const auto same = Endpoint::parse(again);
    ensure(same && same->host == endpoint->host && same->base_path == endpoint->base_path &&
               std::stoi(same->port) == std::stoi(endpoint->port),
           "a URL does not survive being written");
  }
  return 0;
}
