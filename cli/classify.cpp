#include "cli/command.h"
#include "cli/flags.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/media/image.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/vision/image_processor.h"
#include "zoetrope/vision/vit.h"

namespace zoetrope::cli {
namespace {

struct ClassifyOptions {
  std::string model;
  PlaceFlags place;
  std::vector<std::string> images;
  int64_t top = 5;
};

/// The likeliest classes of an image, the first first: index, label and probability.
base::Json classify(const vision::Vit& vit, const vision::ImageProcessor& processor, const std::string& image, int64_t count) {
  at::NoGradGuard no_grad;
  Tensor probabilities = at::softmax(vit(processor(media::read_image(image)))[0].cpu(), -1);
  auto [values, indices] = probabilities.topk(std::min(count, probabilities.size(0)));
  base::Json top = base::Json::array();
  for (int64_t i = 0; i < values.size(0); ++i) {
    auto index = indices[i].item<int64_t>();
    top.push_back({{"index", index}, {"label", vit.config.labels[index]}, {"probability", values[i].item<double>()}});
  }
  return top;
}

void run(const ClassifyOptions& o, const Output& output) {
  std::filesystem::path model = model::find_model(o.model);
  vision::Vit vit = vision::load_vit(model, o.place.placement());
  vision::ImageProcessor processor = vision::ImageProcessor::read(model);
  base::Json results = base::Json::array();
  for (const std::string& image : o.images) {
    base::Json top = classify(vit, processor, image, o.top);
    if (output.json) {
      results.push_back({{"image", image}, {"top", top}});
      continue;
    }
    fmt::print("{}\n", image);
    for (const base::Json& entry : top)
      fmt::print("  {:6.2f}%  {}  {}\n", 100 * entry["probability"].get<double>(), entry["index"].get<int64_t>(),
                 entry["label"].get<std::string>());
  }
  if (output.json) fmt::print("{}\n", base::pretty(results));
}

}  // namespace

void add_classify(CLI::App& program, const Output& output) {
  auto o = std::make_shared<ClassifyOptions>();
  CLI::App* c = program.add_subcommand("classify", "classify images with a ViT");
  c->add_option("images", o->images, "images")->required()->type_name("FILE")->check(CLI::ExistingFile);
  c->add_option("--model", o->model, "the folder or name of a ViTForImageClassification of transformers")->required()->type_name("FOLDER");
  c->add_option("--top", o->top, "number of classes to show")->check(CLI::Range(int64_t{1}, int64_t{100000}))->capture_default_str();
  add_place_flags(c, o->place);
  c->footer(
      "Examples:\n"
      "  zoetrope classify --model vit-base-patch16-224 cat.jpg dog.png\n"
      "  zoetrope classify --model vit-base-patch16-384 --top 1 --json cat.jpg\n");
  c->callback([o, &output] { run(*o, output); });
}

}  // namespace zoetrope::cli
