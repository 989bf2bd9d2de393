"""VEFX-Reward (arXiv 2604.16272): a reward model that watches two videos and scores three axes, 1 to 4."""

from sparkle.backends.vefx.reward import AXES, HIGHEST, LOWEST, RewardSettings, VefxReward, check_prompt

__all__ = ["AXES", "HIGHEST", "LOWEST", "RewardSettings", "VefxReward", "check_prompt"]
