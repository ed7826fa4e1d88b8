#pragma once
// ListWatch: keeps one sink equal to what the API server has, by list (or streaming list) and
// watch. It knows the rules of the wire (paging, bookmarks, 410 in both forms, back-off, cut
// streams) and nothing of what the objects mean. Reflector<T> is the sink that decodes into a
// Store.
//
// Lists are consistent reads, so what a sink shows never goes back in time. The audit reads the
// list exactly as it was at the version that the watch has reached: what differs then was lost on
// the way, not merely late (F6).

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/async/executor.hpp"
#include "lib/kube/client.hpp"

namespace berth::kube {

/// Why a list was made again: at start, because the history was gone, to audit, or after an event
/// that could not be read or a watch that kept failing.
enum class RelistReason { Start, Gone, Error, Audit };
inline constexpr std::size_t kRelistReasons = 4;

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
  /// A new list begins: what was kept stays visible until finish_list(). Pages follow, or the
  /// events of a streaming list.
  virtual void begin_list() = 0;
  [[nodiscard]] virtual Result<PageInfo> add_page(std::string page) = 0;
  /// The list is complete: what it did not contain is gone (missed deletes included).
  virtual void finish_list() = 0;
  /// The list was given up half-way: forget its part, keep the old content.
  virtual void abandon_list() = 0;

  enum class EventType { Added, Modified, Deleted, Bookmark, Error };
  static constexpr std::size_t kEventTypes = 5;
  struct EventInfo {
    EventType type = EventType::Error;
    std::string resource_version;    ///< empty only for ERROR and for bookmarks that are not ours
    bool initial_events_end = false; ///< the bookmark that ends a streaming list
    int status_code = 0;             ///< of an ERROR event
    std::string message;
    std::optional<Duration> retry_after; ///< of an ERROR event
  };
  /// One complete watch event (one line of JSON). Invalid makes the caller list again.
  [[nodiscard]] virtual Result<EventInfo> add_event(std::string_view line) = 0;
  /// The watch moved to another state; for metrics only.
  virtual void on_relist(RelistReason reason) = 0;
  /// Something arrived (event or bookmark); for the watch-lag metric.
  virtual void on_progress() = 0;
  /// A list or watch failed and will be tried again; for logs and metrics.
  virtual void on_failure(const Error& error) { static_cast<void>(error); }
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
  /// A streaming list that is not complete by then is given up for a paged one: servers that do
  /// not know the parameter ignore it.
  Duration streaming_list_timeout = std::chrono::seconds{120};
};

/// Runs until `stop`; never returns for a failure of the server.
[[nodiscard]] async::Task<void> run_list_watch(Client& client, async::Executor& executor, Rng rng,
                                               ResourceType type, ListWatchOptions options,
                                               ListWatchSink& sink, std::stop_token stop);

} // namespace berth::kube
