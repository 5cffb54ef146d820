"""A portal in one file, for any engine: written from a snapshot, checked, and read back.

The file is a ZIP archive, so that it can be looked into without Sluice: a line of JSON for each
row in `tables/NAME.ndjson`, and `manifest.json` with the rows, digest and last id of each table.
It ends with the SHA-256 of all that is before it, so that no damage goes unnoticed. It holds
hashes of secrets and the tokens of handlers: it is to be kept like the portal.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import msgspec
from msgspec import Struct

from sluice.store import copy
from sluice.store.copy import Content, Digest, Table
from sluice.store.database import Row, Transaction
from sluice.store.migrate import Migration

FORMAT = 1
_README = "README.txt"
_WORDS = (
    b"A backup of a Sluice portal: `sluice verify FILE` checks it, `sluice restore FILE` uses it."
)
_MANIFEST = "manifest.json"
_MARK = b"sluice backup sha256 "
_DIGEST_BYTES = 64
_READ_BYTES = 1 << 20
_ZIP = b"PK\x03\x04"

_encode_rows = msgspec.json.Encoder().encode_lines
_decode_row = msgspec.json.Decoder(tuple[int | str | None, ...]).decode


class BackupUnusable(Exception):
    """A backup cannot be used. The words say what is wrong with it, and what to do."""


class Manifest(Struct, frozen=True):
    """What a backup says that it holds.

    Attributes:
        sluice: the version of the program that made it.
        made: when, ISO 8601.
        migrations: the checksums of the steps that made the portal, by number.
        tables: what each table holds.
    """

    format: int
    sluice: str
    made: str
    migrations: dict[int, str]
    tables: dict[str, Content]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for table in self.tables.values())


class _Summing(io.RawIOBase):
    """Writes to a file and knows the SHA-256 of all but the last bytes: their own place."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._last = b""
        self.sum = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        content = bytes(data)
        self._file.write(content)
        known = self._last + content
        self.sum.update(known[:-_DIGEST_BYTES])
        self._last = known[-_DIGEST_BYTES:]
        return len(content)


def write(
    transaction: Transaction,
    file: BinaryIO,
    *,
    sluice: str,
    made: str,
    progress: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Write all that a snapshot holds, and return what that is.

    Args:
        transaction: reads one snapshot.
        file: empty, and can seek.
        sluice: the version of this program.
        made: the time, ISO 8601.
        progress: told how many rows were written, chunk by chunk.

    Raises:
        PortalUnusable: the portal is of a newer version.
    """
    steps = copy.applied_steps(transaction)
    contents: dict[str, Content] = {}
    summing = _Summing(file)
    with zipfile.ZipFile(summing, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.comment = _MARK + b"0" * _DIGEST_BYTES
        archive.writestr(_README, _WORDS + b"\n")
        for table in copy.tables(steps):
            digest = Digest()
            with archive.open(_entry(table.name), "w", force_zip64=True) as rows:
                for chunk in copy.read_rows(transaction, table):
                    rows.write(_encode_rows(chunk))
                    digest.add(chunk)
                    progress(len(chunk))
            contents[table.name] = digest.content(copy.last_id(transaction, table))
        checksums = {step.number: step.checksum for step in steps}
        manifest = Manifest(FORMAT, sluice, made, checksums, contents)
        archive.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    file.seek(-_DIGEST_BYTES, os.SEEK_END)
    file.write(summing.sum.hexdigest().encode())
    file.flush()
    return manifest


def _entry(table: str) -> str:
    return f"tables/{table}.ndjson"


class Backup:
    """A backup that is undamaged.

    Attributes:
        steps: the migrations that made its portal.
    """

    def __init__(self, file: BinaryIO, progress: Callable[[int], None] = lambda _: None) -> None:
        """Read the whole file and compare it with its checksum.

        Args:
            file: stays open as long as the backup is used.
            progress: told how many bytes were read, piece by piece.

        Raises:
            BackupUnusable: it is damaged, no backup, or of a newer version.
            PortalUnusable: its portal is of a newer version.
        """
        self._file = file
        _check_sum(file, progress)
        try:
            self._archive = zipfile.ZipFile(file)
            self.manifest = msgspec.json.decode(self._archive.read(_MANIFEST), type=Manifest)
        except (zipfile.BadZipFile, KeyError, msgspec.DecodeError) as problem:
            raise BackupUnusable(
                f"It is undamaged, but this Sluice cannot read it ({problem}). "
                "Use the Sluice that made it."
            ) from problem
        if self.manifest.format != FORMAT:
            raise BackupUnusable(
                f"It has format {self.manifest.format}, and this Sluice knows {FORMAT}. "
                "Install the newer Sluice."
            )
        self.steps: Sequence[Migration] = copy.steps_of(self.manifest.migrations)
        self._tables = copy.tables(self.steps)

    def check(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Read every row and compare the tables with the manifest.

        Args:
            progress: told how many rows were read, chunk by chunk.

        Raises:
            BackupUnusable: a table is not what the manifest says.
        """
        for table in self._tables:
            digest = Digest()
            for chunk in self._chunks(table):
                digest.add(chunk)
                progress(len(chunk))
            wanted = self._content(table)
            if digest.content(wanted.last_id) != wanted:
                raise BackupUnusable(
                    f"Its table {table.name} should hold {wanted.rows} rows, and holds"
                    f" {digest.rows}, or others. Use another backup."
                )

    def fill(
        self, transaction: Transaction, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        """Write every row into an empty portal that was made by `steps`, and compare.

        Args:
            progress: told how many rows were done; each counts twice, as in `copy_portal`.

        Raises:
            BackupUnusable: the file holds other rows than its manifest says.
            PortalNotEmpty: the portal holds something.
        """
        copy.make_room(transaction, self._tables)
        for table in self._tables:
            for chunk in self._chunks(table):
                copy.write_rows(transaction, table, chunk)
                progress(len(chunk))
            copy.write_last_id(transaction, table, self._content(table).last_id)
        try:
            copy.compare(transaction, self._tables, self.manifest.tables, progress)
        except copy.CopyDiffers as problem:
            raise BackupUnusable(f"{problem} Use another backup.") from problem

    def _content(self, table: Table) -> Content:
        try:
            return self.manifest.tables[table.name]
        except KeyError as problem:
            raise BackupUnusable(f"It has no table {table.name}. Use another backup.") from problem

    def _chunks(self, table: Table) -> Iterator[list[Row]]:
        try:
            with self._archive.open(_entry(table.name)) as rows:
                chunk: list[Row] = []
                for line in rows:
                    row = _decode_row(line)
                    if len(row) != len(table.columns):
                        raise BackupUnusable(
                            f"Its table {table.name} has rows of {len(row)} values, not"
                            f" {len(table.columns)}. Use another backup."
                        )
                    chunk.append(row)
                    if len(chunk) == copy.CHUNK_ROWS:
                        yield chunk
                        chunk = []
                yield chunk
        except (zipfile.BadZipFile, KeyError, msgspec.DecodeError) as problem:
            raise BackupUnusable(
                f"Its table {table.name} cannot be read ({problem}). Use another backup."
            ) from problem


def _check_sum(file: BinaryIO, progress: Callable[[int], None]) -> None:
    """Compare a file with the checksum at its end.

    Raises:
        BackupUnusable
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    beginning = file.read(len(_ZIP))
    file.seek(max(0, size - _DIGEST_BYTES - len(_MARK)))
    mark, told = file.read(len(_MARK)), file.read()
    if mark != _MARK or len(told) != _DIGEST_BYTES:
        if beginning == _ZIP or mark == _MARK:
            raise BackupUnusable(
                f"It is cut short, or its end is damaged: the checksum after its {size} bytes is"
                " missing. Use another backup."
            )
        raise BackupUnusable("It is no backup of Sluice. `sluice backup FILE` makes one.")
    found = hashlib.sha256()
    file.seek(0)
    left = size - _DIGEST_BYTES
    while piece := file.read(min(left, _READ_BYTES)):
        found.update(piece)
        left -= len(piece)
        progress(len(piece))
    if found.hexdigest().encode() != told:
        raise BackupUnusable(
            f"It is damaged: its bytes have the checksum {found.hexdigest()[:12]}..., and should"
            f" have {told[:12].decode('ascii', 'replace')}... Use another backup."
        )
