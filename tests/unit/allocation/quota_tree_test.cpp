#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

const PoolName kPool{"p"};
const ResourceName kCpu = ResourceName::cpu();

/// A forest with a balance to draw on; amounts are millicores.
struct Tree {
  explicit Tree(std::vector<QuotaSpec> specs) : forest(shared(std::move(specs))), balance(forest) {}

  static std::vector<std::shared_ptr<const QuotaSpec>> shared(std::vector<QuotaSpec> specs) {
    std::vector<std::shared_ptr<const QuotaSpec>> pointers;
    for (QuotaSpec& spec : specs)
      pointers.push_back(std::make_shared<const QuotaSpec>(std::move(spec)));
    return pointers;
  }
  QuotaIndex at(const char* name) const { return *forest.find(QuotaName{name}); }
  void charge(const char* name, std::int64_t amount) {
    balance.charge(at(name), kPool, {{"cpu", amount}});
  }
  Amount available(const char* name) const { return balance.available(at(name), kPool, kCpu); }
  Amount left(const char* name) const { return balance.left(at(name), kPool, kCpu); }
  std::optional<QuotaShortfall> shortfall(const char* name, std::int64_t amount) const {
    return balance.shortfall(at(name), kPool, {{"cpu", amount}});
  }

  QuotaForest forest;
  QuotaBalance balance;
};

QuotaBuilder leaf(const char* name, const char* parent, std::int64_t nominal,
                  Amount borrowing = Amount::unlimited(), Amount lending = Amount::unlimited()) {
  return quota(name).under(parent).pool("p").nominal("cpu", nominal, borrowing, lending);
}

const QuotaFinding& finding(const Tree& tree, const char* name) {
  REQUIRE(tree.forest.finding(tree.at(name)).has_value());
  return *tree.forest.finding(tree.at(name));
}

} // namespace

TEST_CASE("Q2: a root borrows nothing") {
  Tree tree({leaf("root", "", 10)});
  CHECK(tree.available("root") == Amount{10});
  tree.charge("root", 7);
  CHECK(tree.available("root") == Amount{3});
  CHECK_FALSE(tree.shortfall("root", 3));
  CHECK(tree.shortfall("root", 4));
}

//        root 0
//        /     \.
//     a 10     b 10
TEST_CASE("Q1: siblings lend each other what they do not use") {
  Tree tree({quota("root"), leaf("a", "root", 10), leaf("b", "root", 10)});
  CHECK(tree.left("root") == Amount{20});
  tree.charge("a", 15);
  CHECK(tree.left("a") == Amount{-5});
  CHECK(tree.left("root") == Amount{5});
  CHECK(tree.available("b") == Amount{5});
  CHECK(tree.available("a") == Amount{5});
}

TEST_CASE("Q1: a lending limit keeps the rest at home, a borrowing limit caps what is taken") {
  Tree tree({quota("root"), leaf("a", "root", 10, Amount{3}),
             leaf("b", "root", 10, Amount::unlimited(), Amount{4})});
  CHECK(tree.available("a") == Amount{13}); // could be lent 4, may borrow 3
  CHECK(tree.available("b") == Amount{20});
  tree.charge("a", 13);
  CHECK(tree.available("a") == Amount{0});
  CHECK(tree.available("b") == Amount{7}); // its own 10 less what a took of the 4
  tree.charge("b", 7);
  CHECK(tree.available("b") == Amount{0});
  CHECK(tree.left("root") == Amount{0});
}

TEST_CASE("Q2: the limit of every ancestor counts") {
  Tree tree({leaf("root", "", 100), leaf("mid", "root", 0, Amount{5}), leaf("low", "mid", 10)});
  CHECK(tree.available("low") == Amount{15});
  tree.charge("low", 15);
  CHECK(tree.shortfall("low", 1));
  CHECK(tree.available("root") == Amount{95});
}

TEST_CASE("Q4: lowering a quota below its use stops admissions, and nothing else") {
  Tree tree({leaf("root", "", 4)});
  tree.charge("root", 10); // ran before the quota was lowered to 4
  CHECK(tree.available("root") == Amount{-6});
  CHECK(tree.shortfall("root", 1));
  CHECK_FALSE(tree.balance.shortfall(tree.at("root"), kPool, {{"cpu", 0}, {"memory", 7}}));
  const auto standing = tree.balance.standing(tree.at("root"));
  REQUIRE(standing.size() == 1);
  CHECK(standing[0].borrowed == Amount{6});
  CHECK(standing[0].used == Amount{10});
}

TEST_CASE("the shortfall has the numbers that a person needs") {
  Tree tree({leaf("research", "", 2), leaf("team-a", "research", 10)});
  tree.charge("team-a", 7);
  const auto shortfall = tree.shortfall("team-a", 8);
  REQUIRE(shortfall);
  CHECK(shortfall->quota == QuotaName{"team-a"});
  CHECK(shortfall->parent == QuotaName{"research"});
  CHECK(shortfall->needed == Amount{8});
  CHECK(shortfall->own_left == Amount{3});
  CHECK(shortfall->nominal == Amount{10});
  CHECK(shortfall->available == Amount{5});
}

TEST_CASE("what others borrowed is missing from a quota that has nominal room") {
  Tree tree({quota("root"), leaf("a", "root", 10), leaf("b", "root", 10)});
  tree.charge("b", 18);
  const auto standing = tree.balance.standing(tree.at("a"));
  REQUIRE(standing.size() == 1);
  CHECK(standing[0].available == Amount{2});
  CHECK(standing[0].lent == Amount{8});
  CHECK(tree.balance.standing(tree.at("root"))[0].used == Amount{18});
}

TEST_CASE("a resource that nobody in the tree names is free; one that a relative names is not") {
  Tree tree({quota("root"), leaf("a", "root", 10), quota("b").under("root"), leaf("other", "", 5)});
  CHECK(tree.balance.available(tree.at("a"), kPool, ResourceName{"memory"}).is_unlimited());
  CHECK(tree.balance.available(tree.at("a"), PoolName{"q"}, kCpu).is_unlimited());
  CHECK(tree.available("b") == Amount{10}); // nominal 0, borrows from a
  CHECK(tree.available("other") == Amount{5});
}

TEST_CASE("unlimited quotas stay so whatever is charged") {
  QuotaSpec endless = quota("root").pool("p");
  endless.pools[0].resources.push_back(QuotaAmount{kCpu, Amount::unlimited()});
  Tree tree({endless, leaf("a", "root", 1)});
  tree.charge("a", INT64_MAX);
  CHECK_FALSE(tree.shortfall("a", INT64_MAX));
  CHECK(tree.left("root").is_unlimited());
}

TEST_CASE("Q3: a missing parent stops its tree, and only that") {
  Tree tree({leaf("a", "nobody", 10), leaf("b", "a", 10), leaf("c", "", 10)});
  CHECK(finding(tree, "a").reason == Reason::ParentNotFound);
  CHECK(finding(tree, "b").reason == Reason::QuotaTreeInvalid);
  CHECK(finding(tree, "b").message ==
        "the tree is broken at Quota a: parent nobody does not exist");
  CHECK_FALSE(tree.forest.finding(tree.at("c")));
}

TEST_CASE("Q3: a cycle stops everything that hangs on it") {
  Tree tree({leaf("a", "b", 1), leaf("b", "c", 1), leaf("c", "a", 1), leaf("d", "a", 1),
             leaf("self", "self", 1), leaf("free", "", 1)});
  for (const char* name : {"a", "b", "c", "self"})
    CHECK(finding(tree, name).reason == Reason::ParentCycle);
  CHECK(finding(tree, "d").reason == Reason::QuotaTreeInvalid);
  CHECK_FALSE(tree.forest.finding(tree.at("free")));
  tree.charge("d", 5); // what runs is still counted, and no walk is endless
  CHECK(tree.left("d") == Amount{-4});
}

TEST_CASE("a stop counts for the quota and all below it") {
  QuotaSpec mid = leaf("mid", "root", 1);
  mid.stop = Stop::HoldAndDrain;
  Tree tree({leaf("root", "", 1), mid, leaf("low", "mid", 1)});
  CHECK_FALSE(tree.forest.stopped_by(tree.at("root")));
  CHECK(tree.forest.stopped_by(tree.at("low")) == tree.at("mid"));
}

TEST_CASE("Q3: a tree of thousands of levels is refused and costs nothing") {
  const auto chain = [](std::size_t levels) {
    std::vector<QuotaSpec> specs{leaf("q0", "", 5)};
    for (std::size_t i = 1; i < levels; ++i)
      specs.push_back(
          leaf(("q" + std::to_string(i)).c_str(), ("q" + std::to_string(i - 1)).c_str(), 0));
    return specs;
  };
  const Tree deep(chain(10'000));
  CHECK(finding(deep, "q9999").reason == Reason::QuotaTreeInvalid);
  CHECK(finding(deep, "q0").message ==
        "the tree is broken at Quota q100: q100 is more than 32 levels deep");
  const Tree deepest(chain(QuotaForest::kLevelsMax));
  CHECK_FALSE(deepest.forest.finding(deepest.at("q31")));
  CHECK(deepest.available("q31") == Amount{5});
}
