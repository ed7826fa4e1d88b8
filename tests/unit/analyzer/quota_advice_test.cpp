// When the nominal amount of a quota is advised to be another: nothing is promised twice, and
// nothing is taken that was ever asked for.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "analyzer/advise/decide_quotas.hpp"
#include "tests/unit/analyzer/pool_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;
using resources::Amount;
using resources::ResourceName;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

Amount cores(int count) {
  return Amount{1000 * count};
}

/// What the work of a quota asked for, in cores.
struct Asked {
  int usual = 0;
  int peak = 0;
};

/// Quotas of the pool "p", and what is said about them.
struct Company {
  explicit Company(int allocatable) {
    auto made = std::make_shared<api::ResourcePool>();
    made->meta.name = "p";
    api::PoolResourceStatus row;
    row.name = ResourceName::cpu();
    row.allocatable = cores(allocatable);
    made->status.resources = {row};
    PoolView view;
    view.pool = made;
    pools = {view};
  }

  void add(const std::string& name, const std::string& parent, int nominal, Asked asked,
           Duration known_for = 72h) {
    auto made = std::make_shared<api::Quota>();
    made->meta.name = name;
    made->meta.uid = name + "-uid";
    if (!parent.empty())
      made->spec.parent_ref = api::QuotaRef{QuotaName{parent}};
    api::QuotaResource row;
    row.name = ResourceName::cpu();
    row.nominal = cores(nominal);
    made->spec.pools = {{api::PoolRef{PoolName{"p"}}, {row}}};
    quotas.push_back({made, {}});
    NominalDemand demand;
    demand.pool = PoolName{"p"};
    demand.resource = ResourceName::cpu();
    demand.low = demand.usual = 1000.0 * asked.usual;
    demand.peak = 1000.0 * std::max(asked.usual, asked.peak);
    demand.known_for = known_for;
    demand.coverage = 1;
    demand.foresight.model = "Naive";
    QuotaFacts of;
    of.demands = {demand};
    of.proofs.amount =
        of.proofs.percent = [](const std::string&, TimePoint) { return std::optional<double>(); };
    of.proofs.is_applied = [](const api::ScalingRecommendation&) { return false; };
    facts.push_back(std::move(of));
  }

  /// The patch that each quota is advised to take, by name.
  [[nodiscard]] std::map<std::string, Advised> advise(bool is_operator_dead = false) const {
    const DecideContext context{options, records, kNow, is_operator_dead};
    const auto decisions = decide_quotas(quotas, facts, pools, context);
    std::map<std::string, Advised> found;
    for (std::size_t at = 0; at < quotas.size(); ++at) {
      const auto& plan = decisions[at].plan;
      if (!plan.advised.empty())
        found.emplace(quotas[at].quota->meta.name, plan.advised.front());
    }
    return found;
  }
  /// The nominal cores that each is advised to have.
  [[nodiscard]] std::map<std::string, std::int64_t> advised_cores() const {
    std::map<std::string, std::int64_t> found;
    for (const auto& [name, one] : advise()) {
      const auto quota = std::ranges::find(
          quotas, name, [](const QuotaView& view) { return view.quota->meta.name; });
      const auto changes = read_nominal_patch(quota->quota->spec, one.object.spec.action.patch);
      REQUIRE(changes);
      REQUIRE(changes->size() == 1);
      found[name] = changes->front().nominal.value() / 1000;
    }
    return found;
  }

  AdvisorOptions options{};
  TrackRecords records = [] {
    TrackRecords all{};
    all.fill(1);
    return all;
  }();
  std::vector<QuotaView> quotas{};
  std::vector<QuotaFacts> facts{};
  std::vector<PoolView> pools{};
};

using Cores = std::map<std::string, std::int64_t>;

} // namespace

TEST_CASE("what the pool has and nobody was promised goes to the quota that lacks it all day") {
  Company company(100);
  company.add("full", "", 40, {60, 80});
  company.add("fits", "", 40, {40, 60});
  CHECK(company.advised_cores() == Cores{{"full", 60}});
  const auto found = company.advise().at("full").object;
  CHECK(found.spec.kind == RecommendationKind::AdjustQuota);
  CHECK(found.spec.target_ref == api::ScalingTarget{api::ScalingTargetKind::Quota, "full"});
  CHECK(found.spec.action.patch ==
        R"([{"op":"test","path":"/spec/pools/0/poolRef/name","value":"p"},)"
        R"({"op":"test","path":"/spec/pools/0/resources/0/name","value":"cpu"},)"
        R"({"op":"replace","path":"/spec/pools/0/resources/0/nominal","value":"60"}])");
  CHECK(found.spec.evidence->metric == "demand/p/cpu");
  CHECK(found.spec.expected_improvement->from == resources::Quantity::of(150));
  CHECK(found.spec.expected_improvement->to == resources::Quantity::of(100));
  CHECK(found.meta.owners.at(0).kind == "Quota");
  const auto& valid = found.status.conditions.at(0);
  CHECK(valid.reason == Reason::NominalTooSmall);
  CHECK(valid.message ==
        "cpu of pool p: more than 60 was held and waited for in four fifths of the last day, and "
        "40 is nominal; 20 more is promised to nobody");
}

TEST_CASE("an amount is first taken from the sibling that never asks for it, then given") {
  Company company(80);
  company.add("unit", "", 0, {70, 90});
  company.add("full", "unit", 40, {60, 80});
  company.add("idle", "unit", 40, {5, 10});
  CHECK(company.advised_cores() == Cores{{"idle", 20}});
  const auto found = company.advise().at("idle").object;
  CHECK(found.status.conditions.at(0).reason == Reason::NominalTooLarge);
  CHECK(found.status.conditions.at(0).message ==
        "cpu of pool p: no more than 10 of 40 was or will be asked for; without 20 of it there "
        "would be room for full, which lacks it");
  CHECK(found.spec.priority == api::RecommendationPriority::Low);
  Company after(80); // as it is then
  after.add("unit", "", 0, {70, 90});
  after.add("full", "unit", 40, {60, 80});
  after.add("idle", "unit", 20, {5, 10});
  CHECK(after.advised_cores() == Cores{{"full", 60}});
}

TEST_CASE("nothing is taken from a quota of another family, or that nobody else lacks") {
  Company company(80);
  company.add("a", "", 0, {});
  company.add("b", "", 0, {});
  company.add("full", "a", 40, {60, 80});
  company.add("idle", "b", 40, {5, 10});
  CHECK(company.advise().empty());
  Company roots(80); // roots lend nothing to each other
  roots.add("full", "", 40, {60, 80});
  roots.add("idle", "", 40, {5, 10});
  CHECK(roots.advise().empty());
  Company content(80);
  content.add("a", "", 0, {});
  content.add("fits", "a", 40, {30, 40});
  content.add("idle", "a", 40, {5, 10});
  CHECK(content.advise().empty());
}

TEST_CASE("less than a day, or too little of it, says nothing; nor does a dead operator") {
  Company young(100);
  young.add("full", "", 40, {60, 80}, 23h);
  CHECK(young.advise().empty());
  Company sparse(100);
  sparse.add("full", "", 40, {60, 80});
  sparse.facts[0].demands[0].coverage = 0.7;
  CHECK(sparse.advise().empty());
  Company fine(100);
  fine.add("full", "", 40, {60, 80});
  CHECK(fine.advise(true).empty());
  CHECK(fine.advise(false).size() == 1);
}

TEST_CASE("what stands keeps its patch and its words while nearly the same is wanted") {
  Company company(100);
  company.add("full", "", 40, {60, 80});
  const auto first = company.advise().at("full").object;
  auto standing = std::make_shared<api::ScalingRecommendation>(first);
  standing->spec.expires_at = kNow + 1min; // to be renewed
  Company later(100);
  later.add("full", "", 40, {62, 80});
  later.quotas[0].recommendations = {standing};
  const auto renewed = later.advise().at("full").object;
  CHECK(renewed.spec.action == first.spec.action);
  CHECK(renewed.status.conditions.at(0).message == first.status.conditions.at(0).message);
  Company full(55); // what was free is promised to somebody else meanwhile
  full.add("full", "", 40, {62, 80});
  full.quotas[0].recommendations = {standing};
  CHECK(full.advise().empty());
}

TEST_CASE("a recommendation that was followed ends as applied") {
  Company company(100);
  company.add("full", "", 40, {60, 80});
  const auto first = company.advise().at("full").object;
  Company after(100);
  after.add("full", "", 60, {60, 80});
  after.quotas[0].recommendations = {std::make_shared<api::ScalingRecommendation>(first)};
  const AdvisorOptions options;
  const DecideContext context{options, after.records, kNow};
  const auto decisions = decide_quotas(after.quotas, after.facts, after.pools, context);
  REQUIRE(decisions[0].plan.changed.size() == 1);
  CHECK(decisions[0].plan.changed[0].status.conditions.at(0).reason == Reason::Applied);
}

TEST_CASE("a patch of a quota with other rows is not read as one of this") {
  Company company(100);
  company.add("full", "", 40, {60, 80});
  const auto& spec = company.quotas[0].quota->spec;
  const std::string patch = company.advise().at("full").object.spec.action.patch;
  CHECK(read_nominal_patch(spec, patch)->size() == 1);
  auto other = spec;
  other.pools[0].pool_ref.name = PoolName{"q"};
  CHECK_FALSE(read_nominal_patch(other, patch));
  other = spec;
  other.pools[0].resources[0].name = ResourceName::memory();
  CHECK_FALSE(read_nominal_patch(other, patch));
  CHECK_FALSE(read_nominal_patch(spec, "[]"));
  CHECK_FALSE(read_nominal_patch(spec, "no patch"));
}

TEST_CASE(
    "followed in any part, advice promises nothing twice and takes nothing that was asked for") {
  CHECK(rc::check([] {
    const int allocatable = *rc::gen::inRange(0, 300);
    Company company(allocatable);
    const int roots = *rc::gen::inRange(0, 20);
    company.add("unit-0", "", roots, {});
    company.add("unit-1", "", roots, {});
    const int count = *rc::gen::inRange(1, 8);
    std::int64_t before = 2 * cores(roots).value();
    for (int i = 0; i < count; ++i) {
      const int nominal = *rc::gen::inRange(0, 80);
      before += cores(nominal).value();
      company.add("q-" + std::to_string(i), "unit-" + std::to_string(i % 2), nominal,
                  {*rc::gen::inRange(0, 100), *rc::gen::inRange(0, 120)});
    }
    std::int64_t raised = before;
    for (const auto& [name, wanted] : company.advised_cores()) {
      const auto at = static_cast<std::size_t>(
          std::ranges::find(company.quotas, name,
                            [](const QuotaView& view) { return view.quota->meta.name; }) -
          company.quotas.begin());
      const auto nominal = company.quotas[at].quota->spec.pools[0].resources[0].nominal.value();
      const std::int64_t change = 1000 * wanted - nominal;
      RC_ASSERT(change != 0);
      raised += std::max<std::int64_t>(change, 0);
      if (change < 0)
        RC_ASSERT(1000.0 * static_cast<double>(wanted) >= company.facts[at].demands[0].peak);
    }
    RC_ASSERT(raised <= std::max(before, cores(allocatable).value()));
  }));
}

TEST_CASE("a quota that is full for a day is advised to get what the pool has left") {
  PoolWorld world(10);
  world.admin.patch(
      "ResourcePool", {"", "p"},
      {{"status",
        {{"resources", simulation::Json::array({{{"name", "cpu"}, {"allocatable", "100"}}})}}}},
      "status");
  const simulation::Json nominal = {{"name", "cpu"}, {"nominal", 40}};
  const simulation::Json pool = {{"poolRef", {{"name", "p"}}},
                                 {"resources", simulation::Json::array({nominal})}};
  world.admin.create(simulation::make_object("berth.dev/v1alpha1", "Quota", "", "team")
                         .spec({{"subjects", {{"namespaces", simulation::Json::array({"team"})}}},
                                {"pools", simulation::Json::array({pool})}}));
  const simulation::Json row = {{"name", "cpu"}, {"used", "40"}, {"pending", "20"}};
  const simulation::Json told = {{"pool", "p"}, {"resources", simulation::Json::array({row})}};
  world.admin.patch("Quota", {"", "team"},
                    {{"status", {{"pools", simulation::Json::array({told})}}}}, "status");
  SimulatedAnalyzer analyzer(world);
  world.measure_for(23h, 6000);
  CHECK(world.recommendations().empty());
  world.measure_for(2h, 6000);
  const auto found = standing_in(world);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.kind == RecommendationKind::AdjustQuota);
  const auto applied = world.admin.request("PATCH", "/apis/berth.dev/v1alpha1/quotas/team",
                                           simulation::Json::parse(found[0].spec.action.patch),
                                           "application/json-patch+json");
  REQUIRE(applied.status == 200);
  world.measure_for(15min, 6000);
  CHECK(standing_in(world).empty());
  CHECK(valid_of(world.recommendations().at(0)).reason == Reason::Applied);
}

} // namespace berth::analyzer
