"""Compositing: actors over a background, then lens, exposure, sensor noise and H.264; the truth falls out."""

from __future__ import annotations

import io

import av
import cv2
import numpy as np
from benchmarks.eyes.scene import SEED, Actor, Camera, Clip, Picture, Pose, Scene, Shadow, Sprite, Stage

from sparkle.core.seeds import generator
from sparkle.roles import Frames

SHUTTER_OPEN = 0.5
SETTLING_S = 0.25
# As in sparkle.video: with x264's lookahead thread and macroblock tree, the same frames give other bytes now and then.
REPEATABLE = {"preset": "veryfast", "threads": "1", "x264-params": "sync-lookahead=0:mbtree=0"}


def make_clip(scene: Scene, stage: Stage | None = None) -> Clip:
    """Return the labelled clip of a scene; the same for the same scene and stage."""
    stage = stage or scene.stage
    light, subjects, alphas = composed(scene, stage)
    frames = through_camera(light, scene.camera, stage, generator(SEED, "eyes", scene.name, "camera"))
    # Eight bits, so that a clip from the cache is the same as a fresh one.
    alphas = (np.rint(alphas * 255) / 255).astype(np.float32)
    scale = np.array([stage.width, stage.height] * 2)
    things = tuple(tuple((np.array(box) * scale).tolist()) for box in scene.things)
    return Clip(scene.name, scene.half, scene.traits, frames, stage.fps, subjects, alphas, things)


def composed(
    scene: Scene, stage: Stage, without: str | None = None
) -> tuple[Picture, tuple[str, ...], Picture]:
    """Return the light (T, H, W, 3) that reaches the camera, the names of the subjects, and their alphas (K, T, H, W).

    without: leave this subject out, and its shadow; its alpha is then 0.
    """
    background = scene.background(stage, generator(SEED, "eyes", scene.name, "background"))
    actors = scene.actors(generator(SEED, "eyes", scene.name, "actors"))
    subjects = tuple(dict.fromkeys(actor.subject for actor in actors if actor.subject is not None))
    shown = [actor for actor in actors if without is None or actor.subject != without]
    light = np.zeros((stage.frames, *stage.shape, 3), np.float32)
    alphas = np.zeros((len(subjects), stage.frames, *stage.shape), np.float32)
    for frame in range(stage.frames):
        for part in range(scene.camera.shutter):
            u = (frame + SHUTTER_OPEN * part / scene.camera.shutter) / (stage.frames - 1)
            picture, visible = _expose(background(u), shown, u, stage, subjects, scene.camera.blur)
            light[frame] += picture / scene.camera.shutter
            alphas[:, frame] += visible / scene.camera.shutter
    return light, subjects, np.clip(alphas, 0, 1)


def _expose(
    picture: Picture, actors: list[Actor], u: float, stage: Stage, names: tuple[str, ...], blur: float
) -> tuple[Picture, Picture]:
    """Return one picture (H, W, 3) and the visible alpha (K, H, W)."""
    visible = np.zeros((len(names), *stage.shape), np.float32)
    picture = picture.astype(np.float32, copy=True)
    for actor in actors:
        pose = actor.pose(u)
        colour, alpha = placed(actor.look(u), pose, stage, blur * stage.height / 360)
        if actor.shadow is not None:
            picture *= 1 - actor.shadow.strength * cast(actor.shadow, alpha, pose, stage)[..., None]
        picture *= 1 - alpha[..., None]
        picture += colour
        visible *= 1 - alpha
        if actor.subject is not None:
            visible[names.index(actor.subject)] += alpha
    return picture, visible


def placed(sprite: Sprite, pose: Pose, stage: Stage, blur: float) -> tuple[Picture, Picture]:
    """Return a sprite on the stage: colour times alpha (H, W, 3) and alpha (H, W), both through the lens."""
    rows, columns = sprite.alpha.shape
    scale = pose.height * stage.height / rows
    alpha, colour = sprite.alpha, sprite.colour * sprite.alpha[..., None] * np.float32(pose.light)
    if scale < 0.8:  # A warp alone would pick pixels and miss thin parts.
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        alpha, colour = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (alpha, colour))
        columns, rows = size
        scale = pose.height * stage.height / rows
    turn = cv2.getRotationMatrix2D((columns / 2, rows), pose.angle, scale)
    turn[:, 2] += (pose.x * stage.width - columns / 2, pose.y * stage.height - rows)
    if pose.flip:
        alpha, colour = (np.ascontiguousarray(part[:, ::-1]) for part in (alpha, colour))
    size = (stage.width, stage.height)
    interpolation = cv2.INTER_LINEAR if scale < 1.3 else cv2.INTER_CUBIC
    alpha, colour = (cv2.warpAffine(part, turn, size, flags=interpolation) for part in (alpha, colour))
    if blur > 0:
        alpha, colour = (cv2.GaussianBlur(part, (0, 0), blur) for part in (alpha, colour))
    alpha = np.clip(alpha, 0, 1)
    return np.maximum(colour, 0), alpha


def cast(shadow: Shadow, alpha: Picture, pose: Pose, stage: Stage) -> Picture:
    """Return how much light a shadow takes, (H, W) in [0, 1]: flattened about the foot, moved and blurred."""
    foot = pose.y * stage.height
    lean = shadow.dx * stage.height
    drop = shadow.dy * stage.height
    # Rows above the foot move sideways in proportion to their height when the shadow lies on the floor.
    slope = 0.0 if shadow.squash == 1.0 else lean / max(pose.height * stage.height * shadow.squash, 1.0)
    matrix = np.array(
        [
            [1.0, -slope * shadow.squash, slope * shadow.squash * foot],
            [0.0, shadow.squash, foot * (1 - shadow.squash)],
        ]
    )
    if shadow.squash == 1.0:
        matrix[0, 2] += lean
    matrix[1, 2] += drop
    moved = cv2.warpAffine(alpha, matrix, (stage.width, stage.height))
    return cv2.GaussianBlur(moved, (0, 0), max(shadow.blur * stage.height, 0.5))


def through_camera(light: Picture, camera: Camera, stage: Stage, rng: np.random.Generator) -> Frames:
    """Return uint8 frames (T, H, W, 3) after exposure, sensor noise and H.264."""
    frames = np.empty(light.shape, np.uint8)
    for index, picture in enumerate(light):
        settling = float(np.exp(-index / (SETTLING_S * stage.fps)))
        gain = camera.exposure * (1 + camera.drift * (settling - index / (3 * stage.frames)))
        picture = picture * np.float32(gain)
        sigma = camera.noise * (0.6 + 0.8 * np.sqrt(picture.mean(axis=2, keepdims=True) / 255))
        grain = rng.standard_normal((*stage.shape, 4), np.float32)
        grain = grain[..., :1] + 0.35 * grain[..., 1:]  # brightness, and a little colour
        frames[index] = np.clip(picture + sigma * grain, 0, 255)
    return encoded(frames, camera.crf, stage.fps)


def encoded(frames: Frames, crf: int, fps: float) -> Frames:
    """Return the frames after H.264 with 4:2:0 chroma."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as sink:
        options = {"crf": str(crf), **REPEATABLE}
        stream = sink.add_stream("libx264", rate=round(fps), options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            sink.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        sink.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as source:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in source.decode(video=0)])
