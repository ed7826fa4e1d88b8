#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

const Labels kTeam{{"kind", "team"}};

QuotaDirectory directory(std::vector<QuotaBuilder> quotas) {
  std::vector<std::shared_ptr<const QuotaSpec>> shared;
  for (const QuotaBuilder& builder : quotas)
    shared.push_back(builder.shared());
  return QuotaDirectory(shared);
}

QuotaChoice choose(const QuotaDirectory& quotas, const char* account, const char* hint = "") {
  return quotas.choose({"team-a", account}, &kTeam, QuotaName{hint});
}

} // namespace

TEST_CASE("the most specific quota wins: service account, namespace, selector") {
  const auto by_selector = quota("selector").of_selected(Selector::of({{"kind", "team"}}));
  const auto by_namespace = quota("namespace").of("team-a");
  const auto by_account = quota("account").of_account("team-a", "robot");
  const auto all = directory({by_selector, by_namespace, by_account});
  CHECK(choose(all, "robot").quota == QuotaName{"account"});
  CHECK(choose(all, "default").quota == QuotaName{"namespace"});
  CHECK(choose(directory({by_selector}), "default").quota == QuotaName{"selector"});
  CHECK(choose(directory({by_account}), "default").reason == Reason::QuotaNotFound);
}

TEST_CASE("two quotas that name a subject equally closely are ambiguous, in any order") {
  for (const auto& quotas : {directory({quota("x").of("team-a"), quota("y").of("team-a")}),
                             directory({quota("y").of("team-a"), quota("x").of("team-a")})}) {
    const QuotaChoice choice = choose(quotas, "default");
    CHECK(choice.quota.empty());
    CHECK(choice.reason == Reason::QuotaAmbiguous);
    CHECK(choice.message == "Quotas x and y name team-a/default equally closely");
  }
}

TEST_CASE("a subject listed twice in one quota is no tie") {
  CHECK(choose(directory({quota("x").of("team-a").of("team-a")}), "d").quota == QuotaName{"x"});
}

TEST_CASE("a pod may name any quota that names its subject, however loosely, and no other") {
  const auto all = directory({quota("own").of("team-a"), quota("foreign").of("team-b"),
                              quota("wide").of_selected(Selector{})});
  CHECK(choose(all, "default", "wide").quota == QuotaName{"wide"});
  CHECK(choose(all, "default", "foreign").reason == Reason::QuotaNotAllowed);
  CHECK(choose(all, "default", "absent").reason == Reason::QuotaNotFound);
}

TEST_CASE("a namespace that is not known matches no selector, not even an empty one") {
  const auto wide = directory({quota("wide").of_selected(Selector{})});
  CHECK(wide.choose({"ghost", "default"}, nullptr, {}).reason == Reason::QuotaNotFound);
}

TEST_CASE("overlapping subjects are found, each pair once") {
  const auto all =
      directory({quota("x").of("team-a").of_account("team-b", "robot"),
                 quota("y").of("team-a").of_account("team-b", "robot"),
                 quota("s").of_selected(Selector{}), quota("t").of_selected(Selector{})});
  const std::vector<NamespaceView> namespaces{{"team-a", kTeam}, {"team-b", {}}};
  CHECK(all.overlaps(namespaces) ==
        std::vector<SubjectOverlap>{
            {QuotaName{"s"}, QuotaName{"t"}, "namespace team-b"},
            {QuotaName{"x"}, QuotaName{"y"}, "namespace team-a"},
            {QuotaName{"x"}, QuotaName{"y"}, "service account team-b/robot"}});
}

TEST_CASE("the number of reported overlaps is bounded") {
  std::vector<QuotaBuilder> quotas;
  for (int i = 0; i < 200; ++i)
    quotas.push_back(quota("q" + std::to_string(i)).of("team-a"));
  CHECK(directory(quotas).overlaps({}).size() == kSubjectOverlapsMax);
}
