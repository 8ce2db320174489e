"""Image processing, ViT and CLIP's image encoder against Pillow and transformers."""
import json
import subprocess

import conftest
import numpy
import PIL.Image
import pytest
import torch
from conftest import BUILD, assert_bf16, in_bf16, relative_error
from transformers import (CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel, ViTConfig, ViTForImageClassification, ViTImageProcessor)


class Draw(conftest.Draw):
    def image(self, height, width):
        """Noise over patches, so that there are edges of all kinds."""
        coarse = torch.randint(0, 256, (1 + height // 7, 1 + width // 5, 3), generator=self.generator)
        image = coarse.repeat_interleave(7, 0).repeat_interleave(5, 1)[:height, :width]
        return (image + torch.randint(-40, 41, image.shape, generator=self.generator)).clamp(0, 255).to(torch.uint8)


def test_resizing_is_that_of_pillow(probe, generator):
    draw = Draw(generator)
    images, jobs, expected = {}, [], []
    for number in range(200):
        image = draw.image(draw.integer(1, 90), draw.integer(1, 90))
        job = dict(height=draw.integer(1, 90), width=draw.integer(1, 90), resampling=1 + number % 4)
        images[str(number)] = image
        jobs.append(job)
        resized = PIL.Image.fromarray(image.numpy()).resize((job["width"], job["height"]), job["resampling"])
        expected.append(torch.from_numpy(numpy.array(resized)))
    ours = probe("pil_resize", images, jobs=jobs)
    for number, reference in enumerate(expected):
        assert torch.equal(ours[str(number)], reference), jobs[number]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("kind", [ViTImageProcessor, CLIPImageProcessor])
def test_image_processors(probe, generator, tmp_path, kind, number):
    draw = Draw(generator)
    side = draw.integer(5, 60)
    size = {"height": side, "width": draw.integer(5, 60)} if kind is ViTImageProcessor else {"shortest_edge": side}
    options = dict(size=size, resample=draw.of([2, 3]), image_mean=[0.48, 0.45, 0.4], image_std=[0.27, 0.26, 0.28])
    if kind is CLIPImageProcessor:
        options["crop_size"] = {"height": draw.integer(1, side), "width": draw.integer(1, side)}
    processor = kind(**options)
    assert "Pil" in type(processor).__name__  # and not the one of torchvision
    processor.save_pretrained(tmp_path)
    image = draw.image(draw.integer(10, 90), draw.integer(10, 90))
    reference = processor(PIL.Image.fromarray(image.numpy()), return_tensors="pt").pixel_values
    ours = probe("process_image", {"image": image}, folder=str(tmp_path))["pixels"]
    assert relative_error(ours, reference) < 1e-6


def save(draw, model, folder):
    """Writes a model whose every parameter takes part, in any dtype and cut into any shards; returns it as the file has it."""
    for name, parameter in model.named_parameters():
        torch.nn.init.normal_(parameter, 1 if "norm" in name and "weight" in name else 0, 0.3 if parameter.dim() == 1 else 0.1)
    model.eval().to(draw.of([torch.float32, torch.bfloat16, torch.float16]))
    model.save_pretrained(folder, max_shard_size=draw.of(["5GB", "30KB"]))
    return model.float()


def random_vit(draw, folder):
    heads, patch = draw.integer(1, 4), draw.integer(2, 9)
    labels = {i: f"class {i}, number {i}" for i in range(draw.integer(5, 12))}
    config = ViTConfig(hidden_size=heads * draw.integer(6, 12), num_attention_heads=heads, num_hidden_layers=draw.integer(1, 4),
                       intermediate_size=draw.integer(5, 70), image_size=patch * draw.integer(1, 6), patch_size=patch, qkv_bias=draw.of([True, False]),
                       layer_norm_eps=draw.of([1e-12, 1e-6]), id2label=labels, label2id={label: i for i, label in labels.items()})
    return save(draw, ViTForImageClassification(config), folder)


@pytest.mark.parametrize("number", range(6))
def test_vit(probe, generator, tmp_path, number):
    draw = Draw(generator)
    model = random_vit(draw, tmp_path)
    pixels = draw.normal(draw.integer(6, 8), 3, model.config.image_size, model.config.image_size)

    def run(model, pixels):
        with torch.no_grad():
            return dict(states=model.vit(pixels).last_hidden_state, logits=model(pixels).logits)

    exact, theirs = run(model, pixels), run(in_bf16(model, tmp_path), pixels.bfloat16())
    ours, rounded = (probe("vit", {"pixels": pixels}, folder=str(tmp_path), dtype=dtype) for dtype in ("fp32", "bf16"))
    for name, reference in exact.items():
        assert relative_error(ours[name], reference) < 1e-5
        assert_bf16(rounded[name], theirs[name], reference)


@pytest.mark.parametrize("number", range(5))
def test_clip_image_encoder(probe, generator, tmp_path, number):
    draw = Draw(generator)
    heads, patch = draw.integer(1, 4), draw.integer(2, 9)
    config = CLIPVisionConfig(hidden_size=heads * draw.integer(6, 12), num_attention_heads=heads, num_hidden_layers=draw.integer(1, 4),
                              intermediate_size=draw.integer(5, 70), image_size=patch * draw.integer(1, 6), patch_size=patch,
                              hidden_act=draw.of(["gelu", "quick_gelu"]))
    model = save(draw, CLIPVisionModel(config), tmp_path)
    pixels = draw.normal(draw.integer(3, 5), 3, config.image_size, config.image_size)
    with torch.no_grad():
        exact = model(pixels, output_hidden_states=True).hidden_states[-2]
        theirs = in_bf16(model, tmp_path)(pixels.bfloat16(), output_hidden_states=True).hidden_states[-2]
    ours, rounded = (probe("clip", {"pixels": pixels}, folder=str(tmp_path), dtype=dtype)["states"] for dtype in ("fp32", "bf16"))
    assert relative_error(ours, exact) < 1e-5
    assert_bf16(rounded, theirs, exact)


def test_classify(generator, tmp_path):
    """The program, from image files to names and probabilities."""
    draw = Draw(generator)
    model = random_vit(draw, tmp_path)
    processor = ViTImageProcessor(size={"height": model.config.image_size, "width": model.config.image_size})
    processor.save_pretrained(tmp_path)
    files = []
    for number in range(2):
        files.append(str(tmp_path / f"{number}.png"))
        PIL.Image.fromarray(draw.image(draw.integer(20, 60), draw.integer(20, 60)).numpy()).save(files[-1])
    done = subprocess.run([BUILD / "zoetrope", "classify", "--model", tmp_path, "--top", "3", "--dtype", "fp32", "--json", *files], capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert [result["image"] for result in results] == files
    for file, result in zip(files, results):
        with torch.no_grad():
            probabilities = model(processor(PIL.Image.open(file), return_tensors="pt").pixel_values).logits.softmax(-1)[0]
        values, indices = probabilities.topk(3)
        assert [entry["index"] for entry in result["top"]] == indices.tolist()
        assert [entry["label"] for entry in result["top"]] == [model.config.id2label[i] for i in indices.tolist()]
        assert [entry["probability"] for entry in result["top"]] == pytest.approx(values.tolist(), rel=1e-4)


@pytest.mark.parametrize("file,key", [("config.json", "image_size"), ("config.json", "qkv_bias"), ("preprocessor_config.json", "image_mean")])
def test_values_of_the_wrong_type_name_their_file(generator, tmp_path, file, key):
    model = random_vit(Draw(generator), tmp_path)
    ViTImageProcessor(size={"height": model.config.image_size, "width": model.config.image_size}).save_pretrained(tmp_path)
    (tmp_path / file).write_text(json.dumps(json.loads((tmp_path / file).read_text()) | {key: {"not": "this"}}))
    PIL.Image.new("RGB", (20, 20)).save(tmp_path / "x.png")
    done = subprocess.run([BUILD / "zoetrope", "classify", "--model", tmp_path, tmp_path / "x.png"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and f"{tmp_path / file}: a value is missing or of the wrong type" in done.stderr
