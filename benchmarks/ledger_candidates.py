"""Ways to keep what happened to (sample, stage), measured: `python benchmarks/ledger_candidates.py [SAMPLES] [GROUP]`.

Each way, in a process of its own, takes SAMPLES (100,000) x 6 events of about 600 bytes, GROUP (256) of them on the
disk at a time (a result must be there before the next stage of its sample starts), is closed, opened again to learn how
far every sample is, and reads all events of 2,000 samples chosen at random. "rebuild" is the time where the index is
lost. Parquet is measured only where pyarrow is installed; a group is then one file, since a Parquet file cannot be
appended to.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

STAGES = 6
READ = 2_000
CHECK = {
    "name": "x.editscore",
    "score": 8.25,
    "threshold": 8.0,
    "passes": "minimum",
    "reason": "as it should be " * 4,
}
BODY = {
    "status": "passed",
    "checks": [CHECK],
    "records": {"score": {"text": "looks right " * 20}},
    "artifacts": {"a": 1},
}

Event = tuple[int, int, str]


def events(samples: int, group: int) -> Iterator[list[Event]]:
    """Yield groups in the order of a run: waves of `group` samples, each through all stages."""
    for start in range(0, samples, group):
        wave = range(start, min(samples, start + group))
        for stage in range(STAGES):
            yield [(number, stage, line(number, stage)) for number in wave]


def line(number: int, stage: int) -> str:
    value = {"id": f"Sparkle_location_{number:06d}", "stage": stage, **BODY, "seconds": number / 7}
    return json.dumps(value, separators=(",", ":"))


class Sqlite:
    """SQLite alone, WAL, every group one transaction that is flushed to the disk."""

    def __init__(self, folder: Path, samples: int) -> None:
        self.base = sqlite3.connect(folder / "run.db", isolation_level=None)
        self.base.execute("PRAGMA journal_mode=WAL")
        self.base.execute("PRAGMA synchronous=FULL")
        self.base.execute(
            "CREATE TABLE IF NOT EXISTS e (sample INT, stage INT, body TEXT, PRIMARY KEY (sample, stage)) WITHOUT ROWID"
        )

    def write(self, group: list[Event]) -> None:
        self.base.execute("BEGIN")
        self.base.executemany("INSERT INTO e VALUES (?, ?, ?)", group)
        self.base.execute("COMMIT")

    def close(self) -> None:
        self.base.close()

    def state(self) -> int:
        return sum(1 for _ in self.base.execute("SELECT sample, max(stage) FROM e GROUP BY sample"))

    def read(self, sample: int) -> list[str]:
        return [
            body
            for (body,) in self.base.execute("SELECT body FROM e WHERE sample = ? ORDER BY stage", (sample,))
        ]


class Log:
    """An append file, flushed once a group."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self.end = os.fstat(self.file).st_size

    def write(self, lines: list[str]) -> list[int]:
        encoded = [text.encode() + b"\n" for text in lines]
        starts = []
        for each in encoded:
            starts.append(self.end)
            self.end += len(each)
        os.write(self.file, b"".join(encoded))
        os.fdatasync(self.file)
        return starts

    def line_at(self, start: int) -> str:
        size = 4096
        while (end := (found := os.pread(self.file, size, start)).find(b"\n")) < 0:
            size *= 4
        return found[:end].decode()


class LogAndSqlite:
    """JSON lines, and beside them SQLite (WAL, not flushed: it can be made again) with their places."""

    def __init__(self, folder: Path, samples: int) -> None:
        self.log = Log(folder / "log.jsonl")
        self.base = sqlite3.connect(folder / "index.db", isolation_level=None)
        self.base.execute("PRAGMA journal_mode=WAL")
        self.base.execute("PRAGMA synchronous=OFF")
        self.base.execute(
            "CREATE TABLE IF NOT EXISTS e (sample INT, stage INT, start INT, PRIMARY KEY (sample, stage)) WITHOUT ROWID"
        )

    def write(self, group: list[Event]) -> None:
        starts = self.log.write([text for _, _, text in group])
        self._insert(
            [(sample, stage, start) for (sample, stage, _), start in zip(group, starts, strict=True)]
        )

    def _insert(self, rows: list[tuple[int, int, int]]) -> None:
        self.base.execute("BEGIN")
        self.base.executemany("INSERT INTO e VALUES (?, ?, ?)", rows)
        self.base.execute("COMMIT")

    def close(self) -> None:
        self.base.close()

    def state(self) -> int:
        return sum(1 for _ in self.base.execute("SELECT sample, max(stage) FROM e GROUP BY sample"))

    def read(self, sample: int) -> list[str]:
        rows = self.base.execute("SELECT start FROM e WHERE sample = ? ORDER BY stage", (sample,)).fetchall()
        return [self.log.line_at(start) for (start,) in rows]

    def rebuild(self) -> None:
        self.base.execute("DELETE FROM e")
        self._insert(list(scan(self.log)))


def scan(log: Log) -> Iterator[tuple[int, int, int]]:
    start = 0
    with os.fdopen(os.dup(log.file), "rb") as file:
        file.seek(0)
        for text in file:
            value = json.loads(text)
            yield int(value["id"][17:]), value["stage"], start
            start += len(text)


class LogAndArray:
    """JSON lines, and beside them one array of their places (samples x stages, 8 bytes each), kept at the end."""

    def __init__(self, folder: Path, samples: int) -> None:
        self.log = Log(folder / "log.jsonl")
        self.path = folder / "index.npy"
        self.starts = np.load(self.path) if self.path.exists() else np.full((samples, STAGES), -1, np.int64)

    def write(self, group: list[Event]) -> None:
        starts = self.log.write([text for _, _, text in group])
        for (sample, stage, _), start in zip(group, starts, strict=True):
            self.starts[sample, stage] = start

    def close(self) -> None:
        np.save(self.path, self.starts)

    def state(self) -> int:
        reached = (self.starts >= 0).sum(axis=1)
        return sum(1 for stage in reached if stage)

    def read(self, sample: int) -> list[str]:
        return [self.log.line_at(int(start)) for start in self.starts[sample]]

    def rebuild(self) -> None:
        for sample, stage, start in scan(self.log):
            self.starts[sample, stage] = start


class Lines:
    """JSON lines alone: opening reads and parses every one; what was read stays in memory as places only."""

    def __init__(self, folder: Path, samples: int) -> None:
        self.log = Log(folder / "log.jsonl")
        self.starts: dict[int, list[int]] = {}

    def write(self, group: list[Event]) -> None:
        self.log.write([text for _, _, text in group])

    def close(self) -> None:
        pass

    def state(self) -> int:
        for sample, _, start in scan(self.log):
            self.starts.setdefault(sample, []).append(start)
        return len(self.starts)

    def read(self, sample: int) -> list[str]:
        return [self.log.line_at(start) for start in self.starts[sample]]


class Parquet:
    """One Parquet file a group."""

    def __init__(self, folder: Path, samples: int) -> None:
        self.folder = folder / "segments"
        self.folder.mkdir(exist_ok=True)
        self.count = 0
        self.where: dict[int, list[tuple[Path, int]]] = {}

    def write(self, group: list[Event]) -> None:
        import pyarrow
        import pyarrow.parquet

        sample, stage, body = zip(*group, strict=True)
        path = self.folder / f"{self.count:08d}.parquet"
        table = pyarrow.table({"sample": sample, "stage": stage, "body": body})
        with path.open("wb") as file:
            pyarrow.parquet.write_table(table, file, compression="zstd")
            file.flush()
            os.fdatasync(file.fileno())
        self.count += 1

    def close(self) -> None:
        pass

    def state(self) -> int:
        import pyarrow.parquet

        for path in sorted(self.folder.iterdir()):
            found = pyarrow.parquet.read_table(path, columns=["sample"], use_threads=False)[
                "sample"
            ].to_pylist()
            for row, sample in enumerate(found):
                self.where.setdefault(sample, []).append((path, row))
        return len(self.where)

    def read(self, sample: int) -> list[str]:
        import pyarrow.parquet

        return [
            pyarrow.parquet.read_table(path, columns=["body"])["body"][row].as_py()
            for path, row in self.where[sample]
        ]


WAYS: dict[str, Callable[..., Any]] = {
    "sqlite": Sqlite, "log and sqlite": LogAndSqlite, "log and array": LogAndArray, "lines": Lines, "parquet": Parquet,
}  # fmt: skip


def measure(way: str, phase: str, folder: Path, samples: int, group: int) -> dict[str, float]:
    """Return seconds on the clock and of the processor of one phase, and the peak of memory in MB."""
    store = WAYS[way](folder, samples)
    if phase == "read" and way in ("lines", "parquet"):
        store.state()
    began, used = time.perf_counter(), time.process_time()
    if phase == "write":
        for some in events(samples, group):
            store.write(some)
        store.close()
    elif phase == "open":
        require(store.state() == samples)
    elif phase == "rebuild":
        store.rebuild()
    else:
        for sample in np.random.default_rng(7).integers(0, samples, READ).tolist():
            require(json.loads(store.read(sample)[STAGES - 1])["stage"] == STAGES - 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"s": time.perf_counter() - began, "cpu": time.process_time() - used, "mb": peak}


def require(right: bool) -> None:
    """Stop where a way gave something else back."""
    if not right:
        raise RuntimeError("what was read is not what was written")


def main() -> None:
    """Print one row a way."""
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    group = int(sys.argv[2]) if len(sys.argv) > 2 else 256
    began = time.perf_counter()
    for _ in events(samples // 10, group):
        pass
    making = (time.perf_counter() - began) * 10
    print(
        f"{samples} samples x {STAGES}, {group} a group; making the lines alone {making:.1f} s (is in 'write')\n"
    )
    print(
        "| way | write s | events/s | open s | open cpu s | rebuild s | open MB | read a sample ms "
        "| bytes an event | files |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for way in WAYS:
        with tempfile.TemporaryDirectory(dir=os.environ.get("LEDGER_DIR")) as name:
            print(row(way, Path(name), samples, group), flush=True)


def row(way: str, folder: Path, samples: int, group: int) -> str:
    """Return the row of a way; of one that cannot be measured here, why."""
    found = {}
    for phase in ("write", "open", "read", "rebuild"):
        if phase == "rebuild" and not hasattr(WAYS[way], "rebuild"):
            continue
        call = [sys.executable, __file__, "--one", way, phase, str(folder), str(samples), str(group)]
        done = subprocess.run(call, capture_output=True, text=True)
        if done.returncode:
            return f"| {way} | {done.stderr.strip().splitlines()[-1]} |"
        found[phase] = json.loads(done.stdout)
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    count, written, opened = samples * STAGES, found["write"]["s"], found["open"]
    rebuild = f"{found['rebuild']['s']:.1f}" if "rebuild" in found else "-"
    numbers = (
        f"{written:.1f}",
        f"{count / written:.0f}",
        f"{opened['s']:.2f}",
        f"{opened['cpu']:.2f}",
        rebuild,
        f"{opened['mb']:.0f}",
        f"{found['read']['s'] / READ * 1000:.2f}",
        f"{sum(sizes) / count:.0f}",
        len(sizes),
    )
    return f"| {way} | {' | '.join(map(str, numbers))} |"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(
            json.dumps(
                measure(sys.argv[2], sys.argv[3], Path(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]))
            )
        )
    else:
        main()
