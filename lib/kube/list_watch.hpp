#pragma once
// ListWatch: keeps one sink equal to what the API server has, by list (or streaming list) and
// watch. It knows the rules of the wire (paging, bookmarks, 410 in both forms, back-off, cut
// streams) and nothing of what the objects mean. Reflector<T> is the sink that decodes into a
// Store.

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/async/executor.hpp"
#include "lib/kube/client.hpp"

namespace berth::kube {

enum class RelistReason { Start, Gone, Audit, DecodeFailed };

/// Where a list-and-watch delivers. All calls come on the client's executor.
class ListWatchSink {
public:
  virtual ~ListWatchSink() = default;
  /// One page of a list; `items` is the whole page's JSON. Answers the page's metadata.
  struct PageInfo {
    std::string resource_version;
    std::string continue_token;
    std::size_t items = 0;
  };
  /// A new list begins: what was kept stays visible until finish_list().
  virtual void begin_list() = 0;
  [[nodiscard]] virtual Result<PageInfo> add_page(std::string page) = 0;
  /// The list is complete: what it did not contain is gone (missed deletes included).
  virtual void finish_list() = 0;
  /// The list was given up half-way: forget its part, keep the old content.
  virtual void abandon_list() = 0;

  enum class EventType { Added, Modified, Deleted, Bookmark, Error };
  struct EventInfo {
    EventType type = EventType::Error;
    std::string resource_version;
    bool initial_events_end = false; ///< the bookmark that ends a streaming list
    int status_code = 0;             ///< of an ERROR event
    std::string message;
  };
  /// One complete watch event (one line of JSON).
  [[nodiscard]] virtual Result<EventInfo> add_event(std::string_view line) = 0;
  /// The watch moved to another state; for metrics only.
  virtual void on_relist(RelistReason reason) = 0;
  /// Something arrived (event or bookmark); for the watch-lag metric.
  virtual void on_progress() = 0;
};

struct ListWatchOptions {
  std::string ns;
  std::string label_selector;
  std::string field_selector;
  std::size_t page_items = 500;
  Duration watch_timeout_min = std::chrono::seconds{300};
  Duration watch_timeout_max = std::chrono::seconds{600};
  Duration backoff_initial = std::chrono::milliseconds{800};
  Duration backoff_max = std::chrono::seconds{30};
  Duration backoff_reset = std::chrono::seconds{120};
  /// How often the whole list is read again and compared, against silently lost events; 0: never.
  Duration audit_interval = std::chrono::minutes{30};
  std::size_t event_bytes_max = std::size_t{16} << 20U;
  bool streaming_list = true; ///< falls back to paged lists where the server refuses
};

/// Runs until `stop`; never returns for a failure of the server.
[[nodiscard]] async::Task<void> run_list_watch(Client& client, async::Executor& executor, Rng rng,
                                               ResourceType type, ListWatchOptions options,
                                               ListWatchSink& sink, std::stop_token stop);

} // namespace berth::kube
