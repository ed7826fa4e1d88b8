// Whatever an object holds is in its text: every field of every struct gets a random value, by the
// codec's own lists, which do not compile without one of them.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "lib/base/rng.hpp"
#include "lib/decision_log/codec.hpp"
#include "lib/decision_log/objects.hpp"

using namespace berth;
using namespace berth::decision_log;

namespace {

std::string random_text(Rng& rng) {
  constexpr std::string_view kLetters = "ab/:.-\"\\\n\xC3\xA4 Z9";
  std::string text;
  for (std::uint64_t left = 1 + rng.below(6); left > 0; --left) {
    const std::size_t at = rng.below(kLetters.size());
    if (static_cast<unsigned char>(kLetters[at]) < 0x80)
      text += kLetters[at];
    else
      text += "\xC3\xA4";
  }
  return text;
}

template <class T>
void fill(T& value, Rng& rng);

template <class T>
void fill_list(T& list, Rng& rng) {
  list.clear();
  for (std::uint64_t left = rng.below(3); left > 0; --left) {
    auto item = fresh<typename T::value_type>();
    fill(item, rng);
    list.insert(list.end(), std::move(item));
  }
}

void fill_window(allocation::WindowRule& rule, Rng& rng) {
  switch (rng.below(4)) {
  case 0: rule = allocation::AlwaysOpen{}; break;
  case 1: fill(rule.emplace<allocation::SingleWindow>(), rng); break;
  case 2: fill(rule.emplace<allocation::TriggeredWindow>(), rng); break;
  default:
    rule = allocation::RecurringWindow{*allocation::CronSchedule::parse("5 4 * * 1-5"),
                                       allocation::TimeZone::utc(),
                                       std::chrono::seconds{rng.below(9999)}};
  }
}

template <class T>
void fill(T& value, Rng& rng) {
  if constexpr (std::same_as<T, bool>) {
    value = rng.below(2) == 0;
  } else if constexpr (std::is_arithmetic_v<T>) {
    value = static_cast<T>(rng.next());
  } else if constexpr (std::is_enum_v<T>) {
    do
      value = static_cast<T>(rng.below(4));
    while (word_of(value).empty());
  } else if constexpr (NameLike<T>) {
    value = T{random_text(rng)};
  } else if constexpr (Ticks<T>) {
    value = T{Duration{static_cast<std::int64_t>(rng.next())}};
  } else if constexpr (std::same_as<T, resources::Amount>) {
    value = rng.below(3) == 0 ? resources::Amount::unlimited()
                              : resources::Amount{static_cast<std::int64_t>(rng.next())};
  } else if constexpr (std::same_as<T, resources::ResourceVector>) {
    for (std::uint64_t left = rng.below(3); left > 0; --left)
      value.set(resources::ResourceName{random_text(rng)},
                resources::Amount{static_cast<std::int64_t>(rng.below(2000)) - 1000});
  } else if constexpr (std::same_as<T, allocation::Labels>) {
    for (std::uint64_t left = rng.below(3); left > 0; --left)
      value.set(random_text(rng), random_text(rng));
  } else if constexpr (std::same_as<T, allocation::ShapePtr>) {
    allocation::PodShape shape;
    fill(shape, rng);
    value = allocation::ShapePtr{std::move(shape)};
  } else if constexpr (std::same_as<T, allocation::WindowRule>) {
    fill_window(value, rng);
  } else if constexpr (Optional<T>) {
    value.reset();
    if (rng.below(2) == 0)
      fill(value.emplace(fresh<typename T::value_type>()), rng);
  } else if constexpr (Listed<T>) {
    std::apply([&](auto&... fields) { (fill(fields, rng), ...); }, Fields<T>::tie(value));
  } else if constexpr (kIsPair<T>) {
    fill(value.first, rng);
    fill(value.second, rng);
  } else if constexpr (Table<T>) {
    for (std::uint64_t left = rng.below(3); left > 0; --left) {
      auto key = fresh<typename T::key_type>();
      fill(key, rng);
      fill(value[key], rng);
    }
  } else {
    fill_list(value, rng);
  }
}

template <class T>
void survives(std::uint64_t seed) {
  Rng rng(seed);
  T value = fresh<T>();
  fill(value, rng);
  const std::string text = text_of(value);
  const api::FindTimeZone find_zone = [](std::string_view) { return allocation::TimeZone::utc(); };
  const Json json = *api::parse_json(text);
  Decoder decoder(find_zone);
  const auto read = decoder.decode<T>(json);
  if (!read)
    RC_FAIL(read.error().message + " in " + text);
  RC_ASSERT((*read == value));
  RC_ASSERT(text_of(*read) == text);
}

} // namespace

TEST_CASE("X4: every field of every object survives the log") {
  CHECK(rc::check("nodes", [](std::uint64_t seed) { survives<allocation::NodeView>(seed); }));
  CHECK(rc::check("pods", [](std::uint64_t seed) { survives<allocation::PodView>(seed); }));
  CHECK(rc::check("pools", [](std::uint64_t seed) { survives<allocation::PoolSpec>(seed); }));
  CHECK(rc::check("quotas", [](std::uint64_t seed) { survives<allocation::QuotaSpec>(seed); }));
  CHECK(rc::check("namespaces",
                  [](std::uint64_t seed) { survives<allocation::NamespaceView>(seed); }));
  CHECK(rc::check("reservations",
                  [](std::uint64_t seed) { survives<allocation::ReservationSpec>(seed); }));
  CHECK(rc::check("policies", [](std::uint64_t seed) { survives<allocation::PolicySpec>(seed); }));
  CHECK(rc::check("namespace quotas",
                  [](std::uint64_t seed) { survives<allocation::NamespaceQuota>(seed); }));
  CHECK(rc::check("memories",
                  [](std::uint64_t seed) { survives<allocation::AllocationMemory>(seed); }));
}

TEST_CASE("X4: every setting of the program survives the log") {
  CHECK(rc::check("settings", [](std::uint64_t seed) {
    Rng rng(seed);
    allocation::Policy policy;
    const auto fill_setting = [&](auto& field) {
      if constexpr (!std::same_as<std::remove_cvref_t<decltype(field)>,
                                  decltype(allocation::Policy::memory)>)
        fill(field, rng);
    };
    std::apply([&](auto&... fields) { (fill_setting(fields), ...); },
               Fields<allocation::Policy>::tie(policy));
    allocation::Policy read;
    for (const Setting& setting : settings_of(policy)) {
      reset_setting(setting.name, read);
      if (!setting.text.empty())
        RC_ASSERT(apply_setting({std::string(setting.name), setting.text}, read).has_value());
    }
    const auto [placement, backfill, held_back, preemption, evictions, memory, unpinned, throttled,
                measured, failures] = policy;
    RC_ASSERT((read.placement == placement));
    RC_ASSERT((read.backfill == backfill));
    RC_ASSERT((read.held_back == held_back));
    RC_ASSERT((read.preemption == preemption));
    RC_ASSERT((read.evictions == evictions));
    RC_ASSERT((read.unpinned == unpinned));
    RC_ASSERT((read.server_throttled_at == throttled));
    RC_ASSERT((read.measured == measured));
    RC_ASSERT((read.failures == failures));
  }));
}
