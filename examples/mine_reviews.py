"""Mine a file of reviews and print what to act on, with one quote each.

python examples/mine_reviews.py reviews.csv runs/today
"""

from __future__ import annotations

import sys

import unmet


def main(reviews: str, out: str) -> None:
    run = unmet.mine(reviews, out, overwrite=True)
    for need in run.needs[:10]:
        score = f"{need.opportunity.value:.1f}" if need.opportunity else "no rating"
        print(f"{need.rank:>2}. {need.statement}  (opportunity {score}, {need.documents:,} texts)")
        print(f"      “{need.quotes[0].text}”")
    print(f"verified: {run.verify().ok}   report: {run.report}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
