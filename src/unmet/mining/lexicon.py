"""Words that say nothing about *what* is wanted: they judge, intensify or point at the whole product.

They are kept apart from need words, so that "很好" or "great product" never becomes a need. The lists
hold function and evaluation words only, no product vocabulary.
"""

from __future__ import annotations

import re

ZH_INTENSIFIERS = (
    "非常的", "非常之", "非常", "特别的", "特别", "十分", "相当的", "相当", "超级", "实在是", "实在", "真的是", "真的很", "真的",
    "真是", "确实", "有点儿", "有点", "有些", "稍微", "稍", "比较", "挺", "很", "太", "蛮", "好像", "还是", "还算", "还", "真",
    "超", "巨", "更加", "更", "最", "极其", "极", "尤其", "都", "也", "就是", "就", "又", "够", "忒", "老", "那么", "这么", "如此",
    "一直", "总是", "已经", "居然", "竟然", "简直", "完全", "根本", "感觉", "觉得", "显得", "略微", "略", "偏",
)  # fmt: skip
ZH_TAILS = ("了点", "一点", "一些", "极了", "死了", "的很", "得很", "了", "的", "啊", "呢", "吧", "哦", "哈", "呀", "哒", "啦", "滴")
ZH_ASPECT_HEADS = ("这个", "那个", "这款", "这台", "这部", "这种", "这些", "这", "那", "它的", "他的", "她的", "我的", "你们", "他们",
                   "整个", "整体", "总体", "其他", "的", "就是", "但是", "不过", "而且", "还有", "以及", "和", "有")  # fmt: skip
ZH_ASPECT_TAILS = ("方面", "这块", "来说", "上面", "也", "都", "的", "是", "上", "等", "啥的", "什么的")

ZH_GENERIC_ASPECTS = frozenset(
    "东西 产品 宝贝 商品 物品 货物 货 东东 机器 整体 总体 感觉 设备 物件 评价 客户 大家 我 自己 体验 东西质量 它 这 人 "
    "使用 用 购买 买 购物 京东 淘宝 天猫 亚马逊 当当 卓越 效果 方面 情况 问题 地方 时候 样子 优点 缺点 不足 总之 问题处理 "
    "活动 实物 图片 描述 型号 款 款式型号 品牌 牌子 国货 家里 家人 老人 孩子 朋友 第一次 下次 以后".split()
)
EN_GENERIC_ASPECTS = frozenset(
    "product item thing it this that one these those stuff purchase buy everything device unit something anything "
    "order i you we they them overall experience way lot bit time use model brand amazon best buy review gift "
    "star problem issue con pro need choice all day year month week people person deal".split()
)
ZH_GENERIC_OPINIONS = frozenset(
    "好 不错 可以 满意 喜欢 差 差劲 垃圾 失望 一般 不好 赞 棒 值得 推荐 值得推荐 值得购买 值得拥有 好用 不好用 好评 差评 行 "
    "没问题 有问题 问题 完美 优秀 烂 坏 不行 不满意 不喜欢 不推荐 一般般 凑合 还行 ok 爱 好的 坏的 给力 不给力 牛 强 "
    "后悔 郁闷 无语 恶心 坑 坑爹 坑人 上当 后悔买 将就 马马虎虎 就那样 不咋地 不怎么样 不怎样 不值 值 值了 不值得 支持 放心 "
    "信赖 信任 靠谱 不靠谱 没的说 没得说 杠杠的 五星 五分 ok的 顶 良好 优 到位 理想 不理想 不太好 不是很好 没有想象中的好 没想象中的好 "
    "气愤 生气 受不了 崩溃 糟糕 糟 惊喜 开心 高兴 愉快 无敌 不爽 爽 希望 期待 遗憾 可惜 "
    "感谢 谢谢 放弃 没毛病 好好 棒棒 最好 别买 不要买 不建议 建议 慎重 谨慎 失望透顶 不错不错 挺好 一流 很好 太差 很差 有待提高".split()
)
EN_GENERIC_OPINIONS = frozenset(
    "good great nice love like bad poor excellent terrible awful disappoint ok okay perfect best worst recommend "
    "happy amazing awesome fantastic wonderful horrible satisfied pleased fine well better decent worth enjoy "
    "impressed favorite super enjoyable superb outstanding cool sucks suck junk garbage crap hate regret glad "
    "unhappy lovely thank return returned beautiful problem issue issues worse not bad pretty fun useful "
    "right wrong high highly interesting ideal exactly definitely works work worked pleasant loved "
    "pleasantly surprise surprised complaint complaints thrilled joy delight delighted brilliant incredible "
    "expected expectation expectations gift return it wish fabulous gorgeous cute flattering stunning adorable unflattering "
    "not good not great not happy not recommend not like not worth not disappoint no problem no complaint no issue".split()
    + ["not good", "not great", "not happy", "not recommend", "not like", "not worth", "not disappoint",
       "not disappointed", "no problem", "no complaint", "no issue", "must have", "very good", "not bad",
       "waste money", "waste time", "not work", "not right", "not perfect", "not love", "five star"]
)  # fmt: skip
EN_STOP = frozenset(
    "a an the this that these those my your our their his her its it i we you they he she is are was were be been am "
    "very so really too quite pretty extremely super just also only even still such more most much many lot of and or "
    "to in on at for with as by from about into than then there here all any some other another do does did have has "
    "had will would can could should may might rather fairly bit little kind sort overall both each every own same "
    "absolutely totally completely truly highly incredibly s t m re ve ll d".split()
)

_ZH_TRIM = re.compile(r"^[\W_]+|[\W_]+$")
_EN_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_EN_NEGATION = {"not", "no", "never", "n't", "cannot", "without", "didn't", "doesn't", "don't", "isn't", "wasn't",
                "won't", "can't", "couldn't", "wouldn't", "aren't", "hasn't", "haven't", "nothing"}  # fmt: skip


def strip_affixes(term: str, heads: tuple[str, ...], tails: tuple[str, ...]) -> str:
    """Strip listed heads and tails repeatedly, never to nothing.

    >>> strip_affixes("非常的好了", ZH_INTENSIFIERS, ZH_TAILS)
    '好'
    """
    changed = True
    while changed:
        changed = False
        for head in heads:
            if term.startswith(head) and len(term) > len(head):
                term, changed = term[len(head) :], True
                break
        for tail in tails:
            if term.endswith(tail) and len(term) > len(tail):
                term, changed = term[: -len(tail)], True
                break
    return term


def zh_aspect(folded: str) -> str:
    """Canonical form of a Chinese aspect term."""
    return strip_affixes(_ZH_TRIM.sub("", folded).replace(" ", ""), ZH_ASPECT_HEADS, ZH_ASPECT_TAILS)


def zh_opinion(folded: str) -> str:
    """Canonical form of a Chinese opinion: intensifiers and particles removed."""
    return strip_affixes(_ZH_TRIM.sub("", folded).replace(" ", ""), ZH_INTENSIFIERS, ZH_TAILS)


def en_words(folded: str) -> list[str]:
    """Content words of an English phrase, negations unified to ``not``, light stems.

    >>> en_words("wasn't very comfortable straps")
    ['not', 'comfortable', 'strap']
    """
    from unmet.text.words import stem_english

    words = []
    for word in _EN_WORD.findall(folded):
        if word in _EN_NEGATION:
            words.append("no" if word in {"no", "nothing", "without"} else "not")
        elif word not in EN_STOP:
            words.append(stem_english(word.removesuffix("'s")))
    return words


def en_term(folded: str) -> str:
    """Canonical form of an English aspect or opinion."""
    return " ".join(en_words(folded))
