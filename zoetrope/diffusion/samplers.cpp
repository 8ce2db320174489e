#include "zoetrope/diffusion/samplers.h"

#include <cmath>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"

namespace zoetrope::diffusion {

Tensor euler(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const ResumePoint& from) {
  int64_t total = std::ssize(sigmas) - 1;
  for (int64_t i = from.steps_done; i < total; ++i) {
    double sigma = sigmas[i], next = sigmas[i + 1];
    Tensor v = predict(x, sigma), x0 = x - sigma * v;
    x = after_step(x + (next - sigma) * v, {i, total, next, x0});
  }
  return x;
}

Tensor heun(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const ResumePoint& from) {
  int64_t total = std::ssize(sigmas) - 1;
  for (int64_t i = from.steps_done; i < total; ++i) {
    double sigma = sigmas[i], next = sigmas[i + 1];
    Tensor v = predict(x, sigma), x0 = x - sigma * v;
    if (next > 0) v = (v + predict(x + (next - sigma) * v, next)) / 2;
    x = after_step(x + (next - sigma) * v, {i, total, next, x0});
  }
  return x;
}

Tensor dpmpp(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const ResumePoint& from) {
  int64_t total = std::ssize(sigmas) - 1;
  std::vector<Tensor> memory = from.memory;  // the data that the step before predicted
  for (int64_t i = from.steps_done; i < total; ++i) {
    double sigma = sigmas[i], next = sigmas[i + 1];
    double h = lambda(next) - lambda(sigma);
    Tensor x0 = x - sigma * predict(x, sigma), halfway = x0;  // the data as it will be predicted halfway through the step
    if (i > 0 && i + 1 < total) {
      double before = lambda(sigma) - lambda(sigmas[i - 1]);
      halfway = x0 + h / (2 * before) * (x0 - memory.at(0));
    }
    memory = {x0};
    x = after_step(next / sigma * x - (1 - next) * std::expm1(-h) * halfway, {i, total, next, x0, memory});
  }
  return x;
}

namespace {

/// What is known at the start of a step from `sigma` to `next`.
struct Interval {
  double sigma, next;
  double before;            // the sigma of the step before; only read when `order` is 2
  int order;                // 1 or 2
  Tensor x, x0, x0_before;  // the state and the data predicted at `sigma`, and the data predicted at `before`

  double h() const { return lambda(next) - lambda(sigma); }
  double b() const { return std::expm1(-h()); }  // the B(h) of the second variant
  double ratio() const { return (lambda(before) - lambda(sigma)) / h(); }

  /// The exact solution for data that stays as predicted, moved by `change` of the data.
  Tensor solution(const Tensor& change) const { return next / sigma * x - (1 - next) * b() * (x0 + change); }

  /// UniP: the change of the data is extrapolated from the step before.
  Tensor predicted() const {
    if (order == 1) return next / sigma * x - (1 - next) * b() * x0;
    return solution(0.5 / ratio() * (x0_before - x0));
  }

  /// UniC: the change of the data is interpolated, now that its prediction x0_after at `next` is there.
  Tensor corrected(const Tensor& x0_after) const {
    if (order == 1) return solution(0.5 * (x0_after - x0));
    double hh = -h();
    double phi = b() / hh - 1;  // the weights solve [1 1; ratio 1] weights = [first second], the order conditions of the paper
    double first = phi / b(), second = (phi / hh - 0.5) * 2 / b();
    double weight = (first - second) / (1 - ratio()), weight_after = first - weight;
    return solution(weight / ratio() * (x0_before - x0) + weight_after * (x0_after - x0));
  }
};

}  // namespace

Tensor unipc(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const ResumePoint& from) {
  int64_t total = std::ssize(sigmas) - 1;
  auto order = [&](int64_t i) { return i > 0 && i + 1 < total ? 2 : 1; };
  Interval step{};
  if (const int64_t i = from.steps_done - 1; i >= 0)
    step = {sigmas[i], sigmas[i + 1], i > 0 ? sigmas[i - 1] : 0, order(i), from.memory.at(0), from.memory.at(1), from.memory.at(2)};
  for (int64_t i = from.steps_done; i < total; ++i) {
    double sigma = sigmas[i], next = sigmas[i + 1];
    Tensor x0 = x - sigma * predict(x, sigma);
    if (i > 0) x = step.corrected(x0);
    step = {sigma, next, step.sigma, order(i), x, x0, i > 0 ? step.x0 : x0};
    x = after_step(step.predicted(), {i, total, next, x0, {step.x, step.x0, step.x0_before}});
  }
  return x;
}

Tensor lcm(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const SamplerOptions& options,
           const ResumePoint& from) {
  int64_t total = std::ssize(sigmas) - 1;
  for (int64_t i = from.steps_done; i < total; ++i) {
    double sigma = sigmas[i], next = sigmas[i + 1];
    Tensor x0 = x - sigma * predict(x, sigma);
    x = after_step(next == 0 ? x0 : (1 - next) * x0 + next * options.noise(x0), {i, total, next, x0});
  }
  return x;
}

namespace {

Tensor clipped(const Tensor& x0, double range) { return std::isinf(range) ? x0 : x0.clamp(-range, range); }

/// The deviation of a random step between two steps of the cumulative products a > b: a number, or a value for each place.
Tensor deviation(double a, double b, const SamplerOptions& options) {
  constexpr double smallest_variance = 1e-20;  // diffusers' DDPMScheduler: its logarithm is needed
  double beta = 1 - a / b, posterior = std::max((1 - b) / (1 - a) * beta, smallest_variance);
  if (options.variance == VarianceType::fixed_small) return at::scalar_tensor(std::sqrt(posterior));
  if (options.variance == VarianceType::fixed_large) return at::scalar_tensor(std::sqrt(beta));
  Tensor fraction = (options.variances() + 1) / 2;
  return at::exp(0.5 * (fraction * std::log(beta) + (1 - fraction) * std::log(posterior)));
}

}  // namespace

Tensor ddim(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const SamplerOptions& options,
            const ResumePoint& from) {
  int64_t total = std::ssize(sigmas) - 1;
  for (int64_t i = from.steps_done; i < total; ++i) {
    double sigma = sigmas[i], next = sigmas[i + 1], prev = options.prev_sigmas.empty() ? next : options.prev_sigmas[i];
    Tensor v = predict(x, sigma), x0 = clipped(x - sigma * v, options.clip_sample), noise = x + (1 - sigma) * v;
    x = (1 - prev) * x0 + prev * noise;
    x = after_step(prev == next ? x : x * (norm(next) / norm(prev)), {i, total, next, x0});
  }
  return x;
}

Tensor ddpm(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const SamplerOptions& options,
            const ResumePoint& from) {
  int64_t total = std::ssize(sigmas) - 1;
  for (int64_t i = from.steps_done; i < total; ++i) {
    double sigma = sigmas[i], next = sigmas[i + 1], a = alpha_cumprod(sigma), b = alpha_cumprod(next);
    Tensor x0 = clipped(x - sigma * predict(x, sigma), options.clip_sample);
    double of_x0 = std::sqrt(b) * (1 - a / b) / (1 - a), of_x = std::sqrt(a / b) * (1 - b) / (1 - a) / norm(sigma);
    Tensor step = of_x0 * x0 + of_x * x;
    if (sigma > options.last_noisy_sigma) step = step + deviation(a, b, options).to(step.scalar_type()) * options.noise(x0);
    x = after_step(step * norm(next), {i, total, next, x0});
  }
  return x;
}

namespace {

/// A sampler that needs the velocity alone, in the form of the table.
template <auto sampler>
Tensor velocity_alone(Tensor x, const Sigmas& sigmas, const Predict& predict, const AfterStep& after_step, const SamplerOptions&,
                      const ResumePoint& from) {
  return sampler(std::move(x), sigmas, predict, after_step, from);
}

}  // namespace

const std::vector<Sampler>& samplers() {
  static const std::vector<Sampler> table{{"euler", velocity_alone<euler>},
                                          {"heun", velocity_alone<heun>, 2},
                                          {"unipc", velocity_alone<unipc>},
                                          {"dpm++", velocity_alone<dpmpp>},
                                          {"lcm", lcm}};
  return table;
}

const std::vector<Sampler>& variance_preserving_samplers() {
  static const std::vector<Sampler> table{{"ddim", ddim}, {"ddpm", ddpm}};
  return table;
}

std::vector<std::string> sampler_names() {
  std::vector<std::string> names;
  for (const auto* table : {&samplers(), &variance_preserving_samplers()})
    for (const Sampler& sampler : *table) names.push_back(sampler.name);
  return names;
}

const Sampler& sampler(const std::string& name) {
  for (const auto* table : {&samplers(), &variance_preserving_samplers()})
    for (const Sampler& sampler : *table)
      if (sampler.name == name) return sampler;
  throw base::UsageError("there is no sampler '{}'; the samplers are {}", name, fmt::join(sampler_names(), ", "));
}

}  // namespace zoetrope::diffusion
