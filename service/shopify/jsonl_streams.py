"""The results of bulk operations, read line by line in constant memory and from any line on.

Offsets count bytes of the plain JSONL text. A plain file is resumed with an HTTP range; a server that ignores
ranges or sends the file compressed is read from its start and what is already known is skipped.
"""

import itertools
import json
import time
import zlib
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

from service.kit.errors import DankeError
from service.shopify.errors import ShopifyUnavailable
from service.shopify.transport import Transport

MOST_RESUMES = 8
_LONGEST_LINE = 16 * 1024 * 1024
_LONGEST_PAUSE_SECONDS = 10.0
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = zlib.MAX_WBITS | 16
_GZIP_TYPES = frozenset({"application/gzip", "application/x-gzip"})
_RETRYABLE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class BulkResultGone(DankeError):
    """The address of the result no longer works (they live seven days): run the bulk operation again."""

    status, code = HTTPStatus.GONE, "shopify_result_gone"


class MalformedBulkResult(DankeError):
    """The result is not JSONL at the offset that the message names."""

    status, code = HTTPStatus.BAD_GATEWAY, "shopify_unreadable"


class _Broken(Exception):
    """The download stopped before its end; another try may go on."""


def stream_jsonl(
    transport: Transport,
    url: str,
    offset: int = 0,
    *,
    resumes: int = MOST_RESUMES,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (offset after the line, object) for every line that begins at byte `offset` or later.

    Give a yielded offset back to go on after that line. A broken download is resumed at most `resumes` times
    in a row without a new line. Raises ShopifyUnavailable after that, BulkResultGone, or MalformedBulkResult.
    """
    failures = 0
    while True:
        try:
            for line_end, row in _read_lines(transport, url, offset):
                offset, failures = line_end, 0
                yield line_end, row
            return
        except _Broken as error:
            failures += 1
            if failures > resumes:
                raise ShopifyUnavailable(f"The bulk result could not be read: {error}.") from None
            sleep(min(_LONGEST_PAUSE_SECONDS, 0.25 * 2**failures))


def _read_lines(transport: Transport, url: str, offset: int) -> Iterator[tuple[int, dict[str, Any]]]:
    pending = b""
    for chunk in _read_plain_bytes(transport, url, offset):
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            start, offset = offset, offset + len(line) + 1
            if line.strip():
                yield offset, _parse_line(line, start)
        if len(pending) > _LONGEST_LINE:
            raise MalformedBulkResult(f"The bulk result holds a line that is too long at byte {offset}.")
    if pending.strip():
        yield offset + len(pending), _parse_last_line(pending)


def _parse_line(line: bytes, start: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MalformedBulkResult(f"The bulk result can't be read at byte {start}.") from error
    if not isinstance(row, dict):
        raise MalformedBulkResult(f"The bulk result holds no object at byte {start}.")
    return row


def _parse_last_line(line: bytes) -> dict[str, Any]:
    # Without a line break at its end this is the last line, or the half of one that a lost connection left.
    try:
        return _parse_line(line, 0)
    except MalformedBulkResult:
        raise _Broken("the last line is incomplete") from None


def _read_plain_bytes(transport: Transport, url: str, offset: int) -> Iterator[bytes]:
    use_range = offset > 0 and not urlsplit(url).path.endswith(".gz")
    # Compressed transfers would make offsets meaningless, so none is asked for.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if use_range else {})
    try:
        with transport.stream(url, headers) as response:
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return
            _refuse_status(response.status_code)
            yield from _plain_chunks(response, offset)
    except httpx.HTTPError as error:
        raise _Broken(type(error).__name__) from None
    except zlib.error as error:
        raise MalformedBulkResult("The bulk result is compressed in a way that can't be read.") from error


def _refuse_status(status: int) -> None:
    if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return
    if status in _RETRYABLE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _Broken(f"status {status}")
    raise BulkResultGone(f"The bulk result is no longer there (status {status}).")


def _plain_chunks(response: httpx.Response, offset: int) -> Iterator[bytes]:
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        _require_plain_part(response, offset)
        return response.iter_raw()
    return _skip(_decompress(response.iter_raw()), offset)


def _require_plain_part(response: httpx.Response, offset: int) -> None:
    if response.headers.get("content-encoding") or response.headers.get("content-type") in _GZIP_TYPES:
        raise MalformedBulkResult("The bulk result was sent as a part of a compressed file.")
    if not response.headers.get("content-range", "").startswith(f"bytes {offset}-"):
        raise MalformedBulkResult("The bulk result was sent from another place than asked for.")


def _decompress(chunks: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(_GZIP_MAGIC):
            break
    rest = itertools.chain([head], chunks)
    return _gunzip(rest) if head.startswith(_GZIP_MAGIC) else rest


def _gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(_GZIP_WINDOW)
    for chunk in chunks:
        while chunk:
            if member.eof:
                member = zlib.decompressobj(_GZIP_WINDOW)
            yield member.decompress(chunk)
            chunk = member.unused_data
    if not member.eof:
        raise _Broken("the compressed file ends early")


def _skip(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        if count < len(chunk):
            yield chunk[count:]
        count = max(0, count - len(chunk))
