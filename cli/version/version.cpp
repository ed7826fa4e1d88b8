#include "cli/version/version.hpp"

#include "cli/output/text.hpp"
#include "lib/api/json.hpp"
#include "lib/api/labels.hpp"

namespace berth::cli {
namespace {

using api::Json;

Result<std::string> read_kubernetes_version(std::string_view text) {
  BERTH_TRY(const Json answer, api::parse_json(text));
  const auto found = answer.is_object() ? answer.find("gitVersion") : answer.end();
  if (found == answer.end() || !found->is_string())
    return fail(Code::Invalid,
                "/version has no gitVersion: is the server a Kubernetes API server?");
  return found->get<std::string>();
}

/// The versions of an APIGroup.
Result<std::vector<std::string>> read_group_versions(std::string_view text) {
  BERTH_TRY(const Json group, api::parse_json(text));
  std::vector<std::string> versions;
  for (const Json& entry : group.is_object() ? group.value("versions", Json::array()) : Json())
    if (const auto found = entry.find("groupVersion"); found != entry.end() && found->is_string())
      versions.push_back(found->get<std::string>());
  return versions;
}

} // namespace

async::Task<Result<ServerVersion>> observe_server_version(kube::Client& client) {
  ServerVersion server;
  const auto version = co_await client.get_raw("/version");
  if (!version)
    co_return fail(version.error().while_doing("get /version"));
  BERTH_CO_TRY(server.kubernetes, read_kubernetes_version(*version));
  const auto group = co_await client.get_raw("/apis/" + std::string(api::kGroup));
  if (!group && group.error().code != Code::NotFound)
    co_return fail(group.error().while_doing("get the versions of berth.dev"));
  if (group) {
    BERTH_CO_TRY(server.api_versions, read_group_versions(*group));
  }
  co_return server;
}

std::string render_version(const std::optional<ServerVersion>& server) {
  std::string text = "Client: kubectl-berth " BERTH_VERSION "\n";
  if (!server)
    return text;
  text += "Server: Kubernetes " + printable(server->kubernetes) + "\n";
  std::string served;
  for (const std::string& version : server->api_versions)
    served += (served.empty() ? "" : ", ") + printable(version);
  return text + "API:    " + (served.empty() ? "berth.dev is not served" : served) + "\n";
}

nlohmann::json version_json(const std::optional<ServerVersion>& server) {
  Json json{{"client", BERTH_VERSION}, {"server", nullptr}};
  if (server)
    json["server"] = {{"kubernetes", server->kubernetes}, {"berthApi", server->api_versions}};
  return json;
}

} // namespace berth::cli
