// The two files of an openb trace, and the table of comma-separated values below them.

#include <catch2/catch.hpp>

#include "cli/simulate/csv.hpp"
#include "cli/simulate/openb.hpp"

using namespace berth;
using namespace berth::cli;
using resources::ResourceVector;

namespace {

const std::string kNodeHeader = "sn,cpu_milli,memory_mib,gpu,model\n";
const std::string kPodHeader = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos\n";

std::string node_fault(const std::string& text) {
  const auto nodes = decode_openb_nodes(text);
  return nodes ? "no fault" : nodes.error().message;
}

std::string pod_fault(const std::string& text) {
  const auto pods = decode_openb_pods(text);
  return pods ? "no fault" : pods.error().message;
}

} // namespace

TEST_CASE("A node of the trace has its cpu, memory, devices and model") {
  const auto nodes =
      decode_openb_nodes(kNodeHeader + "openb-node-0000,64000,262144,2,P100\nbare,32000,1024,0,\n");
  REQUIRE(nodes);
  REQUIRE(nodes->size() == 2);
  CHECK((*nodes)[0].name == NodeName{"openb-node-0000"});
  CHECK((*nodes)[0].allocatable ==
        ResourceVector{
            {"cpu", 64'000}, {"memory", 262'144LL << 20U}, {"nvidia.com/gpu", 2}, {"pods", 1001}});
  CHECK(*(*nodes)[0].labels.find("nvidia.com/gpu.product") == "P100");
  CHECK((*nodes)[1].allocatable ==
        ResourceVector{{"cpu", 32'000}, {"memory", 1LL << 30U}, {"pods", 1001}});
}

TEST_CASE("A pod of the trace asks for whole devices, a share of one, or none") {
  const auto pods = decode_openb_pods(kPodHeader + "a,8000,1,2,1000,V100M16|V100M32,LS\r\n" +
                                      "b,1000,2,1,460,,BE\n\nc,500,0,0,0,,LS\n");
  REQUIRE(pods);
  REQUIRE(pods->size() == 3);
  CHECK((*pods)[0]->requests ==
        ResourceVector{{"cpu", 8'000}, {"memory", 1 << 20}, {"nvidia.com/gpu", 2}, {"pods", 1}});
  CHECK((*pods)[0]->constraints.device_models == std::vector<std::string>{"V100M16", "V100M32"});
  CHECK((*pods)[1]->requests ==
        ResourceVector{
            {"berth.dev/gpu-milli", 460}, {"cpu", 1'000}, {"memory", 2 << 20}, {"pods", 1}});
  CHECK((*pods)[2]->requests == ResourceVector{{"cpu", 500}, {"memory", 0}, {"pods", 1}});
}

TEST_CASE("Equal pods share one shape, in whatever order they name their models") {
  const auto pods = decode_openb_pods(kPodHeader + "a,1,1,1,1000,T4|A10,\nb,1,1,1,1000,A10|T4,\n" +
                                      "c,2,1,1,1000,A10|T4,\n");
  REQUIRE(pods);
  CHECK((*pods)[0].get() == (*pods)[1].get());
  CHECK((*pods)[0].get() != (*pods)[2].get());
}

TEST_CASE("A fault in a trace names its line and its column") {
  CHECK(node_fault("") == "line 1: a header is missing");
  CHECK(node_fault("sn,cpu_milli,gpu,model\n") == "line 1: column memory_mib is missing");
  CHECK(node_fault(kNodeHeader + "n,1,1,1\n") == "line 2: 4 fields, but the header has 5");
  CHECK(node_fault(kNodeHeader + "n,1,1,1,T4\n\nn,x,1,1,T4\n") ==
        "line 4: cpu_milli: \"x\" must be a whole number from 0 to 10000000");
  CHECK(node_fault(kNodeHeader + "n,1,-1,1,T4\n") ==
        "line 2: memory_mib: \"-1\" must be a whole number from 0 to 1073741824");
  CHECK(node_fault(kNodeHeader + "n,1,1,17,T4\n") ==
        "line 2: gpu: \"17\" must be a whole number from 0 to 16");
  CHECK(node_fault(kNodeHeader + "\"n\",1,1,1,T4\n") == "line 2: quoted fields are not supported");
  CHECK(pod_fault(kPodHeader + "p,1,1,1,1001,,\n") ==
        "line 2: gpu_milli: \"1001\" must be a whole number from 0 to 1000");
  CHECK(pod_fault(kPodHeader + "p,1,1,1.0,1000,,\n") ==
        "line 2: num_gpu: \"1.0\" must be a whole number from 0 to 16");
  for (const char* devices : {"1,0", "1,", "2,500"})
    CHECK(pod_fault(kPodHeader + "p,1,1," + devices + ",,\n") ==
          "line 2: gpu_milli: must be 1000 for several devices, 1 to 1000 for one");
  CHECK(pod_fault("cpu_milli\n") == "line 1: column memory_mib is missing");
}

TEST_CASE("A table has at most 64 columns, and an empty field counts as 0") {
  const std::string wide(64, ',');
  const auto refused = CsvTable::parse(wide + "\n");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::TooLarge);
  CHECK(refused.error().message == "line 1: more than 64 columns");
  const auto table = CsvTable::parse("a,b\n,7");
  REQUIRE(table);
  REQUIRE(table->rows().size() == 1);
  CHECK(table->integer(table->rows()[0], 0, 9) == 0);
  CHECK(table->integer(table->rows()[0], 1, 9) == 7);
}
