"""Stage 2, the first frame (paper, section 3.2): choose a scene, write the instruction, edit frame 0, score the edit.

Reads the source video; writes the edited first frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparkle.config.settings import BackendChoice, Settings, VideoSettings
from sparkle.core.layout import TAXONOMY_THEMES
from sparkle.core.outcome import Outcome
from sparkle.core.records import FirstFrameRecord
from sparkle.core.sample import Sample
from sparkle.core.scene import Scene
from sparkle.core.stage import Reads, Resources
from sparkle.roles import EditRequest, FirstFrameEditor, InstructionWriter, Scorer, ScoreRequest
from sparkle.stages.artifacts import (
    read_user_anchors,
    read_user_background,
    read_whole_video,
    writing,
    written,
)
from sparkle.stages.checks import score_check
from sparkle.stages.horizon import placing_of
from sparkle.store import Folder
from sparkle.taxonomy import Taxonomy, choose_scene
from sparkle.video import write_image


class FirstFrameSettings(Settings):
    """Stage 2. An edit needs an EditScore of 8 (paper)."""

    writer: BackendChoice
    editor: BackendChoice
    scorer: BackendChoice
    score_minimum: float = 8.0


@dataclass(frozen=True, slots=True)
class FirstFrameStage:
    """Scene, instruction, edited frame 0, score."""

    name: ClassVar[str] = "first_frame"
    reads: ClassVar[Reads] = Reads(("source_video",), files=("background", "boxes", "matte"))
    writes: ClassVar[tuple[str, ...]] = ("edited_frame0",)
    clips_held: ClassVar[int] = 2

    settings: FirstFrameSettings
    video: VideoSettings
    resources: Resources
    run_seed: int
    taxonomy: Taxonomy
    writer: InstructionWriter
    editor: FirstFrameEditor
    scorer: Scorer

    def __call__(self, sample: Sample, folder: Folder) -> Outcome:
        """Write the instruction and the edited first frame."""
        frames = read_whole_video(folder, sample, "source_video", self.video)
        # Described first, then a scene is chosen and the instruction written (paper); a given one stays as it is.
        original_scene = self.writer.describe(frames[0])
        scene, instruction = sample.scene, sample.instruction
        if instruction is None:
            scene = scene or self._choose(sample)
            instruction = self.writer.write(original_scene, scene, sample.seed)
        placing = placing_of(sample, frames, self.video)
        size = frames.shape[2], frames.shape[1]
        edited = self.editor(
            EditRequest(
                frames=frames,
                instruction=instruction,
                scene=scene,
                seed=sample.seed,
                background=read_user_background(sample, size, self.video, placing),
                anchors=read_user_anchors(sample, frames, self.video.fps),
            )
        )
        with writing(folder, sample, "edited_frame0") as path:
            write_image(path, edited)
        score = self.scorer(ScoreRequest("edit", frames[0], edited, instruction, scene=scene))
        return Outcome(
            checks=(score_check("first_frame.editscore", score, self.settings.score_minimum),),
            record=FirstFrameRecord(original_scene, score, placing),
            artifacts=written(folder, sample, *self.writes),
            scene=scene,
            instruction=instruction,
        )

    def _choose(self, sample: Sample) -> Scene:
        theme = sample.theme if sample.theme in TAXONOMY_THEMES else TAXONOMY_THEMES[sample.seed % 4]
        return choose_scene(self.taxonomy, theme, self.run_seed, sample.number)
