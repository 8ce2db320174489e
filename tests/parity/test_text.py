"""Tokenizers, text encoders and prompt cleaning against SentencePiece, transformers and diffusers."""
import functools
import html
import io
import subprocess
import unicodedata

import conftest
import ftfy
import pytest
import sentencepiece
import torch
from conftest import BUILD, assert_bf16, in_bf16, relative_error
from diffusers.pipelines.wan import pipeline_wan
from safetensors.torch import load_file
from sentencepiece.sentencepiece_model_pb2 import ModelProto
from transformers import T5Config, T5EncoderModel, T5ForConditionalGeneration, T5Tokenizer, UMT5Config, UMT5EncoderModel

# First and last letters of scripts: Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, Georgian, Hangul (parts and whole), kana, Han,
# wide and narrow forms, mathematics, images; and marks that combine with what stands before them.
SCRIPTS = [(0x21, 0x7E), (0xC0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F), (0x5D0, 0x5EA), (0x620, 0x64A), (0x905, 0x94D), (0xE01, 0xE3A),
           (0x10D0, 0x10FF), (0x1100, 0x1175), (0xAC00, 0xD7A3), (0x3041, 0x30FF), (0x4E00, 0x9FFF), (0xFF01, 0xFFE6), (0x1D400, 0x1D4FF),
           (0x1F300, 0x1F5FF), (0x300, 0x36F), (0x2000, 0x206F)]


class Draw(conftest.Draw):
    def word(self, script):
        letters = (chr(self.integer(*script)) for _ in range(self.integer(1, 6)))
        return "".join(c for c in letters if c.isprintable())

    def text(self, words):
        """Words of mostly one script, from those of the corpus or new ones, with uneven white space."""
        script = self.of(SCRIPTS)
        parts = (self.of(words) if self.integer(0, 1) else self.word(script) for _ in range(self.integer(0, 8)))
        return "".join(part + self.of([" ", " ", "  ", "\t", "\u3000", ""]) for part in parts)


def train(draw, path, **options):
    """A vocabulary in T5's layout over random words of all scripts; returns those words. No two of its pieces are equally likely: each
    library, and each version, takes another of two equal ways to cut a word."""
    words = [draw.word(script) for script in SCRIPTS for _ in range(40)]
    sentences = [" ".join(draw.of(words) for _ in range(6)) for _ in range(600)]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=model, vocab_size=3000, hard_vocab_limit=False, pad_id=0, eos_id=1, unk_id=2,
        bos_id=-1, minloglevel=4, **options)
    path.parent.mkdir(parents=True, exist_ok=True)
    vocabulary = ModelProto.FromString(model.getvalue())
    for piece in vocabulary.pieces:
        if piece.type == ModelProto.SentencePiece.NORMAL:
            piece.score += 0.1 * float(torch.rand((), generator=draw.generator))
    path.write_bytes(vocabulary.SerializeToString())
    return words


def unambiguous(text):
    """Without runs of what becomes one character, whose ways to be cut into pieces are equally likely whatever the vocabulary."""
    kept, last = [], None
    for c in text:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", c).casefold())
        if len(folded) == 1 and (c.isspace() or folded != last):
            kept.append(c)
            last = folded
    return "".join(kept)


def composed(text):
    """Cleaned as the pipeline does, and without marks: in sequences of a letter and marks transformers normalises otherwise than SentencePiece."""
    plain = (c for c in pipeline_wan.prompt_clean(text) if not unicodedata.category(c).startswith("M"))
    return unicodedata.normalize("NFC", unambiguous("".join(plain))).replace(" ", "  ")


def rows(tokens):
    return [ids[:length].tolist() for ids, length in zip(tokens["ids"], tokens["mask"].sum(1))]


@pytest.mark.parametrize("rule", ["nmt_nfkc", "nmt_nfkc_cf"])
def test_tokens_are_those_of_transformers(probe, generator, tmp_path, rule):
    draw = Draw(generator)
    words = train(draw, tmp_path / "spiece.model", normalization_rule_name=rule, character_coverage=0.99)
    texts = ["", " "] + [composed(draw.text(words)) for _ in range(998)]
    tokenizer = T5Tokenizer.from_pretrained(tmp_path)
    for limit in (512, 7, 1):
        ours = rows(probe("tokenize", model=str(tmp_path / "spiece.model"), prompts=texts, limit=limit))
        reference = tokenizer(texts, truncation=True, max_length=limit).input_ids
        for text, a, b in zip(texts, ours, reference):
            assert a == b, repr(text)


def test_tokens_of_a_tokenizer_json(probe, generator, tmp_path):
    """Where only the file of transformers is there, the same SentencePiece model is made of it."""
    draw = Draw(generator)
    words = train(draw, tmp_path / "spiece.model", normalization_rule_name=draw.of(["nmt_nfkc", "nmt_nfkc_cf"]), character_coverage=0.99)
    tokenizer = T5Tokenizer.from_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path / "saved")
    assert not (tmp_path / "saved" / "spiece.model").exists()
    texts = ["", " "] + [composed(draw.text(words)) for _ in range(998)]
    ours = rows(probe("tokenize", model=str(tmp_path / "saved"), prompts=texts, limit=512))
    for text, a, b in zip(texts, ours, tokenizer(texts, truncation=True, max_length=512).input_ids):
        assert a == b, repr(text)


def test_tokens_with_byte_fallback_are_those_of_sentencepiece(probe, generator, tmp_path):
    """transformers leaves the bytes of a vocabulary out, so SentencePiece itself is the reference."""
    draw = Draw(generator)
    words = train(draw, tmp_path / "spiece.model", byte_fallback=True, character_coverage=0.99)
    texts = [unambiguous(draw.text(words)) for _ in range(1000)]
    reference = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "spiece.model"))
    ours = rows(probe("tokenize", model=str(tmp_path / "spiece.model"), prompts=texts, limit=512))
    for text, ids in zip(texts, ours):
        assert ids == reference.encode(text) + [1], repr(text)


def save_random_model(draw, folder, model_class, config_class, vocabulary):
    """A whole text encoder with random sizes and weights, written by transformers; returns it as the file has it."""
    config = config_class(
        vocab_size=vocabulary + draw.integer(0, 50), d_model=4 * draw.integer(2, 24), d_kv=draw.integer(3, 20), num_heads=draw.integer(1, 6),
        d_ff=draw.integer(8, 150), num_layers=draw.integer(1, 5), relative_attention_num_buckets=draw.of([8, 16, 32]),
        relative_attention_max_distance=draw.of([20, 64, 128]), feed_forward_proj="gated-gelu")
    torch.manual_seed(draw.integer(0, 2**31))
    model = model_class(config).eval()
    for parameter in model.parameters():
        if parameter.dim() == 1:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    model.to(draw.of([torch.float32, torch.bfloat16, torch.float16]))
    model.save_pretrained(folder, max_shard_size=draw.of(["5GB", "30KB"]))
    return model.float()


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("model_class,config_class,bound", [(T5EncoderModel, T5Config, 1e-5), (UMT5EncoderModel, UMT5Config, 1e-4)])
def test_states_are_those_of_transformers(probe, generator, tmp_path, model_class, config_class, bound, number):
    draw = Draw(generator)
    words = train(draw, tmp_path / "tokenizer" / "spiece.model")
    tokenizer = T5Tokenizer.from_pretrained(tmp_path / "tokenizer")
    model = save_random_model(draw, tmp_path / "text_encoder", model_class, config_class, len(tokenizer))
    limit = draw.integer(4, 160)
    prompts = ["", draw.of(words), " ".join(draw.of(words) for _ in range(limit))] + [draw.text(words) for _ in range(draw.integer(0, 3))]
    prompts = [composed(prompt) for prompt in prompts]

    tokens = tokenizer(prompts, padding=True, truncation=True, max_length=limit, return_tensors="pt")
    with torch.no_grad():
        exact, theirs = (m(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state
                         for m in (model, in_bf16(model, tmp_path / "text_encoder")))
    ours, rounded = (probe("encode_text", folder=str(tmp_path), prompts=prompts, limit=limit, dtype=dtype) for dtype in ("fp32", "bf16"))
    assert torch.equal(ours["mask"], tokens.attention_mask)
    assert relative_error(ours["states"], exact) < bound
    real = tokens.attention_mask[..., None]  # states of padding mean nothing
    assert_bf16(rounded["states"] * real, theirs * real, exact * real)


def test_whole_t5_models_serve_as_encoders(probe, generator, tmp_path):
    """With their decoder, as T5 is published."""
    draw = Draw(generator)
    words = train(draw, tmp_path / "tokenizer" / "spiece.model")
    tokenizer = T5Tokenizer.from_pretrained(tmp_path / "tokenizer")
    model = save_random_model(draw, tmp_path / "text_encoder", T5ForConditionalGeneration, T5Config, len(tokenizer))
    prompt = composed(" ".join(words[:5]))
    tokens = tokenizer([prompt], return_tensors="pt")
    with torch.no_grad():
        reference = model.encoder(input_ids=tokens.input_ids).last_hidden_state
    ours = probe("encode_text", folder=str(tmp_path), prompts=[prompt], limit=100)
    assert relative_error(ours["states"], reference) < 1e-5


def test_embed(generator, tmp_path):
    """The program: prompts to a file of states, with zeros behind the shorter ones."""
    draw = Draw(generator)
    words = train(draw, tmp_path / "tokenizer" / "spiece.model")
    tokenizer = T5Tokenizer.from_pretrained(tmp_path / "tokenizer")
    model = save_random_model(draw, tmp_path / "text_encoder", T5EncoderModel, T5Config, len(tokenizer))
    prompts = ["x", " ".join(unambiguous(draw.of(words)) for _ in range(5))]
    arguments = [f"--prompt={prompt}" for prompt in prompts] + ["--limit", "9", "--dtype", "fp32", "-o", tmp_path / "out.safetensors"]
    done = subprocess.run([BUILD / "zoetrope", "embed", "--model", tmp_path, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    ours = load_file(tmp_path / "out.safetensors")
    tokens = tokenizer(prompts, padding=True, truncation=True, max_length=9, return_tensors="pt")
    with torch.no_grad():
        reference = model(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state * tokens.attention_mask[..., None]
    assert torch.equal(ours["mask"], tokens.attention_mask)
    assert relative_error(ours["states"], reference) < 1e-5


# What prompts that were copied from web pages and documents are full of.
DEBRIS = ["&amp;", "&amp;lt;", "&ldquo;", "&hellip;", "&copy", "&notit;", "&#8217;", "&#x201c;", "&#150;", "&#1;", "&nothing ", "&", ";", "“", "”", "‘", "’",
          "ﬁ", "ﬅ", "ĳ", "ŉ", "ǆ", "ｶﾞ", "！", "\u3000", "\ufeff", "\x07", "\x1b[31;1m", "\x1b", "\u2028", "\r\n", "\x0c", "\xa0", "e\u0301", "①", "👨‍👩‍👧"]


def test_cleaning_is_that_of_the_wan_pipeline(probe, generator, monkeypatch):
    """All but the repair of wrongly decoded text, which we leave out."""
    without_repair = functools.partial(ftfy.fix_text, fix_encoding=False, fix_c1_controls=False)
    monkeypatch.setattr(pipeline_wan.ftfy, "fix_text", without_repair)
    draw = Draw(generator)
    words = [draw.word(script) for script in SCRIPTS for _ in range(20)]
    texts = ["", "<b>&ldquo;so&rdquo;</b>"] + ["".join(draw.of(words + 5 * DEBRIS) + draw.of(["", " "]) for _ in range(12)) for _ in range(1000)]
    ours = probe("clean", prompts=texts)
    for index, text in enumerate(texts):
        assert bytes(ours[str(index)].tolist()).decode() == pipeline_wan.prompt_clean(text), repr(text)


def test_every_html_entity(probe):
    texts = [f"x&{name}y" for name in html.entities.html5] + [f"x&#{code};y" for code in (*range(300), 0xD800, 0xFDD0, 0xFFFE, 0x10FFFF, 0x110000, 10**20)]
    texts = ["<" + text for text in texts]  # so that ftfy's own, narrower reading of entities stays out
    ours = probe("clean", prompts=texts)
    for index, text in enumerate(texts):
        assert bytes(ours[str(index)].tolist()).decode() == pipeline_wan.prompt_clean(text), repr(text)
