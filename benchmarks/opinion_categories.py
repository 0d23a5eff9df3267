"""Maps every data set's categories onto the unified list, and seed words for topics no set labels."""

from __future__ import annotations

from unmet.models.opinion_attributes import CATEGORIES

GENERAL_SEEDS = (
    "推荐 失望 喜欢 满意 差评 好评 垃圾 后悔 购买 东西 产品 宝贝 商品 不错 很好 一般 上当 坑 骗 "
    "购物 太差 还行 差劲 总体 整体 recommend recommended disappointed disappointing disappointment "
    "love loved hate like liked great good bad terrible awful horrible worst best product item thing "
    "purchase bought buy return returned happy unhappy stars okay ok excellent"
)
"""Words that speak of the thing as a whole; they count only where no topic word does."""

SEEDS: dict[str, tuple[str, str]] = {
    "price": (
        "价格 价钱 性价比 价位 售价 cp值 保价 掉价 降价 涨价 贵 便宜 实惠 划算 超值 优惠 差价 "
        "物美价廉 物有所值 费用 收费 运费 安装费",
        "price value cost money cheap expensive inexpensive overpriced affordable bargain deal pricey worth",
    ),
    "performance": (
        "速度 性能 运行 反应 反应速度 处理器 cpu 卡顿 流畅 卡 死机 开机 显卡 内存 跑分 配置 芯片 "
        "卡机 硬盘 系统速度 加热速度 制冷速度",
        "performance speed processor cpu fast slow lag laggy freezes sluggish boot memory ram "
        "graphics responsive hard-drive",
    ),
    "battery": (
        "电池 续航 充电 电量 待机 待机时间 充电速度 充电器 耗电",
        "battery charge charging charger charges power batteries",
    ),
    "screen": (
        "屏幕 萤幕 显示屏 显示 屏 分辨率 画面 画质 触屏 漏光 色彩 清晰度 触摸屏 液晶屏",
        "screen display resolution touchscreen pixel pixels brightness",
    ),
    "sound": (
        "音质 音效 喇叭 扬声器 听筒 外放 通话 音量 声音效果 耳机",
        "sound speaker speakers audio volume bass microphone earbuds headphones",
    ),
    "camera": (
        "拍照 照相 相机 摄像头 像素 镜头 拍摄 前置 夜景",
        "camera photo photos picture pictures lens webcam video",
    ),
    "heat": (
        "散热 发热 发烫 发热量 温度 烫 热 烫手",
        "heat heats hot overheats overheating cooling warm temperature",
    ),
    "noise": (
        "噪音 声音 静音 噪声 吵 响 风扇声 杂音 静音效果 隔音 隔音效果",
        "noise noisy loud quiet silent fan sounds",
    ),
    "appearance": (
        "外观 颜色 外形 颜值 款式 样式 设计 外型 造型 色泽 好看 漂亮 时尚 大气 美观 色差 外表 样子 图案",
        "look looks color colors colour design style cute beautiful pretty appearance ugly stylish "
        "pattern attractive gorgeous",
    ),
    "size_fit": (
        "尺寸 尺码 码 大小 码数 号 偏大 偏小 长度 宽松 版型 合身 合适 体积 厚度",
        "size fit fits fitting small large length tight loose big waist sizing sleeves width",
    ),
    "weight": (
        "重量 轻薄 便携 携带 分量轻 轻便 重 机身重量",
        "weight heavy light lightweight portable portability",
    ),
    "material": (
        "材质 面料 布料 质地 用料 料子 材料 做工 塑料 手工 线头 纸张 纸质 印刷 起球 掉色 褪色",
        "material fabric cloth plastic leather cotton metal stitching thin flimsy cheaply",
    ),
    "comfort": (
        "舒适度 手感 舒服 舒适 触感 舒适性 床",
        "comfort comfortable uncomfortable soft itchy feel feels cozy scratchy",
    ),
    "function": (
        "功能 指纹 蓝牙 定时 遥控 按键 键盘 触控板 接口 效能 制冷 制热 制冷效果 加热 热水 遥控器",
        "feature features function functions functionality keyboard trackpad touchpad button buttons "
        "works keys port ports",
    ),
    "ease_of_use": (
        "操作 使用 说明书 上手 易用 方便 好用 操作简单",
        "easy setup instructions use simple convenient difficult hard",
    ),
    "software": (
        "系统 软件 操作系统 windows 应用 程序 驱动 游戏 app 界面 版本 ios 安卓",
        "software app os windows update updates apps system driver drivers interface bug",
    ),
    "connectivity": (
        "信号 网络 wifi 无线 网速 蓝牙连接 连接 上网",
        "wifi bluetooth signal connection connect connects connectivity wireless internet reception",
    ),
    "durability": (
        "耐用 质保 坏 坏了 寿命 故障 毛病 断裂 维修 耐用性 开裂 漏水 裂开 死机了",
        "durable durability broke broken stopped lasts last lasted died crack cracked fell",
    ),
    "cleanliness": (
        "卫生 卫生条件 干净 清洁 脏 灰尘 卫生间 污渍",
        "clean dirty stains stain washable wash filthy",
    ),
    "taste": (
        "味道 口感 口味 好吃 难吃 甜 酸 甜度 味 苦 汤头 肉质 香甜 好喝 食物 菜 菜品 饭 餐点",
        "taste tastes flavor flavors delicious tasty food dish sweet bland meal flavour coffee drinks",
    ),
    "freshness": (
        "新鲜 新鲜度 烂 坏果 生产日期 日期 保质期 过期 发霉 水分 变质",
        "fresh freshness expired stale rotten expiration moldy",
    ),
    "quantity": (
        "分量 份量 数量 个头 斤两 量 重量不足 缺斤少两 容量",
        "amount portion portions quantity count serving",
    ),
    "smell": (
        "气味 香味 异味 味儿 怪味 刺鼻 气味大 香气 臭",
        "smell smells scent odor fragrance stinks perfume",
    ),
    "packaging": (
        "包装 外包装 包装盒 盒子 快递盒 包裹 外包裹 箱子",
        "packaging package packaged box packed sealed wrapped",
    ),
    "delivery": (
        "物流 快递 送货 发货 到货 物流速度 快递员 发货速度 送货速度 配送 快递小哥 送货员 速递 收货",
        "shipping delivery arrived shipped deliver delivered ship arrive",
    ),
    "installation": (
        "安装 安装师傅 师傅 安装费 安装人员 安装工 装机",
        "install installation assembly assemble installed installing installer mount",
    ),
    "service": (
        "服务 客服 售后 服务态度 态度 卖家 店家 商家 售后服务 老板 服务员 前台 退货 换货 发票 退换 "
        "退款 京东 客服态度 店主",
        "service support seller staff customer-service waiter warranty refund manager "
        "waitress company server rep",
    ),
    "authenticity": (
        "正品 真伪 假货 真假 二手 假 翻新 山寨 盗版 翻新机 水货",
        "genuine authentic fake counterfeit original refurbished knockoff",
    ),
    "effect": (
        "效果 功效 保湿 美白 去屑 止痒 去屑效果 滋润 控油 遮瑕 洗后 吸收 补水 头皮屑 头屑",
        "effect effective results works-well moisturizing hydrating",
    ),
    "location": (
        "位置 地理位置 交通 地段 地点 停车",
        "location located parking neighborhood",
    ),
    "environment": (
        "环境 房间 设施 氛围 装修 气氛 大堂 窗户 房型 周边环境 客房 空调房",
        "room atmosphere ambience ambiance decor environment place seating music",
    ),
    "content": (
        "内容 故事 情节 文笔 书 作者 插图 翻译 书中 文字 观点 封面 案例",
        "story book plot characters author writing reading read chapter novel illustrations "
        "boring fun funny entertaining",
    ),
    "quality": (
        "质量 品质 品控 质感 瑕疵 划痕 次品",
        "quality defective defect craftsmanship",
    ),
}
_DIRECT = {
    "cos:整体": "general", "cos:使用体验": "comfort", "cos:功效": "effect", "cos:价格": "price",
    "cos:物流": "delivery", "cos:气味": "smell", "cos:包装": "packaging", "cos:真伪": "authenticity",
    "cos:服务": "service", "cos:其他": "general", "cos:成分": "material", "cos:尺寸": "size_fit",
    "cos:新鲜度": "freshness",
    "farm:品质": "quality", "farm:其他": "general", "farm:口感": "taste", "farm:物流": "delivery",
    "farm:包装": "packaging", "farm:价格": "price", "farm:分量": "quantity", "farm:售后": "service",
    "farm:色泽": "appearance",
    "lap:整机": "general", "lap:使用体验": "general", "lap:其他": "general", "lap:价格": "price",
    "lap:性能": "performance", "lap:购买意向": "general", "lap:快递": "delivery", "lap:输入": "function",
    "lap:整体外观": "appearance", "lap:质量": "quality", "lap:销售": "service", "lap:品牌形象": "general",
    "lap:散热": "heat", "lap:识别系统": "function", "lap:屏幕": "screen", "lap:包装": "packaging",
    "lap:电源电池": "battery", "lap:操作系统": "software", "lap:尺寸": "size_fit", "lap:售后维修": "service",
    "lap:程序应用": "software", "lap:材质": "material", "lap:网络通信": "connectivity",
    "lap:办公软件": "software", "lap:IO接口": "function", "lap:内存": "performance", "lap:CPU": "performance",
    "lap:机身": "appearance", "lap:存储": "performance", "lap:软件": "software", "lap:显卡": "performance",
    "lap:硬件": "performance", "lap:多媒体": "sound", "lap:兼容性": "function", "lap:指代不明": "general",
}  # fmt: skip
_ENTITY = {
    "DISPLAY": "screen", "BATTERY": "battery", "POWER_SUPPLY": "battery", "CPU": "performance",
    "GRAPHICS": "performance", "MEMORY": "performance", "HARD_DISK": "performance", "HARDWARE": "performance",
    "MOTHERBOARD": "performance", "KEYBOARD": "function", "MOUSE": "function", "PORTS": "function",
    "OPTICAL_DRIVES": "function", "FANS_COOLING": "heat", "OS": "software", "SOFTWARE": "software",
    "MULTIMEDIA_DEVICES": "sound", "SUPPORT": "service", "WARRANTY": "service", "SERVICE": "service",
    "SHIPPING": "delivery", "COMPANY": "general", "FOOD": "taste", "DRINKS": "taste",
    "AMBIENCE": "environment", "LOCATION": "location",
}  # fmt: skip
_ATTRIBUTE = {
    "PRICE": "price", "PRICES": "price", "OPERATION_PERFORMANCE": "performance", "QUALITY": "quality",
    "DESIGN_FEATURES": "appearance", "PORTABILITY": "weight", "USABILITY": "ease_of_use",
    "CONNECTIVITY": "connectivity", "GENERAL": "general", "MISCELLANEOUS": "general",
    "STYLE_OPTIONS": "general",
}  # fmt: skip

_BY_WORD = {
    word: name for name, lists in SEEDS.items() for words in lists for word in words.replace("-", " ").split()
}
assert set(SEEDS) < set(CATEGORIES)


_GENERAL = frozenset(GENERAL_SEEDS.split())


def seed_category(words: list[str]) -> str | None:
    """Category of the last seed word of a span (heads come last), if any."""
    joined = "".join(words)
    if joined in _BY_WORD:
        return _BY_WORD[joined]
    found = next((_BY_WORD[w] for w in reversed(words) if w in _BY_WORD), None)
    if found is None and (joined in _GENERAL or any(w in _GENERAL for w in words)):
        return "general"
    return found


def unified_category(label: str | None, aspect: list[str], opinion: list[str]) -> str | None:
    """Unified category of a labelled pair: aspect's seed word, the set's label, opinion's seed word."""
    by_aspect = seed_category(aspect)
    if by_aspect not in (None, "general"):
        return by_aspect
    mapped = _mapped(label)
    if mapped in (None, "general", "quality"):
        by_opinion = seed_category(opinion)
        if by_opinion is not None:
            return by_opinion
    if mapped is None:
        return by_aspect
    return mapped


def _mapped(label: str | None) -> str | None:
    if label is None:
        return None
    if label in _DIRECT:
        return _DIRECT[label]
    entity, _, attribute = label.partition("#")
    if attribute in ("PRICE", "PRICES"):
        return "price"
    return _ENTITY.get(entity) or _ATTRIBUTE.get(attribute, "general")
