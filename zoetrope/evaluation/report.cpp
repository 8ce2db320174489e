#include "zoetrope/evaluation/report.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/version.h"
#include "zoetrope/evaluation/html.h"

namespace zoetrope::evaluation {
namespace {

std::string number(double value) { return std::abs(value) < .1 ? fmt::format("{:.3f}", value) : fmt::format("{:.2f}", value); }
std::string number(const std::optional<double>& value) { return value ? number(*value) : "-"; }

base::Json scores_to_json(const std::vector<Score>& scores) {
  base::Json json = base::Json::object();
  auto optional = [](const std::optional<double>& value) { return value ? base::Json(*value) : base::Json(); };
  for (const Score& s : scores)
    json[s.name] = {{"value", s.value},
                    {"low", s.interval.low},
                    {"high", s.interval.high},
                    {"chance", optional(s.chance)},
                    {"ceiling", optional(s.ceiling)},
                    {"clips", s.clips}};
  return json;
}

std::string html_table(const std::vector<Score>& scores) {
  std::string rows;
  for (const Score& s : scores)
    rows += fmt::format("<tr><th>{}</th><td><b>{}</b></td><td>{} to {}</td><td>{}</td><td>{}</td><td>{}</td><td class=note>{}</td></tr>\n",
                        escaped(s.name), number(s.value), number(s.interval.low), number(s.interval.high), number(s.chance),
                        number(s.ceiling), s.clips, escaped(s.note));
  return "<table><tr><th>score</th><th>value</th><th>95%</th><th>chance</th><th>ceiling</th><th>clips</th><th></th></tr>\n" + rows +
         "</table>\n";
}

constexpr const char* style =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;margin:1em 0}"
    "td,th{padding:.2em .8em;border-bottom:1px solid #ddd;text-align:right}th:first-child,td.note{text-align:left}td.note{color:#666}"
    "figure{margin:1.5em 0}figcaption{color:#444}img{max-width:100%;image-rendering:pixelated}.verdict{color:#777;font-size:13px}";

}  // namespace

Score score_of(std::string name, const Metric& metric, const std::vector<double>& values, uint64_t seed, std::optional<double> chance,
               std::optional<double> ceiling) {
  return {std::move(name), average(metric.kind, values), interval(metric.kind, values, seed), chance, ceiling, std::ssize(values),
          metric.note};
}

base::Json to_json(const Report& r) {
  base::Json json{{"suite", r.suite},
                  {"model", r.model},
                  {"clips", r.clips},
                  {"scores", scores_to_json(r.scores)},
                  {"by_language", base::Json::object()}};
  for (const auto& [language, scores] : r.by_language) json["by_language"][language] = scores_to_json(scores);
  return json;
}

std::string to_text(const Report& r) {
  size_t width = 12;
  for (const Score& s : r.scores) width = std::max(width, s.name.size());
  std::string text = fmt::format("{}, {}, {} clips\n{:<{}} {:>7}  {:<15} {:>7} {:>8}", r.suite, r.model, r.clips, "score", width, "value",
                                 "95%", "chance", "ceiling");
  for (const auto& [language, scores] : r.by_language) text += fmt::format(" {:>7}", language);
  for (const Score& s : r.scores) {
    text += fmt::format("\n{:<{}} {:>7}  {:<15} {:>7} {:>8}", s.name, width, number(s.value),
                        fmt::format("{} to {}", number(s.interval.low), number(s.interval.high)), number(s.chance), number(s.ceiling));
    for (const auto& [language, scores] : r.by_language)
      for (const Score& other : scores)
        if (other.name == s.name) text += fmt::format(" {:>7}", number(other.value));
    text += s.note.empty() ? "" : "  " + s.note;
  }
  return text;
}

std::string to_html(const Report& r) {
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=en><meta charset=utf-8>{5}<meta name=viewport content=\"width=device-width\"><title>{0}: "
      "{1}</title><style>{2}</style>\n"
      "<h1>{1}: {0}</h1>\n<p>{3} clips.</p>\n{4}",
      escaped(r.suite), escaped(r.model), style, r.clips, html_table(r.scores), base::html_mark);
  for (const auto& [language, scores] : r.by_language) page += fmt::format("<h2>{}</h2>\n{}", escaped(language), html_table(scores));
  for (const Strip& s : r.strips)
    page += fmt::format("<figure><figcaption>{}<br><span class=verdict>{}</span></figcaption><img alt=\"{}\" src=\"{}\"></figure>\n",
                        escaped(s.title), escaped(s.verdict), escaped(s.title), picture(side_by_side(s.frames)));
  return page + "</html>\n";
}

}  // namespace zoetrope::evaluation
