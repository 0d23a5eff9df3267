"""A bilingual made-up shop with planted needs and known ground truth."""

from unmet.sample.shop import Shop, make_shop, make_small_shop, write_shop
from unmet.sample.truth import Truth, match_by_quotes, match_need

__all__ = ["Shop", "Truth", "make_shop", "make_small_shop", "match_by_quotes", "match_need", "write_shop"]
