"""What enterprises do: GB/T 4754-2017 division, and the words that names of that trade are made of.

`code` is the section letter and the two digits of the division, `industry` its Chinese name.
`kinds` weighs companies (91), individuals (92) and cooperatives (93), in hundredths.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trade:
    code: str
    industry: str
    company: tuple[str, ...]
    individual: tuple[str, ...]
    kinds: tuple[int, int, int]


def _trade(code: str, industry: str, company: str, individual: str, kinds: tuple[int, int, int]) -> Trade:
    return Trade(code, industry, tuple(company.split()), tuple(individual.split()), kinds)


FACTORY = (85, 15, 0)
SHOP = (30, 70, 0)
FARM = (25, 5, 70)
GENERAL = "通用设备制造业"
SPECIAL = "专用设备制造业"
MINERALS = "非金属矿物制品业"
TEXTILES = "纺织业"
FOOD = "食品制造业"
GRAIN = "农副食品加工业"
BICYCLES = "铁路、船舶、航空航天和其他运输设备制造业"
ELECTRIC = "电气机械和器材制造业"
METALWARE = "金属制品业"
LEATHER = "皮革、毛皮、羽毛及其制品和制鞋业"

TRADES: dict[str, Trade] = {
    "轴承": _trade("C34", GENERAL, "轴承 轴承制造 轴承锻造 精密轴承", "轴承加工厂 轴承经销处", FACTORY),
    "羊绒": _trade("C17", TEXTILES, "羊绒制品 绒毛 羊绒纺织 绒业", "羊绒制品店 羊绒纱线经营部", (75, 25, 0)),
    "自行车": _trade("C37", BICYCLES, "自行车 自行车零件 车业", "自行车配件厂 车架加工部", FACTORY),
    "童车": _trade("C37", BICYCLES, "童车 儿童玩具车 婴童用品", "童车配件厂 童车经营部", FACTORY),
    "玻璃": _trade("C30", MINERALS, "玻璃 玻璃制品 节能玻璃 钢化玻璃", "玻璃加工部 玻璃经营部", FACTORY),
    "建材": _trade("C30", MINERALS, "新型建材 混凝土 建筑材料", "水泥制品厂 建材经营部", FACTORY),
    "陶瓷": _trade("C30", MINERALS, "陶瓷 建筑陶瓷", "陶瓷作坊", FACTORY),
    "保温材料": _trade("C30", MINERALS, "保温材料 节能材料 岩棉制品", "保温材料厂", FACTORY),
    "电缆": _trade("C38", ELECTRIC, "电线电缆 电缆 线缆 特种电缆", "电线加工部 电料经营部", (90, 10, 0)),
    "光伏": _trade("C38", ELECTRIC, "光伏科技 新能源 太阳能材料", "太阳能经营部", (95, 5, 0)),
    "食品": _trade("C14", FOOD, "食品 方便食品 休闲食品 调味品", "食品加工坊 糕点坊", (80, 20, 0)),
    "面粉": _trade("C13", GRAIN, "面粉 面业 粮油", "磨坊 粮油加工坊", (80, 20, 0)),
    "宠物食品": _trade("C13", GRAIN, "宠物食品 饲料 动物营养", "饲料经营部", (90, 10, 0)),
    "核桃": _trade("C13", GRAIN, "核桃食品 干果 果品加工", "干果店", (70, 30, 0)),
    "服装": _trade("C18", "纺织服装、服饰业", "服装 服饰 制衣", "制衣厂 服装加工部", (70, 30, 0)),
    "纺织": _trade("C17", TEXTILES, "纺织 棉业 纺纱", "织布厂 棉纱加工部", FACTORY),
    "毛毡": _trade("C17", TEXTILES, "毛毡制品 羊毛制品 工业毡", "毛毡厂", FACTORY),
    "皮毛": _trade("C19", LEATHER, "皮草 裘皮制品 皮毛", "皮毛加工部 皮草店", (70, 30, 0)),
    "钢铁": _trade("C31", "黑色金属冶炼和压延加工业", "轧钢 特钢 金属材料", "钢材加工部", (95, 5, 0)),
    "金属": _trade("C33", METALWARE, "不锈钢制品 金属制品 钢结构", "门窗加工部 铁艺加工部", FACTORY),
    "紧固件": _trade("C33", METALWARE, "紧固件 标准件 五金制品", "标准件加工部", FACTORY),
    "合金": _trade("C33", METALWARE, "硬质合金 合金工具 耐磨材料", "合金刀具加工部", FACTORY),
    "机械": _trade("C34", GENERAL, "机械制造 机械配件 齿轮", "机械加工厂 机加工部", FACTORY),
    "桩机": _trade("C35", SPECIAL, "桩工机械 工程机械 钻机", "桩机配件厂", (90, 10, 0)),
    "装备": _trade("C35", SPECIAL, "智能装备 矿山机械 环保设备", "设备维修部", (95, 5, 0)),
    "汽配": _trade("C36", "汽车制造业", "汽车零部件 滤清器 汽车密封件", "汽车配件厂", FACTORY),
    "橡塑": _trade("C29", "橡胶和塑料制品业", "橡胶制品 塑料制品 橡塑", "塑料加工部 橡胶制品厂", FACTORY),
    "化工": _trade("C26", "化学原料和化学制品制造业", "化工 精细化工 涂料", "涂料经营部", (95, 5, 0)),
    "金银花": _trade("C27", "医药制造业", "中药饮片 药业 金银花制品", "药材加工部", (80, 20, 0)),
    "板材": _trade("C20", "木材加工和木、竹、藤、棕、草制品业", "板材 木业", "木材加工部 板材加工厂", FACTORY),
    "包装": _trade("C22", "造纸和纸制品业", "包装制品 纸箱 纸业", "纸箱厂", FACTORY),
    "煤炭": _trade("B06", "煤炭开采和洗选业", "煤业 洗煤", "煤炭经营部", (98, 2, 0)),
    "采石": _trade("B10", "非金属矿采选业", "矿业 石料", "石料加工部", (95, 5, 0)),
    "种植": _trade("A01", "农业", "农业开发 生态农业", "种植家庭农场", FARM),
    "梨果": _trade("A01", "农业", "梨业 果业 农业科技", "梨园", FARM),
    "建筑": _trade("E50", "建筑装饰、装修和其他建筑业", "建筑装饰 装饰工程", "装修部", (85, 15, 0)),
    "商贸": _trade("F51", "批发业", "商贸 贸易 供应链管理", "批发部 建材批发部", (65, 35, 0)),
    "零售": _trade("F52", "零售业", "超市 商业连锁 医药连锁", "超市 便利店 水果店 药房 五金店", SHOP),
    "加油": _trade("F52", "零售业", "石油销售 加油站", "燃气具店", (90, 10, 0)),
    "运输": _trade("G54", "道路运输业", "运输 物流 危险货物运输", "货运部", (80, 20, 0)),
    "仓储": _trade("G59", "装卸搬运和仓储业", "仓储 冷链物流 仓储服务", "仓储服务部", (90, 10, 0)),
    "住宿": _trade("H61", "住宿业", "酒店管理 宾馆", "宾馆 旅馆 民宿", (45, 55, 0)),
    "餐饮": _trade("H62", "餐饮业", "餐饮管理 餐饮服务", "饭店 面馆 火锅店 小吃店 烧烤店", (15, 85, 0)),
    "旅游": _trade("N78", "公共设施管理业", "旅游开发 景区管理", "农家院", (75, 25, 0)),
    "汽修": _trade("O81", "机动车、电子产品和日用产品修理业", "汽车服务 汽车维修", "汽修厂 轮胎店", SHOP),
    "诊所": _trade("Q84", "卫生", "医院管理 口腔医院", "诊所 口腔诊所", SHOP),
}
