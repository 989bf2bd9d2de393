"""Where bytes lie. Nobody else in the house opens, writes, renames or deletes a file.

    folder = Folder.at("runs/beach")            # or s3://bucket/beach, gs://..., hf://datasets/name/repo, memory://x
    folder.write("run.json", content)           # complete or absent under its name, on the disk before it returns
    with folder.writing("a/clip.mp4") as path:  # a local path for encoders; it becomes a/clip.mp4 when the block ends
        encode(path)
    folder.read("run.json"); folder.read_range("big.tar", 512, 4096); folder.stat("run.json"); folder.files("a/")
    with folder.local("a/clip.mp4") as path:    # a local path for decoders; here the file itself, elsewhere a copy
        decode(path)

A Folder is an address and nothing more: it is picklable, and costs nothing to make. A key is a relative path with "/".

**Logs.** `with folder.log("ledger.jsonl") as log: position = log.append(*lines)`: the lines are on the disk when
the call returns; none of them when it raises. A kill in between may leave the first ones, each whole. Calls of
several threads that meet share one flush, and one call with many lines costs one flush: give what came in the
meantime in one call. `position` is the byte at which the first line begins. `log.dropped` is what a kill left of a
last line; it is found from the end of the file, whatever its length. `folder.lines("ledger.jsonl", start=position)`
yields (position, line) of whole lines, a cut last one never; `folder.log_end("ledger.jsonl")` tells where the whole
lines end and what is cut behind them. Locally a log is one file. On object storage, where nothing can be appended
to, each call (or those that met) puts one object, named by its first byte, by a conditional put: a second writer is
refused, a lost or doubled segment is named by `lines`.

**Locks.** `with folder.only_writer(".lock", "this run") as held:` one process holds it, and the error that the next one
gets names the holder's host, process and start. Locally it is a lock of the system: it is gone with its process (and
with those that it forked). On object storage it is a lease: numbered objects by conditional put, renewed while the
holder lives; one that is silent for a minute is taken over. A process that slept through that can come back, so a
remote writer calls `held.check()` before what must not be written twice; a log's appends are safe without.
`folder.writer(".lock")` names the process that has a lock, and takes none.
Without conditional puts (hf://) there are neither logs nor locks: such a folder is read, and written whole objects to.

**Tars.** `index_tar(folder, "shard.tar")` gives {member: Extent} from the headers alone; `write_tar` writes one whose
bytes depend on its members alone. An `Extent` is bytes of a file, all or a range: `.read()`, `.open()`, `.local()`.
Nothing is unpacked. What is opened again and again is fetched once by `Copies(place, most_bytes).of(extent)`, which any
number of processes may share.

**Errors.** What cannot be read is an OSError (FileNotFoundError where nothing is), whatever library is below, after
the attempts that a network needs; its caller knows whether that is one sample's failure or the command's. What cannot
be written is an OutputError. Object storage that stays away is a StoreAwayError, which ends a command: it was asked for
as long as SPARKLE_STORE_PATIENCE_S says. A protocol whose package is not installed is a MissingExtraError that names
the extra.

For files on this machine alone, named by the user or by a library: `open_plain`, `read_plain` and `read_text` refuse
pipes and devices; `whole_file`, `whole_folder`, `write_text`, `copy_file` and `place_folder` leave nothing half;
`prepare_output` and `write_result` know before and after the work where a result goes; `scratch_folder` goes away;
`packaged_text` is what comes with the package; `string_constants` are the texts of a script, which is never executed.
"""

from sparkle.store.bytes_at import Entry, Stat
from sparkle.store.copies import Copies
from sparkle.store.extent import Extent
from sparkle.store.files import (
    blake3_of,
    copy_file,
    fill_extent,
    fill_file,
    free_bytes,
    link_or_copy,
    move_file,
    place_folder,
    remove_file,
    remove_folder,
    sha256_of,
    write_chunks,
)
from sparkle.store.filesystems import is_address, split_address
from sparkle.store.fingerprint import fingerprint, is_same_file, text_key
from sparkle.store.folder import Folder, Place
from sparkle.store.kept_blocks import open_kept
from sparkle.store.lock import HeldLock, only_writer
from sparkle.store.log import AppendLog, LogEnd, log_end, read_lines
from sparkle.store.named_text import named_constant, read_short_text, string_constants
from sparkle.store.outputs import make_folder, prepare_folder, prepare_output, write_result
from sparkle.store.own_cache import cache_folder
from sparkle.store.own_files import refuse_links
from sparkle.store.packaged import packaged_names, packaged_text
from sparkle.store.plain_files import LARGEST_TEXT_BYTES, check_plain, open_plain, read_plain, read_text
from sparkle.store.remote_lock import Lease, RemoteLock
from sparkle.store.scratch import scratch_file, scratch_folder, scratch_place
from sparkle.store.segments import SegmentLog
from sparkle.store.tar import index_tar
from sparkle.store.tar_writing import write_tar
from sparkle.store.whole import (
    remove_leftovers,
    whole_file,
    whole_folder,
    write_bytes,
    write_text,
)

__all__ = [
    "LARGEST_TEXT_BYTES",
    "AppendLog",
    "Copies",
    "Entry",
    "Extent",
    "Folder",
    "HeldLock",
    "Lease",
    "LogEnd",
    "Place",
    "RemoteLock",
    "SegmentLog",
    "Stat",
    "blake3_of",
    "cache_folder",
    "check_plain",
    "copy_file",
    "fill_extent",
    "fill_file",
    "fingerprint",
    "free_bytes",
    "index_tar",
    "is_address",
    "is_same_file",
    "link_or_copy",
    "log_end",
    "make_folder",
    "move_file",
    "named_constant",
    "only_writer",
    "open_kept",
    "open_plain",
    "packaged_names",
    "packaged_text",
    "place_folder",
    "prepare_folder",
    "prepare_output",
    "read_lines",
    "read_plain",
    "read_short_text",
    "read_text",
    "refuse_links",
    "remove_file",
    "remove_folder",
    "remove_leftovers",
    "scratch_file",
    "scratch_folder",
    "scratch_place",
    "sha256_of",
    "split_address",
    "string_constants",
    "text_key",
    "whole_file",
    "whole_folder",
    "write_bytes",
    "write_chunks",
    "write_result",
    "write_tar",
    "write_text",
]
