#pragma once
#include "zoetrope/evaluation/showings.h"
#include "zoetrope/tensor/fresh_weights.h"
#include "zoetrope/training/loop.h"

namespace zoetrope::evaluation {

/// Clips as a frame network saw them, and what happens in them: N clips of T frames.
struct Tracks {
  Tensor measured, features;  // [N,T,measures], [N,T,features]
  Tensor motion, direction;   // [N] int64
};

/// Looks at `clips` showings with a frame network. They are kept in `file`, from which they are read the next time.
Tracks look_at_clips(const Showings& showings, const vision::FrameNetwork& network, at::ScalarType compute, int64_t clips,
                     const std::filesystem::path& file, base::Observer& observer);

/// Second part of training a recogniser: what tracks mean. The frame network stays as it is.
class MotionTask : public training::Task {
 public:
  /// `frame`: the parameters of the frame network, which go into the model folder with what is trained here.
  MotionTask(Tracks tracks, const vision::RecogniserConfig& config, std::map<std::string, Tensor> frame, int64_t batch, uint64_t seed);

  const std::map<std::string, Tensor>& parameters() const override { return weights_.parameters(); }
  bool uses_muon(const std::string&) const override { return false; }
  Tensor loss(int64_t step, base::Json& metrics) override;
  /// Adds shares of right answers on a tenth of the tracks, which is not trained on.
  void sample(const std::filesystem::path& stem, base::Json& metrics) override;
  void save_model(const std::filesystem::path& folder) override;

 private:
  Tracks tracks_;
  vision::RecogniserConfig config_;
  std::map<std::string, Tensor> frame_;
  int64_t batch_, measured_;  // clips a step; clips at the beginning that are not trained on
  uint64_t seed_;
  tensor::TrainableWeights weights_;
  vision::MotionNetwork network_;
};

}  // namespace zoetrope::evaluation
