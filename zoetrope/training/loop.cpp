#include "zoetrope/training/loop.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/training/flop_counter.h"

namespace zoetrope::training {
namespace {

using Clock = std::chrono::steady_clock;

double hours_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count() / 3600; }

void set_values(const std::map<std::string, Tensor>& parameters, const std::map<std::string, Tensor>& values) {
  at::NoGradGuard no_grad;
  for (const auto& [name, parameter] : parameters) {
    auto found = values.find(name);
    if (found == values.end() || found->second.sizes() != parameter.sizes())
      throw base::Error("the checkpoint has no parameter '{}' of the right shape: it belongs to another model", name);
    Tensor(parameter).copy_(found->second);
  }
}

/// Writes a folder under a temporary name and replaces the old one.
void replace_folder(const std::filesystem::path& place, const std::function<void(const std::filesystem::path&)>& write) {
  std::filesystem::path beside = place.string() + ".unfinished";
  std::filesystem::remove_all(beside);
  write(beside);
  std::filesystem::remove_all(place);
  std::filesystem::rename(beside, place);
}

}  // namespace

double lr_schedule(int64_t step, const LoopSettings& s) {
  double rise = static_cast<double>(step + 1) / static_cast<double>(std::max<int64_t>(1, s.warmup_steps));
  double fall = static_cast<double>(s.steps - step) / std::max(1.0, s.decay_fraction * static_cast<double>(s.steps));
  return std::clamp(std::min(rise, fall), 0.0, 1.0);
}

void train(Task& task, const LoopSettings& settings, const RunFolder& run, base::Observer& observer) {
  const std::map<std::string, Tensor>& parameters = task.parameters();
  Optimizer optimizer(parameters, settings.optimizer, [&](const std::string& name) { return task.uses_muon(name); });
  Ema ema(parameters, settings.ema_decay);
  int64_t step = 0;
  double hours = 0, flop = 0, loss_sum = 0;
  if (auto state = run.resume()) {
    step = state->step;
    hours = state->hours;
    flop = state->flop;
    loss_sum = state->loss_sum;
    set_values(parameters, state->parameters);
    ema.load(state->ema);
    optimizer.load_state(state->optimizer);
  }
  run.forget_metrics_after(step);

  Clock::time_point session_start = Clock::now(), saved = session_start;
  auto save = [&] {
    ema.swap(parameters);
    replace_folder(run.model(), [&](const std::filesystem::path& folder) { task.save_model(folder); });
    ema.swap(parameters);
    // Last: a run that is killed before this resumes from the previous checkpoint and writes the model again.
    run.save({step, hours + hours_since(session_start), flop, loss_sum, parameters, ema.values(), optimizer.state()});
    saved = Clock::now();
  };
  task.begin(step);

  while (step < settings.steps) {
    base::Json metrics{{"step", step + 1}};
    Tensor loss;
    {
      FlopCounter counter;
      loss = task.loss(step, metrics);
      loss.backward();
      flop += counter.total();
    }
    double norm = optimizer.clip_gradients(settings.grad_clip), lr = lr_schedule(step, settings);
    if (!std::isfinite(norm))
      throw base::Error("the gradient of step {} is not finite: lower the learning rates and resume from the last checkpoint", step + 1);
    optimizer.step(lr);
    ema.update(parameters, step);
    loss_sum += loss.item<double>();
    ++step;

    observer.progress("training", step, settings.steps);
    if (step % settings.log_every == 0) {
      metrics["loss"] = loss_sum / static_cast<double>(settings.log_every);
      metrics["grad_norm"] = norm;
      metrics["lr"] = lr;
      metrics["hours"] = hours + hours_since(session_start);
      metrics["pflop"] = flop / 1e15;
      run.log(metrics);
      loss_sum = 0;
    }
    if (settings.sample_every > 0 && step % settings.sample_every == 0) {
      base::Json figures{{"step", step}};
      ema.swap(parameters);
      task.sample(run.samples() / fmt::format("step-{:07}", step), figures);
      ema.swap(parameters);
      if (figures.size() > 1) run.log(figures);
    }
    bool stop = observer.cancelled();
    if (stop || step == settings.steps || hours_since(saved) * 60 >= settings.checkpoint_minutes) save();
    if (stop) throw base::Cancelled();
  }
}

}  // namespace zoetrope::training
