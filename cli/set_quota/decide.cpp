#include "cli/set_quota/decide.hpp"

#include <optional>

#include "lib/api/json_reading.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::cli {
namespace {

using api::Json;

/// The place of an entry in a list, by the text at `pointer` in it.
std::optional<std::size_t> find_by(const Json& list, const char* pointer,
                                   const std::string& wanted) {
  for (std::size_t at = 0; at < list.size(); ++at)
    if (api::text_at(list[at], pointer) == wanted)
      return at;
  return std::nullopt;
}

std::string named_in(const Json& list, const char* pointer) {
  std::string names;
  for (const Json& entry : list)
    names += (names.empty() ? "" : ", ") + api::text_at(entry, pointer);
  return names.empty() ? "none" : names;
}

/// A quantity as the API carries it: a text or a number.
std::string amount_at(const Json& entry, const char* pointer, std::string_view absent) {
  const Json& found = api::member_at(entry, pointer);
  if (found.is_string())
    return found.get<std::string>();
  return found.is_number() ? found.dump() : std::string(absent);
}

QuotaAmounts amounts_of(const Json& entry) {
  return {amount_at(entry, "/nominal", "0"), amount_at(entry, "/borrowingLimit", kUnlimited),
          amount_at(entry, "/lendingLimit", kUnlimited)};
}

bool same_amount(const std::string& left, const std::string& right) {
  const auto one = resources::Quantity::parse(left);
  const auto other = resources::Quantity::parse(right);
  return one && other ? *one == *other : left == right;
}

/// Puts `wanted` into the entry; an amount that is the same stays as it is written.
void set_amount(Json& entry, const char* name, const std::optional<std::string>& wanted,
                const std::string& before) {
  if (!wanted || same_amount(*wanted, before))
    return;
  if (*wanted == kUnlimited)
    entry.erase(name);
  else
    entry[name] = *wanted;
}

std::string used_of(const Json& quota, const std::string& pool, const std::string& resource) {
  for (const Json& status : api::member_at(quota, "/status/pools"))
    if (api::text_at(status, "/pool") == pool)
      for (const Json& entry : api::member_at(status, "/resources"))
        if (api::text_at(entry, "/name") == resource)
          return amount_at(entry, "/used", "");
  return "";
}

bool is_more(const std::string& used, const std::string& nominal) {
  const auto one = resources::Quantity::parse(used);
  const auto other = resources::Quantity::parse(nominal);
  return one && other && *one > *other;
}

Result<std::size_t> find_pool(const Json& quota, const Json& pools,
                              const SetQuotaOptions& options) {
  if (options.pool.empty() && pools.size() == 1)
    return 0;
  const auto found = find_by(pools, "/poolRef/name", options.pool);
  if (found)
    return *found;
  return fail(options.pool.empty() ? Code::Invalid : Code::NotFound,
              "Quota " + api::text_at(quota, "/metadata/name") +
                  (options.pool.empty() ? " has not just one pool: name one with --pool"
                                        : " has no pool " + options.pool) +
                  "; it has: " + named_in(pools, "/poolRef/name"));
}

} // namespace

Result<QuotaEdit> decide_quota_edit(const Json& quota, const SetQuotaOptions& options) {
  const Json& pools = api::member_at(quota, "/spec/pools");
  BERTH_TRY(const std::size_t pool, find_pool(quota, pools, options));
  QuotaEdit edit;
  edit.uid = api::text_at(quota, "/metadata/uid");
  edit.pool = api::text_at(pools[pool], "/poolRef/name");
  const Json& entries = api::member_at(pools[pool], "/resources");
  const auto place = find_by(entries, "/name", options.resource);
  if (!place)
    return fail(Code::NotFound, "Quota " + api::text_at(quota, "/metadata/name") + " has no " +
                                    options.resource + " in pool " + edit.pool +
                                    "; it has: " + named_in(entries, "/name"));
  const Json& before = entries[*place];
  Json after = before;
  edit.before = amounts_of(before);
  set_amount(after, "nominal", options.nominal, edit.before.nominal);
  set_amount(after, "borrowingLimit", options.borrowing_limit, edit.before.borrowing_limit);
  set_amount(after, "lendingLimit", options.lending_limit, edit.before.lending_limit);
  edit.after = amounts_of(after);
  edit.used = used_of(quota, edit.pool, options.resource);
  edit.overused = is_more(edit.used, edit.after.nominal);
  if (after == before)
    return edit;
  const std::string at_pool = "/spec/pools/" + std::to_string(pool);
  const std::string at_entry = at_pool + "/resources/" + std::to_string(*place);
  edit.patch = api::to_text(
      Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", edit.uid}},
                   {{"op", "test"}, {"path", at_pool + "/poolRef/name"}, {"value", edit.pool}},
                   {{"op", "test"}, {"path", at_entry}, {"value", before}},
                   {{"op", "replace"}, {"path", at_entry}, {"value", after}}}));
  return edit;
}

} // namespace berth::cli
