"""Stock orders from a demand forecast: how much, why, and what being wrong costs.

``totals`` turns quantiles of periods into demand until the next delivery; ``policies`` chooses order
quantities from it, ``budget`` shares money between products, ``restock`` does all of it for a folder of
`unmet forecast`, ``simulation`` plays a policy over history.
"""
