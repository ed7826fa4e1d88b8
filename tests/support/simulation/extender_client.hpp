#pragma once
// ExtenderClient: kube-scheduler's side of the extender contract, on the wire format (extender/v1:
// Go field names, names only), against an http::Handler instead of a socket. It judges answers as
// the scheduler does: only 200 counts, an Error field fails the call, an unknown node name fails
// it.

#include <map>
#include <string>
#include <vector>

#include "lib/async/executor.hpp"
#include "lib/base/result.hpp"
#include "lib/http/server.hpp"
#include "tests/support/simulation/json.hpp"

namespace berth::simulation {

struct ExtenderOptions {
  http::Handler handler;
  std::string prefix;
  bool filters = true;
  bool prioritizes = true;
  bool binds = true;
  bool preempts = true;
  std::int64_t weight = 4;
  bool ignorable = true;
  /// Interested only in pods that name one of these; empty: in every pod.
  std::vector<std::string> managed_resources{};
  Duration timeout = std::chrono::seconds{1};
};

/// Victims by node, as UIDs.
using Victims = std::map<std::string, std::vector<std::string>>;

class ExtenderClient {
public:
  ExtenderClient(async::Executor& executor, ExtenderOptions options)
      : executor_(executor), options_(std::move(options)) {}

  [[nodiscard]] const ExtenderOptions& options() const { return options_; }
  [[nodiscard]] bool is_interested(const Json& pod) const;
  /// The nodes that passed, in the order of the answer.
  [[nodiscard]] async::Task<Result<std::vector<std::string>>>
  filter(Json pod, std::vector<std::string> nodes);
  /// Scores 0 to 10 by node; nodes that are not named are absent.
  [[nodiscard]] async::Task<Result<std::map<std::string, std::int64_t>>>
  prioritize(Json pod, std::vector<std::string> nodes);
  [[nodiscard]] async::Task<Result<void>> bind(Json pod, std::string node);
  /// What is left of the candidates; victims may be fewer.
  [[nodiscard]] async::Task<Result<Victims>> preempt(Json pod, Victims candidates);

private:
  [[nodiscard]] async::Task<Result<Json>> call(std::string verb, Json args);

  async::Executor& executor_;
  ExtenderOptions options_;
};

} // namespace berth::simulation
