"""Names of columns in stock and cost files, in Chinese and English, without case and separators."""

from __future__ import annotations

from unmet.ingest.header_names import KNOWN_NAMES


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PRODUCT = (
    "seriesid",
    *KNOWN_NAMES["product_id"],
    *_words("stockcode code id 编码 编号 产品 商品 product item"),
)

STOCK: dict[str, tuple[str, ...]] = {
    "product": _PRODUCT,
    "on_hand": _words("""
        现有库存 在库 在库数量 可用库存 实物库存 库存数量 库存量 库存 onhand qtyonhand quantityonhand stockonhand
        available instock inventory stocklevel stock quantity qty units 数量
    """),
    "on_order": _words("""
        在途 在途库存 在途数量 采购在途 已订未到 在订 在订数量 onorder qtyonorder ordered intransit inbound incoming
        openorders pipeline
    """),
    "backorders": _words("""
        欠单 欠货 欠货数量 缺货订单 待发 待发货 未交订单 backorders backorder backordered owed unfilled
    """),
    "unit": _words("单位 计量单位 库存单位 unit uom unitofmeasure"),
}

COSTS: dict[str, tuple[str, ...]] = {
    "product": _PRODUCT,
    "unit_cost": _words("""
        进价 成本 成本价 单位成本 采购价 采购单价 进货价 unitcost cost costprice purchaseprice purchasecost buyprice
        landedcost cogs
    """),
    "price": _words(
        "售价 销售价 零售价 单价 价格 price saleprice sellingprice unitprice retailprice listprice"
    ),
    "salvage": _words("残值 处理价 清仓价 尾货价 salvage salvagevalue clearanceprice scrapvalue"),
    "shortage": _words("""
        缺货成本 缺货损失 单位缺货成本 缺货费用 shortage shortagecost stockoutcost penalty penaltycost lostsalecost
        backordercost underagecost
    """),
    "holding": _words("""
        持有成本 库存成本 仓储成本 单位持有成本 储存成本 holding holdingcost carryingcost storagecost overagecost
    """),
    "holding_rate": _words("持有成本率 年持有率 库存费率 holdingrate annualholdingrate carryingrate"),
    "order_cost": _words(
        "订货成本 订货费 订货费用 固定订货成本 每次订货费 ordercost orderingcost fixedcost setupcost fixedordercost"
    ),
    "pack": _words("""
        箱规 装箱数 装箱量 包装数 包装数量 每箱数量 订货倍数 packsize pack caseqty casesize casepack unitspercase
        unitsperpack ordermultiple multiple
    """),
    "minimum": _words(
        "起订量 最小起订量 最小订货量 最低订货量 moq minorder minimumorder minqty minorderqty minimumorderquantity"
    ),
    "shelf_life": _words("保质期 保质天数 有效期 shelflife shelflifedays expirydays"),
    "lead_time": _words("提前期 交期 交货期 采购周期 到货周期 leadtime leadtimedays deliverytime"),
    "lead_time_sd": _words(
        "提前期标准差 交期标准差 交期波动 leadtimesd leadtimestd leadtimedeviation leadtimestdev"
    ),
}

PIECE_UNITS = _words(
    "件 个 只 支 瓶 盒 条 台 套 双 本 张 把 块 片 枚 罐 袋 包 pcs pc piece pieces unit units each ea item items"
)
CASE_UNITS = _words("箱 整箱 大箱 case cases carton cartons ctn box boxes pack packs")
