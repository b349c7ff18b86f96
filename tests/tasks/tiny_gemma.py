"""A small random model of MedGemma's architecture, built in seconds: `python -m tests.tasks.tiny_gemma FOLDER`.

It knows nothing and says nothing true. It has the real classes, image tokens, chat template behaviour and file
layout, so that the engine's whole path runs on it (models.md section 10). 224 px, 256 tokens an image, fp32.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3ImageProcessorPil,
    Gemma3Processor,
    Gemma3TextConfig,
    PreTrainedTokenizerFast,
    SiglipVisionConfig,
)

IMAGE_SIZE = 224
IMAGE_TOKENS = 256
LEADING = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "[multimodal]", *[f"<unused{n}>" for n in range(99)]]
TURNS = ["<start_of_turn>", "<end_of_turn>"]
IMAGES = ["<start_of_image>", "<end_of_image>", "<image_soft_token>"]
NOT_SPECIAL = {"<mask>", "[multimodal]", *[f"<unused{n}>" for n in range(99)]}
CHAT_TEMPLATE = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set system = messages[0]['content'] -%}
    {%- set opening = (system if system is string else system[0]['text']) + '\n\n' -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set opening = '' -%}
    {%- set turns = messages -%}
{%- endif -%}
{%- for message in turns -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
    {%- endif -%}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}
    {{ '<start_of_turn>' + role + '\n' + (opening if loop.first else '') }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- else -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}{{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}{{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<start_of_turn>model\n' }}{%- endif -%}
"""


def build_tiny_gemma(folder: Path, *, seed: int = 20261124, fp16: bool = False) -> Path:
    """Write the model into `folder` (made if absent) and return it. The same seed gives the same weights."""
    tokenizer = build_tokenizer()
    model = build_model(tokenizer, seed=seed)
    processor = Gemma3Processor(
        image_processor=Gemma3ImageProcessorPil(
            size={"height": IMAGE_SIZE, "width": IMAGE_SIZE}, image_mean=[0.5] * 3, image_std=[0.5] * 3
        ),
        tokenizer=tokenizer,
        chat_template=CHAT_TEMPLATE,
        image_seq_length=IMAGE_TOKENS,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (model.half() if fp16 else model).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def build_tokenizer() -> PreTrainedTokenizerFast:
    """A BPE without merges: printable ASCII, and every other byte by itself, as Gemma's falls back to bytes."""
    letters = ["▁", *map(chr, range(0x21, 0x7F))]
    words = [*LEADING, *TURNS, *IMAGES, *[f"<0x{byte:02X}>" for byte in range(256)], "\n", *letters]
    bpe = models.BPE(vocab={word: n for n, word in enumerate(words)}, merges=[], byte_fallback=True, unk_token="<unk>")
    raw = Tokenizer(bpe)
    raw.normalizer = normalizers.Replace(" ", "▁")
    raw.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    added = [*LEADING, *TURNS, *IMAGES]
    raw.add_tokens([AddedToken(word, normalized=False, special=False) for word in added if word in NOT_SPECIAL])
    raw.add_special_tokens([AddedToken(word, normalized=False) for word in added if word not in NOT_SPECIAL])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        padding_side="left",
        model_max_length=131_072,
        extra_special_tokens={
            "boi_token": "<start_of_image>",
            "eoi_token": "<end_of_image>",
            "image_token": "<image_soft_token>",
            "sot_token": "<start_of_turn>",
            "eot_token": "<end_of_turn>",
        },
    )


def build_model(tokenizer: PreTrainedTokenizerFast, *, seed: int) -> Gemma3ForConditionalGeneration:
    """Two layers of each tower, random weights, the projector re-initialised so that pictures count."""
    torch.manual_seed(seed)
    vocabulary = -(-len(tokenizer) // 64) * 64
    text = Gemma3TextConfig(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=1024,
        layer_types=["sliding_attention", "full_attention"],
        max_position_embeddings=131_072,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    vision = SiglipVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=IMAGE_SIZE,
        patch_size=14,
        vision_use_head=False,
    )
    ids = tokenizer.convert_tokens_to_ids
    config = Gemma3Config(
        text_config=text,
        vision_config=vision,
        mm_tokens_per_image=IMAGE_TOKENS,
        boi_token_index=ids("<start_of_image>"),
        eoi_token_index=ids("<end_of_image>"),
        image_token_index=ids("<image_soft_token>"),
        eos_token_id=[tokenizer.eos_token_id, ids("<end_of_turn>")],
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )
    model = Gemma3ForConditionalGeneration(config).eval()
    with torch.no_grad():
        # Pitfall 1: it starts at zeros, and an untrained model would be blind.
        model.model.multi_modal_projector.mm_input_projection_weight.normal_(0.0, 0.5)
    model.generation_config.update(
        do_sample=True,  # as the shipped one does: the engine must say otherwise
        top_k=64,
        top_p=0.95,
        eos_token_id=[tokenizer.eos_token_id, ids("<end_of_turn>")],
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        cache_implementation=None,
    )
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(build_tiny_gemma(parser.parse_args().folder))  # noqa: T201 - the path is the answer
