"""Degrees from one Chinese datum to another (prcoords). WGS-84 is what the house stores and compares."""

import prcoords


def to_wgs84(*, longitude: float, latitude: float, datum: str) -> tuple[float, float]:
    """(longitude, latitude) in WGS-84. Outside China the Chinese datums are WGS-84 itself."""
    point = prcoords.Coords(lat=latitude, lon=longitude)
    if datum == "WGS84" or not prcoords.sanity_in_china_p(point):
        return longitude, latitude
    convert = prcoords.gcj_wgs_bored if datum == "GCJ02" else prcoords.bd_wgs_bored
    found = convert(point, check_china=False)
    return float(found.lon), float(found.lat)
