"""The report as one self-contained HTML file: no request leaves it, no customer text runs in it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from unmet.core.errors import RunFolderError
from unmet.core.files import atomic_path
from unmet.models.linear import TextModels
from unmet.report.selling import selling
from unmet.report.shading import weigh_quotes
from unmet.report.summary import summarise
from unmet.report.wording import LANGUAGES

REPORT = "report.html"
DATA_ID = "unmet-data"

_HERE = Path(__file__).parent
_PICTURES = _HERE.parent / "forecast" / "templates"  # pictures of demand look alike on all pages
# Inside a script element only "<" can end it or open a comment; the rest keeps old readers of JSON happy
# and lone surrogates out of a UTF-8 file.
_JSON_ESCAPES = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
_JSON_ESCAPES |= {code: f"\\u{code:04x}" for code in [0x7F, *range(0x80, 0xA0), *range(0xD800, 0xE000)]}


def render(summary: Mapping[str, Any]) -> str:
    """Draw a summary (see :func:`unmet.report.summary.summarise`); equal summaries give equal pages."""
    script = _static("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return str(
        _template().render(
            **{key: value for key, value in summary.items() if key != "data"},
            style=_static("report.css"),
            script=script,
            script_hash=digest,
            data_id=DATA_ID,
            data=embedded_json(summary["data"]),
        )
    )


def embedded_json(value: Any) -> str:
    """JSON that may stand inside a ``<script>`` element and reads back as the same value.

    >>> embedded_json({"a": "</script>"})
    '{"a":"\\\\u003c/script\\\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_JSON_ESCAPES)


def write_report(
    run_folder: Path,
    language: str | None = None,
    models: TextModels | None = None,
    forecast: Path | None = None,
) -> Path:
    """Write ``report.html`` of a run folder from its ``needs.json``, ``quality.json`` and ``manifest.json``.

    Args:
        run_folder: folder of `unmet mine`.
        language: ``zh`` or ``en``; by default the language of most kept texts.
        models: the tier that read the texts, to weigh the words of quotes; without it the page says that they
            are not shaded.
        forecast: folder of `unmet forecast` for the section on what will sell.

    Raises:
        InputError: the forecast is of other products than the texts.
        RunFolderError: one of the three files, or the forecast, is missing or damaged.
    """
    needs, quality, manifest = (
        _read(run_folder / name) for name in ("needs.json", "quality.json", "manifest.json")
    )
    weights = weigh_quotes(needs, models) if models is not None else None
    language = language or main_language(needs, quality)
    sold = None if forecast is None else partial(selling, run_folder, forecast, needs)
    summary = summarise(needs, quality, manifest, language=language, weights=weights, sold=sold)
    target = run_folder / REPORT
    with atomic_path(target) as temporary:
        temporary.write_text(render(summary), encoding="utf-8", newline="\n")
    return target


def main_language(needs: Mapping[str, Any], quality: Mapping[str, Any]) -> str:
    """The report language that most kept texts, else most cards, are written in; English on a tie."""
    counts = Counter({key: n for key, n in (quality.get("languages") or {}).items() if key in LANGUAGES})
    if not counts:
        counts = Counter(need["language"] for need in needs["needs"])
    return "zh" if counts["zh"] > counts["en"] else "en"


def _read(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunFolderError(
            "the file is missing", where=str(path), hint="Give the folder named by `unmet mine --out`."
        ) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunFolderError(f"the file is not valid JSON: {error}", where=str(path)) from error
    if not isinstance(plain, dict):
        raise RunFolderError("the file holds no JSON object", where=str(path))
    return plain


def _static(name: str) -> str:
    return (_HERE / "static" / name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([_HERE / "templates", _PICTURES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")
