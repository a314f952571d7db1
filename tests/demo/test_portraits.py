from io import BytesIO

from PIL import Image

from project.demo.portraits import portrait


def test_a_portrait_is_a_small_webp_in_the_proportions_of_a_certificate_photo() -> None:
    for seed in range(12):
        data = portrait(seed)
        assert len(data) <= 20_000
        picture = Image.open(BytesIO(data))
        assert (picture.format, picture.size) == ("WEBP", (240, 320))


def test_the_same_seed_draws_the_same_person() -> None:
    assert portrait(7) == portrait(7)


def test_different_seeds_draw_different_people() -> None:
    assert len({portrait(seed) for seed in range(30)}) == 30


def test_a_portrait_shows_a_face_over_a_dark_jacket_before_a_light_wall() -> None:
    for seed in range(12):
        picture = Image.open(BytesIO(portrait(seed))).convert("L")
        wall, cheek, jacket = picture.getpixel((8, 8)), picture.getpixel((120, 172)), picture.getpixel((60, 310))
        assert isinstance(wall, int)
        assert isinstance(cheek, int)
        assert isinstance(jacket, int)
        assert wall > 180
        assert cheek > 130
        assert jacket < 90
