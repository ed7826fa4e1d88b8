#include "cli/recommendations/recommendations.hpp"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "cli/listing.hpp"
#include "lib/api/evictions.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cli {
namespace {

using api::Json;

async::Task<Result<api::ScalingRecommendation>> look(kube::Client& client, kube::ObjectKey key) {
  const std::string name = to_string(key);
  const auto text = co_await client.get(kube::types::scaling_recommendation(), std::move(key));
  if (!text && text.error().code == Code::NotFound)
    co_return fail(Code::NotFound, "there is no ScalingRecommendation " + name +
                                       "; \"kubectl berth recommendations\" lists them");
  if (!text)
    co_return fail(text.error().while_doing("get ScalingRecommendation " + name));
  co_return api::decode_text<api::ScalingRecommendation>(*text);
}

async::Task<Result<api::ObjectMeta>> look_at_target(kube::Client& client, PatchTarget target) {
  const std::string name = target.type.kind + " " + to_string(target.key);
  const auto text = co_await client.get(target.type, target.key);
  if (!text)
    co_return fail(text.error().while_doing("get " + name));
  BERTH_CO_TRY(const Json object, api::parse_json(*text));
  co_return api::decode_meta(object);
}

/// As long as only the target's status moves it is tried again: its generation tells.
async::Task<Result<void>> apply(kube::Client& client, api::ScalingRecommendation recommendation,
                                bool dry_run) {
  const PatchTarget target = target_of(recommendation);
  const std::string name = target.type.kind + " " + to_string(target.key);
  BERTH_CO_TRY(api::ObjectMeta seen, co_await look_at_target(client, target));
  const std::int64_t generation = seen.generation;
  const std::string uid = seen.uid;
  for (int tries = 1;; ++tries) {
    BERTH_CO_TRY(std::string patch, guarded_patch(recommendation.spec.action, seen));
    kube::WriteOptions how;
    how.subresource = target.subresource;
    how.dry_run = dry_run;
    const auto written = co_await client.patch(target.type, target.key, target.patch_type,
                                               std::move(patch), std::move(how));
    if (written)
      co_return Result<void>{};
    const bool may_be_stale =
        written.error().code == Code::Conflict || written.error().code == Code::Invalid;
    const std::string version = seen.resource_version;
    if (may_be_stale) {
      BERTH_CO_TRY(seen, co_await look_at_target(client, target));
    }
    if (seen.uid != uid || seen.generation != generation)
      co_return fail(Code::Conflict, name + " was changed meanwhile: look at it, then apply again");
    if (tries == kApplyTriesMax || !may_be_stale || seen.resource_version == version)
      co_return fail(written.error().while_doing("patch " + name));
  }
}

/// A pod that is gone is where it should be.
async::Task<Result<void>> evict(kube::Client& client, api::Eviction eviction, bool dry_run) {
  kube::Preconditions same_pod;
  same_pod.uid = eviction.uid;
  Result<void> done;
  if (dry_run)
    done = co_await client.may_evict(eviction.pod, std::move(same_pod));
  else
    done = co_await client.evict(eviction.pod, std::move(same_pod), std::nullopt);
  const bool is_gone =
      !done && (done.error().code == Code::NotFound || done.error().code == Code::Conflict);
  if (!done && !is_gone)
    co_return fail(done.error().while_doing("evict pod " + to_string(eviction.pod)));
  co_return Result<void>{};
}

/// None is evicted unless each may be.
async::Task<Result<void>> evict_all(kube::Client& client, std::vector<api::Eviction> evictions,
                                    bool dry_run) {
  for (const api::Eviction& eviction : evictions) {
    BERTH_CO_CHECK(co_await evict(client, eviction, true));
  }
  if (dry_run)
    co_return Result<void>{};
  std::size_t evicted = 0;
  for (const api::Eviction& eviction : evictions) {
    const auto done = co_await evict(client, eviction, false);
    if (!done)
      co_return fail(done.error().while_doing(std::to_string(evicted) + " of " +
                                              std::to_string(evictions.size()) + " are evicted"));
    ++evicted;
  }
  co_return Result<void>{};
}

async::Task<Result<void>> carry_out(kube::Client& client, api::ScalingRecommendation recommendation,
                                    bool dry_run) {
  if (recommendation.spec.action.subresource != api::PatchSubresource::Eviction)
    co_return co_await apply(client, std::move(recommendation), dry_run);
  auto evictions = api::evictions_of(recommendation.spec.action);
  if (!evictions)
    co_return fail(Code::Invalid, "spec.action.patch is no list of evictions");
  co_return co_await evict_all(client, std::move(*evictions), dry_run);
}

Answer applied(const api::ScalingRecommendation& recommendation, const CliOptions& options) {
  const PatchTarget target = target_of(recommendation);
  const bool dry_run = options.recommendations.dry_run;
  const auto text = [&](bool) {
    return printable("ScalingRecommendation " + to_string(recommendation.meta.key())) +
           (dry_run ? ": would be applied (dry run)\n" : ": applied\n") +
           printable(target.type.kind + " " + to_string(target.key) +
                     (target.subresource.empty() ? "" : ", " + target.subresource) + ": " +
                     recommendation.spec.action.patch) +
           "\n";
  };
  Answer answer;
  answer.out = present(options.output, text, [&] {
    return Json{{"name", to_string(recommendation.meta.key())},
                {"applied", !dry_run},
                {"dryRun", dry_run},
                {"target", {{"kind", target.type.kind}, {"name", to_string(target.key)}}},
                {"subresource", target.subresource},
                {"patch", recommendation.spec.action.patch}};
  });
  return answer;
}

async::Task<Answer> answer_apply(kube::Client& client, CliOptions options, Surroundings around) {
  kube::ObjectKey key = key_of(options.recommendations.name, options, around.default_namespace);
  const auto recommendation = co_await look(client, std::move(key));
  if (!recommendation)
    co_return answer_failure(recommendation.error());
  if (const auto may = may_be_applied(*recommendation, around.now); !may)
    co_return answer_failure(may.error());
  const auto done = co_await carry_out(client, *recommendation, options.recommendations.dry_run);
  const bool evicts = recommendation->spec.action.subresource == api::PatchSubresource::Eviction;
  if (!done && evicts)
    co_return answer_write_failure(done.error(), "create", kube::types::pod());
  if (!done)
    co_return answer_write_failure(done.error(), "patch", target_of(*recommendation).type);
  co_return applied(*recommendation, options);
}

async::Task<Answer> answer_list(kube::Client& client, CliOptions options, Surroundings around) {
  kube::ListOptions where;
  where.ns = options.ns;
  auto codec = kube::make_json_codec<api::ScalingRecommendation>(
      kube::types::scaling_recommendation(),
      [](const Json& object) { return api::decode<api::ScalingRecommendation>(object); });
  const auto listed = co_await list_all<api::ScalingRecommendation>(
      client, kube::types::scaling_recommendation(), std::move(where), std::move(codec));
  if (!listed)
    co_return answer_failure(listed.error());
  const RecommendationsView view =
      decide_recommendations(listed->items, options.recommendations.all, around.now);
  Answer answer;
  answer.out = present(
      options.output, [&](bool wide) { return render_recommendations(view, wide, around.paint); },
      [&] { return recommendations_json(view); });
  answer.err = warnings_of(listed->unreadable, around.paint);
  co_return answer;
}

} // namespace

async::Task<Answer> answer_recommendations(kube::Client& client, CliOptions options,
                                           Surroundings around) {
  if (options.recommendations.verb == "apply")
    return answer_apply(client, std::move(options), std::move(around));
  return answer_list(client, std::move(options), std::move(around));
}

} // namespace berth::cli
