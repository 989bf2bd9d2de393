"""The words for what moves, how strongly, and for what is to stay still. Patterns match lower-case text."""

from __future__ import annotations

GENTLE, NORMAL, STRONG = 0.3, 0.55, 0.95

FALLING = (
    r"(?:(?:fall|fell|drift|float|swirl|tumbl|whirl|blow|blew|cascad|scatter|danc|descend|shower|spiral|driv|streak)"
    r"\w*|flutter\w* (?:down|past|by|through|to the ground)|wind-driven)"
)

# The order is the order of the answer. Nouns that may lie still in a scene (snow on the ground, leaves on a tree)
# become particles only together with words of falling or flying.
KINDS: tuple[tuple[str, str], ...] = (
    (
        "clouds",
        r"\bclouds?\b|\bcloudy|\bswirls\b.*\bsky\b|\bcloudscape|\bovercast"
        r"|\bsky (?:drifts|moves|shifts|changes)|\bskies\b",
    ),
    (
        "waves",
        r"(?<!grass )(?<!wheat )(?<!it )(?<!in )(?<!in long )(?<!heat )\bwaves?\b"
        r"(?! (?:of (?:motion|heat|grass|wheat|light)|in the (?:wind|breeze)))"
        r"|\bsurf\b|\btides?\b|\bocean\b|\bsea\b|\bseas\b|\bswells?\b|\bshore\b|\bwhitecaps",
    ),
    (
        "ripples",
        r"(?<!grass )(?<!wheat )(?<!light )\bripples?\b(?! (?:in the (?:wind|breeze)|across the sky|above\b))"
        r"|\brippling water|(?<!frozen )\blakes?\b|(?<!frozen )\bponds?\b|\bwater\b|\bwaters\b|\bcanals?\b"
        r"|\bharbou?r\b|\bfjord|\bpuddles?\b|\blagoon|\breflections? (?:shimmer|rippl|danc|waver)|\bpool\b"
        r"|\bbay\b|\bswamp\b",
    ),
    (
        "flow",
        r"(?<!frozen )\brivers?\b|(?<!light )(?<!clouds )(?<!sun )\bstreams?\b(?! (?:of|through))"
        r"|\bstreams of water|\bcreek|\bbrook\b|\bwaterfalls?\b|\bcascades?\b|\bfountains?\b|\brapids\b"
        r"|\bmeltwater",
    ),
    (
        "glints",
        r"\bsparkl\w*|\bglint\w*|\bglisten\w*|\bglitter\w*"
        r"|\bshimmer\w*(?=.*(?:water|sea|ocean|lake|surface|wave|river))",
    ),
    (
        "grass",
        r"\bgrass(?:es|y)?\b|\bwheat\b|\bprairie|\bmeadow|\bfields?\b|\breeds?\b|\bcrops?\b"
        r"|\bwildflowers?\b|\bflowers?\b|\blavender\b|\bbarley\b|\bsavannah?\b|\bpampas\b|\btulips?\b"
        r"|\bsunflowers?\b|\bferns?\b|\bheather\b|\brice\b",
    ),
    (
        "foliage",
        r"\btrees?\b|\bleaves\b|\bfoliage\b|\bbranches\b|\bpalms?\b|\bfronds?\b|\bvines?\b|\bgrapevines?\b"
        r"|\bforest|\bblossoms?\b|\bcanop(?:y|ies)\b|\bbamboo\b|\bpines?\b|\bwillows?\b|\bwoods?\b(?!en)"
        r"|\bivy\b|\bbush(?:es)?\b|\bvineyard|\borchard|\bjungle\b|\bplants?\b|\bhedges?\b|\bshrubs?\b"
        r"|\bkelp\b|\bseaweed\b|\bcactus|\bmaples?\b",
    ),
    ("curtains", r"\bcurtains?\b(?! of)|\bdrapes?\b|\bdraper(?:y|ies)\b"),
    (
        "flags",
        r"\bflags?\b|\bbanners?\b|\bbunting\b|\bsails?\b|\bawnings?\b|\btapestr\w+|\bpennants?\b"
        r"|\blaundry\b|\blanterns? sway\w*",
    ),
    ("petals", r"\bpetals?\b|\bconfetti\b"),
    (
        "leaves",
        rf"\bleaves\b[^.;,]{{0,40}}?\b{FALLING}"
        rf"|\b(?!driv){FALLING}\s+(?:(?!from|on|over)\w+\s+){{0,2}}leaves\b"
        r"|\bleaf ?fall",
    ),
    (
        "snow",
        r"\bsnowfall|\bsnowing|\bsnow ?flakes?|\bflakes\b|\bflurries|\bblizzard|\bsnow ?storm"
        rf"|\bsnow\b[^.;,]{{0,24}}?\b{FALLING}"
        rf"|\b{FALLING}\s+(?:\w+\s+){{0,2}}snow\b",
    ),
    ("rain", r"\brain(?:s|ing|fall|drops?)?\b(?!-)|\bdrizzl\w*|\bdownpour|\brainstorm|\bthunder ?storm"),
    (
        "mist",
        r"\bmists?\b|\bmisty\b|\bfogs?\b|\bfoggy\b|\bhaze (?:drift|roll|mov)\w*|\bdrifting haze"
        r"|\bvapou?rs?\b",
    ),
    ("smoke", r"\bsmok\w+|\bsteam(?:s|ing|y)?\b|\bincense\b|\bexhaust\b|\bplumes?\b"),
    (
        "dust",
        r"\bdust\b|\bmotes?\b|\bpollen\b|\bparticles?\b|\bsand (?:blow|drift|swirl)\w*"
        r"|\b(?:blow|drift|swirl)ing sand|\bseeds\b|\bdandelion|\bspecks?\b|\bice crystals\b"
        r"|\bsparkles (?:float|rise|drift)|\bglitters? in the air|\bpowder\b|\bash(?:es)?\b(?! tree)"
        r"|\bdroplets\b|\bspores?\b",
    ),
    (
        "fireflies",
        r"\bfirefl(?:y|ies)\b|\bglow ?worms?|\bfloating lanterns?|\borbs?\b|\bplankton\b|\bbioluminescen\w+",
    ),
    ("bubbles", r"\bbubbles?\b"),
    ("embers", r"\bembers?\b|\bsparks\b|\bcinders?\b"),
    (
        "flames",
        r"\bflames?\b|\bfires?\b|\bfirelight\b|\bfireplace|\bcampfire|\bbonfire|\btorch(?:es|light|lit)?\b"
        r"|\bcandles?\b|\bcandlelight|\bhearth\b|\blava\b|\bmagma\b|\bbrazier",
    ),
    (
        "lamps",
        r"\blamps?\b|\blanterns?\b|\bstreet ?lights?\b|\bflicker\w*|\bbulbs?\b|\bstring lights"
        r"|\bfairy lights|\bspotlights?\b|\bstage lights|\bholograms?\b|\bmonitors?\b|\bscreens?\b"
        r"|\blights? (?:pulse|blink|flash|glow)\w*|\bchandelier",
    ),
    (
        "neon",
        r"\bneon\b|\bglowing grid\b|(?<!lights )(?<!stars )\bpulse?s?\b|\bpulsing\b|\bpulsat\w+"
        r"|\bcyberpunk\b|\bbillboards?\b|\bglowing signs?",
    ),
    (
        "city_lights",
        r"\bcity lights\b|\bskyline\b|\bskyscrapers?\b|\bcityscape|\btraffic\b|\bheadlights?\b|\bcity ?\b"
        r"|\bwindows? (?:glow|light|twinkl|flicker)\w*|\blit windows|\bmetropolis|\bdowntown",
    ),
    (
        "stars",
        r"\bstars?\b|\bstarr?y\b|\bstarlight|\bstarlit|\bmilky way|\bconstellations?|\bgalax(?:y|ies)\b"
        r"|\bnebula",
    ),
    (
        "aurora",
        r"\b(?:curtains|veils?|ribbons|bands) of (?:\w+ )?light\b|\bauroras?\b|\bnorthern lights"
        r"|\bpolar lights",
    ),
    (
        "shimmer",
        r"\bheat ?(?:haze|shimmer|waves?)?\b(?=.*(?:haze|shimmer|wave|ris|desert|distort))|\bmirage"
        r"|\bshimmering (?:heat|air)|\bair shimmers|\bscorching|\bsweltering|\bcaustics?\b|\bunderwater\b",
    ),
    (
        "shafts",
        r"\blight shafts?|\bshafts? of|\bgod ?rays|\bsunbeams?|\bsun ?rays?|\bbeams? of (?:sun)?light"
        r"|\blight ?beams?|\b(?:sun)?light (?:\w+ )?(?:filter|stream|pour|slant|pierc|break)\w*"
        r"|\bfiltered (?:sun)?light|\bdappled",
    ),
    (
        "shadows",
        r"\bshadows? (?:\w+ ){0,2}(?:danc|shift|play|mov|flicker|sway|drift)\w*"
        r"|\b(?:danc|shift|play|mov|flicker|sway|drift)ing (?:\w+ )?shadows?|\bdappled",
    ),
    (
        "birds",
        r"\bbirds?\b|\bpigeons?\b|\bsea ?gulls?\b|\bgulls\b|\bswallows\b|\bcranes? (?:fly|soar)|\beagles?\b"
        r"|\bhawks?\b|\bdoves?\b|\bgeese\b|\bbutterfl\w+|\bcrows?\b|\bravens?\b|\bbats\b",
    ),
)

GENTLE_WORDS = (
    r"\b(?:"
    r"gentl[ey]|soft(?:ly)?|slow(?:ly)?|slight(?:ly)?|subtl[ey]|faint(?:ly)?"
    r"|light(?:ly)? (?:breeze|wind|rain|snow|flurr|drizzle|fog|mist)|lightly|calm(?:ly)?|laz(?:y|ily)"
    r"|delicate(?:ly)?|quiet(?:ly)?|peaceful(?:ly)?|tranquil|serene(?:ly)?|leisurely|barely|mild(?:ly)?"
    r"|small (?:waves|ripples)|tiny (?:waves|ripples)|sparse(?:ly)?|a few|a little|occasional(?:ly)?|placid"
    r"|glassy|still"
    r")\b"
)
STRONG_WORDS = (
    r"\b(?:"
    r"vigorous(?:ly)?|strong(?:ly)?|heav(?:y(?! clouds)|ily)|crash\w*|storm\w*|violent(?:ly)?|wild(?:ly)?"
    r"|howling|raging|rag(?:e|es)|gust\w*|fierce(?:ly)?|fast|rapid(?:ly)?|swift(?:ly)?|quick(?:ly)?"
    r"|furious(?:ly)?|powerful(?:ly)?|intense(?:ly)?|turbulent|churn\w*|roar\w*|torrential|pouring|lashing"
    r"|whipp\w+|thrash\w*|surg\w+|rough|dramatic(?:ally)?|blizzard|gale\w*|hurricane|tempest\w*|windy|thick"
    r"|dense"
    r")\b"
)
STRONG_WIND = (
    r"\b(?:strong|fierce|howling|powerful|heavy|raging|violent|high|gusty|gusting|wild|relentless)"
    r" (?:\w+ )?(?:winds?|gusts?)\b"
    r"|\bstorm(?:y|s)?\b(?! ?lantern)|\bgales?\b|\bblizzard|\bhurricane|\btempest|\bwindstorm|\bvery windy"
)
WIND_WORDS = r"\b(?:wind(?:s|y|swept)?|breez\w+|gusts?)\b"
SUBJECTS = (
    r"\b(?:"
    r"subjects?|persons?|people|man|men|woman|women|boy|girl|child(?:ren)?|character|speaker|presenter"
    r"|foreground|he|she|they|him|her|dancer|player|figure|actor|host|animal|dog|cat"
    r")\b"
)
