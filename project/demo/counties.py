"""Where things lie: the counties of Xingtai, a few towns of each, and what each is known for.

Codes are GB/T 2260 (six digits) and GB/T 10114 (nine digits, towns). Centres are approximate, in WGS-84
degrees: enough for a map that looks right, not for a survey. `share` weighs the counties against each other
by their number of enterprises; `trades` are keys of trades.TRADES, the first what the county is famous for.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class County:
    code: str
    name: str
    longitude: float
    latitude: float
    share: int
    towns: tuple[tuple[str, str], ...]
    trades: tuple[str, ...]

    @property
    def address(self) -> str:
        """How an address in the county begins."""
        return "河北省邢台" + ("" if self.code == "130571" else "市") + self.name.removeprefix("邢台")


def _county(code: str, name: str, longitude: float, latitude: float, share: int, towns: str, trades: str) -> County:
    pairs = (town.split(":") for town in towns.split())
    named = tuple((code + tail, town) for tail, town in pairs)
    return County(code, name, longitude, latitude, share, named, tuple(trades.split()))


COUNTIES: tuple[County, ...] = (
    _county("130502", "襄都区", 114.507, 37.071, 155,
            "001:南长街街道 002:北大街街道 005:泉东街道 006:豫让桥街道 100:东郭村镇 101:祝村镇",
            "商贸 餐饮 零售 汽修 建筑 仓储"),
    _county("130503", "信都区", 114.468, 37.094, 145,
            "001:钢铁路街道 002:中兴路街道 003:达活泉街道 005:章村街道 100:南大郭镇 103:羊范镇",
            "钢铁 金属 餐饮 零售 住宿 旅游"),
    _county("130505", "任泽区", 114.674, 37.121, 35,
            "100:任城镇 101:邢家湾镇 102:辛店镇 103:天口镇", "机械 紧固件 橡塑 零售"),
    _county("130506", "南和区", 114.684, 37.005, 45,
            "100:和阳镇 101:贾宋镇 102:郝桥镇 103:三思镇", "宠物食品 板材 种植 餐饮"),
    _county("130522", "临城县", 114.499, 37.440, 25,
            "100:临城镇 101:东镇镇 102:西竖镇 103:郝庄镇", "核桃 陶瓷 采石 旅游"),
    _county("130523", "内丘县", 114.512, 37.287, 28,
            "100:内丘镇 101:大孟村镇 102:金店镇 103:官庄镇", "化工 煤炭 种植 零售"),
    _county("130524", "柏乡县", 114.693, 37.483, 20,
            "100:柏乡镇 101:固城店镇 102:西汪镇 103:龙华镇", "面粉 纺织 种植"),
    _county("130525", "隆尧县", 114.770, 37.350, 60,
            "100:隆尧镇 101:魏家庄镇 103:山口镇 104:莲子镇镇 106:东良镇", "食品 面粉 包装 机械"),
    _county("130528", "宁晋县", 114.919, 37.620, 130,
            "001:宁北街道 100:凤凰镇 103:耿庄桥镇 105:贾家口镇 107:大陆村镇 109:换马店镇",
            "电缆 光伏 服装 食品 机械"),
    _county("130529", "巨鹿县", 115.037, 37.221, 42,
            "100:巨鹿镇 101:王虎寨镇 102:西郭城镇 103:官亭镇", "金银花 保温材料 橡塑 种植"),
    _county("130530", "新河县", 115.250, 37.520, 22,
            "100:新河镇 101:寻寨镇", "桩机 紧固件 纺织"),
    _county("130531", "广宗县", 115.143, 37.075, 35,
            "100:广宗镇 101:冯家寨镇 102:北塘疃镇 103:核桃园镇", "自行车 童车 橡塑"),
    _county("130532", "平乡县", 115.030, 37.063, 45,
            "001:中华路街道 101:平乡镇 102:河古庙镇", "童车 自行车 橡塑 零售"),
    _county("130533", "威县", 115.267, 36.975, 42,
            "100:洺州镇 101:梨园屯镇 102:章台镇 105:贺营镇 107:常庄镇", "梨果 汽配 纺织 包装"),
    _county("130534", "清河县", 115.667, 37.040, 140,
            "100:葛仙庄镇 101:连庄镇 102:油坊镇 103:谢炉镇 104:王官庄镇 105:坝营镇",
            "羊绒 汽配 合金 服装 零售"),
    _county("130535", "临西县", 115.501, 36.871, 50,
            "100:临西镇 101:河西镇 102:下堡寺镇 104:老官寨镇 105:吕寨镇", "轴承 机械 食品 种植"),
    _county("130571", "邢台经济开发区", 114.600, 37.090, 45,
            "100:东汪镇 101:王快镇 103:沙河城镇 104:留村镇", "装备 汽配 仓储 光伏"),
    _county("130581", "南宫市", 115.409, 37.359, 42,
            "001:凤岗街道 002:南杜街道 100:苏村镇 104:段芦头镇 105:紫冢镇", "毛毡 皮毛 纺织 种植"),
    _county("130582", "沙河市", 114.503, 36.855, 130,
            "001:褡裢街道 003:桥西街道 004:赞善街道 101:新城镇 102:白塔镇 103:十里亭镇",
            "玻璃 建材 采石 仓储 零售"),
)  # fmt: skip

EVERYWHERE = ("零售", "餐饮", "商贸", "汽修", "诊所", "运输", "加油")
"""What every county has, whatever it is famous for."""
