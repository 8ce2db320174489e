#pragma once
#include "zoetrope/evaluation/recogniser/dataset.h"
#include "zoetrope/tensor/fresh_weights.h"
#include "zoetrope/training/loop.h"

namespace zoetrope::evaluation {

/// Features of clips from the frame classifier, and their classes: N clips of T frames.
struct MotionFeatures {
  Tensor geometry, appearance;  // [N,T,num_geometry_features], [N,T,features]
  Tensor motion, direction;     // [N] int64
};

/// Extracts the features of `clips` clips with a network at `placement`; they are on the CPU, kept in `file` and read from there the next
/// time.
MotionFeatures extract_features(const RecogniserDataset& dataset, const vision::FrameClassifier& network,
                                const tensor::Placement& placement, int64_t clips, const std::filesystem::path& file,
                                base::Observer& observer);

/// Second part of training a recogniser: the motion classifier. The frame classifier does not change.
class MotionTask : public training::Task {
 public:
  /// `frame`: the parameters of the frame classifier, which are saved with those trained here.
  MotionTask(MotionFeatures features, const vision::RecogniserConfig& config, std::map<std::string, Tensor> frame, int64_t batch,
             uint64_t seed);

  const std::map<std::string, Tensor>& parameters() const override { return weights_.parameters(); }
  bool uses_muon(const std::string&) const override { return false; }
  Tensor loss(int64_t step, base::Json& metrics) override;
  /// Adds accuracies on a tenth of the clips, which is not trained on.
  void sample(const std::filesystem::path& stem, base::Json& metrics) override;
  void save_model(const std::filesystem::path& folder) override;

 private:
  MotionFeatures features_;
  vision::RecogniserConfig config_;
  std::map<std::string, Tensor> frame_;
  int64_t batch_, validation_;  // clips per step; clips at the beginning for validation
  uint64_t seed_;
  tensor::TrainableWeights weights_;
  vision::MotionClassifier network_;
};

}  // namespace zoetrope::evaluation
