// What the view of a large cluster costs: 5,000 nodes and 50,000 pods arrive by streaming lists
// from a canned transport, then change by watch. Prints decode speed and resident memory, first for
// the stores alone, then for the whole Observer with the allocation state and one snapshot, and
// fails when the stores pass their budget.
//
//   bench_kube_memory [nodes] [pods]

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <numeric>
#include <optional>
#include <string>

#include <malloc.h>

#include "lib/async/simulated_executor.hpp"
#include "lib/cluster/node_codec.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/cluster/pod_codec.hpp"
#include "lib/kube/reflector.hpp"

namespace {

using namespace berth;

constexpr std::size_t kStoresBudgetMiB = 300;
constexpr std::size_t kEventsPerPod = 1;

struct Scale {
  std::size_t nodes = 5000;
  std::size_t pods = 50'000;
};

/// managedFields as kubectl, a controller and the kubelet leave them: most of an object's bytes.
std::string managed_fields() {
  std::string fields;
  for (const char* manager : {"kubectl-client-side-apply", "kube-controller-manager", "kubelet"}) {
    fields += fields.empty() ? "" : ",";
    fields += std::string(R"({"manager":")") + manager +
              R"(","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{)";
    for (int i = 0; i < 25; ++i)
      fields += (i > 0 ? "," : "") + std::string(R"("f:field-of-some-length-)") +
                std::to_string(i) + R"(":{"f:inner":{},"k:{\"type\":\"Ready\"}":{".":{}}})";
    fields += "}}";
  }
  return '[' + fields + ']';
}

std::string head_of(const char* kind, const std::string& name, const std::string& ns,
                    std::size_t version) {
  static const std::string managed = managed_fields();
  std::string text = std::string(R"({"apiVersion":"v1","kind":")") + kind +
                     R"(","metadata":{"name":")" + name + R"(","uid":"5f0c6c1e-7a55-4f0d-9d1f-)" +
                     name + R"(","resourceVersion":")" + std::to_string(version) + '"';
  if (!ns.empty())
    text += R"(,"namespace":")" + ns + '"';
  return text +
         R"(,"creationTimestamp":"2026-11-21T08:00:00Z","labels":{"app":"web",)"
         R"("pod-template-hash":"6d4cf56db6","topology.kubernetes.io/zone":"zone-)" +
         std::to_string(version % 3) + R"("},"managedFields":)" + managed + '}';
}

std::string pod_text(std::size_t index, std::size_t nodes, std::size_t version) {
  const std::string number = std::to_string(index);
  return head_of("Pod", "web-6d4cf56db6-" + number, "team-" + std::to_string(index % 50), version) +
         R"(,"spec":{"nodeName":"node-)" + std::to_string(index % nodes) +
         R"(","schedulerName":"default-scheduler","serviceAccountName":"web","priority":0,)"
         R"("tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists",)"
         R"("effect":"NoExecute","tolerationSeconds":300}],"containers":[{"name":"web",)"
         R"("image":"registry.example/web:1.2.3","env":[{"name":"A","value":"b"}],"resources":)"
         R"({"requests":{"cpu":")" +
         std::to_string(100 + index % 7 * 50) +
         R"(m","memory":"256Mi"},"limits":{"memory":"256Mi"}},"volumeMounts":[{"name":)"
         R"("kube-api-access","readOnly":true,"mountPath":"/var/run/secrets"}]}]},)"
         R"("status":{"phase":"Running","podIP":"10.0.0.1","startTime":"2026-11-21T08:00:05Z",)"
         R"("conditions":[{"type":"Ready","status":"True"},{"type":"PodScheduled","status":"True"}],)"
         R"("containerStatuses":[{"name":"web","ready":true,"restartCount":0,)"
         R"("image":"registry.example/web:1.2.3","state":{"running":{}}}]}})";
}

std::string node_text(std::size_t index, std::size_t version) {
  std::string images;
  for (int i = 0; i < 50; ++i)
    images +=
        std::string(i > 0 ? "," : "") +
        R"({"names":["registry.example/some/image-name@sha256:0123456789abcdef0123456789abcdef",)"
        R"("registry.example/some/image-name:1.2.)" +
        std::to_string(i) + R"("],"sizeBytes":123456789})";
  return head_of("Node", "node-" + std::to_string(index), "", version) +
         R"(,"spec":{"podCIDR":"10.1.0.0/24"},"status":{"allocatable":{"cpu":"31850m",)"
         R"("memory":"125Gi","pods":"110","ephemeral-storage":"900Gi"},"capacity":{"cpu":"32",)"
         R"("memory":"128Gi","pods":"110"},"conditions":[{"type":"MemoryPressure","status":"False"},)"
         R"({"type":"Ready","status":"True"}],"images":[)" +
         images + "]}}";
}

/// A body made piece by piece, so that the server's side costs no memory: `count` ADDED events, the
/// end of the initial list, then `count` x `rounds` MODIFIED events, then silence.
class CannedBody final : public http::BodyStream {
public:
  using Text = std::function<std::string(std::size_t index, std::size_t version)>;

  CannedBody(async::Executor& executor, kube::ResourceType type, std::size_t count,
             std::size_t rounds, Text text, std::size_t& bytes)
      : executor_(executor), type_(std::move(type)), count_(count), rounds_(rounds),
        text_(std::move(text)), bytes_(bytes) {}

  async::Task<Result<std::string>> next(std::stop_token stop) override {
    constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;
    std::string piece;
    while (piece.size() < kPieceBytes && next_ <= count_ * (1 + rounds_))
      piece += next_event();
    bytes_ += piece.size();
    if (!piece.empty())
      co_return piece;
    co_await async::sleep_for(executor_, std::chrono::hours{24}, stop);
    co_return fail(Code::Cancelled, "stopped");
  }

private:
  std::string next_event() {
    const std::size_t event = next_++;
    if (event == count_)
      return R"({"type":"BOOKMARK","object":{"apiVersion":")" + type_.api_version() +
             R"(","kind":")" + type_.kind +
             R"(","metadata":{"resourceVersion":"1","annotations":)"
             R"({"k8s.io/initial-events-end":"true"}}}})"
             "\n";
    const char* type = event < count_ ? "ADDED" : "MODIFIED";
    return std::string(R"({"type":")") + type + R"(","object":)" +
           text_(event % (count_ + 1), event + 1) + "}\n";
  }

  async::Executor& executor_;
  kube::ResourceType type_;
  std::size_t count_;
  std::size_t rounds_;
  Text text_;
  std::size_t& bytes_;
  std::size_t next_ = 0;
};

class CannedTransport final : public http::Transport {
public:
  CannedTransport(async::Executor& executor, Scale scale) : executor_(executor), scale_(scale) {}

  async::Task<Result<http::Response>> send(http::Request, http::SendOptions) override {
    co_return fail(Code::Unavailable, "everything here is a stream");
  }
  async::Task<Result<http::StreamedResponse>> open(http::Request request,
                                                   http::StreamOptions) override {
    http::StreamedResponse response;
    response.status = 200;
    for (const auto& type :
         {kube::types::pod(), kube::types::node(), kube::types::namespace_(),
          kube::types::resource_pool(), kube::types::quota(), kube::types::reservation(),
          kube::types::allocation_request(), kube::types::allocation_policy(),
          kube::types::resource_quota(), kube::types::priority_class()})
      if (request.target.starts_with(type.collection_path({}) + '?'))
        response.body = make_body(type);
    co_return response;
  }

  std::size_t bytes = 0;

private:
  std::unique_ptr<CannedBody> make_body(const kube::ResourceType& type) {
    const std::size_t nodes = scale_.nodes;
    if (type.kind == "Pod")
      return std::make_unique<CannedBody>(
          executor_, type, scale_.pods, kEventsPerPod,
          [nodes](std::size_t index, std::size_t version) {
            return pod_text(index, nodes, version);
          },
          bytes);
    if (type.kind == "Node")
      return std::make_unique<CannedBody>(executor_, type, nodes, 1, node_text, bytes);
    return std::make_unique<CannedBody>(executor_, type, 0, 0, node_text, bytes);
  }

  async::Executor& executor_;
  Scale scale_;
};

std::size_t resident_mib() {
  ::malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  std::size_t total_pages = 0;
  std::size_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * 4096 / (std::size_t{1} << 20U);
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Making the text costs too; this is how much, to be taken off.
double cost_of_texts(Scale scale) {
  const double began = cpu_seconds();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < scale.pods * (1 + kEventsPerPod); ++i)
    bytes += pod_text(i % scale.pods, scale.nodes, i).size();
  for (std::size_t i = 0; i < scale.nodes * 2; ++i)
    bytes += node_text(i % scale.nodes, i).size();
  return bytes > 0 ? cpu_seconds() - began : 0;
}

template <class T>
std::size_t events_of(const kube::Reflector<T>& reflector) {
  const auto& events = reflector.stats().events;
  return std::accumulate(events.begin(), events.end(), std::size_t{0});
}

std::size_t measure_stores(Scale scale, double text_seconds) {
  async::SimulatedExecutor executor{TimePoint{}};
  CannedTransport transport(executor, scale);
  kube::Client client(transport, executor, Rng{1}, {});
  kube::Store<cluster::Pod> pods;
  kube::Store<cluster::Node> nodes;
  kube::Reflector<cluster::Pod> pod_reflector(client, executor, Rng{2}, kube::types::pod(),
                                              cluster::make_pod_codec(), pods, {});
  kube::Reflector<cluster::Node> node_reflector(client, executor, Rng{3}, kube::types::node(),
                                                cluster::make_node_codec(), nodes, {});
  std::stop_source stop;
  const double began = cpu_seconds();
  async::spawn(executor, pod_reflector.run(stop.get_token()));
  async::spawn(executor, node_reflector.run(stop.get_token()));
  executor.run_for(std::chrono::seconds{10});
  const double seconds = cpu_seconds() - began - text_seconds;
  const std::size_t mib = resident_mib();
  std::printf(
      "stores    %6zu nodes %6zu pods %7zu events %5zu MiB of JSON  %6.0f MB/s  RSS %zu MiB\n",
      nodes.size(), pods.size(), events_of(pod_reflector) + events_of(node_reflector),
      transport.bytes >> 20U, static_cast<double>(transport.bytes) / 1e6 / seconds, mib);
  stop.request_stop();
  executor.run_for(std::chrono::hours{1});
  return mib;
}

bool measure_observer(Scale scale, double text_seconds) {
  async::SimulatedExecutor executor{TimePoint{}};
  CannedTransport transport(executor, scale);
  kube::Client client(transport, executor, Rng{1}, {});
  cluster::Observer observer(client, executor, Rng{2}, {});
  std::stop_source stop;
  const double began = cpu_seconds();
  async::spawn(executor, observer.run(stop.get_token()));
  executor.run_for(std::chrono::seconds{10});
  const double seconds = cpu_seconds() - began - text_seconds;
  const auto snapshot = observer.snapshot();
  std::printf("observer  %6zu nodes %6zu pods  snapshot %s  %6.0f MB/s  RSS %zu MiB\n",
              observer.nodes().size(), observer.pods().size(), snapshot ? "published" : "MISSING",
              static_cast<double>(transport.bytes) / 1e6 / seconds, resident_mib());
  stop.request_stop();
  executor.run_for(std::chrono::hours{1});
  return snapshot != nullptr;
}

} // namespace

int main(int argc, char** argv) {
  Scale scale;
  if (argc > 1)
    scale.nodes = std::strtoul(argv[1], nullptr, 10);
  if (argc > 2)
    scale.pods = std::strtoul(argv[2], nullptr, 10);
  if (scale.nodes == 0 || scale.pods == 0) {
    std::fprintf(stderr, "usage: bench_kube_memory [NODES [PODS]], each above 0\n");
    return 2;
  }
  const double text_seconds = cost_of_texts(scale);
  std::printf("one pod %zu bytes, one node %zu bytes, RSS before %zu MiB\n",
              pod_text(0, scale.nodes, 0).size(), node_text(0, 0).size(), resident_mib());
  const std::size_t stores_mib = measure_stores(scale, text_seconds);
  const bool has_snapshot = measure_observer(scale, text_seconds);
  if (!has_snapshot)
    std::printf("the observer published no snapshot\n");
  if (stores_mib > kStoresBudgetMiB)
    std::printf("the stores passed their budget of %zu MiB\n", kStoresBudgetMiB);
  return has_snapshot && stores_mib <= kStoresBudgetMiB ? 0 : 1;
}
