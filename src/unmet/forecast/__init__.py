"""What will sell, how sure that is, and what to order.

Orders become a demand table (:mod:`unmet.forecast.tables`); models forecast it with calibrated quantiles;
stock orders are made from the quantiles. Nothing here reads customer texts itself: need signals come in as
tables of numbers with dates.
"""
