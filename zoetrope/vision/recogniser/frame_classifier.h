#pragma once
#include "zoetrope/nn/layers.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::vision {

struct FrameSizes {
  int64_t fine = 64, coarse = 128;  // widths at 1/4 and 1/8 of the image's sides
  int64_t fine_blocks = 1, coarse_blocks = 3;
  int64_t attention_pools = 4;  // attention-weighted means from which objects are recognised
  int64_t features = 96;
};

/// The number of classes of each head; "none" is the last of the objects.
struct FrameClasses {
  int64_t objects, colours, scenes;
};

/// Outputs for frames [n,3,H,W]: logits, except the last two.
struct FrameLogits {
  Tensor object, colour, scene, count;  // [n,classes]; count: none, one, two
  Tensor mask;                          // [n,H/2,W/2]
  Tensor rotation;  // [n,6]: (cos k a, sin k a) for k = 1, 4, 5 of the object's angle a: a square looks the same after a quarter of a turn,
                    // a star after a fifth
  Tensor features;  // [n,features]: from which object, colour and rotation are predicted
};

/// A convolution, normalised over groups of channels (Wu & He 2018), and SiLU. x [n,in,H,W] -> [n,out,H/stride,W/stride].
struct ConvUnit {
  ConvUnit(tensor::Weights w, int64_t in, int64_t out, int64_t stride = 1);
  Tensor operator()(const Tensor& x) const;

  nn::Conv2d conv;
  Tensor gain, shift;
};

/// A small convolutional classifier of single frames. H and W are multiples of 8.
struct FrameClassifier {
  FrameClassifier(tensor::Weights w, const FrameSizes& sizes, const FrameClasses& classes);
  /// frames [n,3,H,W] in 0..1.
  FrameLogits operator()(const Tensor& frames) const;

  ConvUnit stem;
  std::vector<ConvUnit> fine_blocks;
  ConvUnit down;
  std::vector<ConvUnit> coarse_blocks;
  nn::Conv2d attention, mask_fine, mask_coarse, mask_out;
  nn::Linear summary, object, colour, rotation, count, scene;

 private:
  /// Feature maps at 1/4 [n,fine,H/4,W/4] and 1/8 -> mask [n,H/2,W/2].
  Tensor mask(const Tensor& fine, const Tensor& coarse) const;
};

}  // namespace zoetrope::vision
