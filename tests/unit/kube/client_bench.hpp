#pragma once
// ClientBench: a Client with options of a test's choice, a token that says how often it was
// rejected, and a ScriptedTransport.

#include <string>

#include "lib/kube/client.hpp"
#include "tests/unit/kube/scripted_transport.hpp"

namespace berth::kube::testing {

class CountingToken final : public TokenSource {
public:
  async::Task<Result<std::string>> token() override {
    co_return "token-" + std::to_string(rejected);
  }
  void reject(std::string_view token) override {
    if (token == "token-" + std::to_string(rejected))
      ++rejected;
  }
  int rejected = 0;
};

struct ClientBench {
  async::SimulatedExecutor executor{TimePoint{}};
  ScriptedTransport transport{executor};
  ClientOptions options = [] {
    ClientOptions made;
    made.user_agent = "berth-test/1";
    made.field_manager = "berth-test";
    return made;
  }();
  CountingToken token;

  Client client() { return {transport, executor, Rng{7}, options, &token}; }
};

inline const ObjectKey kPod{"team-a", "web-0"};

[[nodiscard]] inline std::string status_json(int code, const char* reason, const char* message,
                                             const std::string& details = "{}") {
  return R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":")" +
         std::string(reason) + R"(","message":")" + message + R"(","details":)" + details +
         R"(,"code":)" + std::to_string(code) + "}";
}

} // namespace berth::kube::testing
