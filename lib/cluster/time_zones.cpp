#include "lib/cluster/time_zones.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <vector>

namespace berth::cluster {
namespace {

constexpr std::size_t kZoneNameBytesMax = 64;

/// "Europe/Berlin", "Etc/GMT+5": segments of letters, digits and _+-, so never a way out of the
/// folder.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > kZoneNameBytesMax || name.front() == '/' ||
      name.back() == '/' || name.find("//") != std::string_view::npos)
    return false;
  return std::all_of(name.begin(), name.end(), [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '/' ||
           letter == '_' || letter == '+' || letter == '-';
  });
}

} // namespace

Result<std::shared_ptr<const allocation::TimeZone>> TimeZones::find(std::string_view name) {
  if (name.empty() || name == "UTC")
    return allocation::TimeZone::utc();
  if (const auto known = known_.find(name); known != known_.end())
    return known->second;
  if (!is_zone_name(name))
    return fail(Code::Invalid, "\"" + std::string(name.substr(0, kZoneNameBytesMax)) +
                                   "\" is not a time zone name such as Europe/Berlin");
  std::ifstream file(folder_ + "/" + std::string(name), std::ios::binary);
  if (!file)
    return fail(Code::NotFound, "time zone \"" + std::string(name) + "\" is not known");
  std::vector<std::uint8_t> bytes;
  for (char byte = 0; bytes.size() <= allocation::TimeZone::kFileBytesMax && file.get(byte);)
    bytes.push_back(static_cast<std::uint8_t>(byte));
  BERTH_TRY(auto zone, allocation::TimeZone::from_tzif(std::string(name), bytes));
  known_.emplace(name, zone);
  return zone;
}

} // namespace berth::cluster
