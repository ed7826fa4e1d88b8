#include "cli/simulate/openb.hpp"

#include <algorithm>
#include <map>

#include "cli/simulate/csv.hpp"
#include "lib/allocation/device.hpp"

namespace berth::cli {
namespace {

using allocation::ShapePtr;
using resources::Amount;
using resources::ResourceName;

constexpr std::int64_t kCpuMilliMax = 10'000'000;
constexpr std::int64_t kMemoryMibMax = std::int64_t{1} << 30U;
constexpr std::int64_t kBytesPerMib = 1 << 20;
constexpr std::int64_t kPodsPerNode = 1'001; ///< as the published runs have it

const ResourceName& whole_devices() {
  static const ResourceName kName{allocation::kDeviceResource};
  return kName;
}

Result<resources::ResourceVector> read_request(const CsvTable& table, const CsvTable::Row& row,
                                               std::size_t cpu, std::size_t memory) {
  BERTH_TRY(const std::int64_t cpu_milli, table.integer(row, cpu, kCpuMilliMax));
  BERTH_TRY(const std::int64_t memory_mib, table.integer(row, memory, kMemoryMibMax));
  resources::ResourceVector amounts;
  amounts.set(ResourceName::cpu(), Amount{cpu_milli});
  amounts.set(ResourceName::memory(), Amount{memory_mib * kBytesPerMib});
  return amounts;
}

std::vector<std::string> read_models(std::string_view text) {
  std::vector<std::string> models;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('|'), text.size());
    if (end > 0)
      models.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::ranges::sort(models);
  return models;
}

Result<void> add_devices(const CsvTable& table, const CsvTable::Row& row, std::size_t count_column,
                         std::size_t milli_column, resources::ResourceVector& request) {
  BERTH_TRY(const std::int64_t count,
            table.integer(row, count_column, static_cast<std::int64_t>(allocation::kDevicesMax)));
  BERTH_TRY(const std::int64_t milli, table.integer(row, milli_column, allocation::kDeviceMilli));
  if (count == 0)
    return {};
  if (milli == 0 || (milli < allocation::kDeviceMilli && count > 1))
    return fail(Code::Invalid, "line " + std::to_string(row.line) +
                                   ": gpu_milli: must be 1000 for several devices, 1 to 1000 "
                                   "for one");
  if (milli == allocation::kDeviceMilli)
    request.set(whole_devices(), Amount{count});
  else
    request.set(ResourceName{allocation::kDeviceShareResource}, Amount{milli});
  return {};
}

} // namespace

Result<std::vector<allocation::NodeView>> decode_openb_nodes(std::string_view text) {
  BERTH_TRY(const CsvTable table, CsvTable::parse(text));
  BERTH_TRY(const std::size_t name, table.column("sn"));
  BERTH_TRY(const std::size_t cpu, table.column("cpu_milli"));
  BERTH_TRY(const std::size_t memory, table.column("memory_mib"));
  BERTH_TRY(const std::size_t gpus, table.column("gpu"));
  BERTH_TRY(const std::size_t model, table.column("model"));
  std::vector<allocation::NodeView> nodes;
  for (const CsvTable::Row& row : table.rows()) {
    allocation::NodeView node;
    node.name = NodeName{std::string(row.fields[name])};
    BERTH_TRY(node.allocatable, read_request(table, row, cpu, memory));
    BERTH_TRY(const std::int64_t devices,
              table.integer(row, gpus, static_cast<std::int64_t>(allocation::kDevicesMax)));
    if (devices > 0)
      node.allocatable.set(whole_devices(), Amount{devices});
    node.allocatable.set(ResourceName::pods(), Amount{kPodsPerNode});
    node.labels.set(std::string(allocation::kDeviceModelLabel), std::string(row.fields[model]));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Result<std::vector<ShapePtr>> decode_openb_pods(std::string_view text) {
  BERTH_TRY(const CsvTable table, CsvTable::parse(text));
  BERTH_TRY(const std::size_t cpu, table.column("cpu_milli"));
  BERTH_TRY(const std::size_t memory, table.column("memory_mib"));
  BERTH_TRY(const std::size_t count, table.column("num_gpu"));
  BERTH_TRY(const std::size_t milli, table.column("gpu_milli"));
  BERTH_TRY(const std::size_t models, table.column("gpu_spec"));
  std::map<allocation::PodShape, ShapePtr> shapes;
  std::vector<ShapePtr> pods;
  for (const CsvTable::Row& row : table.rows()) {
    allocation::PodShape shape;
    BERTH_TRY(shape.requests, read_request(table, row, cpu, memory));
    BERTH_CHECK(add_devices(table, row, count, milli, shape.requests));
    shape.requests.set(ResourceName::pods(), Amount{1});
    shape.constraints.device_models = read_models(row.fields[models]);
    auto at = shapes.find(shape);
    if (at == shapes.end())
      at = shapes.emplace(shape, ShapePtr{shape}).first;
    pods.push_back(at->second);
  }
  return pods;
}

} // namespace berth::cli
