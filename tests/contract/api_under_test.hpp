#pragma once
// ApiUnderTest: the API server that the contract is tried on: the simulated one, or a real
// kube-apiserver where BERTH_TEST_KUBECONFIG names a kubeconfig (and BERTH_TEST_ETCD the URL of its
// etcd, so that history can be compacted). The tests do not know which, so what
// they assert holds for both.

#include <memory>
#include <string>

#include "lib/kube/client.hpp"
#include "tests/support/simulation/json.hpp"

namespace berth::contract {

using simulation::at;
using simulation::integer_at;
using simulation::Json;
using simulation::text_at;

/// One response, with its body read.
struct Answer {
  int status = 0;
  http::Headers headers;
  Json body;

  /// Status.reason of a refusal, or "".
  [[nodiscard]] std::string reason() const { return text_at(body, "/reason"); }
  [[nodiscard]] std::string version() const { return text_at(body, "/metadata/resourceVersion"); }
  [[nodiscard]] std::string uid() const { return text_at(body, "/metadata/uid"); }
};

/// A server with a client: what differs between the simulated and the real one.
class Server {
public:
  virtual ~Server() = default;
  [[nodiscard]] virtual http::Transport& transport() = 0;
  [[nodiscard]] virtual async::Executor& executor() = 0;
  /// Runs a task on the executor to its end.
  virtual void run(async::Task<void> task) = 0;
  /// Whether controllers run here that need time, such as for a namespace's service account.
  [[nodiscard]] virtual bool is_real() const = 0;
  /// Compacts the history of all that was written so far; false where that cannot be done.
  [[nodiscard]] virtual bool forget_history() = 0;
};

[[nodiscard]] std::unique_ptr<Server> start_simulated_server();
[[nodiscard]] std::unique_ptr<Server> connect_to_real_server(const std::string& kubeconfig);

/// The fixture of every contract test: a namespace of its own, and requests into it.
class ApiUnderTest {
public:
  ApiUnderTest();
  ~ApiUnderTest();

  [[nodiscard]] const std::string& ns() const { return ns_; }
  [[nodiscard]] kube::Client& client() { return *client_; }
  [[nodiscard]] Server& server() { return *server_; }

  template <class T>
  [[nodiscard]] T await(async::Task<T> task) {
    struct Run {
      static async::Task<void> into(std::optional<T>* result, async::Task<T> awaited) {
        result->emplace(co_await std::move(awaited));
      }
    };
    std::optional<T> result;
    server_->run(Run::into(&result, std::move(task)));
    return std::move(*result);
  }

  /// A request with a JSON body (none where null), as it is: no retry, no rate limit.
  Answer request(const std::string& method, const std::string& target, const Json& body = nullptr,
                 const std::string& content_type = "application/json");
  Answer get(const std::string& target) { return request("GET", target); }
  Answer post(const std::string& target, const Json& body) { return request("POST", target, body); }
  Answer put(const std::string& target, const Json& body) { return request("PUT", target, body); }
  Answer merge_patch(const std::string& target, const Json& patch) {
    return request("PATCH", target, patch, "application/merge-patch+json");
  }
  Answer json_patch(const std::string& target, const Json& patch) {
    return request("PATCH", target, patch, "application/json-patch+json");
  }
  Answer strategic_patch(const std::string& target, const Json& patch) {
    return request("PATCH", target, patch, "application/strategic-merge-patch+json");
  }
  /// Server-side apply by a field manager.
  Answer apply(const std::string& target, const std::string& manager, const Json& config,
               bool force = false);
  Answer remove(const std::string& target, const Json& options = nullptr) {
    return request("DELETE", target, options);
  }

  /// "/api/v1/namespaces/<ns>/<plural>[/<name>]".
  [[nodiscard]] std::string core(const std::string& plural, const std::string& name = "") const;
  /// "/apis/<group version>/namespaces/<ns>/<plural>[/<name>]".
  [[nodiscard]] std::string group(const std::string& version, const std::string& plural,
                                  const std::string& name = "") const;

  /// No such node exists: nobody runs or ends what is bound to it. One for each case, since pods of
  /// a node that is missing for 40 s are collected.
  [[nodiscard]] std::string node() const { return "node-of-" + ns_; }
  /// Of a pod to that node.
  [[nodiscard]] Json binding(const std::string& pod, const std::string& uid = "") const;

  /// Asks again until `done` holds; fails the test if that takes too long.
  void wait_until(const std::function<bool()>& done);

private:
  std::unique_ptr<Server> server_;
  std::unique_ptr<kube::Client> client_;
  std::string ns_;
};

/// A pod that no scheduler touches.
[[nodiscard]] Json pod(const std::string& name);
/// The same with a scheduling gate.
[[nodiscard]] Json gated_pod(const std::string& name);
[[nodiscard]] Json config_map(const std::string& name);

} // namespace berth::contract
