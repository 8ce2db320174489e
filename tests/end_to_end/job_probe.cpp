// A program through which the Python tests reach a store of jobs as a server does: it reads a line of JSON, does what it says, and answers
// with another.
//   job-probe URL     {"add": {"model": .., "request": {..}, ...}}  {"find": ID}  {"list": null}  {"cancel": ID}  {"remove": ID}
#include <iostream>

#include "zoetrope/serving/job_store.h"

namespace {

using zoetrope::base::Json;
using namespace zoetrope::serving;

Json to_json(const Job& job) {
  Json json{{"id", job.id},
            {"model", job.model},
            {"status", name_of(job.status)},
            {"attempts", job.attempts},
            {"worker", job.worker},
            {"progress", job.progress},
            {"seconds_left", job.seconds_left ? Json(*job.seconds_left) : Json()},
            {"stage", job.stage},
            {"artifacts", job.artifacts},
            {"notices", job.notices}};
  if (job.failure) json["failure"] = {{"code", job.failure->code}, {"message", job.failure->message}, {"field", job.failure->field}};
  return json;
}

Json to_json(const std::optional<Job>& job) { return job ? to_json(*job) : Json(); }

Json answer(JobStore& store, const Json& line) {
  constexpr int64_t any_queue = 1'000'000, page = 100;
  if (line.contains("add")) {
    const Json& asked = line["add"];
    return to_json(store.add(
        {.kind = asked.value("kind", "video"), .model = asked.at("model"), .request = asked.at("request"), .asked = {}}, any_queue));
  }
  if (line.contains("find")) return to_json(store.find(line["find"]));
  if (line.contains("cancel")) return to_json(store.cancel(line["cancel"]));
  if (line.contains("remove")) return store.remove(line["remove"]);
  Json all = Json::array();
  for (Page next{{}, true}; next.has_more;) {
    next = store.list(all.empty() ? "" : all.back().at("id").get<std::string>(), page, /*newest_first=*/false);
    for (const Job& job : next.jobs) all.push_back(to_json(job));
  }
  return all;
}

}  // namespace

int main(int, char** argv) {
  auto store = open_job_store(argv[1]);
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(*store, Json::parse(line)).dump() << std::endl;
}
