"""The scenes: four themes, their subthemes and scenes, and the balanced, seeded choice among them."""

from sparkle.taxonomy.choice import choose_scene, choose_themes
from sparkle.taxonomy.reader import Taxonomy, load_taxonomy

__all__ = ["Taxonomy", "choose_scene", "choose_themes", "load_taxonomy"]
