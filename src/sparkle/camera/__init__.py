"""Does the camera move, and how; is a background alive? Arrays and callables in, measurements out (paper, section 3.1).

`check_camera` wants frames nearest to `sampling_times`, `FRAME_WIDTH` wide, and any dense optical flow.
`follow_camera` wants every frame, grey, and says where each lies on the first one's plane.
"""

from sparkle.camera.liveliness import Liveliness, measure_liveliness
from sparkle.camera.movement import CameraMovement, PairMovement, check_camera
from sparkle.camera.path import CameraPath, follow_camera
from sparkle.camera.sampling import FRAME_WIDTH, sampling_bursts, sampling_times
from sparkle.camera.settings import CameraSettings

__all__ = [
    "FRAME_WIDTH",
    "CameraMovement",
    "CameraPath",
    "CameraSettings",
    "Liveliness",
    "PairMovement",
    "check_camera",
    "follow_camera",
    "measure_liveliness",
    "sampling_bursts",
    "sampling_times",
]
