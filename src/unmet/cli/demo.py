"""`unmet demo`: the main job on the embedded sample shop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unmet.cli.output import Progress, emit_json, say
from unmet.cli.summary import print_run


def demo(
    out: Annotated[str, typer.Option(help="Folder for the sample shop and the run.")] = "unmet-demo",
    lang: Annotated[str, typer.Option(help="Language of report.html: zh or en.")] = "en",
    reviews: Annotated[int, typer.Option(help="How many reviews the shop has.")] = 6_000,
    as_json: Annotated[bool, typer.Option("--json", help="Summary as JSON.")] = False,
) -> None:
    """Make a bilingual sample shop, mine it, verify the run and print where report.html is.

    Example: unmet demo --lang zh
    """
    from unmet.core.config import MineConfig
    from unmet.needs.verifying import verify_run
    from unmet.pipeline.mine import run_mine
    from unmet.sample import make_shop, write_shop

    folder = Path(out)
    progress = Progress("demo")
    progress("making the sample shop")
    shop = make_shop(seed=0, n_reviews=reviews)
    files = write_shop(shop, folder / "shop")
    inputs = [path for path in files if path.name.startswith("reviews")]
    summary = run_mine(
        inputs, folder / "run", config=MineConfig(), report_language=lang, overwrite=True, progress=progress
    )
    checked = verify_run(folder / "run")
    progress.end()
    if as_json:
        emit_json({**summary, "verified": checked.ok})
        return
    print_run(summary)
    say(f"verified: {'every number and quote checks out' if checked.ok else 'FAILED, see unmet verify'}")
    if not checked.ok:
        raise typer.Exit(1)
