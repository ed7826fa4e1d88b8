#pragma once
// TimeZones: time zones by their IANA names, read from the system's database the first time and
// kept. Belongs to one executor.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "lib/allocation/time_zone.hpp"
#include "lib/base/result.hpp"

namespace berth::cluster {

class TimeZones {
public:
  /// `folder` holds TZif files by zone name.
  explicit TimeZones(std::string folder = "/usr/share/zoneinfo") : folder_(std::move(folder)) {}

  /// Invalid for a name that cannot be one, NotFound for one that the system does not have.
  [[nodiscard]] Result<std::shared_ptr<const allocation::TimeZone>> find(std::string_view name);

private:
  std::string folder_;
  std::map<std::string, std::shared_ptr<const allocation::TimeZone>, std::less<>> known_;
};

} // namespace berth::cluster
