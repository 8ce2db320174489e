#pragma once
#include "zoetrope/data/prefetcher.h"
#include "zoetrope/evaluation/recogniser/dataset.h"
#include "zoetrope/tensor/fresh_weights.h"
#include "zoetrope/training/loop.h"

namespace zoetrope::evaluation {

/// First part of training a recogniser: the frame classifier. Its model folder is not a complete recogniser yet.
class FrameTask : public training::Task {
 public:
  FrameTask(const RecogniserDataset& dataset, int64_t batch, int64_t workers, uint64_t seed, const tensor::Placement& placement);

  const std::map<std::string, Tensor>& parameters() const override { return weights_.parameters(); }
  bool uses_muon(const std::string& name) const override;
  void begin(int64_t step) override;
  Tensor loss(int64_t step, base::Json& metrics) override;
  /// A contact sheet of validation frames with the predicted classes, and accuracies.
  void sample(const std::filesystem::path& stem, base::Json& metrics) override;
  void save_model(const std::filesystem::path& folder) override;

 private:
  /// The logits of a batch, in fp32 on the CPU.
  vision::FrameLogits predict(const FrameBatch& batch) const;

  const RecogniserDataset& dataset_;
  int64_t batch_, workers_;
  tensor::TrainableWeights weights_;
  vision::FrameClassifier network_;
  std::unique_ptr<data::Prefetcher<FrameBatch>> batches_;
};

}  // namespace zoetrope::evaluation
