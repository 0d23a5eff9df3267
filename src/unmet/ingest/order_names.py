"""The words by which columns of order tables are known, in Chinese and English, in plain form.

Plain form: no case, no separators, no notes in brackets (see :func:`unmet.ingest.headers.plain_name`).
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Order within a field is preference: the first one present whose values fit wins.
ORDER_NAMES: dict[str, tuple[str, ...]] = {
    "time": _words("""
        下单时间 下单日期 订单时间 订单日期 订单创建时间 付款时间 支付时间 成交时间 成交日期 交易时间
        交易日期 购买时间 购买日期 销售日期 销售时间 业务日期 发货时间 创建时间 日期 时间 年月 月份 周
        invoicedate invoicetime orderdate ordertime orderedat orderdatetime orderpurchasetimestamp
        purchasedate purchasetime purchasedat saledate salesdate saletime transactiondate
        transactiontime transactiontimestamp soldat paidat paymentdate createdat createdon created
        eventtime timestamp datetime date time day week weekstart weekstarting month period ds
    """),
    "product": _words("""
        商品编码 商品编号 商品id 商品代码 商品货号 产品编码 产品编号 产品id 产品代码 宝贝id 物料编码
        物料号 货号 款号 条码 条形码 商品条码 商家编码 规格编码 sku sku编码 skuid skucode skunumber
        stockcode productid productcode productsku itemid itemcode itemnumber itemno itemsku articleid
        articlenumber article asin spu spuid goodsid materialid materialnumber upc ean gtin partnumber
        partno productnumber variantsku variantid product item sku编号 uniqueid
    """),
    "name": _words("""
        商品名称 产品名称 商品标题 产品标题 宝贝标题 宝贝名称 商品名 产品名 品名 商品 产品 宝贝 物料名称
        名称 商品描述 productname producttitle itemname itemtitle itemdescription productdescription
        productdesc description title lineitemname product item article name model 标题
    """),
    "quantity": _words("""
        数量 购买数量 销售数量 订单数量 商品数量 宝贝数量 成交数量 销量 件数 购买件数 销售件数 下单件数
        出库数量 发货数量 支付件数 quantity qty orderquantity orderqty quantityordered quantitysold
        qtysold qtyordered unitssold units unitsales soldunits lineitemquantity itemquantity nunits
        sales销量 salequantity salesquantity volume count pieces pcs y
    """),
    "price": _words("""
        单价 商品单价 销售单价 成交单价 价格 商品价格 售价 销售价格 成交价 实际单价 unitprice
        priceperunit saleprice salesprice sellingprice itemprice productprice lineitemprice price
        unitcost
    """),
    "amount": _words("""
        金额 总价 总金额 销售额 销售金额 实付金额 实付款 实付 支付金额 成交金额 订单金额 商品总价
        应付金额 小计 合计 amount totalprice totalamount total linetotal subtotal revenue salesamount
        salesvalue netsales grosssales sales turnover paidamount orderamount
    """),
    "customer": _words("""
        客户id 客户编号 客户编码 客户 客户名称 买家id 买家 买家会员名 买家昵称 会员id 会员号 会员名 会员
        用户id 用户名 用户 顾客id 顾客 收货人 customerid customernumber customerno customercode
        customername customer clientid client buyerid buyer userid username user memberid member
        householdkey householdid accountid customeremail email uid
    """),
    "category": _words("""
        商品类目 商品类别 商品分类 商品品类 产品类目 产品类别 产品分类 产品品类 一级类目 一级分类
        叶子类目 类目 类别 品类 分类 大类 productcategory productcategoryname itemcategory categoryname
        category categories maincategory subcategory department departmentname productgroup productline
        producttype itemgroup family class
    """),
    "segment": _words("""
        客户分群 客户分组 客户类型 客户等级 会员等级 人群 人群标签 客群 segment customersegment
        customergroup customertype customertier membertier loyaltytier salessegment country region 国家
        地区 省份 大区
    """),
    "need": _words("""
        需求 需求id 需求编号 客户需求 需求名称 need needs needid customerneed neednames
    """),
    "promotion": _words("""
        促销 是否促销 促销活动 活动 活动名称 优惠活动 折扣 是否折扣 促销标记 promotion promo onpromotion
        ispromo ispromotion promotionflag promoflag promotionid promocode couponcode onsale deal feature
        discount discountpercent discountrate
    """),
    "order": _words("""
        订单号 订单编号 订单id 订单 主订单编号 子订单编号 交易号 交易编号 单号 单据号 单据编号 小票号
        发票号 invoiceno invoiceid invoicenumber invoice orderid ordernumber orderno order transactionid
        transactionnumber transactionno transaction receiptid receiptno basketid billno
    """),
    "status": _words("""
        订单状态 交易状态 状态 退款状态 售后状态 orderstatus status fulfillmentstatus financialstatus
        transactionstatus orderstate cancelled canceled iscancelled iscanceled
    """),
    "currency": _words("""
        币种 货币 货币代码 结算币种 currency currencycode currencyiso iso4217
    """),
    "stock": _words("""
        库存 库存数量 期末库存 剩余库存 可用库存 现货库存 stock stockonhand onhand inventory
        inventorylevel stocklevel endingstock availablestock stockquantity
    """),
}
"""What an order line can take from a file; the keys that ``--map`` of the demand commands accepts."""
