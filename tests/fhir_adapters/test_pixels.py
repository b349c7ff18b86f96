"""Stored values become the picture that the model was trained on: golden values by hand, and the two known bugs."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fhir_adapters.pixels import Grayscale, Table, Window, color_picture, gray_picture, png, square

CT = Grayscale(modality="CT", rescale=(1.0, -1024.0))


def grays(stored, rules):
    picture, said = gray_picture(np.array([stored]), rules)
    assert (picture[..., 0] == picture[..., 1]).all()
    assert (picture[..., 1] == picture[..., 2]).all()
    return picture[0, :, 0].tolist(), said


def hounsfield(*units):
    picture, _ = gray_picture(np.array([units]) + 1024, CT)
    return picture[0].tolist()


def test_ct_green_runs_from_minus_135_to_215_and_not_from_135():
    assert [pixel[1] for pixel in hounsfield(-136, -135, 40, 215, 216)] == [0, 0, 128, 255, 255]


def test_ct_red_and_blue_are_the_wide_and_the_brain_window():
    assert [pixel[0] for pixel in hounsfield(-1024, 0, 1024)] == [0, 128, 255]
    assert [pixel[2] for pixel in hounsfield(-1, 0, 40, 80, 81)] == [0, 0, 128, 255, 255]


def test_ct_slope_and_intercept_come_before_the_windows():
    picture, said = gray_picture(np.array([[0, 50]]), Grayscale(modality="CT", rescale=(2.0, -100.0)))
    assert picture[0, 1].tolist() == [128, round(135 / 350 * 255), 0]
    assert said == "CT windows -1024..1024, -135..215, 0..80 HU as red, green, blue"


def test_ct_ignores_the_windows_of_the_file_and_the_photometric_inversion():
    rules = Grayscale(modality="CT", rescale=(1.0, -1024.0), window=Window(40, 80), inverted=True)
    assert gray_picture(np.array([[1024 - 135]]), rules)[0].tolist() == [[[round(889 / 2048 * 255), 0, 0]]]


def test_ct_without_rescale_has_no_hounsfield_units_and_is_refused():
    with pytest.raises(ValueError, match="rescale"):
        gray_picture(np.array([[0]]), Grayscale(modality="CT"))


def test_a_film_is_windowed_and_rounded_to_the_nearest():
    # PS3.3 C.11.2.1.2.1 with c=2048, w=4096: 2048 -> ((2048 - 2047.5) / 4095 + 0.5) * 255 = 127.53
    shown, said = grays([-5, 0, 2048, 4095, 9000], Grayscale(modality="DX", window=Window(2048, 4096)))
    assert shown == [0, 0, 128, 255, 255]
    assert said == "center 2048, width 4096"


def test_linear_exact_follows_its_own_formula():
    # c=2, w=4: 0 -> 0, 1 -> 0.25, 2 -> 0.5, 3 -> 0.75, 4 -> 1
    shown, said = grays([0, 1, 2, 3, 4], Grayscale(modality="CR", window=Window(2, 4, "LINEAR_EXACT")))
    assert shown == [0, 64, 128, 191, 255]
    assert said == "center 2, width 4, linear exact"


def test_sigmoid_is_half_at_its_center_and_never_overflows():
    shown, _ = grays([-(10**6), 100, 10**6], Grayscale(modality="CR", window=Window(100, 50, "SIGMOID")))
    assert shown == [0, 128, 255]


def test_a_linear_window_of_width_one_is_a_threshold():
    assert grays([9, 10], Grayscale(modality="CR", window=Window(10, 1)))[0] == [0, 255]


@pytest.mark.parametrize(("center", "width"), [(10, 0), (10, -5), (10, 0.5), (float("nan"), 10), (10, float("inf"))])
def test_a_window_that_the_standard_forbids_cannot_be_built(center, width):
    with pytest.raises(ValueError, match="no window"):
        Window(center, width)


def test_a_voi_table_stands_before_the_window_and_is_scaled_by_its_bits():
    table = Table(first=10, bits=12, entries=np.array([0, 2048, 4095], dtype=np.uint16))
    shown, said = grays([5, 10, 11, 12, 99], Grayscale(modality="CR", table=table, window=Window(1, 1)))
    assert shown == [0, 0, 128, 255, 255]
    assert said == "VOI LUT"


def test_the_modality_table_comes_before_the_window():
    table = Table(first=0, bits=16, entries=np.array([300, 200, 100], dtype=np.uint16))
    rules = Grayscale(modality="CR", modality_table=table, window=Window(200, 200, "LINEAR_EXACT"))
    assert grays([0, 1, 2], rules)[0] == [255, 128, 0]


def test_a_film_without_window_runs_from_least_to_most():
    shown, said = grays([100, 150, 200], Grayscale(modality="CR"))
    assert shown == [0, 128, 255]
    assert said == "min-max"


def test_mr_runs_from_least_to_most_whatever_window_the_file_has():
    shown, said = grays([-10, 0, 10], Grayscale(modality="MR", window=Window(1000, 1)))
    assert shown == [0, 128, 255]
    assert said == "min-max"


def test_an_even_picture_is_black_and_divides_by_nothing():
    assert grays([7, 7], Grayscale(modality="MR"))[0] == [0, 0]


def test_monochrome1_is_turned_so_that_air_is_black():
    assert grays([0, 50, 100], Grayscale(modality="CR", inverted=True))[0] == [255, 127, 0]


def test_padding_is_black_and_does_not_stretch_the_range():
    rules = Grayscale(modality="CR", padding=(-2000, -2000))
    assert grays([-2000, 0, 100], rules)[0] == [0, 0, 255]
    inverted = Grayscale(modality="CR", padding=(-2000, -1990), inverted=True)
    assert grays([-1995, 0, 100], inverted)[0] == [0, 255, 0]


def test_known_bug_16_bit_data_is_scaled_and_never_clipped():
    # Pillow turns I;16 into RGB by clipping: everything above 255 would be white
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)
    picture, _ = gray_picture(ramp, Grayscale(modality="CR"))
    assert picture[..., 0].ravel().tolist() == list(range(256))
    with pytest.raises(TypeError, match="8-bit RGB"):
        square(ramp)


def test_known_bug_8_bit_data_is_not_scaled_a_second_time():
    stored = np.array([[0, 10, 200, 255]], dtype=np.uint8)
    picture, _ = gray_picture(stored, Grayscale(modality="CR"))
    shown = np.asarray(Image.open(io.BytesIO(png(square(picture)))))
    assert shown.max(axis=(0, 2)).tolist() == [0, 10, 200, 255]  # the bug gives 0, 246, 56, 1


def test_wide_values_are_mapped_like_narrow_ones():
    # beyond the range of the lookup shortcut
    assert grays([0, 2**30, 2**31 - 1], Grayscale(modality="CR"))[0] == [0, 128, 255]


@given(st.lists(st.integers(-32768, 65535), min_size=1, max_size=30), st.booleans())
def test_any_values_give_bytes_in_the_order_of_the_values(stored, inverted):
    shown, _ = grays(stored, Grayscale(modality="CR", inverted=inverted))
    by_value = [gray for _, gray in sorted(zip(stored, shown, strict=True), reverse=inverted)]
    assert by_value == sorted(by_value)


def test_colors_keep_their_high_byte():
    assert color_picture(np.array([[[0, 127, 255]]], dtype=np.uint8), 8).tolist() == [[[0, 127, 255]]]
    assert color_picture(np.array([[[0, 0x7FFF, 0xFFFF]]], dtype=np.uint16), 16).tolist() == [[[0, 127, 255]]]
    with pytest.raises(ValueError, match="RGB"):
        color_picture(np.array([[1, 2]]), 8)


def test_a_wide_picture_is_padded_to_a_square_with_its_proportions_kept():
    wide = np.full((1000, 2000, 3), 255, dtype=np.uint8)
    shown = square(wide)
    assert shown.shape == (896, 896, 3)
    lit = shown[:, 448, 0] > 0
    assert (int(lit.sum()), int(lit.argmax())) == (448, 224)
    assert (shown[448, :, 0] == 255).all()


def test_a_small_picture_is_padded_and_not_enlarged():
    shown = square(np.full((3, 5, 3), 9, dtype=np.uint8))
    assert shown.shape == (5, 5, 3)
    assert shown[:, 0, 0].tolist() == [0, 9, 9, 9, 0]


def test_a_strip_of_65535_pixels_asks_for_no_gigabytes():
    assert square(np.full((1, 65535, 3), 200, dtype=np.uint8)).shape == (896, 896, 3)


def test_the_png_is_8_bit_rgb_without_metadata():
    image = Image.open(io.BytesIO(png(square(np.zeros((4, 4, 3), dtype=np.uint8)))))
    assert (image.mode, image.size, image.info) == ("RGB", (4, 4), {})
