#pragma once
#include <map>

#include "zoetrope/vision/recogniser/recogniser.h"
#include "zoetrope/world/scenario.h"

namespace zoetrope::evaluation {

/// Predictions of a recogniser for one clip, from n evenly spaced frames.
struct Prediction {
  Tensor object, colour, scene, count;             // probabilities, mean over the frames
  Tensor seen;                                     // [n] int64: the object's class in each frame
  Tensor mask;                                     // [n,h,w] in 0..1
  Tensor images;                                   // [n,3,h,w] in 0..1, the frames at the size of the masks
  std::optional<vision::MotionPrediction> motion;  // of clips, not of single images
  double seams = 1;                                // of the frames in their own size
};

/// frames [T,H,W,3] fp32 in 0..1.
Prediction recognise(const vision::Recogniser& recogniser, const Tensor& frames);

/// A clip's scores by name; scores that do not apply are absent.
///   object, scene, count       1 if they match the scenario, else 0; all of its objects must be found
///   colour                     the same, for plain shapes
///   motion, direction          the same, for clips with one object; direction if the motion has one
///   shape_iou                  overlap of the outlines (shape_iou.h), for single objects
///   identity                   1 if the same object is found in all frames
///   inside                     1 if no object touches an edge of any frame
///   seams                      visibility of patch borders (seams.h)
///   background_drift           mean |difference| to the first frame where no object is, in 0..1
using ClipScores = std::map<std::string, double>;
ClipScores score_clip(const Prediction& prediction, const world::Scenario& asked, const vision::RecogniserConfig& names);

/// Scores that need no scenario.
double identity(const Tensor& seen, int64_t none);
double background_drift(const Tensor& images, const Tensor& mask);

}  // namespace zoetrope::evaluation
