#pragma once
#include "zoetrope/nn/layers.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::vision {

struct FrameSizes {
  int64_t fine = 64, coarse = 128;  // widths at 1/4 and 1/8 of the picture's sides
  int64_t fine_blocks = 1, coarse_blocks = 3;
  int64_t glances = 4;  // weighted looks at the picture from which objects are named
  int64_t features = 96;
};

/// How many classes each head tells apart; "none" is the last of the objects.
struct FrameClasses {
  int64_t objects, colours, scenes;
};

/// What the network says of frames [n,3,H,W], as logits but for the last two.
struct FrameLogits {
  Tensor object, colour, scene, count;  // [n,classes]; count: none, one, two
  Tensor mask;                          // [n,H/2,W/2]
  Tensor turn;  // [n,6]: (cos k a, sin k a) for k = 1, 4, 5 of the object's angle a: a square looks the same after a quarter of a turn, a
                // star after a fifth
  Tensor features;  // [n,features]: from which object, colour and turn are read
};

/// A convolution, normalised over groups of channels (Wu & He 2018), and SiLU. x [n,in,H,W] -> [n,out,H/stride,W/stride].
struct ConvUnit {
  ConvUnit(tensor::Weights w, int64_t in, int64_t out, int64_t stride = 1);
  Tensor operator()(const Tensor& x) const;

  nn::Conv2d conv;
  Tensor gain, shift;
};

/// A small convolutional network that names what single frames show. H and W are multiples of 8.
struct FrameNetwork {
  FrameNetwork(tensor::Weights w, const FrameSizes& sizes, const FrameClasses& classes);
  /// frames [n,3,H,W] in 0..1.
  FrameLogits operator()(const Tensor& frames) const;

  ConvUnit see;
  std::vector<ConvUnit> fine_blocks;
  ConvUnit down;
  std::vector<ConvUnit> coarse_blocks;
  nn::Conv2d attention, mask_fine, mask_coarse, mask_out;
  nn::Linear summary, object, colour, turn, count, scene;

 private:
  /// Feature maps at 1/4 [n,fine,H/4,W/4] and 1/8 -> mask [n,H/2,W/2].
  Tensor mask(const Tensor& fine, const Tensor& coarse) const;
};

}  // namespace zoetrope::vision
