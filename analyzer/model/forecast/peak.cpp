#include "analyzer/model/forecast/peak.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

std::size_t startup_of(const PodCourse& pod, std::size_t startup_steps) {
  return pod.started_there ? std::min(startup_steps, pod.values.size()) : 0;
}

/// By step, the use of the busiest pod that is past its start-up.
std::vector<double> busiest_course(std::span<const PodCourse> pods, std::size_t startup_steps) {
  std::size_t end = 0;
  for (const PodCourse& pod : pods)
    end = std::max(end, pod.first_step + pod.values.size());
  const std::size_t begin = end > kPeakStepsMax ? end - kPeakStepsMax : 0;
  std::vector<std::optional<double>> steps(end - begin);
  for (const PodCourse& pod : pods)
    for (std::size_t i = startup_of(pod, startup_steps); i < pod.values.size(); ++i) {
      if (pod.first_step + i < begin)
        continue;
      auto& step = steps[pod.first_step + i - begin];
      step = std::max(step.value_or(pod.values[i]), pod.values[i]);
    }
  std::vector<double> course;
  for (const auto& step : steps)
    if (step || !course.empty())
      course.push_back(step ? *step : course.back());
  return course;
}

} // namespace

PeakForecast foresee_peak(std::span<const PodCourse> pods, const PeakQuestion& question) {
  PeakForecast peak;
  for (const PodCourse& pod : pods) {
    for (std::size_t i = 0; i < startup_of(pod, question.startup_steps); ++i)
      peak.startup_peak = std::max(peak.startup_peak, pod.values[i]);
    if (pod.killed_at)
      peak.killed_floor = std::max(peak.killed_floor, *pod.killed_at * (1 + kKilledHeadroom));
  }
  peak.wanted = std::max(peak.startup_peak, peak.killed_floor);
  const auto course = busiest_course(pods, question.startup_steps);
  if (course.empty())
    return peak;
  peak.busiest = forecast_course(course, question.forecast);
  for (const Interval& interval : peak.busiest->intervals)
    peak.wanted = std::max(peak.wanted, interval.high);
  return peak;
}

} // namespace berth::analyzer
