#include "lib/kube/event_series.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "lib/base/text.hpp"

namespace berth::kube {
namespace {

constexpr std::size_t kNoteBytesMax = 1024;
/// Names end with ".<16 hex digits>" and must stay within 253 bytes.
constexpr std::size_t kObjectNameBytesMax = 253 - 17;
constexpr char kSeparator = '\x1f';

std::string object_and_reason(const RecordedEvent& event) {
  std::string key = event.about.kind;
  for (const std::string_view part :
       {std::string_view(event.about.key.ns), std::string_view(event.about.key.name),
        std::string_view(event.about.uid), to_string(event.reason)}) {
    key += kSeparator;
    key += part;
  }
  return key;
}

std::string identity_of(const RecordedEvent& event) {
  std::string key = object_and_reason(event) + kSeparator + event.action + kSeparator + event.note;
  key += event.severity == EventSeverity::Warning ? 'W' : 'N';
  return key;
}

std::string name_of(const std::string& object, TimePoint now, std::uint64_t made) {
  std::string name = object.substr(0, kObjectNameBytesMax);
  while (!name.empty() && (name.back() == '.' || name.back() == '-'))
    name.pop_back();
  // Time keeps the names of two runs apart, the number those of one millisecond.
  const auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
  std::array<char, 20> suffix{};
  std::snprintf(suffix.data(), suffix.size(), ".%012llx%04llx", millis & 0xffff'ffff'ffffULL,
                made & 0xffffULL);
  return name + suffix.data();
}

} // namespace

EventSeries::EventSeries(const Clock& clock, EventRecorderOptions options)
    : clock_(clock), options_(std::move(options)) {}

EventSeries::Item EventSeries::add(RecordedEvent event) {
  cut_text(event.note, kNoteBytesMax);
  const SteadyPoint now = clock_.steady_now();
  const std::string key = identity_of(event);
  const auto known = by_key_.find(key);
  if (known != by_key_.end() && now - (*known->second)->last_recorded <= options_.merge_window) {
    const Item item = *known->second;
    ++item->count;
    item->last_seen = clock_.now();
    item->last_recorded = now;
    by_age_.splice(by_age_.end(), by_age_, known->second);
    return item;
  }
  if (!may_have_another(event))
    return nullptr;
  if (known != by_key_.end()) {
    by_age_.erase(known->second);
    by_key_.erase(known);
  }
  while (by_age_.size() >= options_.series_max) {
    by_key_.erase(identity_of(*by_age_.front()));
    by_age_.pop_front();
  }
  event.first_seen = event.last_seen = clock_.now();
  event.last_recorded = now;
  event.name = name_of(event.about.key.name, event.first_seen, made_++);
  by_age_.push_back(std::make_shared<RecordedEvent>(std::move(event)));
  by_key_.emplace(key, std::prev(by_age_.end()));
  return by_age_.back();
}

std::vector<EventSeries::Item> EventSeries::overdue(Duration interval) const {
  const SteadyPoint now = clock_.steady_now();
  std::vector<Item> found;
  for (const auto& item : by_age_)
    if (!item->queued && !item->given_up &&
        item->count > std::max(item->count_written, item->count_lost) &&
        now - item->last_written >= interval)
      found.push_back(item);
  return found;
}

bool EventSeries::may_have_another(const RecordedEvent& event) {
  const std::string key = object_and_reason(event);
  auto found = spam_.find(key);
  if (found == spam_.end()) {
    if (spam_.size() >= options_.series_max)
      spam_.erase(std::min_element(spam_.begin(), spam_.end(), [](const auto& a, const auto& b) {
        return a.second.used < b.second.used;
      }));
    const double per_second = 1000.0 / static_cast<double>(options_.refill_per_object.count());
    found = spam_.emplace(key, Spam{RateLimiter{clock_, per_second, options_.burst_per_object}, {}})
                .first;
  }
  found->second.used = clock_.steady_now();
  return found->second.limiter.reserve(Duration{0}).has_value();
}

} // namespace berth::kube
