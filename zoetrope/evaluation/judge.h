#pragma once
#include <map>

#include "zoetrope/vision/recogniser.h"
#include "zoetrope/world/scenario.h"

namespace zoetrope::evaluation {

/// What a recogniser found in one clip, of which n frames were looked at, evenly spaced.
struct Finding {
  Tensor object, colour, scene, count;   // probabilities, the mean over the frames
  Tensor seen;                           // [n] int64: the class of the object in each frame
  Tensor mask;                           // [n,h,w] in 0..1
  Tensor pictures;                       // [n,3,h,w] in 0..1, the frames in the size of the masks
  std::optional<vision::Action> action;  // of clips, not of single pictures
  double seams = 1;                      // of the frames in their own size
};

/// frames [T,H,W,3] fp32 in 0..1.
Finding examine(const vision::Recogniser& recogniser, const Tensor& frames);

/// A clip's marks by name; a mark that does not apply to it is absent.
///   object, scene, count       1 where they are what was asked for, else 0; all objects of the scenario must be found
///   colour                     likewise, of a plain shape
///   motion, direction          likewise, of clips with one object; direction where the motion has one
///   form                       how well the outlines match (outline_overlap), of single objects
///   identity                   1 where the same object is seen in all frames
///   seams                      how much the borders of patches show (seams.h)
///   drift                      how much the background changes: mean |difference| to the first frame, where no object is, in 0..1
using Marks = std::map<std::string, double>;
Marks judge(const Finding& finding, const world::Scenario& asked, const vision::RecogniserConfig& names);

/// The marks that need no scenario.
double identity(const Tensor& seen, int64_t none);
double drift(const Tensor& pictures, const Tensor& mask);

}  // namespace zoetrope::evaluation
