#include "analyzer/advise/notice.hpp"

namespace berth::analyzer {

void tell(const Notice& notice, telemetry::Logger& log, kube::EventRecorder* events) {
  log.info("Noticed what is not as usual", {{"target_kind", notice.about.kind},
                                            {"target", to_string(notice.about.key)},
                                            {"reason", to_string(notice.reason)},
                                            {"note", notice.note}});
  if (events != nullptr)
    events->record(notice.about, kube::EventSeverity::Warning, notice.reason, "Measure",
                   notice.note);
}

} // namespace berth::analyzer
