#pragma once
// ReflectorBench: one reflector of Things against a ScriptedTransport, what its listeners were
// told, and the texts of scripted answers.

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

#include "lib/kube/reflector.hpp"
#include "tests/unit/kube/scripted_transport.hpp"
#include "tests/unit/kube/thing.hpp"

namespace berth::kube::testing {

using Names = std::vector<std::string>;

struct ReflectorBench {
  explicit ReflectorBench(Parser parser = Parser::Simdjson) : codec(thing_codec(parser)) {
    options.streaming_list = false;
    options.audit_interval = Duration{0};
    store.listen([this](const auto& before, const auto& after) {
      changes.push_back(!before  ? "+" + after->meta.name
                        : !after ? "-" + before->meta.name
                                 : "~" + after->meta.name);
    });
    store.on_sync([this] { changes.push_back("synced"); });
  }
  ~ReflectorBench() {
    stop.request_stop();
    executor.run_for(std::chrono::hours{1});
    CHECK(ended);
  }

  void start() {
    reflector.emplace(client, executor, Rng{3}, types::quota(), codec, store, options);
    ended = false;
    async::spawn(executor, run());
  }
  async::Task<void> run() {
    co_await reflector->run(stop.get_token());
    ended = true;
  }

  /// What the store holds, as "name@version".
  [[nodiscard]] Names names() const {
    Names found;
    for (const auto& [key, item] : store.items())
      found.push_back(key.name + "@" + item->meta.resource_version);
    return found;
  }
  /// The version that the last watch began from.
  [[nodiscard]] std::string watched_from() const {
    return http::query_value(transport.requests.back().target, "resourceVersion").value_or("none");
  }
  [[nodiscard]] const ReflectorStats& stats() const { return reflector->stats(); }
  [[nodiscard]] std::size_t relists(RelistReason reason) const {
    return stats().relists[static_cast<std::size_t>(reason)];
  }

  async::SimulatedExecutor executor{TimePoint{}};
  ScriptedTransport transport{executor};
  Client client{transport, executor, Rng{5}, {}};
  ListWatchOptions options; ///< paged lists without audits, unless a test says otherwise
  Codec<Thing> codec;
  Store<Thing> store;
  std::optional<Reflector<Thing>> reflector;
  Names changes; ///< "+a", "~a", "-a" and "synced", in the order told
  std::stop_source stop;
  bool ended = true;
};

[[nodiscard]] inline ScriptedStream stream_of(std::vector<std::string> pieces,
                                              BodyEnd end = BodyEnd::Silence) {
  return {200, {}, {std::move(pieces), end}};
}

[[nodiscard]] inline ScriptedStream silent() {
  return stream_of({});
}

[[nodiscard]] inline http::Response list_of(const std::string& version,
                                            const std::vector<ThingText>& things,
                                            const std::string& token = {}) {
  return json_response(200, list_text(version, things, token));
}

} // namespace berth::kube::testing
