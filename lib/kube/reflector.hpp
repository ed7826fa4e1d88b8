#pragma once
// Reflector<T>: fills a Store<T> from the API server and keeps it equal. It turns lists into the
// smallest set of changes (objects missed while the watch was down are removed), so listeners see
// the same calls whether news came by list or by watch.

#include <set>
#include <utility>

#include "lib/kube/codec.hpp"
#include "lib/kube/store.hpp"

namespace berth::kube {

/// What a reflector counts; all on the executor's thread.
struct ReflectorStats {
  std::size_t relists[4] = {0, 0, 0, 0}; ///< by RelistReason
  std::size_t events = 0;
  std::size_t malformed = 0;         ///< objects that could not be decoded
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

  /// Runs until `stop`; the reflector and its store must outlive it.
  [[nodiscard]] async::Task<void> run(std::stop_token stop) {
    return run_list_watch(client_, executor_, rng_, type_, options_, *this, std::move(stop));
  }
  [[nodiscard]] const ReflectorStats& stats() const { return stats_; }
  [[nodiscard]] const ResourceType& type() const { return type_; }

  void begin_list() override { listed_.clear(); }

  [[nodiscard]] Result<PageInfo> add_page(std::string page) override {
    BERTH_TRY(Page<T> decoded, codec_.decode_page(std::move(page)));
    stats_.malformed += decoded.malformed.size();
    PageInfo info{std::move(decoded.resource_version), std::move(decoded.continue_token),
                  decoded.items.size()};
    for (auto& item : decoded.items)
      listed_.push_back(std::move(item));
    return info;
  }

  void finish_list() override {
    std::set<ObjectKey> present;
    for (auto& item : std::exchange(listed_, {})) {
      present.insert(item->meta.key());
      apply(std::move(item));
    }
    std::vector<ObjectKey> gone;
    for (const auto& [key, item] : store_.items())
      if (!present.contains(key))
        gone.push_back(key);
    for (const auto& key : gone) {
      note_difference();
      store_.remove(key);
    }
    auditing_ = false;
    store_.mark_synced();
  }

  void abandon_list() override {
    listed_.clear();
    auditing_ = false;
  }

  [[nodiscard]] Result<EventInfo> add_event(std::string_view line) override {
    BERTH_TRY(Event<T> event, codec_.decode_event(line));
    ++stats_.events;
    if (event.object && event.info.type == EventType::Deleted)
      store_.remove(event.object->meta.key());
    else if (event.object)
      store_.upsert(std::move(event.object));
    return std::move(event.info);
  }

  void on_relist(RelistReason reason) override {
    ++stats_.relists[static_cast<std::size_t>(reason)];
    auditing_ = reason == RelistReason::Audit;
  }
  void on_progress() override { stats_.last_progress = executor_.clock().steady_now(); }

private:
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

  Client& client_;
  async::Executor& executor_;
  Rng rng_;
  ResourceType type_;
  Codec<T> codec_;
  Store<T>& store_;
  ListWatchOptions options_;
  std::vector<std::shared_ptr<const T>> listed_;
  ReflectorStats stats_;
  bool auditing_ = false;
};

} // namespace berth::kube
