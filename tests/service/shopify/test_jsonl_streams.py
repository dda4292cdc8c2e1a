import gzip
import json
import tracemalloc

import pytest

from service.shopify.errors import ShopifyUnavailable
from service.shopify.jsonl_streams import BulkResultGone, MalformedBulkResult, stream_jsonl
from tests.fakes.local_server import Asked, Reply

ROWS = [{"id": f"gid://shopify/Order/{number}", "name": "Größe " * (number % 7)} for number in range(1, 400)]
TEXT = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in ROWS)


def serve_ranges(text: bytes):
    def answer(asked: Asked) -> Reply:
        asked_range = asked.headers.get("range")
        if asked_range is None:
            return Reply(body=text)
        start = int(asked_range.removeprefix("bytes=").removesuffix("-"))
        if start >= len(text):
            return Reply(status=416, headers={"Content-Range": f"bytes */{len(text)}"})
        content_range = f"bytes {start}-{len(text) - 1}/{len(text)}"
        return Reply(status=206, body=text[start:], headers={"Content-Range": content_range})

    return answer


def cut_after(count: int, whole):
    def answer(asked: Asked) -> Reply:
        reply = whole(asked)
        return Reply(reply.status, reply.body, reply.headers, cut=count)

    return answer


def read(transport, server, offset=0, **options):
    return list(
        stream_jsonl(transport, f"{server.url}/result.jsonl", offset, sleep=lambda seconds: None, **options)
    )


def test_every_line_comes_with_the_offset_after_it(server, transport):
    server.replies = [serve_ranges(TEXT)]
    pairs = read(transport, server)
    assert [row for _, row in pairs] == ROWS
    assert [TEXT[offset - 1 : offset] for offset, _ in pairs] == [b"\n"] * len(ROWS)
    assert pairs[-1][0] == len(TEXT)
    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_reading_goes_on_after_any_line(server, transport):
    server.replies = [serve_ranges(TEXT)]
    pairs = read(transport, server)
    offset = pairs[199][0]
    assert read(transport, server, offset) == pairs[200:]
    assert server.asked[1].headers["range"] == f"bytes={offset}-"


def test_reading_after_the_last_line_finds_nothing(server, transport):
    server.replies = [serve_ranges(TEXT)]
    assert read(transport, server, len(TEXT)) == []


def test_a_server_without_ranges_is_read_from_the_start_and_skipped(server, transport):
    server.replies = [Reply(body=TEXT)]
    pairs = read(transport, server)
    assert read(transport, server, pairs[99][0]) == pairs[100:]


def test_an_empty_result_has_no_lines(server, transport):
    server.replies = [Reply(body=b"")]
    assert read(transport, server) == []


def test_blank_lines_and_a_missing_last_line_break_do_no_harm(server, transport):
    server.replies = [Reply(body=b'{"a": 1}\n\n{"b": 2}')]
    assert read(transport, server) == [(9, {"a": 1}), (18, {"b": 2})]


@pytest.mark.parametrize("counts", [[5], [0, 3000, 7, 9000], [1000] * 8])
def test_a_broken_download_is_resumed_without_losing_or_doubling_a_line(server, transport, counts):
    whole = serve_ranges(TEXT)
    server.replies = [*(cut_after(count, whole) for count in counts), whole]
    pairs = read(transport, server)
    assert [row for _, row in pairs] == ROWS
    assert pairs[-1][0] == len(TEXT)
    assert len(server.asked) == len(counts) + 1


def test_a_broken_download_is_resumed_where_the_server_knows_no_ranges(server, transport):
    server.replies = [Reply(body=TEXT, cut=len(TEXT) // 2), Reply(body=TEXT)]
    assert [row for _, row in read(transport, server)] == ROWS


def test_a_line_that_the_end_of_the_connection_cut_is_read_again(server, transport):
    # Without Content-Length the end of the connection looks like the end of the file.
    half = TEXT[: len(TEXT) // 2 + 3]
    server.replies = [
        Reply(body=half, headers={"Transfer-Encoding": "identity", "Content-Length": str(len(half))}),
        serve_ranges(TEXT),
    ]
    assert [row for _, row in read(transport, server)] == ROWS


def test_resuming_ends_after_a_bounded_number_of_tries_without_a_line(server, transport):
    server.replies = [cut_after(3, serve_ranges(TEXT))]
    with pytest.raises(ShopifyUnavailable):
        read(transport, server, resumes=4)
    assert len(server.asked) == 5


def test_errors_of_the_storage_are_tried_again(server, transport):
    server.replies = [Reply(status=503), Reply(status=429), Reply(status=500), serve_ranges(TEXT)]
    assert [row for _, row in read(transport, server)] == ROWS


@pytest.mark.parametrize("status", [403, 404, 410, 302])
def test_an_address_that_no_longer_works_is_told_apart(server, transport, status):
    server.replies = [Reply(status=status)]
    with pytest.raises(BulkResultGone):
        read(transport, server)
    assert len(server.asked) == 1


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {"Content-Type": "application/gzip"}, {}])
def test_a_compressed_result_is_read_like_a_plain_one(server, transport, headers):
    server.replies = [Reply(body=gzip.compress(TEXT), headers=headers)]
    pairs = read(transport, server)
    assert [row for _, row in pairs] == ROWS
    assert pairs[-1][0] == len(TEXT)


def test_a_compressed_result_of_several_parts_is_read_to_its_end(server, transport):
    half = len(TEXT) // 2
    server.replies = [Reply(body=gzip.compress(TEXT[:half]) + gzip.compress(TEXT[half:]))]
    assert [row for _, row in read(transport, server)] == ROWS


def test_a_broken_compressed_download_is_resumed_by_skipping(server, transport):
    packed = gzip.compress(TEXT)
    server.replies = [Reply(body=packed, cut=len(packed) // 2), Reply(body=packed)]
    assert [row for _, row in read(transport, server)] == ROWS
    server.replies = [Reply(body=packed[: len(packed) // 2]), Reply(body=packed)]
    assert [row for _, row in read(transport, server)] == ROWS


def test_a_compressed_file_is_resumed_from_a_stored_offset(server, transport):
    server.replies = [Reply(body=gzip.compress(TEXT))]
    pairs = list(stream_jsonl(transport, f"{server.url}/result.jsonl.gz"))
    again = list(stream_jsonl(transport, f"{server.url}/result.jsonl.gz", pairs[99][0]))
    assert again == pairs[100:]
    assert "range" not in server.asked[1].headers


@pytest.mark.parametrize(
    "text", [b"{}\nnonsense\n{}\n", b"{}\n[1]\n", b"{}\n\xff\n", b"{}\n" + b"[" * 100_000 + b"\n", b"{}\n5\n"]
)
def test_a_line_that_is_no_object_is_named_by_its_offset(server, transport, text):
    server.replies = [Reply(body=text)]
    with pytest.raises(MalformedBulkResult, match="byte 3"):
        read(transport, server)


def test_damaged_compression_is_an_error(server, transport):
    packed = bytearray(gzip.compress(TEXT))
    packed[40:80] = b"\xff" * 40
    server.replies = [Reply(body=bytes(packed))]
    with pytest.raises(MalformedBulkResult):
        read(transport, server)


def test_a_part_from_another_place_than_asked_for_is_not_read(server, transport):
    server.replies = [
        Reply(status=206, body=TEXT, headers={"Content-Range": f"bytes 0-{len(TEXT) - 1}/{len(TEXT)}"})
    ]
    with pytest.raises(MalformedBulkResult):
        read(transport, server, 10)


def test_memory_does_not_grow_with_the_result(server, transport):
    text = TEXT * 120  # 4 MB
    server.replies = [Reply(body=text)]
    tracemalloc.start()
    count = 0
    before = tracemalloc.get_traced_memory()[0]
    for _ in stream_jsonl(transport, f"{server.url}/result.jsonl"):
        count += 1
        if count == 1:
            tracemalloc.reset_peak()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert count == len(ROWS) * 120
    assert peak < 1_000_000


def test_nothing_is_asked_before_the_first_line_is_wanted(server, transport):
    server.replies = [Reply(body=TEXT)]
    stream = stream_jsonl(transport, f"{server.url}/result.jsonl")
    assert server.asked == []
    assert next(stream)[1] == ROWS[0]
    stream.close()
