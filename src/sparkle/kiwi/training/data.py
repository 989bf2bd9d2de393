"""The data of a run, ready to be drawn from: pairs that can be read, their sizes, the order, and how one is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor

from sparkle.core.errors import SampleError, SetupError
from sparkle.kiwi.training.batches import PreparedPair
from sparkle.kiwi.training.cache import LatentCache
from sparkle.kiwi.training.checkpoints import CHECKPOINTS, latest
from sparkle.kiwi.training.encode_pairs import on_device
from sparkle.kiwi.training.fill_cache import THREADS, Known, Report, fill, look_up
from sparkle.kiwi.training.fingerprint import text_fingerprint
from sparkle.kiwi.training.frames import probe_bucket
from sparkle.kiwi.training.models import Models
from sparkle.kiwi.training.order import Order
from sparkle.kiwi.training.read_pairs import FromCache, FromClips, Inputs, LatentShape, shape_of_latents
from sparkle.kiwi.training.samples import TrainingPair
from sparkle.kiwi.training.settings import DataSettings, TrainingSettings
from sparkle.kiwi.training.trainable import keeps_encoder
from sparkle.kiwi.training.unreadable import FILE, Unreadable
from sparkle.store import read_text, write_text

PAIRS_FILE = "pairs.json"


@dataclass(frozen=True, slots=True)
class Data:
    """What the trainer draws from. read: a pair by its place in `pairs`. noise_shape: of a prepared source's latents.

    has_states: whether the encoder's states come with a pair, in place of the encoder's input.
    """

    pairs: list[TrainingPair]
    order: Order
    read: Callable[[int], PreparedPair]
    noise_shape: Callable[[Tensor], tuple[int, ...]]
    has_states: bool
    unreadable: Unreadable


def prepare_data(
    settings: TrainingSettings,
    models: Models,
    pairs: list[TrainingPair],
    accelerator: Accelerator,
    report: Report,
) -> Data:
    """Find the sizes of all pairs; where latents are kept, encode those that are not there yet.

    Raises SetupError when too many pairs cannot be read.
    """
    has_states = keeps_encoder(settings.trainable)
    if not settings.data.cache_latents and has_states:
        raise SetupError(
            f"trainable: {settings.trainable} keeps the encoder's states beside the latents; "
            "set data.cache_latents: true"
        )
    cache = LatentCache(
        settings.cache,
        settings.data,
        models.vae_key,
        models.encoder_key if has_states else None,
        settings.precision,
    )
    if settings.data.cache_latents:
        known = _encode_missing(settings, models, pairs, cache, accelerator, report)
    else:
        known = _probe(pairs, settings.data)
    usable = [index for index, one in enumerate(known) if one.bucket is not None]
    unreadable = _record(settings, pairs, known, accelerator)
    used = [pairs[index] for index in usable]
    order = Order(
        datasets=[pair.dataset for pair in used],
        buckets=[one.bucket for one in known if one.bucket is not None],
        weights=[dataset.weight for dataset in settings.data.datasets],
        micro_batch=settings.micro_batch,
        seed=settings.seed,
    )
    _keep_pairs(settings, order, used, accelerator)
    inputs = Inputs(models.tokenizer, models.encoder.query_counts, settings.data)
    cell = models.vae.config.scale_factor_spatial
    if not settings.data.cache_latents:
        read = FromClips(used, list(order.buckets), inputs)
        return Data(used, order, read, LatentShape(models.config.in_channels, cell), False, unreadable)
    paths = [one.path for one in known if one.path is not None and one.bucket is not None]
    cached = FromCache(used, cache, paths, cell, None if has_states else inputs)
    return Data(used, order, cached, shape_of_latents, has_states, unreadable)


def _keep_pairs(
    settings: TrainingSettings, order: Order, pairs: list[TrainingPair], accelerator: Accelerator
) -> None:
    """Write what the run is trained on, or compare it with what its last checkpoint was: other pairs, another order.

    Raises SetupError where they differ.
    """
    path = settings.output / PAIRS_FILE
    kept = [
        [pair.label, pair.instruction, *bucket] for pair, bucket in zip(pairs, order.buckets, strict=True)
    ]
    now = {"pairs": len(pairs), "fingerprint": text_fingerprint(json.dumps(kept))}
    differs = False
    if accelerator.is_main_process:
        if latest(settings.output / CHECKPOINTS) is not None and path.is_file():
            differs = read_text(path).strip() != json.dumps(now)
        else:
            write_text(path, json.dumps(now) + "\n")
    if any(gather_object([differs])):
        raise SetupError(
            f"{settings.output}: was trained on other pairs than the {now['pairs']} that can be used now, so that "
            f"their order would be another one. Restore them ({FILE} lists what cannot be read); or delete {path} to "
            "go on with these; or choose another output, where model.checkpoint may name a checkpoint of this one"
        )


def _encode_missing(
    settings: TrainingSettings,
    models: Models,
    pairs: list[TrainingPair],
    cache: LatentCache,
    accelerator: Accelerator,
    report: Report,
) -> list[Known]:
    """Return what is known of every pair once all are in the cache; each process encodes its share."""
    known = look_up(pairs, cache)
    # What any process misses, since shares are counted among it: another run may be filling the same cache meanwhile.
    missing = sorted(
        set(
            gather_object(
                [index for index, one in enumerate(known) if one.path is not None and one.bucket is None]
            )
        )
    )
    if not missing:
        return known
    mine = missing[accelerator.process_index :: accelerator.num_processes]
    with on_device(models, accelerator.device, language_model=cache.encoder_key is not None):
        failed = fill(
            models,
            [(pairs[index], path) for index in mine if (path := known[index].path) is not None],
            cache,
            accelerator.device,
            settings.data.workers,
            report,
        )
    accelerator.wait_for_everyone()
    reasons = {label: reason for part in gather_object([failed]) for label, reason in part.items()}
    for index in missing:
        path, reason = known[index].path, reasons.get(pairs[index].label)
        bucket = None if path is None or reason is not None else cache.bucket(path)
        if bucket is None and reason is None:
            raise SetupError(
                f"{path}: was written and is not there; do all processes share {settings.cache}?"
            )
        known[index] = Known(path, bucket, reason)
    return known


def _probe(pairs: list[TrainingPair], data: DataSettings) -> list[Known]:
    """Return the sizes from the clips' headers."""

    def look(pair: TrainingPair) -> Known:
        try:
            return Known(None, probe_bucket(pair, data))
        except SampleError as error:
            return Known(None, None, str(error))

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(look, pairs))


def _record(
    settings: TrainingSettings, pairs: list[TrainingPair], known: list[Known], accelerator: Accelerator
) -> Unreadable:
    """Write down which pairs cannot be read. Raises SetupError for too many, and for a dataset without any."""
    # What is in the cache is readable for certain; a header alone says less.
    readable = {pair.label for pair, one in zip(pairs, known, strict=True) if one.path and one.bucket}
    unreadable = Unreadable(
        settings.output,
        len(pairs),
        settings.data.most_unreadable,
        readable,
        writes=accelerator.is_main_process,
    )
    unreadable.add({pair.label: one.error for pair, one in zip(pairs, known, strict=True) if one.error})
    for number, dataset in enumerate(settings.data.datasets):
        if not any(pair.dataset == number and one.bucket for pair, one in zip(pairs, known, strict=True)):
            raise SetupError(f"{dataset.folder}: none of its pairs can be read; unreadable.jsonl says why")
    return unreadable
