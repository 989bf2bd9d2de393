"""Stage 2, the first frame (paper, section 3.2): choose a scene, write the instruction, edit frame 0, score the edit.

Reads the source video; writes the edited first frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from sparkle.config.settings import BackendChoice, Settings, VideoSettings
from sparkle.core.layout import TAXONOMY_THEMES, artifact_path
from sparkle.core.sample import Sample
from sparkle.roles import EditRequest, FirstFrameEditor, InstructionWriter, Scorer, ScoreRequest
from sparkle.stages.artifacts import read_user_anchors, read_user_background, read_whole_video
from sparkle.stages.checks import score_check, score_record
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
    reads: ClassVar[tuple[str, ...]] = ("source_video",)
    writes: ClassVar[tuple[str, ...]] = ("edited_frame0",)

    settings: FirstFrameSettings
    video: VideoSettings
    run_seed: int
    taxonomy: Taxonomy
    writer: InstructionWriter
    editor: FirstFrameEditor
    scorer: Scorer

    def __call__(self, sample: Sample, root: Path) -> Sample:
        """Write the instruction and the edited first frame."""
        frames = read_whole_video(root, sample, "source_video", self.video)
        sample = self._with_instruction(sample, self.writer.describe(frames[0]))
        instruction = sample.instruction or ""
        edited = self.editor(
            EditRequest(
                frames=frames,
                instruction=instruction,
                scene=sample.scene,
                seed=sample.seed,
                background=read_user_background(sample, (frames.shape[2], frames.shape[1]), self.video),
                anchors=read_user_anchors(sample, frames, self.video.fps),
            )
        )
        write_image(root / artifact_path("edited_frame0", sample.theme, sample.id), edited)
        score = self.scorer(ScoreRequest("edit", frames[0], edited, instruction, scene=sample.scene))
        check = score_check("first_frame.editscore", score, self.settings.score_minimum)
        return sample.with_records(edited_frame0_score=score_record(score)).with_check(check)

    def _with_instruction(self, sample: Sample, original_scene: str) -> Sample:
        """Describe first, then choose a scene and write (paper); a given instruction stays as it is."""
        sample = sample.with_records(original_scene=original_scene)
        if sample.instruction is not None:
            return sample
        scene = sample.scene
        if scene is None:
            theme = sample.theme if sample.theme in TAXONOMY_THEMES else TAXONOMY_THEMES[sample.seed % 4]
            scene = choose_scene(self.taxonomy, theme, self.run_seed, sample.number)
        return replace(sample, scene=scene, instruction=self.writer.write(original_scene, scene, sample.seed))
