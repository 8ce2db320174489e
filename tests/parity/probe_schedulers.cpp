#include "tests/parity/probe.h"
#include "zoetrope/diffusion/samplers.h"
#include "zoetrope/diffusion/schedules.h"

namespace zoetrope::parity {
namespace {

/// {schedules: [{steps, shift, first, last, ceiling}]} -> the sigmas of each, [steps + 1].
Tensors sigmas(const base::Json& settings, const Tensors&) {
  Tensors out;
  for (auto& schedule : settings.at("schedules")) {
    diffusion::SigmaRange range{schedule.at("first"), schedule.at("last"), schedule.at("ceiling")};
    auto sigmas = diffusion::shifted_sigmas(schedule.at("steps"), schedule.at("shift"), range);
    out[std::to_string(out.size())] = at::tensor(sigmas, at::kDouble);
  }
  return out;
}

/// {runs: [{sampler, sigmas, a, b}]} and x [...] -> what each sampler reached after each step on the toy model v = a*x + b*s, [steps,...].
Tensors sample(const base::Json& settings, const Tensors& in) {
  Tensors out;
  for (auto& run : settings.at("runs")) {
    double a = run.at("a"), b = run.at("b");
    std::vector<Tensor> reached;
    diffusion::sampler(run.at("sampler"))
        .run(
            in.at("x"), run.at("sigmas").get<diffusion::Sigmas>(), [&](const Tensor& x, double s) { return a * x + b * s; },
            [&](Tensor x, const diffusion::Step&) { return reached.emplace_back(x); });
    out[std::to_string(out.size())] = at::stack(reached);
  }
  return out;
}

}  // namespace

std::map<std::string, Command> scheduler_commands() { return {{"sigmas", sigmas}, {"sample", sample}}; }

}  // namespace zoetrope::parity
