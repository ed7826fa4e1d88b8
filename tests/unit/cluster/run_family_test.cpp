#include <catch2/catch.hpp>

#include "lib/cluster/run_family.hpp"

using namespace berth;
using namespace berth::cluster;

namespace {

Pod pod_of(const char* kind, const char* name, std::int64_t millicores = 1000) {
  Pod pod;
  pod.meta.ns = "a";
  pod.meta.name = "pod";
  pod.meta.owners = {{"v1", "Other", "owner", "u0", false}, {"batch/v1", kind, name, "u1", true}};
  pod.view.shape = allocation::ShapePtr{
      allocation::PodShape{resources::ResourceVector{{"cpu", millicores}}, {}}};
  return pod;
}

} // namespace

TEST_CASE("B2: runs of one CronJob, of one generated name and of one counter are one family") {
  for (const char* name : {"train", "train-29400000", "train-x7k2p", "train-7", "train-29400000-2"})
    CHECK(run_family_of(pod_of("Job", name)) == run_family_of(pod_of("Job", "train")));
  CHECK(run_family_of(pod_of("Job", "train")).namespace_name == "a");
}

TEST_CASE("B2: work of other names is of other families") {
  CHECK(stem_of("train-small") == "train-small"); // a vowel is never drawn
  CHECK(stem_of("train-xyz") == "train-xyz");
  CHECK(stem_of("train-") == "train-");
  CHECK(stem_of("-12345") == "-12345");
  CHECK(stem_of("12345") == "12345");
  CHECK(stem_of("a-1-2-3") == "a-1"); // no more than two endings
  CHECK(stem_of("").empty());
  CHECK(run_family_of(pod_of("Workflow", "train")) != run_family_of(pod_of("Job", "train")));
}

TEST_CASE("B2: a pod that nobody makes again has no family") {
  Pod pod = pod_of("Job", "train");
  pod.meta.owners.pop_back();
  CHECK(run_family_of(pod) == allocation::RunFamily{});
  Pod server = pod_of("ReplicaSet", "server");
  server.restarts_always = true;
  CHECK(run_family_of(server) == allocation::RunFamily{});
}

TEST_CASE("B2: what asks for other amounts is of another family, as are sizes of an experiment") {
  CHECK(run_family_of(pod_of("Job", "resnet-50")) !=
        run_family_of(pod_of("Job", "resnet-152", 8000)));
}
