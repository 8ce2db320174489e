#include "zoetrope/generation/generate.h"

#include <algorithm>
#include <set>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/mark_flags.h"
#include "cli/outputs.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/diffusion/samplers.h"
#include "zoetrope/generation/clip_files.h"
#include "zoetrope/generation/kept_latents.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/generation/preview_file.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/generation/timeline.h"
#include "zoetrope/media/image.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/model/model.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;
using generation::Request;

/// Flags, and those among them that are not in `asked` as they are written.
struct GenerateOptions {
  generation::PartialRequest asked;
  std::optional<std::string> size, aspect, fps, guidance_interval, seed;
  std::string prompt_file, from, resume, image, last_image, video, video_end, mask;
  std::optional<std::string> outpaint, prompts;
  std::vector<std::string> keyframes;
  std::map<std::string, std::string> parts;  // files of single components, by the component's name
  std::vector<std::string> loras, loras_2;
  std::string model, out, sheet, preview;
  PlaceFlags place;
  int64_t count = 1;
  bool dry_run = false, keep_latents = false, lora_strict = false;
  double save_every = 300;
  MarkFlags marks;
};

void add_flags(CLI::App* c, GenerateOptions& o) {
  CLI::Option* prompt = c->add_option("-p,--prompt,prompt", o.asked.prompt,
                                      "what to show, in English or Chinese; <lora:NAME:0.8> in it is --lora NAME.safetensors:0.8");
  c->add_option("--prompt-file", o.prompt_file, "a text file with one prompt per line; lines that begin with # are comments")
      ->type_name("FILE.txt")
      ->check(CLI::ExistingFile)
      ->excludes(prompt);
  c->add_option("--prompts", o.prompts,
                "what to show from when on in a long clip, or a file of it with a line each: '0:a cat walks; 4s:it jumps'")
      ->type_name("TEXT|FILE")
      ->excludes(prompt);
  c->add_option("--negative-prompt", o.asked.negative_prompt, "what to avoid");
  c->add_option("--class-label", o.asked.class_label, "number or name of a class, for models with classes instead of prompts")
      ->type_name("CLASS")
      ->excludes(prompt);
  c->add_option("--from", o.from, "repeat the request in a generated file or in a JSON file")->type_name("FILE")->check(CLI::ExistingFile);
  c->add_option("--resume", o.resume,
                "finish an unfinished clip: its OUT.latents.safetensors; the request is in it, -o may be of another kind")
      ->type_name("FILE")
      ->check(CLI::ExistingFile)
      ->excludes(prompt);
  c->add_option(
       "--save-every", o.save_every,
       "seconds after which unfinished work is written to OUT.latents.safetensors, for --resume; after a step of more than a minute always")
      ->check(check_not_negative)
      ->type_name("SECONDS")
      ->capture_default_str();
  c->add_option("--model", o.model, "a model folder or name, see `zoetrope models`; toybox if neither --model nor --transformer is given")
      ->type_name("FOLDER");
  for (std::string part : {"transformer", "transformer-2", "vae", "text-encoder", "tokenizer", "image-encoder"}) {
    std::string name = part;
    std::replace(name.begin(), name.end(), '-', '_');
    c->add_option("--" + part, o.parts[name], "a file or folder instead of the model's own " + name)->type_name("FILE");
  }
  c->add_option("--lora", o.loras, "LoRA files for the denoiser, each with an optional scale: FILE:0.8")->type_name("FILE[:SCALE]");
  c->add_option("--lora-2", o.loras_2, "the same for the second denoiser of models with two")->type_name("FILE[:SCALE]");
  add_lora_strict_flag(c, o.lora_strict);
  CLI::Option* size = c->add_option("--size", o.size, "width and height")->type_name("WxH");
  c->add_option("--aspect", o.aspect, "shape instead of size")->type_name("W:H")->excludes(size);
  CLI::Option* frames = c->add_option("--frames", o.asked.frames,
                                      "frames, 4k+1; 1 for an image; with --video, new frames plus those of the video that they continue");
  c->add_option("--seconds", o.asked.seconds, "length instead of frames, rounded to the nearest possible one")->excludes(frames);
  c->add_option("--fps", o.fps, "frame rate, to which a --video is resampled; by default that of the --video")->type_name("RATE");
  c->add_option("--steps", o.asked.steps, "sampling steps");
  c->add_option("--timesteps", o.asked.timesteps,
                "the timesteps at which the model is evaluated, in its own unit, falling: 1000,757,522; instead of --steps and --shift")
      ->delimiter(',')
      ->type_name("T,T,...");
  c->add_option("--guidance", o.asked.guidance_scale, "how strongly to follow the prompt; values of 1 or less disable guidance");
  c->add_option("--guidance-2", o.asked.guidance_scale_2,
                "the same for the second denoiser of models with two; --guidance alone applies to both");
  c->add_option("--guidance-interval", o.guidance_interval, "the sigmas at which guidance applies, from 0 (the end) to 1; 0:1 is all")
      ->type_name("LOW:HIGH");
  c->add_option("--guidance-rescale", o.asked.guidance_rescale, "above 0, less contrast at high guidance; up to 1");
  c->add_option("--shift", o.asked.shift, "above 1, more steps at high noise");
  c->add_option("--sampler", o.asked.sampler, "sampler; lcm adds fresh noise in each step, for models distilled to a few")
      ->check(CLI::IsMember(diffusion::sampler_names()));
  c->add_option("--preset", o.asked.preset, "a set of sampling settings of the model: diffusers, wan, 4step, fastwan or paper")
      ->type_name("NAME");
  c->add_option("--seed", o.seed, "another seed gives another clip; random or -1 draws one")->check(check_drawn_seed);
  c->add_option("--count", o.count, "how many, with consecutive seeds; their names are numbered")
      ->check(CLI::Range(int64_t{1}, int64_t{100000}))
      ->capture_default_str();
  c->add_option("--image", o.image, "the first frame")->type_name("FILE")->check(CLI::ExistingFile);
  c->add_option("--last-image", o.last_image, "the last frame")->type_name("FILE")->check(CLI::ExistingFile);
  CLI::Option* video =
      c->add_option(
           "--video", o.video,
           "a video to continue (up to half of the --frames are its nearest frames, and the result contains all of it), or to change "
           "by --mask, --strength or --outpaint")
          ->type_name("FILE")
          ->check(CLI::ExistingFile);
  c->add_option("--extend", o.asked.extend, "continue the video after its end (the default), or before its beginning")
      ->check(CLI::IsMember({"after", "before"}))
      ->needs(video);
  c->add_option("--video-end", o.video_end, "a second video: what lies between the two is made, and the result contains both")
      ->type_name("FILE")
      ->check(CLI::ExistingFile)
      ->needs(video);
  c->add_option("--keyframe", o.keyframes,
                "an image or video at a time of the clip (1.5s, a frame number, or last), any number of times; above 0 it may change")
      ->type_name("FILE@TIME[:DENOISE]");
  c->add_option(
       "--mask", o.mask,
       "an image or video: where it is white, the --video or --image may change, and black comes out as it was; with an --image, what is "
       "black stands still")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  c->add_option("--strength", o.asked.strength,
                "how much of the --video or --image, or of what the --mask lets, may change: 1 keeps nothing of it")
      ->type_name("0-1");
  c->add_flag_callback(
      "--loop", [&o] { o.asked.loop = true; }, "add the way from the end back to the beginning, so that the clip can be repeated");
  c->add_option("--outpaint", o.outpaint, "let the picture grow to a shape, or by pixels on its sides")
      ->type_name("W:H|left=N,right=N,top=N,bottom=N");
  c->add_flag_callback(
      "--no-audio", [&o] { o.asked.sound = false; }, "leave out the sound of the --video");
  add_place_flags(c, o.place);
  c->add_flag("--dry-run", o.dry_run,
              "make nothing, but say what it will take, and write a contact sheet (.png or .jpg) of what is given; what may change is red");
  c->add_option("--sheet", o.sheet, "also write a contact sheet, .png or .jpg")->type_name("FILE");
  c->add_flag("--keep-latents", o.keep_latents,
              "keep the latents of the clip's end in OUT.tail.safetensors: --video OUT --extend after then goes on from them");
  c->add_option("--preview", o.preview,
                "a picture of the clip as it is so far, written again and again while it is made: .png or .jpg (a contact sheet), or .webp")
      ->type_name("FILE");
  add_mark_flags(c, o.marks);
  c->add_option("-o,--output", o.out,
                "the file: .mp4 .mov .mkv .webm .gif .webp, .png .jpg (an image, or a contact sheet of a clip), .safetensors")
      ->type_name("FILE")
      ->required();
  c->footer(
      "Omitted flags have the model's defaults, which `zoetrope info MODEL` prints; the default seed is 0.\n\n"
      "Examples:\n"
      "  zoetrope generate --prompt 'a red circle flies across a meadow' -o circle.mp4\n"
      "  zoetrope generate --prompt '一只小狗飞过沙滩' --frames 1 --count 4 -o dog.png\n"
      "  zoetrope generate --prompt 'a duck floating up' --image duck.png --aspect 16:9 -o duck.webm\n"
      "  zoetrope generate --prompt 'the bus slides on' --video bus.mp4 --extend after -o longer.mp4\n"
      "  zoetrope generate --prompt 'a frog hops' --video hop.mp4 --mask where.png -o other.mp4\n"
      "  zoetrope generate --model DiT-XL-2-256 --class-label 'golden retriever' -o dog.png\n"
      "  zoetrope generate --from circle.mp4 -o again.mp4\n");
}

base::Json read_request(const std::string& path) {
  std::string text = generation::read_carried_request(path).value_or("");
  if (text.empty() && fs::path(path).extension() == ".json") text = base::read_file(path);
  if (text.empty())
    throw base::UsageError("--from: '{}' contains no request; name a file that zoetrope generated, or a request as .json", path);
  base::Json json = base::Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw base::UsageError("--from: the request in '{}' is not valid JSON", path);
  return json;
}

std::vector<std::string> read_prompts(const std::string& path) {
  std::vector<std::string> prompts = text_lines(base::read_file(path, size_t{1} << 24));
  if (prompts.empty()) throw base::UsageError("--prompt-file: '{}' has no prompts; write one per line", path);
  return prompts;
}

std::string model_name(const GenerateOptions& o) { return o.model.empty() ? "toybox" : o.model; }

/// What the flags ask, except the prompts of a file; `begun`: the clip that is resumed, or null.
generation::PartialRequest read_flags(const GenerateOptions& o, const generation::SavedRun* begun) {
  generation::PartialRequest asked = o.asked;
  if (o.size) {
    Size size = parse_size("--size", *o.size);
    asked.size = {size.width, size.height};
  }
  if (o.seed) asked.seed = parse_seed("--seed", *o.seed);
  if (o.aspect) asked.aspect = parse_aspect("--aspect", *o.aspect);
  if (o.fps) asked.fps = parse_rate("--fps", *o.fps);
  if (o.guidance_interval) asked.guidance_interval = parse_interval("--guidance-interval", *o.guidance_interval);
  asked.image = o.image, asked.last_image = o.last_image, asked.video = o.video, asked.video_end = o.video_end, asked.mask = o.mask;
  if (o.prompts) {
    asked.prompts = parse_prompts("--prompts", *o.prompts);
    asked.prompt = asked.prompts.front().prompt;
    asked.prompts.erase(asked.prompts.begin());
  }
  if (o.outpaint) asked.outpaint = parse_outpaint("--outpaint", *o.outpaint);
  for (const std::string& keyframe : o.keyframes) asked.keyframes.push_back(parse_keyframe("--keyframe", keyframe));
  const bool has_prompt = asked.prompt || asked.class_label || !o.prompt_file.empty();
  if (begun != nullptr) {
    if (!o.from.empty()) throw base::UsageError("--resume takes the request from its file; omit --from");
    asked.from = base::Json::parse(begun->request, nullptr, /*allow_exceptions=*/false);
    asked.beside = fs::path(o.resume).parent_path();
  } else if (!o.from.empty()) {
    asked.from = read_request(o.from);
    asked.beside = fs::path(o.from).parent_path();
    if (Request told = generation::request_from_json(asked.from);
        !has_prompt && told.prompt.empty() && told.class_label.empty() && !asked.from.contains("prompt"))
      throw base::UsageError("--from: the request in '{}' has no prompt; add one to it, or give a --prompt", o.from);
  } else if (!has_prompt) {
    throw base::UsageError("there is nothing to generate: give a --prompt, a --prompt-file, a --class-label or a request with --from");
  }
  return asked;
}

/// The requests, one for each prompt and seed, and what is to be told of them.
std::pair<std::vector<Request>, std::vector<generation::Notice>> resolve_all(const GenerateOptions& o, generation::PartialRequest asked,
                                                                             const model::Model& model) {
  std::vector<Request> requests;
  std::vector<generation::Notice> notices;
  auto add = [&](generation::Resolved resolved) {
    notices.insert(notices.end(), resolved.notices.begin(), resolved.notices.end());
    for (int64_t i = 0; i < o.count; ++i, ++resolved.request.seed) requests.push_back(resolved.request);
  };
  std::vector<std::string> prompts;
  if (!o.prompt_file.empty()) {
    prompts = read_prompts(o.prompt_file);
    asked.prompt = prompts.front();
  }
  generation::Resolved first = generation::resolve(asked, model);
  if (o.seed && is_drawn_seed(*o.seed)) first.notices.push_back({fmt::format("seed {}", first.request.seed)});
  add(first);
  for (size_t i = 1; i < prompts.size(); ++i) add(generation::with_prompt(first.request, prompts[i], model));
  return {requests, notices};
}

/// Each once: prompts of a file often have the same to be told.
void print(const std::vector<generation::Notice>& notices, bool quiet) {
  std::set<std::string> told;
  for (const generation::Notice& notice : notices)
    if ((notice.is_warning || !quiet) && told.insert(notice.text).second)
      fmt::print(stderr, "{}{}\n", notice.is_warning ? "zoetrope: " : "", notice.text);
}

/// The files that the flags name; without such flags those of the model that made the clip which is made again (`from`), if it can be
/// found. `tagged`: LoRA files that the prompt names.
model::ModelFiles model_files(const GenerateOptions& o, const generation::PartialRequest& asked,
                              const std::vector<tensor::LoraSpec>& tagged) {
  std::map<std::string, fs::path> parts;
  for (const auto& [name, path] : o.parts)
    if (!path.empty()) parts[name] = model::find_component(name, path);
  if (o.model.empty() && parts.empty() && o.loras.empty() && o.loras_2.empty() && tagged.empty())
    if (auto made_by = generation::model_of(asked.from))
      if (auto found = model::find_files(*made_by, asked.beside)) return *found;
  const fs::path ending = fs::path(o.model).extension();
  const bool denoiser_alone = ending == ".safetensors" || ending == ".gguf" || fs::is_regular_file(o.model);
  if (denoiser_alone) {
    const fs::path file = model::find_component("transformer", o.model, "model");
    parts.try_emplace("transformer", file);
    for (const std::string& part : model::other_parts_in(file)) parts.try_emplace(part, file);
  }
  const bool files_alone = denoiser_alone || (o.model.empty() && parts.contains("transformer"));
  model::ModelFiles files(files_alone ? fs::path() : model::find_model(model_name(o)), parts);
  for (const std::string& lora : o.loras) files.loras["transformer"].push_back(parse_lora("--lora", lora, o.lora_strict));
  for (const tensor::LoraSpec& lora : tagged) files.loras["transformer"].push_back(lora);
  for (const std::string& lora : o.loras_2) files.loras["transformer_2"].push_back(parse_lora("--lora-2", lora, o.lora_strict));
  return files;
}

/// OUT.mp4, or OUT-3.mp4 for the third of several.
fs::path numbered_path(const fs::path& out, int64_t index = 0, int64_t total = 1) {
  return base::with_ending(out, (total == 1 ? "" : fmt::format("-{}", index + 1)) + out.extension().string());
}

/// How the clip of `files` is written, and its unfinished work; `begun`: what is resumed, or null.
generation::ClipFiles clip_files(const std::vector<fs::path>& files, const GenerateOptions& o, const generation::SavedRun* begun) {
  constexpr double minute = 60;
  const fs::path unfinished = begun != nullptr ? fs::path(o.resume) : generation::unfinished_path(files.front());
  return {.outputs = files,
          .preview = o.preview.empty() ? fs::path() : numbered_path(o.preview),
          .keep_latents = o.keep_latents,
          .saving = {unfinished, o.save_every, std::min(minute, o.save_every)},
          .marks = o.marks.with_record_in(base::data_folder())};
}

void generate_one(const model::Model& model, const Request& r, const generation::ClipFiles& files, const generation::SavedRun* begun,
                  base::Observer& observer) {
  const std::string unfinished = files.saving.file.string();
  if (begun != nullptr)
    if (const std::string reason = generation::saved_run_mismatch(*begun, unfinished, r, model); !reason.empty())
      throw base::UsageError("--resume: {}", reason);
  try {
    generation::generate_files(r, model, files, observer, begun);
  } catch (const base::Cancelled&) {
    if (fs::exists(unfinished))
      fmt::print(stderr, "\n{} holds what is done; zoetrope generate --resume {} -o {} goes on from there\n", unfinished, unfinished,
                 files.outputs.front().string());
    throw;
  }
}

/// Says what a request will take, and shows what is given of its clip.
void plan(const model::Model& model, const Request& r, const fs::path& sheet, const Output& output) {
  base::CostEstimate cost = generation::estimate(r, model);
  media::write_image(sheet, generation::timeline_sheet(generation::build_timeline(r, model.geometry())),
                     generation::to_json(r, model.identity()).dump());
  if (output.json) {
    fmt::print("{}\n", base::pretty({{"file", sheet.string()},
                                     {"seconds", cost.seconds},
                                     {"bytes", cost.bytes},
                                     {"request", generation::to_json(r, model.identity())}}));
    return;
  }
  fmt::print("{}\n{} frames of {}x{}, {} steps: about {:.0f} s and {} of memory beyond the weights\n", sheet.string(), r.frames, r.width,
             r.height, r.steps, cost.seconds, base::format_si(cost.bytes, "B"));
}

/// The clip of request `i` of `total`, and its contact sheet where one is wanted.
std::vector<fs::path> files_of(const GenerateOptions& o, int64_t i, int64_t total) {
  std::vector<fs::path> files{numbered_path(o.out, i, total)};
  if (!o.sheet.empty()) files.push_back(numbered_path(o.sheet, i, total));
  return files;
}

/// Refuses to write over what is read for a request, and over a person's files.
void check_files(std::vector<fs::path> outputs, const Request& r, const model::ModelFiles& model, const GenerateOptions& o,
                 const Output& output) {
  if (!o.preview.empty()) outputs.push_back(numbered_path(o.preview));
  if (o.keep_latents) outputs.push_back(generation::kept_latents_path(outputs.front()));
  if (o.resume.empty()) outputs.push_back(generation::unfinished_path(outputs.front()));
  std::vector<fs::path> sources{o.from, o.prompt_file, o.resume, model.folder};
  for (const generation::Condition& c : r.conditions) sources.insert(sources.end(), {c.media, c.mask, c.latents});
  for (const auto& [component, path] : model.parts) sources.push_back(path);
  for (const auto& [denoiser, loras] : model.loras)
    for (const tensor::LoraSpec& lora : loras) sources.push_back(lora.file);
  check_outputs(outputs, sources, output);
}

void run(const GenerateOptions& o, const Output& output) {
  generation::check_output(o.out);
  if (!o.resume.empty() && o.count > 1) throw base::UsageError("--resume finishes one clip; omit --count");
  if (o.dry_run && !media::is_image_path(o.out))
    throw base::UsageError("--dry-run writes a contact sheet: --output must be a .png or .jpg, got '{}'", o.out);
  if (!o.sheet.empty() && !media::is_image_path(o.sheet)) throw base::UsageError("--sheet must be a .png or .jpg, got '{}'", o.sheet);
  if (numbered_path(o.sheet) == numbered_path(o.out))
    throw base::UsageError("--sheet and --output both name '{}': give the contact sheet a name of its own", o.out);
  if (!o.preview.empty()) generation::check_preview(o.preview);
  for (const std::string& other : {o.out, o.sheet})
    if (!o.preview.empty() && numbered_path(o.preview) == numbered_path(other))
      throw base::UsageError("--preview must have a name of its own, got '{}', which is written at the end", o.preview);
  std::optional<generation::SavedRun> resumed;
  if (!o.resume.empty()) resumed = generation::read_saved_run(o.resume);
  const generation::SavedRun* begun = resumed ? &*resumed : nullptr;
  generation::PartialRequest asked = read_flags(o, begun);
  PlaceFlags place = o.place;
  if (place.dtype == "auto" && !asked.from.is_null()) place.dtype = generation::request_from_json(asked.from).dtype;
  std::vector<tensor::LoraSpec> tagged;
  if (asked.prompt) tagged = take_loras(*asked.prompt, o.lora_strict);
  const model::ModelFiles model_files = cli::model_files(o, asked, tagged);
  model::Model model = model::Model::load(model_files, place.placement());
  const auto [requests, notices] = resolve_all(o, std::move(asked), model);
  const int64_t total = std::ssize(requests);
  for (int64_t i = 0; i < total; ++i) check_files(files_of(o, i, total), requests[i], model_files, o, output);
  if (begun == nullptr) print(notices, output.quiet);  // else they were told when it was begun
  print(generation::sound_notices(o.out, requests.front()), output.quiet);
  print(generation::mark_notices(o.out, o.marks.marks), output.quiet);
  model::remember_files(model_files, model.identity());
  for (const Request& request : requests) generation::remember_media(request);
  if (o.dry_run) return plan(model, requests.front(), numbered_path(o.out), output);

  base::TerminalProgress progress(output.quiet);
  base::Json results = base::Json::array();
  for (int64_t i = 0; i < total; ++i) {
    const std::vector<fs::path> files = files_of(o, i, total);
    generate_one(model, requests[i], clip_files(files, o, begun), begun, progress);
    if (output.json)
      results.push_back({{"file", files.front().string()}, {"request", generation::to_json(requests[i], model.identity())}});
    else
      fmt::print("{}\n", fmt::join(std::vector<std::string>(files.begin(), files.end()), "\n"));
  }
  if (output.json) fmt::print("{}\n", base::pretty(results));
}

}  // namespace

void add_generate(CLI::App& program, const Output& output) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* command = program.add_subcommand("generate", "generate a clip or an image from a sentence");
  add_flags(command, *options);
  command->callback([options, &output] { run(*options, output); });
}

}  // namespace zoetrope::cli
