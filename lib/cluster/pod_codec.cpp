#include "lib/cluster/pod_codec.hpp"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <utility>

#include "lib/allocation/device.hpp"
#include "lib/allocation/placement_mode.hpp"
#include "lib/allocation/workload.hpp"
#include "lib/api/admission_record.hpp"
#include "lib/api/labels.hpp"
#include "lib/api/nomination_record.hpp"
#include "lib/base/text.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/cluster/pod_draft.hpp"
#include "lib/cluster/shape_pool.hpp"
#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cluster {
namespace {

using kube::JsonElement;
using kube::member;
using PodResult = Result<std::shared_ptr<const Pod>>;

constexpr std::int64_t kDurationSecondsMax = 10LL * 366 * 86'400;

Result<PodDraft> read_draft(JsonElement value);
std::shared_ptr<const Pod> finish(PodDraft draft, ShapePool* shapes);
void read_berth_labels(PodDraft& draft);
void read_preemption(PodDraft& draft);
void read_device_share(PodDraft& draft, allocation::PodShape& shape);

/// Berth's own annotations and those that gangs are read from.
bool keep_annotation(std::string_view key) {
  return key.starts_with("berth.dev/") || key == "kueue.x-k8s.io/pod-group-total-count" ||
         key == "scheduling.k8s.io/group-name" || key == "pod-group-name";
}

/// What later code reads from the metadata itself; everything else is in the view by now.
bool keep_after_reading(const std::string& key) {
  return key == api::annotation::kExplain || key == api::annotation::kRevocableAfter ||
         key == api::annotation::kRolledBack;
}

allocation::Labels to_labels(const std::map<std::string, std::string>& map) {
  allocation::Labels labels;
  for (const auto& [key, value] : map)
    labels.set(key, value);
  return labels;
}

void note_defect(allocation::PodView& view, std::string defect) {
  if (view.defect.empty())
    view.defect = std::move(defect);
}

const std::string* find_annotation(const PodDraft& draft, std::string_view name) {
  const auto found = draft.pod.meta.annotations.find(std::string(name));
  return found == draft.pod.meta.annotations.end() ? nullptr : &found->second;
}

std::string find_label(const PodDraft& draft, std::string_view name) {
  const auto found = draft.pod.meta.labels.find(std::string(name));
  return found == draft.pod.meta.labels.end() ? std::string() : found->second;
}

/// An annotation that counts seconds; a defect of the pod if it is none.
std::optional<Duration> read_seconds(PodDraft& draft, std::string_view name) {
  const std::string* text = find_annotation(draft, name);
  if (text == nullptr)
    return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error == std::errc{} && end == text->data() + text->size() && seconds > 0 &&
      seconds <= kDurationSecondsMax)
    return std::chrono::seconds{seconds};
  note_defect(draft.pod.view, std::string(name) + ": \"" + text->substr(0, 32) +
                                  "\" must be a number of seconds above 0");
  return std::nullopt;
}

const PodDraft::Container* status_of(const std::vector<PodDraft::Container>& statuses,
                                     const std::string& name) {
  const auto found = std::find_if(statuses.begin(), statuses.end(),
                                  [&](const auto& status) { return status.name == name; });
  return found == statuses.end() ? nullptr : &*found;
}

allocation::RequestSet requests_of(const PodDraft::Container& container,
                                   const std::vector<PodDraft::Container>& statuses) {
  allocation::RequestSet requests;
  requests.desired = container.requests;
  if (const auto* status = status_of(statuses, container.name)) {
    requests.allocated = status->allocated;
    requests.actual = status->requests;
  }
  return requests;
}

allocation::PodResources resources_of(const PodDraft& draft) {
  allocation::PodResources resources;
  for (const auto& container : draft.containers)
    resources.containers.push_back(requests_of(container, draft.container_statuses));
  for (const auto& container : draft.init_containers)
    resources.init_containers.push_back(
        {requests_of(container, draft.init_container_statuses), container.restarts_always});
  if (draft.pod_level)
    resources.pod_level =
        allocation::RequestSet{*draft.pod_level, draft.pod_level_allocated, draft.pod_level_actual};
  resources.overhead = draft.overhead;
  resources.resize_infeasible = draft.resize_infeasible;
  return resources;
}

/// As the author of the pod wrote them: the candidates that an admission pinned are in its record.
allocation::Constraints constraints_of(PodDraft& draft) {
  const auto& admission = draft.pod.view.admission;
  if (!admission || admission->mode != allocation::PlacementMode::Candidates)
    return std::move(draft.constraints);
  return allocation::without_pins(std::move(draft.constraints), admission->planned_nodes);
}

Result<PodDraft> read_draft(JsonElement value) {
  PodDraft draft;
  BERTH_CHECK(kube::read_members(
      value,
      member("metadata",
             [&](JsonElement it) {
               return kube::read_object_meta(it, draft.pod.meta, keep_annotation);
             }),
      member("spec", [&](JsonElement it) { return read_pod_spec(it, draft); }),
      member("status", [&](JsonElement it) { return read_pod_status(it, draft); })));
  if (draft.pod.meta.name.empty() || draft.pod.meta.uid.empty())
    return fail(Code::Invalid, "metadata: name and uid must be set");
  return draft;
}

std::shared_ptr<const Pod> finish(PodDraft draft, ShapePool* shapes) {
  allocation::PodView& view = draft.pod.view;
  const kube::ObjectMeta& meta = draft.pod.meta;
  view.uid = PodUid{meta.uid};
  view.namespace_name = meta.ns;
  view.name = meta.name;
  view.created = meta.created;
  view.terminating = meta.deleted.has_value();
  view.succeeded = draft.phase == "Succeeded";
  view.terminal = view.succeeded || draft.phase == "Failed";
  view.gated = std::find(draft.pod.scheduling_gates.begin(), draft.pod.scheduling_gates.end(),
                         api::kAdmissionGate) != draft.pod.scheduling_gates.end();
  const auto controller =
      std::ranges::find_if(meta.owners, [](const auto& owner) { return owner.controller; });
  view.is_recreated = controller != meta.owners.end();
  if (view.is_recreated)
    view.owner = controller->uid;
  draft.pod.failure = failure_of(draft);
  if (view.succeeded && !view.terminating && !draft.disrupted && !draft.pod.restarts_always)
    draft.pod.ended = last_end_of(draft);
  read_berth_labels(draft);
  allocation::PodShape shape{allocation::weigh(resources_of(draft)), constraints_of(draft)};
  read_device_share(draft, shape);
  view.shape =
      shapes != nullptr ? shapes->share(std::move(shape)) : allocation::ShapePtr{std::move(shape)};
  if (view.gated || view.admission)
    view.labels = to_labels(draft.pod.meta.labels);
  std::erase_if(draft.pod.meta.labels,
                [](const auto& label) { return !label.first.starts_with("berth.dev/"); });
  std::erase_if(draft.pod.meta.annotations,
                [](const auto& annotation) { return !keep_after_reading(annotation.first); });
  return std::make_shared<const Pod>(std::move(draft.pod));
}

void read_berth_labels(PodDraft& draft) {
  allocation::PodView& view = draft.pod.view;
  view.quota_hint = QuotaName{find_label(draft, api::label::kQuota)};
  view.reservation = ReservationName{find_label(draft, api::label::kReservation)};
  view.expected_duration = read_seconds(draft, api::annotation::kExpectedDurationSeconds);
  view.duration_limit = read_seconds(draft, api::annotation::kDurationLimitSeconds);
  if (draft.active_deadline_seconds)
    view.duration_limit = std::chrono::seconds{
        std::clamp<std::int64_t>(*draft.active_deadline_seconds, 1, kDurationSecondsMax)};
  const auto labels = to_labels(draft.pod.meta.labels);
  const auto annotations = to_labels(draft.pod.meta.annotations);
  auto gang = allocation::gang_of(allocation::GangHints{labels, annotations, {}});
  if (gang)
    view.gang = std::move(*gang);
  else
    note_defect(view, gang.error().message);
  if (const std::string* admitted = find_annotation(draft, api::annotation::kAdmitted)) {
    auto record = api::decode_admission(*admitted);
    if (record)
      view.admission = std::move(*record);
    else
      note_defect(view, std::string(api::annotation::kAdmitted) + ": " + record.error().message);
  }
  read_preemption(draft);
  view.managed =
      view.gated || view.admission.has_value() || find_label(draft, api::label::kManaged) == "true";
}

/// What cannot be read here makes no pod invalid: then it holds no room, and was told nothing.
void read_preemption(PodDraft& draft) {
  allocation::PodView& view = draft.pod.view;
  view.preemptible = find_label(draft, api::label::kPreemptible) != "false";
  if (const std::string* nominated = find_annotation(draft, api::annotation::kNominated))
    if (auto record = api::decode_nomination(*nominated))
      view.nomination = std::move(*record);
  if (const std::string* revocable = find_annotation(draft, api::annotation::kRevocableAfter))
    if (auto time = parse_time(*revocable))
      view.revocable_after = *time;
}

/// The share of a device, and the models that will do; both are no part of Kubernetes' own request.
void read_device_share(PodDraft& draft, allocation::PodShape& shape) {
  if (const std::string* models = find_annotation(draft, api::annotation::kGpuModels))
    for (const auto part : std::views::split(*models, ','))
      if (const std::string_view model = trimmed({part.begin(), part.end()}, " "); !model.empty())
        shape.constraints.device_models.emplace_back(model);
  std::ranges::sort(shape.constraints.device_models);
  const std::string text = find_label(draft, api::label::kGpuMilli);
  if (text.empty())
    return;
  std::int64_t milli = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milli);
  if (error != std::errc{} || end != text.data() + text.size() || milli < 1 ||
      milli >= allocation::kDeviceMilli)
    return note_defect(draft.pod.view, std::string(api::label::kGpuMilli) + ": \"" +
                                           text.substr(0, 32) + "\" must be 1 to 999");
  if (shape.requests.get(resources::ResourceName{allocation::kDeviceResource}).value() > 0)
    return note_defect(draft.pod.view, std::string(api::label::kGpuMilli) +
                                           ": the pod asks for whole devices as well");
  shape.requests.set(resources::ResourceName{allocation::kDeviceShareResource},
                     resources::Amount{milli});
}

PodResult decode(JsonElement value, ShapePool* shapes) {
  auto draft = read_draft(value);
  if (!draft)
    return fail(std::move(draft).error());
  return finish(std::move(*draft), shapes);
}

} // namespace

PodResult decode_pod(simdjson::dom::element pod) {
  return decode(pod, nullptr);
}

PodResult decode_pod_text(std::string text) {
  simdjson::dom::parser parser;
  if (parser.allocate(text.size(), kube::kJsonDepthMax) != simdjson::SUCCESS)
    return fail(Code::TooLarge, "a pod of " + std::to_string(text.size()) + " bytes");
  JsonElement element;
  if (const auto error = parser.parse(text).get(element); error != simdjson::SUCCESS)
    return fail(Code::Invalid, std::string("not JSON: ") + simdjson::error_message(error));
  return decode(element, nullptr);
}

kube::Codec<Pod> make_pod_codec() {
  const auto shapes = std::make_shared<ShapePool>();
  return kube::make_simdjson_codec<Pod>(
      kube::types::pod(), [shapes](JsonElement pod) { return decode(pod, shapes.get()); });
}

} // namespace berth::cluster
