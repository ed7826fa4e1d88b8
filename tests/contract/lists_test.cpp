// Lists: selectors, pages that belong to one snapshot, and what a resourceVersion asks for.

#include <catch2/catch.hpp>

#include "lib/http/message.hpp"
#include "tests/contract/api_under_test.hpp"
#include "tests/support/simulation/continue_token.hpp"

using namespace berth::contract;
using berth::simulation::ContinueToken;

namespace {

std::vector<std::string> names(const Answer& list) {
  std::vector<std::string> result;
  for (const auto& item : at(list.body, "/items"))
    result.push_back(text_at(item, "/metadata/name"));
  return result;
}

using Names = std::vector<std::string>;

struct Lists : ApiUnderTest {
  void make(const std::string& name, const Json& labels = Json::object()) {
    Json object = config_map(name);
    object["metadata"]["labels"] = labels;
    REQUIRE(post(core("configmaps"), object).status == 201);
  }
  /// The server may have put objects of its own into a new namespace.
  Names ours(const std::string& query) {
    const Answer listed = get(core("configmaps") + "?" + query);
    CHECK(listed.status == 200);
    Names result = names(listed);
    std::erase(result, "kube-root-ca.crt");
    return result;
  }
  static std::string encoded(const std::string& text) { return berth::http::percent_encode(text); }
};

} // namespace

TEST_CASE_METHOD(Lists, "label selectors select as Kubernetes documents them") {
  make("a", {{"tier", "web"}, {"env", "prod"}});
  make("b", {{"tier", "db"}, {"env", "prod"}});
  make("c", {{"env", "test"}});
  const auto selected = [&](const std::string& selector) {
    return ours("labelSelector=" + encoded(selector));
  };
  CHECK(selected("tier=web") == Names{"a"});
  CHECK(selected("tier==web") == Names{"a"});
  CHECK(selected("env=prod,tier!=web") == Names{"b"});
  CHECK(selected("env,!tier") == Names{"c"});
  CHECK(selected("env in (prod, test),tier notin (db)") == Names{"a", "c"});
  CHECK(selected("none") == Names{});
  CHECK(get(core("configmaps") + "?labelSelector=" + encoded("a b")).status == 400);
}

TEST_CASE_METHOD(Lists, "field selectors select names, nodes and phases of pods") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  REQUIRE(post(core("pods"), pod("b")).status == 201);
  REQUIRE(post(core("pods", "b") + "/binding", binding("b")).status == 201);
  const auto selected = [&](const std::string& selector) {
    return names(get(core("pods") + "?fieldSelector=" + encoded(selector)));
  };
  CHECK(selected("metadata.name=a") == Names{"a"});
  CHECK(selected("spec.nodeName=" + node()) == Names{"b"});
  CHECK(selected("spec.nodeName=") == Names{"a"});
  CHECK(selected("spec.nodeName!=") == Names{"b"});
  CHECK(selected("status.phase=Pending,metadata.name!=b") == Names{"a"});
  const Answer refused = get(core("pods") + "?fieldSelector=" + encoded("spec.priority=0"));
  CHECK(refused.status == 400);
  CHECK(refused.reason() == "BadRequest");
}

TEST_CASE_METHOD(Lists, "pages belong to one snapshot, whatever is written between them") {
  for (const auto* name : {"a", "b", "c", "d", "e"})
    REQUIRE(post(core("pods"), pod(name)).status == 201);
  const Answer first = get(core("pods") + "?limit=2");
  CHECK(names(first) == Names{"a", "b"});
  CHECK(integer_at(first.body, "/metadata/remainingItemCount") == 3);
  REQUIRE(post(core("pods"), pod("bb")).status == 201);
  REQUIRE(remove(core("pods", "d")).status == 200);
  const auto next = [&](const Answer& page) {
    return get(core("pods") +
               "?limit=2&continue=" + encoded(text_at(page.body, "/metadata/continue")));
  };
  const Answer second = next(first);
  CHECK(names(second) == Names{"c", "d"});
  CHECK(second.version() == first.version());
  const Answer third = next(second);
  CHECK(names(third) == Names{"e"});
  CHECK(text_at(third.body, "/metadata/continue").empty());
  CHECK(third.version() == first.version());
  CHECK(names(get(core("pods"))) == Names{"a", "b", "bb", "c", "e"});
}

TEST_CASE_METHOD(Lists, "a page of a selection says nothing of how many remain") {
  for (const auto* name : {"a", "b", "c"})
    make(name, {{"x", "y"}});
  const Answer page = get(core("configmaps") + "?limit=1&labelSelector=x%3Dy");
  CHECK(names(page) == Names{"a"});
  CHECK_FALSE(text_at(page.body, "/metadata/continue").empty());
  CHECK(at(page.body, "/metadata/remainingItemCount").is_null());
}

TEST_CASE_METHOD(Lists, "a list without resourceVersion sees every write before it") {
  make("a");
  const Answer listed = get(core("configmaps"));
  CHECK(text_at(listed.body, "/kind") == "ConfigMapList");
  const Answer created = post(core("configmaps"), config_map("b"));
  const Names after = ours("");
  CHECK(after == Names{"a", "b"});
  const Answer exact =
      get(core("configmaps") + "?resourceVersionMatch=Exact&resourceVersion=" + listed.version());
  CHECK(exact.status == 200);
  CHECK(exact.version() == listed.version());
  CHECK(ours("resourceVersionMatch=Exact&resourceVersion=" + listed.version()) == Names{"a"});
  CHECK(ours("resourceVersionMatch=NotOlderThan&resourceVersion=" + created.version()) ==
        Names{"a", "b"});
}

TEST_CASE_METHOD(Lists, "a resourceVersion that never was is refused with a Timeout to try again") {
  const Answer refused = get(core("configmaps") + "?resourceVersion=99999999999");
  CHECK(refused.status == 504);
  CHECK(refused.reason() == "Timeout");
  CHECK(text_at(refused.body, "/details/causes/0/reason") == "ResourceVersionTooLarge");
  CHECK(refused.headers.find("Retry-After") == "1");
}

TEST_CASE_METHOD(Lists, "history that is gone answers 410 Expired (F3, F4)") {
  for (const auto* name : {"a", "b", "c"})
    make(name);
  if (!server().forget_history()) {
    WARN("history cannot be compacted here: set BERTH_TEST_ETCD");
    return;
  }
  const Answer listed = get(core("configmaps") + "?resourceVersionMatch=Exact&resourceVersion=1");
  CHECK(listed.status == 410);
  CHECK(listed.reason() == "Expired");
  const std::string old = encode(ContinueToken{1, std::string("a\0", 2)});
  const Answer page = get(core("configmaps") + "?limit=1&continue=" + encoded(old));
  CHECK(page.status == 410);
  CHECK(page.reason() == "Expired");
  // The refusal offers to go on in what is current now.
  const std::string fresh = text_at(page.body, "/metadata/continue");
  const Answer resumed = get(core("configmaps") + "?limit=1&continue=" + encoded(fresh));
  CHECK(names(resumed) == Names{"b"});
}

TEST_CASE_METHOD(Lists, "parameters that contradict each other are refused") {
  make("a");
  make("b");
  CHECK(get(core("configmaps") + "?resourceVersionMatch=Exact").status == 422);
  CHECK(get(core("configmaps") + "?resourceVersionMatch=Exact&resourceVersion=0").status == 422);
  CHECK(get(core("configmaps") + "?sendInitialEvents=true").status == 422);
  CHECK(get(core("configmaps") + "?resourceVersion=x").status == 400);
  const std::string token =
      encoded(text_at(get(core("configmaps") + "?limit=1").body, "/metadata/continue"));
  CHECK(get(core("configmaps") + "?continue=" + token + "&resourceVersion=5").status == 400);
  CHECK(get(core("configmaps") + "?continue=nonsense").status == 400);
}

TEST_CASE_METHOD(Lists, "a list of all namespaces holds this one's objects") {
  make("a");
  bool found = false;
  for (const auto& item : at(get("/api/v1/configmaps").body, "/items"))
    found = found || (text_at(item, "/metadata/namespace") == ns() &&
                      text_at(item, "/metadata/name") == "a");
  CHECK(found);
}

TEST_CASE_METHOD(Lists, "a read of one object can ask for a version not older than another") {
  const Answer created = post(core("configmaps"), config_map("a"));
  CHECK(get(core("configmaps", "a") + "?resourceVersion=" + created.version()).status == 200);
  CHECK(get(core("configmaps", "a") + "?resourceVersion=99999999999").status == 504);
}
