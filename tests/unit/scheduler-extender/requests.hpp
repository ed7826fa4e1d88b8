#pragma once
// Requests as kube-scheduler would make them, for tests of the verbs: a pod and node names, without
// the wire in between.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/name_hash.hpp"
#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/filter.hpp"
#include "tests/support/allocation/builders.hpp"

namespace berth::extender::testing {

using namespace allocation::testing;
using allocation::AdmissionRecord;
using allocation::PodView;

/// A pod as the scheduler shows it. `managed` is what pod_codec.hpp makes of labels and gate.
inline std::shared_ptr<cluster::Pod> wire_pod(const PodView& view) {
  auto pod = std::make_shared<cluster::Pod>();
  pod->view = view;
  pod->view.managed = view.gated || view.admission.has_value();
  pod->meta.ns = view.namespace_name;
  pod->meta.name = view.name;
  pod->meta.uid = view.uid.str();
  return pod;
}

/// A pod of a DaemonSet, pinned to a node as its controller does.
inline std::shared_ptr<cluster::Pod> daemon_pod(allocation::testing::PodBuilder builder,
                                                const std::string& node) {
  allocation::Requirement name{"metadata.name", allocation::SelectorOperator::In, {node}};
  auto pod = wire_pod(builder.affinity({{{}, {std::move(name)}}}).unmanaged());
  api::OwnerReference owner;
  owner.kind = "DaemonSet";
  owner.controller = true;
  pod->meta.owners.push_back(std::move(owner));
  return pod;
}

/// A filter or prioritize request; keeps the names that it views.
struct Asked {
  Asked(std::shared_ptr<const cluster::Pod> pod, std::vector<std::string> nodes)
      : texts(std::move(nodes)), names(texts.begin(), texts.end()) {
    request.pod = std::move(pod);
    hash_names(names, hashes);
    request.node_names = names;
    request.name_hashes = hashes;
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  std::vector<std::string> texts;
  std::vector<std::string_view> names;
  std::vector<std::uint64_t> hashes;
  PlacementRequest request;
};

inline FilterResult run_filter(const Asked& asked, const allocation::ClusterSnapshot* snapshot,
                               std::size_t candidates_max = 4) {
  VerbScratch scratch;
  return filter(asked.request, snapshot, {candidates_max}, scratch);
}

/// The names that passed, in their order.
inline std::vector<std::string> passed(const Asked& asked, const FilterResult& result) {
  std::vector<std::string> names;
  for (const Position position : result.passed)
    names.push_back(asked.texts[position]);
  return names;
}

/// "n1: NodeReserved", with "!" in front where preemption cannot help; sorted by node.
inline std::vector<std::string> refused(const Asked& asked, const FilterResult& result) {
  std::vector<std::string> lines;
  for (const Refusal& refusal : result.refused)
    lines.push_back((refusal.unresolvable ? "!" : "") + asked.texts[refusal.position] + ": " +
                    std::string(to_string(refusal.reason)));
  std::sort(lines.begin(), lines.end());
  return lines;
}

} // namespace berth::extender::testing
