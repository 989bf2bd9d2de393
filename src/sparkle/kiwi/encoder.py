"""The encoder of Kiwi-Edit: Qwen2.5-VL reads instruction and pictures, learnable queries carry the answer out.

The queries replace the embeddings of placeholder tokens at the end of the user turn; the language model is stock
Qwen2.5-VL without its head. A connector makes the last hidden states as wide as the transformer.
"""

from __future__ import annotations

from itertools import groupby
from typing import Literal

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from transformers import Qwen2_5_VLModel

from sparkle.kiwi.prompt import EncoderInput, Mode
from sparkle.kiwi.vision import MERGE
from sparkle.kiwi.vision_attention import attend_all_windows_at_once

QuerySlice = Literal["shifted", "placeholders"]

LORA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj")


class KiwiEncoder(nn.Module):
    """Makes the transformer's context. The numbers of queries are those of the published models.

    reference_queries: None for checkpoints without reference mode.
    query_slice: "shifted" takes the LAST positions of the sequence, two behind the placeholders, as the published
        weights were trained: queries 0 and 1 are dropped, end of turn and newline come in. "placeholders" takes the
        queries themselves.
    """

    def __init__(
        self,
        qwen: Qwen2_5_VLModel,
        context_width: int = 3072,
        image_queries: int = 256,
        video_queries: int = 512,
        reference_queries: int | None = None,
        query_slice: QuerySlice = "shifted",
    ) -> None:
        super().__init__()
        width = qwen.config.text_config.hidden_size
        attend_all_windows_at_once(qwen)
        self.qwen = qwen
        self.image_queries = _queries(image_queries, width)
        self.video_queries = _queries(video_queries, width)
        self.connector = _connector(width, context_width)
        self.reference_queries = None if reference_queries is None else _queries(reference_queries, width)
        self.reference_connector = None if reference_queries is None else _connector(width, context_width)
        self.query_slice = query_slice

    @property
    def device(self) -> torch.device:
        """Where the weights lie; diffusers' pipelines ask for it."""
        return self.image_queries.device

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the weights."""
        return self.image_queries.dtype

    @property
    def queries(self) -> dict[Mode, Tensor]:
        """The query matrices (queries, hidden) by mode, of the modes that this checkpoint has."""
        known: dict[Mode, Tensor | None] = {
            "image": self.image_queries,
            "video": self.video_queries,
            "reference": self.reference_queries,
        }
        return {mode: queries for mode, queries in known.items() if queries is not None}

    @property
    def query_counts(self) -> dict[Mode, int]:
        """How many queries each mode has."""
        return {mode: len(queries) for mode, queries in self.queries.items()}

    def forward(self, sample: EncoderInput) -> Tensor:
        """Return the context (1, N, D): the queries' states, in reference mode after those of the reference's tokens.

        One sample at a time: they differ in length, and the published weights have never seen padding.
        """
        ids = sample.ids
        hidden = self.hidden_states(sample)
        count = len(self.queries[sample.mode])
        shifted = slice(ids.shape[1] - count, None)
        read = shifted if self.query_slice == "shifted" else sample.is_query[0]
        context = self.connector(hidden[:, read])
        if sample.reference is None or self.reference_connector is None:
            return context
        shown = hidden[:, (ids == self.qwen.config.image_token_id)[0]]
        return torch.cat([self.reference_connector(shown), context], dim=1)

    def hidden_states(self, sample: EncoderInput) -> Tensor:
        """Return the states (1, L, hidden) after the language model's final norm."""
        ids = sample.ids
        states: Tensor = self.qwen(
            input_ids=ids,
            inputs_embeds=self._embed(sample),
            attention_mask=torch.ones_like(ids),
            position_ids=self.positions(sample).to(ids.device),
            use_cache=False,
            **self._pictures(sample, ids.device),
        ).last_hidden_state
        return states

    def positions(self, sample: EncoderInput) -> Tensor:
        """Return the time, row and column of every token, int64 (3, 1, L); text counts on in all three.

        Not left to transformers: since 5.24 its text goes on behind a picture's rows and columns only, which for
        small videos is too early by their length in time.
        """
        config = self.qwen.config
        grids = iter([sample.source.grid, *([] if sample.reference is None else [sample.reference.grid])])
        pieces: list[Tensor] = []
        start = 0
        for kind, run in groupby(
            sample.ids[0].tolist(), lambda id: id in (config.image_token_id, config.video_token_id)
        ):
            length = len(list(run))
            if kind:
                time, rows, columns = next(grids)
                # One second per pair of frames, whatever the clip's rate, which the reference never tells.
                seconds = config.vision_config.tokens_per_second * torch.arange(time)
                axes = (seconds, torch.arange(rows // MERGE), torch.arange(columns // MERGE))
                piece = torch.stack(torch.meshgrid(*axes, indexing="ij")).flatten(1)
            else:
                piece = torch.arange(length).expand(3, length)
            pieces.append(piece + start)
            start += int(piece.max()) + 1
        return torch.cat(pieces, dim=1).unsqueeze(1)

    def _embed(self, sample: EncoderInput) -> Tensor:
        """Look the tokens up and put the queries in the placeholders' places; Qwen does so with the pictures."""
        queries = self.queries[sample.mode]
        if (found := int(sample.is_query.sum())) != len(queries):
            raise ValueError(f"the prompt has {found} placeholders for {len(queries)} {sample.mode} queries")
        embedded = self.qwen.get_input_embeddings()(sample.ids)
        return embedded.masked_scatter(sample.is_query.unsqueeze(-1), queries.to(embedded.dtype))

    def _pictures(self, sample: EncoderInput, device: torch.device) -> dict[str, Tensor]:
        if sample.mode == "image":
            images, videos = [sample.source], []
        else:
            images, videos = [image for image in [sample.reference] if image is not None], [sample.source]
        found = {}
        for patches, pixels, grid in (
            (images, "pixel_values", "image_grid_thw"),
            (videos, "pixel_values_videos", "video_grid_thw"),
        ):
            if patches:
                found[pixels] = torch.cat([one.pixels for one in patches]).to(device)
                found[grid] = torch.tensor([one.grid for one in patches], device=device)
        return found


def add_lora(encoder: KiwiEncoder, rank: int = 64, alpha: int = 64) -> None:
    """Put trainable low-rank weights beside q, k, v and o of every language layer; the vision tower has none."""
    config = LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=0.0, bias="none", target_modules=list(LORA_TARGETS)
    )
    inject_adapter_in_model(config, encoder.qwen.language_model)


def merged(weight: Tensor, down: Tensor, up: Tensor, scale: float = 1.0) -> Tensor:
    """Return weight (out, in) + scale * up (out, rank) @ down (rank, in), all in the weight's dtype.

    In bfloat16 that is what the reference's inference does; its converter to diffusers does it in float32.
    """
    return weight + scale * (up.to(weight.dtype) @ down.to(weight.dtype))


def _queries(count: int, width: int) -> nn.Parameter:
    return nn.Parameter(0.02 * torch.randn(count, width))


def _connector(width: int, context_width: int) -> nn.Sequential:
    last = nn.Linear(context_width, context_width)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(width, context_width), nn.GELU(approximate="tanh"), last)
