"""Pictures from outside are decoded and written anew; what is no picture, or a bomb, is refused."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from kb.cards.pictures import MAX_PICTURE_BYTES, reencode
from kb.errors import Invalid


def picture(kind: str, size: tuple[int, int] = (6, 4), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 0).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode", "media_type", "extension"),
    [
        ("PNG", "RGBA", "image/png", "png"), ("PNG", "P", "image/png", "png"), ("PNG", "1", "image/png", "png"),
        ("PNG", "I;16", "image/png", "png"), ("JPEG", "RGB", "image/jpeg", "jpg"),
        ("JPEG", "CMYK", "image/jpeg", "jpg"),
        ("WEBP", "RGB", "image/webp", "webp"), ("GIF", "P", "image/gif", "gif"),
    ],
)  # fmt: skip
def test_the_usual_formats_are_written_anew(kind: str, mode: str, media_type: str, extension: str) -> None:
    found = reencode(picture(kind, mode=mode))
    assert (found.media_type, found.extension, found.width, found.height) == (media_type, extension, 6, 4)
    assert found.path == f"/media/{found.sha256}.{extension}"
    assert Image.open(io.BytesIO(found.content)).format == kind
    assert reencode(found.content).media_type == media_type


def test_nothing_hidden_in_the_file_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home, 60.17 N"
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "<script>alert(1)</script>")
    for content in (
        picture("JPEG", exif=exif, comment=b"<script>"), picture("PNG", pnginfo=texts, exif=exif),
        picture("WEBP", exif=exif, xmp=b"<script>"), picture("GIF", mode="P", comment=b"<script>"),
        picture("PNG") + b"<script>appended</script>",
    ):  # fmt: skip
        found = reencode(content).content
        assert b"script" not in found
        assert b"60.17" not in found


def test_a_photo_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert (reencode(picture("JPEG", exif=exif)).width, reencode(picture("JPEG", exif=exif)).height) == (4, 6)


def test_an_animation_stays_one() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (0, 90, 180)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=70, loop=0)
    found = Image.open(io.BytesIO(reencode(out.getvalue()).content))
    assert getattr(found, "n_frames", 1) == 3


def bomb(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    body = struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + body + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG"),
        (b"%PDF-1.4", "no PNG"),
        (picture("BMP"), "no PNG"),
        (picture("PNG", size=(200, 200))[:-40], "damaged"),
        (picture("JPEG", size=(200, 200))[:300], "damaged"),
        (bomb(5001, 5000), "25 million pixels"),
        (bomb(60_000, 60_000), "25 million pixels"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * MAX_PICTURE_BYTES, "10 MB"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        reencode(content)


def test_an_endless_animation_is_refused() -> None:
    out = io.BytesIO()
    frames = [Image.new("L", (2, 2), shade % 256) for shade in range(302)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=20)
    with pytest.raises(Invalid, match="animation"):
        reencode(out.getvalue())
