#pragma once
// Reflector<T>: fills a Store<T> from the API server and keeps it equal. It turns lists into the
// smallest set of changes (objects missed while the watch was down are removed), so listeners see
// the same calls whether news came by list or by watch. An object that cannot be decoded keeps its
// last readable version, since "unreadable" is not "gone".

#include <array>
#include <functional>
#include <utility>

#include "lib/kube/codec.hpp"
#include "lib/kube/store.hpp"

namespace berth::kube {

/// What a reflector counts; all on the executor's thread.
struct ReflectorStats {
  std::array<std::size_t, kRelistReasons> relists{};            ///< by RelistReason
  std::array<std::size_t, ListWatchSink::kEventTypes> events{}; ///< by EventType
  std::size_t malformed = 0;         ///< objects that could not be decoded
  std::size_t failures = 0;          ///< lists and watches that failed and were tried again
  std::size_t audit_differences = 0; ///< found by an audit list and not by the watch (L3)
  SteadyPoint last_progress{};
};

template <class T>
class Reflector final : public ListWatchSink {
public:
  Reflector(Client& client, async::Executor& executor, Rng rng, ResourceType type, Codec<T> codec,
            Store<T>& store, ListWatchOptions options)
      : client_(client), executor_(executor), rng_(rng), type_(std::move(type)),
        codec_(std::move(codec)), store_(store), options_(std::move(options)) {}

  /// Told of failures and of malformed objects, for logs.
  void report_to(std::function<void(const Error&)> listener) { report_ = std::move(listener); }

  /// Runs until `stop`; the reflector and its store must outlive it.
  [[nodiscard]] async::Task<void> run(std::stop_token stop) {
    return run_list_watch(client_, executor_, rng_, type_, options_, *this, std::move(stop));
  }
  [[nodiscard]] const ReflectorStats& stats() const { return stats_; }
  [[nodiscard]] const ResourceType& type() const { return type_; }

  void begin_list() override {
    listed_.clear();
    listing_ = true;
  }

  [[nodiscard]] Result<PageInfo> add_page(std::string page) override {
    BERTH_TRY(Page<T> decoded, codec_.decode_page(std::move(page)));
    PageInfo info{std::move(decoded.resource_version), std::move(decoded.continue_token),
                  decoded.items.size()};
    for (auto& item : decoded.items)
      stage(std::move(item));
    for (auto& bad : decoded.malformed)
      keep_last_readable(std::move(bad));
    return info;
  }

  void finish_list() override {
    std::vector<ObjectKey> gone;
    for (const auto& [key, item] : store_.items())
      if (!listed_.contains(key))
        gone.push_back(key);
    for (const auto& key : gone) {
      note_difference();
      store_.remove(key);
    }
    for (auto& [key, item] : std::exchange(listed_, {}))
      apply(std::move(item));
    listing_ = auditing_ = false;
    store_.mark_synced();
  }

  void abandon_list() override {
    listed_.clear();
    listing_ = auditing_ = false;
  }

  [[nodiscard]] Result<EventInfo> add_event(std::string_view line) override {
    BERTH_TRY(Event<T> event, codec_.decode_event(line));
    ++stats_.events[static_cast<std::size_t>(event.info.type)];
    if (event.malformed && event.info.type == EventType::Deleted)
      forget(event.malformed->key);
    else if (event.malformed)
      keep_last_readable(std::move(*event.malformed));
    else if (event.object)
      change(event.info.type, std::move(event.object));
    return std::move(event.info);
  }

  void on_relist(RelistReason reason) override {
    ++stats_.relists[static_cast<std::size_t>(reason)];
    auditing_ = reason == RelistReason::Audit;
  }
  void on_progress() override { stats_.last_progress = executor_.clock().steady_now(); }
  void on_failure(const Error& error) override {
    ++stats_.failures;
    report(error);
  }

private:
  /// An event of the watch, or of a streaming list, which is kept aside until the list is complete.
  void change(EventType type, std::shared_ptr<const T> object) {
    const ObjectKey key = object->meta.key();
    if (type == EventType::Deleted)
      forget(key);
    else if (listing_)
      stage(std::move(object));
    else
      store_.upsert(std::move(object));
  }

  /// Keeps an object of the list under way. What the store has already is not kept twice.
  void stage(std::shared_ptr<const T> item) {
    ObjectKey key = item->meta.key();
    auto known = store_.find(key);
    const bool same = known && known->meta.uid == item->meta.uid &&
                      known->meta.resource_version == item->meta.resource_version;
    listed_.insert_or_assign(std::move(key), same ? std::move(known) : std::move(item));
  }

  void forget(const ObjectKey& key) {
    if (listing_)
      listed_.erase(key);
    else
      store_.remove(key);
  }

  void keep_last_readable(Malformed bad) {
    ++stats_.malformed;
    report(Error{Code::Invalid, type_.kind + ' ' + to_string(bad.key) + ": " + bad.why, {}});
    const auto known = store_.find(bad.key);
    if (!known || (!bad.uid.empty() && known->meta.uid != bad.uid))
      forget(bad.key);
    else if (listing_)
      listed_.insert_or_assign(bad.key, known);
  }

  void apply(std::shared_ptr<const T> item) {
    const auto known = store_.find(item->meta.key());
    if (!known || known->meta.resource_version != item->meta.resource_version)
      note_difference();
    store_.upsert(std::move(item));
  }

  void note_difference() {
    if (auditing_)
      ++stats_.audit_differences;
  }
  void report(const Error& error) const {
    if (report_)
      report_(error);
  }

  Client& client_;
  async::Executor& executor_;
  Rng rng_;
  ResourceType type_;
  Codec<T> codec_;
  Store<T>& store_;
  ListWatchOptions options_;
  std::function<void(const Error&)> report_;
  std::map<ObjectKey, std::shared_ptr<const T>> listed_; ///< what the list under way has so far
  bool listing_ = false;
  bool auditing_ = false;
  ReflectorStats stats_;
};

} // namespace berth::kube
