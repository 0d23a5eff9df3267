"""The words by which columns are known, in Chinese and English, without case and separators."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIELDS: tuple[str, ...] = _words("text title rating time product product_id category user price channel")
"""What one record can take from a file; the keys that ``--map`` accepts."""

# Order within a field is preference: the first one present whose values fit wins.
KNOWN_NAMES: dict[str, tuple[str, ...]] = {
    "text": _words("""
        评论内容 评价内容 评论正文 评价正文 初评内容 首次评价 评论文本 评价文本 评论详情 用户评论
        用户评价 买家评论 买家评价 顾客评价 客户评价 商品评论 商品评价 评论 评价 留言内容 反馈内容 内容
        正文 文本 文字 句子 留言 反馈 意见 建议 reviewtext reviewbody reviewcontent reviewstext
        reviewsbody reviewscontent commenttext commentcontent commentbody customerreview userreview
        feedbacktext reviewdescription review reviews comment comments content body text fulltext
        rawtext feedback sentence verbatim message tweet tweets remark remarks opinion ratecontent
        utterance post
    """),
    "title": _words("""
        评论标题 评价标题 标题 主题 摘要 reviewtitle reviewstitle reviewheadline headline reviewsummary
        commenttitle title summary subject subjectline
    """),
    "rating": _words("""
        打分 评分 得分 星级 评论星级 评价星级 用户评分 商品评分 评论打分 评价得分 评价分数 分数 满意度
        好评度 评价等级 评价类型 评论类型 情感倾向 情感标签 情感极性 情感 情感值 标签 星 几星 starrating
        reviewrating reviewsrating reviewstar reviewstars reviewscore userstar userrating customerrating
        overallrating rating ratings stars star score overall grade rate sentimentvalue sentimentlabel
        sentiment polarity satisfaction nps label
    """),
    "time": _words("""
        评论时间 评价时间 评论日期 评价日期 发表时间 发布时间 提交时间 初评时间 创建时间 留言时间
        reviewtime reviewdate reviewsdate reviewstime reviewsdateadded commenttime commentdate createdat
        createtime creationtime createddate submittedat submissiondate publishedat publishdate postedat
        posteddate posttime reviewedat unixreviewtime timestamp datetime date time 日期 时间 ratedate
        购买时间 购买日期 下单时间 成交时间 订单时间 付款时间 purchasedate purchasetime orderdate
        ordertime datemmdd
        createdon created at year month day
    """),
    "product": _words("""
        商品名称 产品名称 商品名 产品名 商品标题 产品标题 宝贝名称 宝贝标题 商品型号 产品型号 手机型号
        型号 商品 产品 宝贝 品名 款式 productname producttitle itemname itemtitle productmodel product
        item name model modelname appname app referencename commentvariety variety hotelname hotel
        restaurant business businessname brand 品牌
    """),
    "product_id": _words("""
        商品id 商品编号 商品编码 商品代码 产品id 产品编号 产品编码 宝贝id 货号 skuid sku spuid productid
        productcode itemid asin asins parentasin goodsid clothingid appid businessid hotelid upc ean
        gtin
    """),
    "category": _words("""
        类别 品类 类目 商品类别 商品类目 产品类别 产品类目 商品分类 产品分类 分类 一级类目 category
        categories productcategory maincategory primarycategories categoryname cat classname
        productgroup producttype department departmentname subject domain field
    """),
    "user": _words("""
        用户id 用户名 用户 用户昵称 昵称 买家 买家昵称 买家id 会员id 会员名 会员 客户id 客户 顾客 顾客id
        评论者 评论人 作者 userid username reviewerid customerid authorid reviewsusername reviewername
        customername nickname user reviewer customer author buyer buyerid profileid authorname
        userhandle handle nick usernick displayusernick
    """),
    "price": _words("""
        价格 单价 售价 商品价格 现价 成交价 实付 实付金额 金额 price productprice unitprice saleprice
        sellingprice pricepaid itemprice retailprice listprice
    """),
    "channel": _words("""
        渠道 平台 来源 来源平台 店铺 店铺名称 门店
        门店名称 来源渠道 channel platform source src store marketplace
        shop site website
    """),
}

# Recognised and shown by `unmet check`, for the kinds of rows that later stages read.
OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "query": _words("""
        搜索词 查询词 关键词 搜索关键词 query searchquery searchterm keyword keywords
    """),
    "quantity": _words("""
        数量 购买数量 销售数量 quantity qty units unitssold
    """),
    "stock": _words("""
        库存 现有库存 库存数量 库存量 在库 可用库存 onhand stock stockonhand seriesid
    """),
    "role": _words("""
        角色 发送方 说话人 role speaker sender
    """),
    "session": _words("""
        会话id 对话id sessionid conversationid dialogueid chatid
    """),
    "reply": _words("""
        商家回复 卖家回复 客服回复 回复内容 sellerreply reply response answer
    """),
    "helpful": _words("""
        点赞数 有用数 helpful helpfulvotes numhelpful reviewsnumhelpful votes
    """),
}

KIND_TEXT_NAMES: dict[str, tuple[str, ...]] = {
    "query": _words("""
        搜索词 查询词 关键词 搜索关键词 query searchquery searchterm keyword keywords
    """),
    "chat": _words("""
        聊天内容 消息 消息内容 对话内容 message utterance text content
    """),
    "product": _words("""
        商品描述 产品描述 商品详情 description productdescription 商品标题 商品名称 title name
    """),
}
"""Names of the text column that come first for a kind of rows."""

NAME_ENDINGS: dict[str, tuple[str, ...]] = {
    "text": _words("评论内容 评价内容 评论正文 评价正文 reviewtext commenttext reviewbody reviewcontent"),
    "rating": _words("评分 打分 星级 得分 满意度 rating stars score"),
    "time": _words("时间 日期 date time datetime timestamp createdat"),
    "product": _words("商品名称 产品名称 商品名 产品名 productname producttitle"),
    "product_id": _words("商品id 产品id 商品编号 productid itemid"),
    "user": _words("用户id 用户名 昵称 会员名 username userid nickname"),
    "price": _words("价格 单价 售价 price"),
    "category": _words("类目 品类 类别 category"),
}
"""Longer names that end like this are taken where no name fits whole, with less confidence."""

GENERAL_NAMES = frozenset(
    _words("""
    label 标签 score rate grade 分数 name subject field year month day source src item title 情感 sentiment
    model app brand 品牌
""")
)
"""Names that also mean other things: a lower confidence is reported for them."""
