import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sparkle.core.errors import SampleError
from sparkle.guidance import dilate_masks, fuse_edges, resample_masks

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12))


@st.composite
def clips(draw):
    shape = draw(SHAPES)
    return (
        draw(arrays(np.uint8, shape)),
        draw(arrays(np.uint8, shape)),
        draw(arrays(np.bool_, shape)),
    )


@given(clips())
def test_source_edges_inside_the_mask_and_background_edges_outside(clip):
    source, background, mask = clip
    fused = fuse_edges(source, background, mask)
    assert fused.dtype == np.uint8
    assert np.array_equal(fused[mask], source[mask])
    assert np.array_equal(fused[~mask], background[~mask])


@given(clips())
def test_without_a_background_everything_outside_the_mask_is_black(clip):
    source, _, mask = clip
    fused = fuse_edges(source, None, mask)
    assert np.array_equal(fused[mask], source[mask])
    assert not fused[~mask].any()


@given(clips(), st.integers(0, 3))
def test_dilation_only_ever_adds_source_edges(clip, pixels):
    source, background, mask = clip
    fused = fuse_edges(source, background, mask, dilation=pixels)
    grown = dilate_masks(mask, pixels)
    assert not (mask & ~grown).any()
    assert np.array_equal(fused[grown], source[grown])
    assert np.array_equal(fused[~grown], background[~grown])


def test_dilation_reaches_as_many_pixels_as_it_says():
    mask = np.zeros((1, 11, 11), bool)
    mask[0, 5, 5] = True
    grown = dilate_masks(mask, 3)[0]
    assert grown[5, 2] and grown[5, 8] and not grown[5, 1] and not grown[2, 2]


@given(arrays(np.bool_, (2, 6, 8)), st.integers(2, 4))
def test_a_mask_resampled_up_and_back_is_the_same_mask(mask, factor):
    larger = resample_masks(mask, 6 * factor, 8 * factor)
    assert larger.shape == (2, 6 * factor, 8 * factor)
    blocks = np.kron(mask, np.ones((1, factor, factor), bool))
    assert np.array_equal(resample_masks(blocks, 6, 8), mask)


def test_a_pixel_that_is_half_covered_is_not_subject():
    mask = np.zeros((1, 4, 4), bool)
    mask[0, :, :3] = True
    assert resample_masks(mask, 2, 2)[0].tolist() == [[True, False], [True, False]]


def test_a_mask_of_another_size_divides_the_edges_at_the_same_place():
    source, background = np.full((1, 8, 8), 255, np.uint8), np.full((1, 8, 8), 7, np.uint8)
    mask = np.zeros((1, 16, 16), bool)
    mask[:, :, :8] = True
    fused = fuse_edges(source, background, mask)
    assert (fused[:, :, :4] == 255).all() and (fused[:, :, 4:] == 7).all()


@pytest.mark.parametrize(
    ("source", "background", "mask", "names"),
    [
        ((2, 8, 8), (2, 8, 8), (3, 8, 8), "mask"),
        ((2, 8, 8), (2, 8, 9), (2, 8, 8), "background"),
        ((2, 8, 8), (1, 8, 8), (2, 8, 8), "background"),
        ((2, 8, 8), (2, 8, 8), (2, 8, 12), "12x8"),
        ((2, 8, 8, 3), (2, 8, 8), (2, 8, 8), "source"),
    ],
)
def test_clips_that_do_not_fit_are_refused_by_name(source, background, mask, names):
    with pytest.raises(SampleError, match=names):
        fuse_edges(np.zeros(source, np.uint8), np.zeros(background, np.uint8), np.zeros(mask, bool))


def test_a_negative_dilation_is_refused():
    with pytest.raises(SampleError, match="0 or more"):
        dilate_masks(np.zeros((1, 4, 4), bool), -1)
