// The larger parts of lib/kube on both servers: a reflector's store, events, leader election.

#include <catch2/catch.hpp>

#include "lib/cluster/pod_codec.hpp"
#include "lib/kube/events.hpp"
#include "lib/kube/leader_election.hpp"
#include "lib/kube/reflector.hpp"
#include "tests/contract/api_under_test.hpp"

using namespace berth;
using namespace berth::contract;
using namespace std::chrono_literals;

namespace {

/// Tasks that run beside a test, which ends them by end().
struct KubeParts : ApiUnderTest {
  void start(async::Task<void> task) {
    ++running;
    async::spawn(server().executor(), note_end(std::move(task)));
  }
  /// Ends what runs; its parts may go away afterwards.
  void end() {
    stop.request_stop();
    wait_until([&] { return look([&] { return running == 0; }); });
  }
  /// What `read` says, asked on the executor.
  template <class Read>
  bool look(Read read) {
    const std::function<bool()> asked = read;
    return await(answer(&asked));
  }

  std::stop_source stop;
  std::atomic<int> running = 0;

private:
  async::Task<void> note_end(async::Task<void> task) {
    co_await std::move(task);
    --running;
  }
  static async::Task<bool> answer(const std::function<bool()>* asked) { co_return (*asked)(); }
};

kube::LeaderElectionOptions election_options(const std::string& ns, const std::string& identity) {
  kube::LeaderElectionOptions options;
  options.lease = {ns, "contract"};
  options.identity = identity;
  options.lease_duration = 5s;
  options.renew_deadline = 3s;
  options.retry_period = 500ms;
  return options;
}

} // namespace

TEST_CASE_METHOD(KubeParts,
                 "a reflector's store follows the server, and its audits find nothing (F6)") {
  kube::ListWatchOptions options;
  options.ns = ns();
  options.streaming_list = GENERATE(true, false);
  options.page_items = 2;
  options.audit_interval = 1s;
  for (const auto* name : {"a", "b", "c"})
    REQUIRE(post(core("pods"), pod(name)).status == 201);
  kube::Store<cluster::Pod> store;
  kube::Reflector<cluster::Pod> reflector(client(), server().executor(), Rng{1}, kube::types::pod(),
                                          cluster::make_pod_codec(), store, options);
  start(reflector.run(stop.get_token()));
  wait_until([&] { return look([&] { return store.has_synced(); }); });
  CHECK(look([&] { return store.size() == 3; }));

  REQUIRE(post(core("pods"), pod("d")).status == 201);
  const auto changed = merge_patch(core("pods", "a"), {{"metadata", {{"labels", {{"x", "y"}}}}}});
  REQUIRE(changed.status == 200);
  REQUIRE(remove(core("pods", "b")).status == 200);
  wait_until([&] {
    return look([&] {
      const auto a = store.find({ns(), "a"});
      return a && a->meta.resource_version == changed.version() && store.find({ns(), "d"}) &&
             !store.find({ns(), "b"});
    });
  });

  const auto audits = [&] {
    return reflector.stats().relists[static_cast<std::size_t>(kube::RelistReason::Audit)];
  };
  wait_until([&] { return look([&] { return audits() >= 2; }); });
  CHECK(look([&] { return reflector.stats().audit_differences == 0; }));
  CHECK(look([&] { return reflector.stats().malformed == 0; }));
  end();
}

TEST_CASE_METHOD(KubeParts, "an event is written once and its repetitions are counted in it") {
  const auto about = post(core("pods"), pod("a"));
  kube::EventRecorderOptions options;
  options.component = "berth.dev/contract";
  options.instance = "contract-0";
  kube::EventRecorder recorder(client(), server().executor(), options);
  start(recorder.run(stop.get_token()));
  const auto record = [&](kube::EventSeverity severity, Reason reason, const char* note) {
    return look([&] {
      recorder.record({"v1", "Pod", {ns(), "a"}, about.uid()}, severity, reason, "Admit", note);
      return true;
    });
  };
  const auto events = [&] { return at(get(group("events.k8s.io/v1", "events")).body, "/items"); };
  record(kube::EventSeverity::Normal, Reason::Admitted, "Admitted by quota team-a");
  wait_until([&] { return events().size() == 1; });
  record(kube::EventSeverity::Normal, Reason::Admitted, "Admitted by quota team-a");
  wait_until([&] { return integer_at(events()[0], "/series/count") == 2; });
  record(kube::EventSeverity::Warning, Reason::Evicted, "Evicted for a reservation");
  wait_until([&] { return events().size() == 2; });
  CHECK(look([&] { return recorder.dropped() == 0; }));
  for (const auto& event : events()) {
    CHECK(text_at(event, "/regarding/uid") == about.uid());
    CHECK(text_at(event, "/reportingController") == "berth.dev/contract");
  }
  end();
}

TEST_CASE_METHOD(KubeParts,
                 "of two candidates one leads, and the other as soon as it has released") {
  kube::LeaderElection first(client(), server().executor(), Rng{1}, election_options(ns(), "first"),
                             {});
  kube::LeaderElection second(client(), server().executor(), Rng{2},
                              election_options(ns(), "second"), {});
  std::stop_source first_stop;
  start(first.run(first_stop.get_token()));
  wait_until([&] { return look([&] { return first.is_leader(); }); });
  start(second.run(stop.get_token()));
  const auto lease = [&] {
    return get(group("coordination.k8s.io/v1", "leases", "contract")).body;
  };
  const std::string acquired = text_at(lease(), "/spec/renewTime");
  wait_until([&] { return text_at(lease(), "/spec/renewTime") != acquired; });
  CHECK(look([&] { return first.is_leader() && !second.is_leader(); }));
  first_stop.request_stop();
  wait_until([&] { return look([&] { return second.is_leader(); }); });
  CHECK(text_at(lease(), "/spec/holderIdentity") == "second");
  CHECK(integer_at(lease(), "/spec/leaseTransitions") >= 1);
  end();
  CHECK(text_at(lease(), "/spec/holderIdentity").empty());
}
