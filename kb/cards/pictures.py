"""Pictures from outside: decoded and written anew, so that nothing hidden in the file (places, scripts) is kept.

Only PNG, JPEG, WebP and GIF; named by the hash of what was written. Pure: no database, no files.
"""

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from kb.errors import Invalid, invalid
from kb.wording import _

MAX_PICTURE_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_FRAMES = 300
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")

# For the whole process: a file that claims to be huge is refused before anything of it is decoded.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored and served."""

    content: bytes
    media_type: str
    extension: str
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """The hash of its content, which is its name."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"/media/{self.sha256}.{self.extension}"


def reencode(content: bytes) -> Picture:
    """The picture in a file's content, written anew in its own format. Raises Invalid with what to do."""
    if len(content) > MAX_PICTURE_BYTES:
        raise invalid(
            "picture", _("The picture is larger than %(most)s MB. Make it smaller.", most=MAX_PICTURE_BYTES // 2**20)
        )
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            return _written(image)
    except UnidentifiedImageError as error:
        raise invalid("picture", _("This is no PNG, JPEG, WebP or GIF picture.")) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except Invalid:
        raise
    except Exception as error:  # decoders fail in many ways on a broken file; none of them is ours
        raise invalid("picture", _("The picture is damaged and can't be read.")) from error


def _written(image: Image.Image) -> Picture:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large()
    kind = image.format or ""
    frames = _frames(image) if kind in ("GIF", "WEBP") else 1
    out = io.BytesIO()
    if frames > 1:
        width, height = _write_moving(image, kind, out)
    else:
        width, height = _write_still(image, kind, out)
    return Picture(out.getvalue(), f"image/{kind.lower()}", {"JPEG": "jpg"}.get(kind, kind.lower()), width, height)


def _write_still(image: Image.Image, kind: str, out: io.BytesIO) -> tuple[int, int]:
    upright = ImageOps.exif_transpose(image)
    bare = _without_metadata(upright)
    options = {"JPEG": {"quality": 90}, "WEBP": {"quality": 90, "method": 4}}.get(kind, {})
    bare.save(out, kind, **options)
    return bare.size


def _write_moving(image: Image.Image, kind: str, out: io.BytesIO) -> tuple[int, int]:
    loop = int(image.info.get("loop", 0))
    durations, frames = [], []
    for frame in ImageSequence.Iterator(image):
        durations.append(int(frame.info.get("duration", 100)))
        frames.append(_without_metadata(frame.convert("RGBA")))
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=durations, loop=loop)
    return frames[0].size


def _frames(image: Image.Image) -> int:
    """How many frames there are. Counted one by one, because a small file can claim a million."""
    count = 0
    try:
        while True:
            image.seek(count)
            count += 1
            if count > MAX_FRAMES or count * image.width * image.height > MAX_PIXELS:
                if count == 1:
                    return 1
                raise invalid("picture", _("The animation is too long or too large. Cut it, or use a still picture."))
    except EOFError:
        image.seek(0)
    return count


def _without_metadata(image: Image.Image) -> Image.Image:
    image.load()
    bare = image.copy()
    bare.info = {key: value for key, value in image.info.items() if key in ("transparency", "icc_profile")}
    return bare


def _too_large() -> Invalid:
    return invalid(
        "picture", _("The picture has more than %(most)s million pixels. Make it smaller.", most=MAX_PIXELS // 1000000)
    )
