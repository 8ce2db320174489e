#include "zoetrope/diffusion/parameterization.h"

#include <cmath>

#include "zoetrope/base/error.h"

namespace zoetrope::diffusion {

double Parameterization::sigma(double timestep) const {
  if (alphas_cumprod.empty()) return timestep / timesteps;
  auto index = static_cast<size_t>(std::llround(timestep));
  if (timestep < 0 || index >= alphas_cumprod.size())
    throw base::Error("there is no timestep {}; this model has 0 to {}", timestep, alphas_cumprod.size() - 1);
  double signal = std::sqrt(alphas_cumprod[index]), noise = std::sqrt(1 - alphas_cumprod[index]);
  return noise / (signal + noise);
}

Tensor Parameterization::timestep(const Tensor& sigmas) const {
  if (alphas_cumprod.empty()) return integer_timesteps ? (sigmas * timesteps).floor() : sigmas * timesteps;
  Tensor known = at::empty({std::ssize(alphas_cumprod)}, at::kDouble);
  for (int64_t t = 0; t < known.size(0); ++t) known.data_ptr<double>()[t] = sigma(static_cast<double>(t));
  return (sigmas.unsqueeze(-1) - known.to(sigmas.device())).abs().argmin(-1).to(sigmas.scalar_type());
}

Tensor Parameterization::input(const Tensor& x, const Tensor& sigmas) const {
  if (alphas_cumprod.empty()) return x;
  return x / at::hypot(1 - sigmas, sigmas);
}

Tensor Parameterization::from_input(const Tensor& seen, const Tensor& sigmas) const {
  if (alphas_cumprod.empty()) return seen;
  return seen * at::hypot(1 - sigmas, sigmas);
}

Tensor Parameterization::variances(const Tensor& raw) const {
  return prediction_type == PredictionType::epsilon_and_variance ? raw.chunk(2, 1)[1] : Tensor();
}

Tensor Parameterization::velocity(const Tensor& raw, const Tensor& x, const Tensor& sigmas) const {
  switch (prediction_type) {
    case PredictionType::velocity:
      return raw;
    case PredictionType::negative_velocity:
      return -raw;
    case PredictionType::epsilon:
      return (raw - x) / (1 - sigmas);  // noise - x0, with x0 = (x - sigma*noise) / (1-sigma)
    case PredictionType::epsilon_and_variance:
      return (raw.chunk(2, 1)[0] - x) / (1 - sigmas);
  }
  return raw;
}

std::vector<double> linear_alphas_cumprod(double first_beta, double last_beta, int64_t steps) {
  std::vector<double> result;
  double product = 1;
  for (int64_t t = 0; t < steps; ++t) {
    product *= 1 - (first_beta + (last_beta - first_beta) * static_cast<double>(t) / static_cast<double>(steps - 1));
    result.push_back(product);
  }
  return result;
}

}  // namespace zoetrope::diffusion
