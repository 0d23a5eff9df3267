"""What shops write where a customer wrote nothing, and what customers type to fill a box.

Patterns run with ``fullmatch`` on the folded text (see fingerprint.fold: no case, width, space or
punctuation). Each belongs to a named kind.
"""

from __future__ import annotations

_WHO = "(?:此|该|本|这位|某)?(?:匿名)?(?:用户|买家|顾客|客户|会员|消费者|亲|评价方|评论方|买方|对方)"
_NOT = "(?:暂时|暂)?(?:没有|未|没|并未|尚未|还没有|还没|暂无|暂未|未能|没能|忘记|忘了|懒得|来不及)"
_WRITE = (
    "(?:及时|按时|在规定时间内|任何|留下|进行|主动)?(?:填写|发表|作出|做出|写下|留下|写|输入|撰写|提交|"
    "给出|进行|有|留)?"
)
_WHAT = "(?:任何)?(?:文字|评价|评论|点评|留言|评语|内容|文字内容|评价内容|评论内容)+"
_PRAISE = (
    "(?:系统|平台|默认|自动|给出|给予|为|给|了|的|五星|5星|五分|5分)*(?:默认|自动|系统)(?:系统|默认|自动|"
    "给出|给予|为|给|了|的|五星|5星|五分|5分)*(?:好评|评价)+"
)
_STARS = "[0-9一二三四五]"
_WHO_EN = "(?:this|the|a)?(?:verified)?(?:user|customer|buyer|reviewer|shopper|purchaser|member)"
_TEXT_EN = "(?:written|review|comment|feedback|text|content|description|message)+s?"
_SCORE_EN = "(?:[0-5]|one|two|three|four|five)?(?:stars?|starrating|rating)s?"

PHRASES: dict[str, tuple[str, ...]] = {
    "no_review_written": (
        f"{_NOT}(?:及时|按时)?(?:填写|发表|作出|做出|撰写|提交|输入|留下){_WHAT}",
        f"(?:{_WHO}|您|你){_NOT}{_WRITE}{_WHAT}(?:{_PRAISE})?",
        f"{_WHO}(?:太懒了|很懒|比较懒)?(?:什么(?:都|也)没(?:有)?(?:写|留下|说)|什么都没有评价)",
        "(?:暂无|没有|无)(?:任何)?(?:文字|评价|评论|点评)+(?:内容)?",
        (
            "(?:this|the)?(?:user|customer|buyer|reviewer)(?:has|did)?(?:not|nt|n't)?(?:written|write|leave|"
            "left|provide|provided|submitted|leftany)*(?:a|any|no)?(?:review|comment|comments|feedback)"
        ),
        (
            "no(?:written)?(?:review|comment|comments|reviewtext|feedback|text|content|"
            "description)s?(?:provided|available|given|left|written|entered|yet)?"
        ),
        "(?:review|comment|feedback)(?:text)?(?:not|un)(?:available|provided|given)",
        (
            f"(?:{_WHO_EN})?(?:has|only|just)?(?:rated|gave|left)?(?:it|this)?(?:only|just)?(?:a|an)?{_SCORE_EN}"
            f"(?:only)?(?:and|but|with)?(?:no|without)(?:a|any)?{_TEXT_EN}(?:provided|given|left|written)?"
        ),
        f"(?:this|the)?{_TEXT_EN}(?:was|is|hasbeen)?(?:intentionally|deliberately)?(?:left)?(?:blank|empty)(?:by{_WHO_EN})?",
        "(?:thereis|thereare)?nothing(?:tosay|toadd|towrite)?(?:here)?",
    ),
    "default_praise": (
        f"(?:{_WHO}|您|你){_NOT}{_WRITE}{_WHAT}{_PRAISE}",
        f"(?:{_WHO}|您|你)?{_PRAISE}",
        (
            f"{_WHO}(?:觉得|认为|对)(?:商品|产品|宝贝|本次购物|此次购物)(?:很|非常|比较|还|特别|较|十分|挺|不)?"
            f"(?:不错|好|行|一般|可以|满意|喜欢|差)(?:(?:给出|给了|给予|打出|打了)?(?:了)?{_STARS}[星分](?:好评|评价)?)?"
        ),
        "(?:系统)?(?:默认|自动)(?:好评|五星|5星|评价)+",
        (
            "(?:default|automatic|auto)(?:positive)?(?:praise|rating|feedback|review|goodreview|5stars?|"
            "fivestars?)"
        ),
    ),
    "rating_words_only": (
        "(?:rating|score)s?[0-9]+(?:outof|of|over)?[0-9]*",
        "好评(?:晒图|返现)",
    ),
    "placeholder": (
        (
            "n?a|n/a|none|null|nil|nan|undefined|test|testing|tbd|todo|blank|empty|xxx+|same|sameasabove|"
            "asabove|ditto|seeabove"
        ),
        "无|没有|空|测试|评价|评论|内容|同上|如题|如图|見圖|见图|略|暂无|如上|占位|追评|补评|补充|复制粘贴",
        "(?:先)?(?:占|凑)(?:个)?(?:位|坑|字数|楼)(?:先)?",
        "(?:review|comment|text|title|content)s?",
    ),
}
"""Kind → patterns."""

LABELS = (
    "外形外观|外观颜值|外观设计|屏幕音效|拍照效果|运行速度|待机时间|其他特色|冷暖效果|静音效果|"
    "节能省电|产品特色|"
    "送货安装|安装配送|体验感受|做工质感|面料质地|面料材质|版型设计|颜色款式|尺码大小|舒适程度|"
    "性价比|物流服务|客服服务|"
    "轻薄程度|散热性能|续航能力|显示效果|口感味道|新鲜程度|包装品质|使用效果|适用人群|商品质量|"
    "商品评价|服务评价|洗发效果|"
    "香味|功能效果|噪音大小|耗能情况|清洁效果|内容|印刷|优点|缺点|总结|pros|cons|overall|summary"
)
"""Labels of review forms that shops put before the customer's words. Alone they say nothing."""

TRADITIONAL = dict(
    zip(
        "户没写评价论时内发务给为认统动买顾员该觉错较还满点进规间图测试无复补个颗这对会费来懒么说暂产宝贝输优缺总结",
        "戶沒寫評價論時內發務給為認統動買顧員該覺錯較還滿點進規間圖測試無複補個顆這對會費來懶麼說暫產寶貝輸優缺總結",
        strict=True,
    )
)
"""Simplified character → the traditional one that stands in its place in the same phrases."""
