#include "tests/contract/custom_resource.hpp"

#include <catch2/catch.hpp>

namespace berth::contract {
namespace {

constexpr const char* kDefinitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

Json conditions_schema() {
  const Json condition = {
      {"type", "object"},
      {"required", {"type", "status"}},
      {"properties", {{"type", {{"type", "string"}}}, {"status", {{"type", "string"}}}}}};
  return {{"type", "array"},
          {"x-kubernetes-list-type", "map"},
          {"x-kubernetes-list-map-keys", {"type"}},
          {"items", condition}};
}

Json schema() {
  const Json spec = {
      {"type", "object"},
      {"required", {"size"}},
      {"properties",
       {{"size", {{"type", "integer"}, {"minimum", 1}, {"maximum", 10}}},
        {"color", {{"type", "string"}, {"enum", {"Red", "Blue"}}, {"default", "Red"}}},
        {"note", {{"type", "string"}, {"maxLength", 16}}},
        {"tags",
         {{"type", "array"}, {"x-kubernetes-list-type", "set"}, {"items", {{"type", "string"}}}}},
        {"limits", {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}}}}};
  const Json status = {
      {"type", "object"},
      {"properties", {{"used", {{"type", "integer"}}}, {"conditions", conditions_schema()}}}};
  return {{"type", "object"},
          {"required", {"spec"}},
          {"properties", {{"spec", spec}, {"status", status}}}};
}

Json definition() {
  const Json version = {{"name", "v1"},
                        {"served", true},
                        {"storage", true},
                        {"subresources", {{"status", Json::object()}}},
                        {"selectableFields", Json::array({{{"jsonPath", ".spec.color"}}})},
                        {"schema", {{"openAPIV3Schema", schema()}}}};
  return {{"kind", "CustomResourceDefinition"},
          {"apiVersion", "apiextensions.k8s.io/v1"},
          {"metadata", {{"name", "widgets.contract.berth.dev"}}},
          {"spec",
           {{"group", "contract.berth.dev"},
            {"scope", "Namespaced"},
            {"names",
             {{"kind", "Widget"},
              {"listKind", "WidgetList"},
              {"plural", "widgets"},
              {"singular", "widget"}}},
            {"versions", Json::array({version})}}}};
}

} // namespace

void define_widgets(ApiUnderTest& api) {
  const Answer created = api.post(kDefinitions, definition());
  REQUIRE((created.status == 201 || created.status == 409));
  api.wait_until([&] { return api.get(api.group(kWidgets, "widgets")).status == 200; });
  // A real server answers reads before it accepts writes everywhere.
  api.wait_until([&] {
    return api.post(api.group(kWidgets, "widgets") + "?dryRun=All", widget("probe")).status == 201;
  });
}

Json widget(const std::string& name) {
  return {{"kind", "Widget"},
          {"apiVersion", kWidgets},
          {"metadata", {{"name", name}}},
          {"spec", {{"size", 3}}}};
}

} // namespace berth::contract
