"""Signs of advertising and of text pasted to earn points, each with a weight.

Patterns of ``FOLDED`` run on the folded text (see fingerprint.fold: advertisers hide words behind spaces,
punctuation and full width, folding undoes that); those of ``WRITTEN`` on the masked text in lower case.
None uses look-around, so Rust's regex reads them too.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One sign: the kind it speaks for, its weight (1.0 alone is enough), its pattern.

    Kind ``contact`` is a way to reach the writer: it counts beside advertising, never by itself.
    """

    kind: str
    weight: float
    pattern: str


_GZH = (
    "(?:[供工宫功龚攻恭弓宮][众中仲终种钟忠重衆眾粽踵]|公[中仲终种钟忠重粽踵]|[公供工宫功攻恭]zhong|"
    "gongzhong|gzh)[号好浩豪耗hao号]"
)
_WEIXIN = "(?:微信|威信|薇信|微芯|徽信|维信|v信|vx|wx|wei信|weixin|薇芯|葳信|qq群|qq|扣扣|企鹅号|企鹅群)"
_ADD = "(?:加|➕|嘉|伽|佳|扣|添加|搜|私|咨询|联系|扫)"

FOLDED: tuple[Rule, ...] = (
    # Advertising in disguise: sound-alikes are written to slip past the platform's filter.
    Rule("advertising", 0.6, _GZH),
    Rule("advertising", 0.6, (
        "[犹忧尤悠尢][惠慧汇会橞蕙恵][券卷巻劵倦蜷圈眷]|优[慧汇会橞蕙恵][券卷巻劵倦蜷圈眷]|优惠[倦蜷眷巻]"
    )),
    Rule("advertising", 0.4, "(?:活动|折扣)[蜷倦眷巻卷劵]"),
    Rule("advertising", 1.0, "括号[里内]的?纯数字"),
    Rule("advertising", 0.7, "领[娶曲]"),
    Rule("advertising", 0.6, "[刘流留][览揽缆]器|浏[揽缆]器"),
    Rule("advertising", 0.3, "[一二三五六八两贰叁伍陆捌]佰|[贰叁伍陆捌]仟"),
    Rule("advertising", 0.4, (
        f"(?:关注|搜索?|去|在|到).{{0,8}}(?:{_GZH}|公众号).{{0,16}}(?:领|优惠|折|返|便宜)"
    )),
    Rule("advertising", 0.7, "放[发法珐].{0,3}(?:在|是|见|看).{0,10}(?:图|评|晒|号)|方珐"),
    Rule("advertising", 0.7, "[嘉伽佳➕][下上]?[我他她它]?的?[微薇威徽]|[加嘉➕]他?她?[薇徽威]"),
    Rule("advertising", 0.6, "添[加迦]v号?|[加迦]v[号:]"),
    Rule("advertising", 0.3, "等待通过|备注来意|通过验证|秒通过"),
    Rule("advertising", 0.5, (
        "(?:复制|复製|粘贴|打[开開]).{0,14}(?:[浏刘流][览揽]器|口令|淘口令|领券|优惠链接|左边地址)"
    )),
    # Advertising in the open.
    Rule("advertising", 0.7, f"{_ADD}(?:我|我的|本人|俺|偶)?(?:的)?{_WEIXIN}"),
    Rule("advertising", 0.3, _WEIXIN + "(?:号)?[a-z0-9]{5,}"),
    Rule("advertising", 1.0, "加群[0-9]{6,}|(?:qq|扣扣)?群号?[0-9]{7,}|群(?:handle|phone|account)"),
    Rule("advertising", 0.5, "兼职"),
    Rule("advertising", 0.5, (
        "日结|日赚|日入[0-9过]|月入过?[0-9万上]|在家(?:就能|可以|即可)?赚|轻松赚|宝妈(?:学生)?(?:均可|"
        "都可)|招(?:代理|加盟)|诚招|刷单(?:员|兼职|返佣)"
    )),
    Rule("advertising", 1.0, (
        "时时彩|北京赛车pk|博彩(?:平台|网)|娱乐城(?:注册|开户)|澳门(?:新)?葡京|彩票(?:计划|内幕)群"
    )),
    Rule("advertising", 1.0, (
        "(?:无抵押|信用|小额)贷款.{0,12}(?:秒批|下款|联系|放款|当天)|套花呗|花呗套现|信用卡套现"
    )),
    Rule("advertising", 0.6, (
        "(?:低息|免息|急用钱|秒批|黑户|征信|无抵押|免抵押|免担保)[^。]{0,10}(?:贷款|放款|借款|下款|到账)"
    )),
    Rule("advertising", 0.6, (
        "(?:高仿|精仿|复刻|一比一|1比1|a货|大牌尾单|原单)[^。]{0,4}(?:名[包表鞋牌]|包包|手表|腕表|奢侈品|大牌|潮鞋|球鞋)"
        "|(?:一手|源头|厂家|稳定|优质)货源"
    )),
    Rule("advertising", 0.4, (
        "(?:工厂|厂家|源头|档口)(?:直供|直批|拿货|批发)|一件代发|量大从优|诚招代理|支持验货|全国包邮"
    )),
    Rule("advertising", 0.7, "代(?:做|写|刷|发)(?:好评|评价|销量|信誉|晒图)"),
    Rule("advertising", 0.4, "[0-9一二三五十]+元(?:一|每)[单条]|(?:一|每)[单条][0-9]+元"),
    Rule("advertising", 0.4, "(?:领取?|抢|送)[^。]{0,4}(?:红包|神券|大额券|优惠券|礼包|福利|补贴|现金)"),
    Rule("advertising", 0.4, "(?:点击|点开|戳|访问)(?:下方|此|这个|左边)?(?:链接|网址|https?|www)"),
    Rule("advertising", 0.3, "(?:联系|详询|咨询|私聊|咨询电话)[a-z]{2,}[0-9]{2,}"),
    Rule("advertising", 1.0, (
        "刷(?:粉|钻|信誉|好评|销量).{0,10}(?:联系|qq|微信|vx)|代刷(?:好评|信誉)|办(?:理)?(?:证件|假证)"
    )),
    Rule("advertising", 0.6, "(?:专业|诚信|长期|承接|海外|正品)(?:代购|代写|代充|代开|批发).{0,12}"),
    Rule("advertising", 0.4, (
        "(?:本店|我店|小店|我家店|我们店|我们厂|我公司|本公司|厂家直销).{0,20}(?:欢迎|联系|批发|咨询|"
        "光临|订购|主要(?:生产|经营))|主要生产.{2,12}、?.{2,12}、?"
    )),
    # Text pasted to earn points: it says of itself that it is not about this product.
    Rule("pasted", 1.0, (
        "(?:每个|所有|全部|任何)(?:的)?(?:商品|东西|产品|订单|宝贝)?(?:的)?(?:商品|我都|"
        "都)?(?:的)?评[价论](?:内容)?(?:都|全)?(?:是)?(?:一样|一致|相同|复制)"
    )),
    Rule("pasted", 1.0, "统一用(?:这|此)?(?:一)?段?话?(?:作为|来|做)?评|积累了很多未评价的订单|未评价的订单"),
    Rule("pasted", 1.0, (
        "吾消费京东|与众皆不同为出淤泥|不及掩耳盗铃儿响叮当|锄禾日当午|床前明月光疑是地上霜|"
        "白日依山尽黄河|鹅鹅鹅曲项|人之初性本善性相近|噫吁嚱|臣亮言先帝创业"
    )),
    Rule("pasted", 1.0, (
        "(?:这是|此为|本条|以下)?(?:一个|一条|一段)?(?:万能|通用|复制的?|模板)(?:好评|评价|评论)(?:模板)?"
    )),
    Rule("pasted", 1.0, (
        "复制(?:一下|下来|下)?[这此]一?段(?:话|文字)|"
        "[这此]一?段(?:话|文字)给?(?:复制|粘贴)|好评模[板版]"
    )),
    Rule("pasted", 0.5, "凑(?:够|满|足|个|到|一下|一|点)?(?:[0-9一二三五十]+个?)?字数?"),
    Rule("pasted", 0.5, "(?:为了|只为|冲着|就为|换|赚|拿|得|领)(?:点|些|个)?(?:京豆|积分|淘金币)"),
    Rule("pasted", 0.5, (
        "(?:复制|粘贴)(?:黏贴|粘贴)?(?:的)?(?:评|好评|一下|一段)|复制粘贴(?:要不然|省时|省事)|就统一写好"
    )),
    Rule("pasted", 0.5, "懒得(?:写|打字|评).{0,12}(?:复制|系统|凑|抄)"),
)  # fmt: skip

WRITTEN: tuple[Rule, ...] = (
    Rule("contact", 0.3, r"\[(?:phone|handle|email|user|contact|url|account|wechat|qq)[^\]]{0,8}\]"),
    Rule("advertising", 1.0, r"\b(?:dm|inbox|pm) (?:me|us) (?:for|to get|and get)\b"),
    Rule("advertising", 0.3, r"\*{3,}"),
    Rule("advertising", 0.3, (
        r"\b[a-z0-9-]{2,20}\.(?:red|cc|top|xyz|me|tk|club|vip|shop|biz|info|win)\b|\b(?:bit\.ly|t\.cn|"
        r"goo\.gl|tinyurl\.com)/"
    )),
    Rule("contact", 0.3, r"https?://|\bwww\."),
    Rule("advertising", 0.8, (
        r"\b(?:dm|inbox|whatsapp|telegram|text|pm|message) (?:me|us)\b.{0,30}\b(?:for|to get)\b.{0,20}"
        r"(?:deal|price|discount|offer|cheap)"
    )),
    # "Call me at …" is what customers write who want an answer; a helper who is praised with his number is not.
    Rule("advertising", 1.0, (
        r"\b(?:whatsapp|telegram|contact|email|e-mail|call|text) (?:dr\.? ?\w+)\s?(?:at|on|via|with|through|"
        r":)\s?(?:his |her |this )?(?:whatsapp|number|email|e-mail|telegram)?\s?:?\s?(?:\[(?:phone|email|"
        r"handle|contact|url)|\+\d{8,})"
    )),
    Rule("advertising", 0.7, (
        r"\b(?:whatsapp|telegram|contact|email|e-mail|text) (?:him|her|us)\s?(?:at|on|via|with|through|:)\s?"
        r"(?:his |her |our |this )?(?:whatsapp|number|email|e-mail|telegram)?\s?:?\s?(?:\[(?:phone|email|"
        r"handle|contact|url)|\+\d{8,})"
    )),
    Rule("advertising", 0.5, (
        r"\b(?:replica|counterfeit|knock-?off|aaa quality|1:1)\b.{0,20}\b(?:watch|bag|handbag|purse|shoe|"
        r"sneaker|jersey|rolex|sunglass|designer)"
    )),
    Rule("advertising", 0.4, (
        r"\bfactory[- ]direct\b|\bdirect(?:ly)? from (?:the |our )?(?:factory|manufacturer)\b|\b(?:wholesale|"
        r"factory) prices?\b|\bbulk orders?\b|\bdrop ?ship(?:ping|per)\b"
    )),
    Rule("advertising", 0.35, r"\b(?:best|lowest) prices?\b|\$ ?\d[\d,]*\+? (?:a|per|every) (?:day|week|hour|month)\b"),
    Rule("advertising", 0.2, r"(?:^|[.!?] )(?:cheap|discount(?:ed)?|designer|luxury) [a-z]+s\b"),
    Rule("advertising", 0.7, (
        r"\b(?:star |positive |verified |amazon |google )?reviews? for your (?:shop|store|product|business|"
        r"listing)s?\b|\bboost your (?:ranking|sales|reviews|followers)\b"
    )),
    Rule("advertising", 0.4, (
        r"\bfree (?:gift ?cards?|coupons?|vouchers?|iphones?|cash|robux|crypto)\b|\bearn (?:\w+ )?(?:money|"
        r"cash|income)\b|\bwork from home\b"
    )),
    Rule("advertising", 0.4, (
        r"\bneed (?:a |an )?(?:\w+ )?loan\b|\bno credit checks?\b|\b(?:instant|same[- ]day) (?:cash|"
        r"approval|loan)"
    )),
    Rule("advertising", 0.7, (
        r"\buse (?:my |our |this |the )?(?:promo|coupon|discount|referral|invite|affiliate) code\b"
    )),
    Rule("advertising", 0.7, (
        r"\b(?:check out|visit|follow|subscribe to) (?:my|our) (?:new |own |online )?(?:channel|page|"
        r"store|website|web ?site|site|profile|shop|blog|link|instagram|facebook|youtube)"
    )),
    Rule("advertising", 0.7, (
        r"\b(?:earn|make|made|making) (?:up to |over )?\$ ?\d[\d,]*.{0,20}\b(?:per|a|each|every|"
        r"an) (?:day|week|hour|month)\b"
    )),
    Rule("advertising", 0.5, (
        r"\bwork(?:ing)? (?:from|at) home\b.{0,40}\b(?:earn|income|\$|opportunit|apply|job)"
    )),
    Rule("advertising", 0.6, (
        r"\bclick (?:here|this link|the link|on the link|on this link|below)\b.{0,40}(?:\[|http|www|free|"
        r"win|claim|deal|now)"
    )),
    Rule("advertising", 1.0, (
        r"\b(?:buy|cheap|get|free) (?:instagram |youtube |real |cheap )?(?:followers|viagra|cialis|xanax|"
        r"backlinks)\b"
    )),
    Rule("advertising", 1.0, (
        r"\bspell ?caster\b|\blove spell\b|\bonline casino\b|\bsports? betting site\b|\bpayday loan|"
        r"\bguaranteed loan"
    )),
    Rule("advertising", 0.7, (
        r"\b(?:bitcoin|crypto|forex|binary options?)\b.{0,40}\b(?:invest|profit|trad(?:e|ing|er)|earn|"
        r"returns?)\b"
    )),
    Rule("advertising", 0.6, (
        r"\b(?:we|i) (?:offer|sell|provide|supply|manufacture|wholesale)\b.{0,60}\b(?:wholesale|bulk|"
        r"best price|low price|contact|worldwide|replica)"
    )),
    Rule("advertising", 0.7, (
        r"\b(?:limited time offer|100% free gift|claim your (?:free )?(?:gift|prize|reward)|"
        r"congratulations!? you (?:have )?won)\b"
    )),
    Rule("pasted", 1.0, (
        r"\blorem ipsum\b|\bcopy(?:ing)? (?:and|&) past(?:e|ing) (?:this|the same) review\b|\b(?:minimum|"
        r"required) (?:character|word)s? (?:count )?(?:reached|met|filler)\b"
    )),
)  # fmt: skip

EXEMPT = (
    "(?:让|叫|要求|非要|逼|骗|诱导|催|劝|请|喊|强迫|忽悠)(?:我|你|人|客户|顾客|买家|消费者|大家|"
    "用户)?(?:去|来|先|必须|一定|们)*(?:加|扫|关注|联系|添加|搜)"
    "|(?:客服|店家|商家|卖家|师傅|快递员?|售后|老板)(?:又|还|一直|非|主动|的|说|要|都|就|也)*(?:加|"
    "扫|添加)了?我?(?:的)?(?:微信|qq)"
)
"""In the folded text: somebody reports that others wanted contact. That is a complaint, not an invitation."""

PASTED_EXEMPT = (
    "水军|刷的|刷出|刷好评|刷单|假的|假评|作假|造假|骗|托儿|"
    "(?:都是|全是|净是|怀疑|别人|人家|有人)(?:是)?(?:复制|模板|好评模|用模板|刷)"
)
"""In the folded text: somebody complains that the reviews of others are pasted."""

CONTACT = r"\[(?:phone|email|handle)\]|https?://|\bwww\.|(?:联系|详询|咨询|私聊)[a-z]{2,}[a-z0-9_-]{2,}"
"""In lower case: a way to reach whoever wrote this."""

ASKING = r"\b(?:call|text|e-?mail|contact|message|whatsapp|dm|reach|tell|write) (?:me|us)\b"
"""In lower case: words around a contact that say nothing about who writes."""

VOICE = (
    r"\b(?:i|i'm|i've|i'd|my|mine|me|we|our|us|it|its|it's|they|this|he|she|was|were|is|had|bought|arrived|works?)\b"
    r"|\b(?:sellers?|company|amazon|promised)\b|[我咱俺]|收到|买了|用了|用着|客服|快递|商家|卖家"
)
"""In lower case: somebody tells of an own purchase. An offer with a contact and none of this is no review."""

WITHOUT_VOICE = 0.3

WEAK = 0.3
"""Written signs up to this weight need company to be looked at."""

THRESHOLD = 1.0
