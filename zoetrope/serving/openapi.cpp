#include <map>

#include "zoetrope/base/version.h"
#include "zoetrope/serving/api.h"

namespace zoetrope::serving {
namespace {

using base::Json;

Json schema_of(Field::Kind kind) {
  using Kind = Field::Kind;
  switch (kind) {  // forms hold texts only, so numbers may be texts
    case Kind::text:
      return {{"type", "string"}};
    case Kind::whole_number:
      return {{"type", {"integer", "string"}}};
    case Kind::number:
      return {{"type", {"number", "string"}}};
    case Kind::boolean:
      return {{"type", {"boolean", "string"}}};
    case Kind::media:
      return {{"type", {"string", "object"}}};
    case Kind::json:
      return {{"type", {"array", "object", "string"}}};
  }
  return {};
}

Json asked_schema() {
  Json properties = Json::object();
  for (const Field& field : request_fields()) {
    properties[field.name] = schema_of(field.kind);
    properties[field.name]["description"] = field.description;
  }
  return {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
}

Json object(std::initializer_list<const char*> required) {
  return {{"type", "object"}, {"required", Json(std::vector<std::string>(required.begin(), required.end()))}};
}

Json schemas() {
  return {
      {"Asked", asked_schema()},
      {"Upload", {{"type", "object"}, {"properties", {{"file", {{"type", "string"}, {"format", "binary"}}}}}, {"required", {"file"}}}},
      {"Error", {{"type", "object"}, {"required", {"error"}}, {"properties", {{"error", object({"message", "type", "param", "code"})}}}}},
      {"Video", object({"id", "object", "model", "status", "progress", "created_at", "prompt", "seconds", "size", "error"})},
      {"Videos", object({"object", "data", "first_id", "last_id", "has_more"})},
      {"Character", object({"id", "created_at", "name"})},
      {"Deleted", object({"id", "deleted"})},
      {"Images", object({"created", "data"})},
      {"Models", object({"object", "data"})},
      {"Model", object({"id", "object"})},
      {"Plan", object({"model", "request", "notices", "seconds", "bytes"})},
      {"Job", object({"id", "kind", "model", "status", "progress", "request", "artifacts"})},
      {"Jobs", object({"jobs", "has_more"})},
      {"Uploaded", object({"file_id", "sha256", "bytes"})},
      {"Status", object({"status"})},
      {"Priority",
       {{"type", "object"},
        {"properties", {{"priority", asked_schema()["properties"]["priority"]}}},
        {"required", {"priority"}},
        {"additionalProperties", false}}},
      {"SetLora",
       {{"type", "object"},
        {"properties",
         {{"lora_nickname", {{"type", {"string", "array"}}, {"description", "a name of GET /v1/list_loras, or several"}}},
          {"lora_path", {{"type", {"string", "array", "null"}}, {"description", "instead: its last part is the name"}}},
          {"strength", {{"type", {"number", "array", "string"}}}},
          {"target", {{"type", {"string", "array"}}, {"description", "all, transformer or transformer_2"}}},
          {"merge_mode", {{"type", {"string", "null"}}, {"description", "is not used"}}}}},
        {"additionalProperties", false}}},
      {"Loras", object({"loaded_adapters", "active"})},
      {"Object", {{"type", "object"}}}};
}

Json reference(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

Json operation(const http::Route& route) {
  Json parameters = Json::array();
  for (size_t open = 0; (open = route.pattern.find('{', open)) != std::string::npos; ++open)
    parameters.push_back({{"name", route.pattern.substr(open + 1, route.pattern.find('}', open) - open - 1)},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}}}});
  for (const http::QueryValue& value : route.query)
    parameters.push_back({{"name", value.name}, {"in", "query"}, {"description", value.description}, {"schema", value.schema}});
  Json content{{route.answer_type, {{"schema", route.answer.empty() ? Json{{"type", "string"}} : reference(route.answer)}}}};
  Json answers{{std::to_string(route.status), {{"description", "as asked"}, {"content", content}}},
               {"default", {{"description", "what is wrong"}, {"content", {{"application/json", {{"schema", reference("Error")}}}}}}}};
  Json json{{"summary", route.summary}, {"parameters", parameters}, {"responses", answers}};
  if (!route.body.empty()) {
    Json bodies{{"multipart/form-data", {{"schema", reference(route.body)}}}};
    if (route.body != "Upload") bodies["application/json"] = {{"schema", reference(route.body)}};
    json["requestBody"] = {{"required", true}, {"content", bodies}};
  }
  if (route.is_open) json["security"] = Json::array();
  return json;
}

}  // namespace

Json openapi(const std::vector<http::Route>& routes, bool has_keys) {
  Json paths = Json::object();
  for (const http::Route& route : routes) {
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    paths[route.pattern][method] = operation(route);
  }
  Json document{{"openapi", "3.1.0"},
                {"info", {{"title", "Zoetrope"}, {"version", base::version()}}},
                {"paths", paths},
                {"components", {{"schemas", schemas()}}}};
  if (!has_keys) return document;
  document["components"]["securitySchemes"] = {{"key", {{"type", "http"}, {"scheme", "bearer"}}}};
  document["security"] = Json::array({{{"key", Json::array()}}});
  return document;
}

}  // namespace zoetrope::serving
