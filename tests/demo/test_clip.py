import numpy as np

from sparkle.demo import DemoClip, render_demo_clip


def test_the_same_seed_gives_the_same_clip_and_another_seed_another():
    one = render_demo_clip(3, 104, 60, 2)
    assert np.array_equal(one.frames, render_demo_clip(3, 104, 60, 2).frames)
    assert not np.array_equal(one.frames, render_demo_clip(4, 104, 60, 2).frames)


def test_shapes_and_types_are_as_asked_for():
    clip = render_demo_clip(7, 120, 68, 3, 8.0)
    assert clip.frames.shape == (3, 68, 120, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.mask.shape == (3, 68, 120)
    assert clip.mask.dtype == np.bool_
    assert clip.fps == 8.0


def test_the_person_moves_and_stays_in_the_picture(demo_clip: DemoClip):
    covered = demo_clip.mask.mean((1, 2))
    assert np.all((covered > 0.12) & (covered < 0.30))
    swept = demo_clip.mask.any(0) & ~demo_clip.mask.all(0)
    assert swept.mean() > 0.008
    assert demo_clip.mask[:, -1].any(1).all(), "a half body is cut by the lower border"
    assert not demo_clip.mask[:, 0].any()


def test_far_from_the_person_only_sensor_noise_changes(demo_clip: DemoClip):
    corner = demo_clip.frames[:, :30, :80].astype(np.float32)
    assert 0.5 < corner.std(0).mean() < 5
    assert np.abs(corner[:8].mean(0) - corner[8:].mean(0)).mean() < 2


def test_the_mask_is_where_the_person_was_painted():
    # Frame by frame, what differs most from the clip without the person is what the mask says.
    clip = render_demo_clip(7, 208, 120, 9)
    room = np.median(clip.frames, axis=0)
    swept = clip.mask.any(0) & ~clip.mask.all(0)
    changed = np.abs(clip.frames.astype(np.float32) - room).max((0, 3))
    never = ~clip.mask.any(0)
    assert np.median(changed[swept]) > 3 * np.median(changed[never])
