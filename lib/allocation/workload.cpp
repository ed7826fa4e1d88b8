#include "lib/allocation/workload.hpp"

#include <array>
#include <charconv>

namespace berth::allocation {
namespace {

/// Where the name of a gang may stand, the first one that is there wins.
struct NameSource {
  std::string_view key;
  bool is_label;
};
constexpr std::array<NameSource, 5> kNameSources{{
    {"berth.dev/workload", true},
    {"kueue.x-k8s.io/pod-group-name", true},
    {"scheduling.x-k8s.io/pod-group", true},
    {"scheduling.k8s.io/group-name", false}, // Volcano
    {"pod-group-name", false},               // KAI
}};
constexpr std::string_view kSizeKey = "berth.dev/workload-size";
constexpr std::string_view kMaxKey = "berth.dev/workload-max";
constexpr std::string_view kKueueSizeKey = "kueue.x-k8s.io/pod-group-total-count";

const std::string* find_name(const GangHints& hints) {
  for (const auto& [key, is_label] : kNameSources) {
    const std::string* name = (is_label ? hints.labels : hints.annotations).find(key);
    if (name != nullptr && !name->empty())
      return name;
  }
  return nullptr;
}

Result<std::int32_t> parse_size(std::string_view key, const std::string& text) {
  std::int32_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc{} || end != text.data() + text.size() || size < 1 ||
      size > kGangMembersMax)
    return fail(Code::Invalid, std::string(key) + ": \"" + text.substr(0, 32) +
                                   "\" is not a number from 1 to " +
                                   std::to_string(kGangMembersMax));
  return size;
}

Result<std::int32_t> find_size(const GangHints& hints, const std::string& gang) {
  if (const std::string* text = hints.labels.find(kSizeKey))
    return parse_size(kSizeKey, *text);
  if (const std::string* text = hints.annotations.find(kSizeKey))
    return parse_size(kSizeKey, *text);
  if (const std::string* text = hints.annotations.find(kKueueSizeKey))
    return parse_size(kKueueSizeKey, *text);
  if (hints.owner_parallelism && *hints.owner_parallelism >= 1 &&
      *hints.owner_parallelism <= kGangMembersMax)
    return *hints.owner_parallelism;
  return fail(Code::Invalid, "the size of gang " + gang.substr(0, 64) + " is not known; set " +
                                 std::string(kSizeKey));
}

/// The most members, which is the least as well where nothing else is said.
Result<std::int32_t> find_max(const GangHints& hints, std::int32_t size) {
  const std::string* text = hints.labels.find(kMaxKey);
  if (text == nullptr)
    text = hints.annotations.find(kMaxKey);
  if (text == nullptr)
    return size;
  BERTH_TRY(const std::int32_t most, parse_size(kMaxKey, *text));
  if (most < size)
    return fail(Code::Invalid, std::string(kMaxKey) + ": " + std::to_string(most) +
                                   " is less than " + std::string(kSizeKey) + ", which is " +
                                   std::to_string(size));
  return most;
}

} // namespace

Result<std::optional<GangMembership>> gang_of(const GangHints& hints) {
  const std::string* name = find_name(hints);
  if (name == nullptr)
    return std::nullopt;
  BERTH_TRY(const std::int32_t size, find_size(hints, *name));
  BERTH_TRY(const std::int32_t most, find_max(hints, size));
  return GangMembership{*name, most, most == size ? 0 : size};
}

WorkloadId workload_id(const PodView& pod) {
  if (!pod.gang)
    return WorkloadId{pod.uid.str()};
  if (pod.is_request) // no pod can name itself so: neither uids nor "<namespace>/..." look like it
    return WorkloadId{pod.gang->name};
  return WorkloadId{pod.namespace_name + "/" + pod.gang->name};
}

std::string request_gang(std::string_view request_uid) {
  return std::string(kRequestGangPrefix) + std::string(request_uid);
}

PodUid unit_uid(std::string_view request_uid, std::size_t number) {
  const std::string digits = std::to_string(number);
  const std::string zeros(digits.size() < 4 ? 4 - digits.size() : 0, '0'); // their order is numeric
  return PodUid{std::string(kUnitPrefix) + std::string(request_uid) + "/" + zeros + digits};
}

const std::string& workload_name(const PodView& pod) {
  return pod.gang && !pod.is_request ? pod.gang->name : pod.name;
}

} // namespace berth::allocation
