"""Advertising, pasted text, gibberish; and what only looks like them."""

from __future__ import annotations

import polars as pl
import pytest

from unmet.ingest.fingerprint import fold_column
from unmet.ingest.spam import score_spam, spam_column

SPAM = [
    "荣耀三佰的犹慧卷：*******/7x 打開左边地址到刘览器中领娶，是真的",
    "买的时候领了五佰活.动蜷，在工仲好（ 某 - 某 ）领娶，手机不错",
    "关注宫中号[HANDLE]领取优惠，外观大气",
    "加我微信[HANDLE]，低价代购",
    "需要优惠券的加qq[HANDLE]",
    "用掉.了一个五.佰的活.动.卷。可.添.迦.Ⅴ:号：（[PHONE])，就是括号内纯数字领娶。外形看起来舒服",
    "兼职日结，宝妈学生均可，联系微信[HANDLE]",
    "轻松赚钱，兼职刷单员，在家即可",
    "我为什么每个商品的评价都一样，因为在京东买的东西太多太多了，所以我统一用段话作为评价内容",
    "吾消费京东商城数年，深知各产品琳琅满目，然唯此宝物与众皆不同，为出淤泥之清莲",
    "复制粘贴的评价，凑够字数，为了京豆",
    "哈哈哈哈哈哈哈哈哈哈哈哈",
    "asdfghjkl asdfghjk",
    "qwertyuiop qwerty",
    "Whatsapp me at [PHONE] for cheap price",
    "DM me for the best deals",
    "Contact Dr. John via email: [EMAIL], he is a great spell caster",
    "Make $500 a day! click here to claim your free gift card now",
    "Check out my website, use my promo code SAVE20",
    "Designer replica bags, best prices, WhatsApp [PHONE]",
    "Loans with no credit check, same day cash. Call [PHONE]",
    "Earn extra income online, details at http://example.com/a1",
    "We write verified reviews for your store, contact [EMAIL]",
    "Free vouchers: https://example.com/v",
    "精仿名表，厂家直供，咨询abc12345",
    "急用钱？低息借款，秒到账，电话[PHONE]",
    "点击链接 http://example.com/q 领取优惠券",
    "代刷好评，每单8元，加[HANDLE]",
    "质量非常好，与卖家描述的完全一致，52306，到货速度杠杠的，功耗低，省时省力省钱，质量非常好，外观大气上档次，"
    "274836，送货师傅工作认真细致，外观时尚漂亮，很有档次，很满意",
]
HONEST = [
    "Wheel fell off after a day. please call me at [PHONE]",
    "Best price anywhere, fast delivery. text me on [PHONE], thanks",
    "I have been waiting for a refund, email me at [EMAIL]",
    "Photos of the damage: http://example.com/p1, message me at [EMAIL]",
    "The seller promised free gift cards for a review: http://example.com",
    "It is a replica watch, not the real one! Call me on [PHONE]",
    "I work from home and need it quiet, contact me on [PHONE]",
    "感觉是高仿，退款请联系[PHONE]",
    "领了红包买的，很划算，有问题打我电话[PHONE]",
    "厂家直供就是便宜，质量好",
    "怀疑是代做好评，别信",
    "请尽快联系我[PHONE]，等着退货",
    "可以用微信支付，很方便",
    "客服让我加微信[HANDLE]才给退款，骗子",
    "卖家非要加我微信，好评返现，恶心",
    "打电话[PHONE]没人接，售后太差",
    "领了优惠券买的，很划算",
    "优惠卷用不了，客服也不管",
    "感觉销量都是刷单刷出来的，质量太差",
    "收到好多广告短信，举报了",
    "书里凑字数的内容太多了，不值",
    "还能拿京豆，不错",
    "看评论说有返现，结果没有",
    "打开浏览器很卡，浏览器都打不开",
    "关注公众号才能激活，太麻烦了",
    "好好好好好好好好好好好好",
    "不怎么样！不怎么样！不怎么样！不怎么样！不怎么样！不怎么样！",
    "666666",
    "拍照效果很好，66666，运行速度厉害，玩游戏没卡顿过，外形挺漂亮的，大屏，机身不是很重，白色很亮，手感很舒服，屏幕音效不错，很清晰",
    "I called them at [PHONE] and nobody answered",
    "I used a coupon code and saved 20%",
    "The app keeps showing ads and asks me to click here",
    "loooooooove it",
    "Hmmmmmm",
    "I work from home and this headset is great",
    "My daughter uses it to text me and WhatsApp me",
    "Email me if the price drops",
    "Keyboard has a standard qwerty layout",
    "rhythm",
    "所有评论都一样，一看就是刷的，千万别信",
    "好评全是复制的评论，实物很差",
    "别信那些好评模板，都是骗人的",
    "漂亮漂亮漂亮漂亮漂亮漂亮漂亮漂亮",
    "加油加油加油加油加油加油加油",
    "Stuck at level 12555. Levels are hard, slow, boring, 12256, again, again, and on, and on, and on",
    "订单号，12345，一直没发货，客服不回复，气死了，再也不买了",
    "一个字，绝",
    "",
]


@pytest.mark.parametrize("text", SPAM)
def test_spam(text: str) -> None:
    verdict = score_spam(text)
    assert verdict.is_spam, verdict
    assert verdict.reasons


@pytest.mark.parametrize("text", HONEST)
def test_honest_texts_stay(text: str) -> None:
    assert not score_spam(text).is_spam, score_spam(text)


def test_column_equals_one_by_one() -> None:
    texts = pl.Series([*SPAM, *HONEST])
    expected = [
        verdict.reasons[0] if (verdict := score_spam(text)).is_spam else None for text in texts.to_list()
    ]
    assert spam_column(texts, fold_column(texts)).to_list() == expected
