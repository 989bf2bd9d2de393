"""The words that the painter knows: tables of (pattern, what it means, weight)."""

from __future__ import annotations

# Patterns are regular expressions, matched at word boundaries, plural "s"/"es" allowed at the end.
# The heaviest match decides; among equals the earlier one.
SETTINGS: tuple[tuple[str, str, float], ...] = (
    (
        r"librar(y|ies)|bookshel(f|ves)|bookcase|study room|library study|study with|reading room",
        "library",
        5,
    ),
    (r"caf[eé]|coffee ?(shop|house)|bistro|restaurant|diner|tavern|pub|bakery|tea ?house", "cafe", 5),
    (
        r"artist'?s? studio|art studio|painter'?s studio"
        r"|atelier|photo studio|loft|dance studio|gallery|museum",
        "studio",
        5,
    ),
    (
        r"cabin (room|interior)|(inside|in) (a|the) cabin|fireplace|hearth|log cabin interior|rustic room",
        "cabin room",
        5,
    ),
    (r"greenhouse|glasshouse|conservatory|hothouse|orangery", "greenhouse", 5),
    (
        r"jazz club|night ?club|ballroom|cabaret|speakeasy"
        r"|concert hall|concert|theat(er|re)|on stage|dance floor|disco",
        "club",
        5,
    ),
    (
        r"laborator(y|ies)|research lab|lab|hospital|clinic|clean ?room|server room|data cent(er|re)",
        "laboratory",
        5,
    ),
    (
        r"spaceship|space ?ship|starship|space station|bridge of a ship|cockpit|spacecraft|control room",
        "spaceship",
        5,
    ),
    (
        r"(living|bed|dining|class|sitting|hotel|court|board|meeting|locker) ?room"
        r"|office|kitchen|interior|apartment"
        r"|palace hall|great hall|throne room|hallway|corridor"
        r"|lobby|workshop|garage|gym|warehouse|indoors?|room|house",
        "room",
        3,
    ),
    (r"cyberpunk|neon[- ](lit )?city|neon signs?|neon[- ]lit|futuristic city|times square", "neon street", 5),
    (r"alley(way)?|back ?street|narrow (street|lane)|souk|bazaar|market street", "alley", 4.5),
    (
        r"(old town|town|village|victorian|cobbled|cobblestone|gas ?lit|snowy|quiet) street"
        r"|victorian|gas lamps?",
        "old street",
        4.6,
    ),
    (
        r"skyline|rooftop|roof terrace|high[- ]?rise|penthouse|balcony over(looking)? (the|a) city",
        "skyline",
        4.5,
    ),
    (r"(town|city|market|village|public) square|plaza|piazza|market ?place|market|courtyard", "square", 4.4),
    (r"frontier|old west|wild west|western town|saloon|ghost town", "frontier town", 5),
    (r"village|hamlet|timber|thatched|cottages?|half[- ]timbered|medieval|town", "village", 3.6),
    (
        r"downtown|city|urban|street|avenue|boulevard|skyscrapers?"
        r"|metropolis|glass towers?|crosswalk|traffic|sidewalk"
        r"|manhattan|new york|tokyo|london|shanghai|chicago|hong kong",
        "street",
        3,
    ),
    (r"castle|fortress|citadel|palace", "castle", 4.5),
    (r"pyramids?|egypt(ian)?|sphinx", "pyramids", 5),
    (r"lighthouse", "lighthouse", 5),
    (r"stone bridge|old bridge|arched bridge|bridge over|bridge across", "bridge", 4.6),
    (
        r"temple|parthenon|acropolis|colonnade|marble columns|ancient greek|ancient rom(e|an)|forum",
        "temple",
        4.6,
    ),
    (r"ruins?|ruined|megaliths?|stonehenge|abbey|amphitheat(re|er)|colosseum", "ruins", 4.6),
    (r"graveyard|cemetery|tombstones?|gravestones?", "graveyard", 5),
    (
        r"wasteland|dystopian?|post[- ]apocalyptic|industrial"
        r"|factory|factories|smokestacks?|refinery|junkyard|scrapyard",
        "wasteland",
        4.6,
    ),
    (r"battlefield|battle ground", "battlefield", 5),
    (r"samurai|japanese valley|feudal japan", "samurai valley", 5),
    (r"floating islands?|sky islands?", "floating islands", 5),
    (r"crystal cave|cave|cavern|grotto", "crystal cave", 5),
    (r"volcano|volcanic|lava|magma|dragon mountain|erupt(ing|ion)", "volcano", 5),
    (r"ice palace|ice castle|crystal palace", "ice palace", 6),
    (r"synthwave|vaporwave|retrowave|outrun|neon grid|glowing grid", "synthwave", 5),
    (r"mars|martian|red planet|moon base|lunar|alien planet|mars colony", "mars", 5),
    (r"orbital (city|station)|orbit|outer space|space|galaxy|cosmos|nebula|view of the planet", "orbit", 4.4),
    (r"underwater|under the sea|coral reef|ocean floor|seabed|aquarium", "underwater", 5),
    (r"string lights?|fairy lights|terrace|patio|veranda|balcony|outdoor wedding", "terrace", 4.5),
    (r"pier|jetty|boardwalk|dock", "pier", 4.4),
    (r"harbou?r|marina|quay|fishing port|port|moored|sailboats?", "harbor", 4.3),
    (r"lagoon", "lagoon", 4.4),
    (
        r"rocky (shore|coast|beach)|crashing waves"
        r"|cliffs? (by|over|above) the sea|sea cliffs?|coastal cliffs?",
        "rocky shore",
        4.2,
    ),
    (r"sand dunes with sea grass|coastal dunes|sea grass", "coastal dunes", 4.6),
    (
        r"beach(es)?|seaside|seashore|shore|coast(al|line)?|surf|tropical island|ocean|sea|waves roll",
        "beach",
        3.2,
    ),
    (r"oasis", "oasis", 4.6),
    (r"canyon|gorge|badlands|grand canyon|red rock", "canyon", 4.4),
    (r"waterfalls?|jungle|rain ?forest|amazon", "jungle", 4.4),
    (r"swamp|bayou|marsh|mangroves?|bog|wetlands?", "swamp", 4.6),
    (r"lily pond|water lil(y|ies)|koi pond|garden pond|pond", "pond", 4.6),
    (r"melting snow|meltwater|snow melts?", "melting snow", 4.6),
    (
        r"snow ?field|tundra|arctic|antarctic|ice field|polar"
        r"|glacier|open snow|blizzard|snowy plain|snowstorm",
        "snowfield",
        4.2,
    ),
    (r"lake|lake ?side|lake shore|reservoir|fjord|loch", "lake", 3.8),
    (r"river|stream|brook|creek|riverbank", "river", 3.1),
    (r"vineyards?|grape ?vines?", "vineyard", 4.5),
    (r"lavender", "lavender", 4.5),
    (r"tulips?", "tulips", 4.5),
    (r"sunflowers?", "sunflowers", 4.5),
    (r"wheat|grain|corn ?field|barley|cornfields?|harvest", "wheat", 4.3),
    (r"prairie|savannah?|steppe|tall grass|grassland", "prairie", 4.2),
    (r"pumpkins?( patch)?", "pumpkin patch", 4.5),
    (r"moor|heath(er)?|highlands?|moorland", "moor", 4.3),
    (r"orchard|apple blossoms?|apple trees?", "orchard", 4.3),
    (r"cherry (blossom|tree)s?|sakura|blossom(ing)? (trees?|park)", "blossom park", 4.3),
    (
        r"park avenue|avenue of trees|tree[- ]lined (avenue|path|street|alley)|covered with orange leaves",
        "park avenue",
        4.7,
    ),
    (r"city park|park|botanical garden|playground|campus", "park", 3.7),
    (r"garden|backyard|flower ?beds?|lawn|garden path", "garden", 3.5),
    (r"country road|dirt road|dusty road|highway|road", "road", 3.4),
    (r"(forest|woods?|woodland|grove|forest clearing|campfire|trees? all around)", "forest", 3.4),
    (r"dunes?|sahara|sand sea", "dunes", 3.6),
    (r"deserts?|desert plain|arid|cactus|cacti", "desert", 3.5),
    (r"mountains?|peaks?|alps?|alpine|himalayas?|summit|cliffs?", "mountains", 2.6),
    (r"valley|rolling terrain|terrain", "valley", 2.5),
    (
        r"farm(land)?|pasture|meadow|fields?|hills?|hillside"
        r"|countryside|grass|rural|dandelions?|wildflowers?|landscape",
        "meadow",
        2.4,
    ),
    (r"above the clouds|cloudscape|heaven|sea of clouds|pastel sky|dreamy sky|in the sky", "sky", 3.0),
    (r"cabin|hut|lodge|chalet", "cabin", 4.1),
    (r"snow", "snowfield", 1.2),
    (r"sky|clouds", "meadow", 0.5),
)

TIMES: tuple[tuple[str, str, float], ...] = (
    (r"dawn|sunrise|before sunrise|first light|early morning|daybreak|morning mist|break of day", "dawn", 4),
    (r"sunset|setting sun|sun sets|burning orange|sinking sun", "sunset", 4),
    (r"golden hour|low sun|late afternoon|long shadows|evening sun|magic hour", "golden", 4.2),
    (
        r"dusk|twilight|blue hour|sundown|nightfall|evening|fading sun"
        r"|last light|last rays|darkening|silhouettes?|fireflies",
        "dusk",
        3.8,
    ),
    (
        r"night( ?time)?|midnight|moon(lit|light)?|full moon|starry"
        r"|stars|milky way|northern lights|aurora|campfire|neon"
        r"|lit windows|cyberpunk|after dark|torch ?lights?|fireworks"
        r"|synthwave|spaceship|jazz club|outer space|film noir|noir",
        "night",
        3,
    ),
    (r"golden (sun)?light|golden sunlight|warm light|amber light", "golden", 2.2),
    (
        r"noon|midday|daylight|day|sunny|sunlit|bright|blue sky|afternoon|morning|sunlight|sunshine|overcast",
        "day",
        2,
    ),
)

SEASONS: tuple[tuple[str, str, float], ...] = (
    (r"spring( ?time)?|melting snow|blossoms?|in bloom|tulips?|dandelions?|budding|sakura", "spring", 3),
    (r"summer( ?time)?|sunflowers?|tropical|midsummer", "summer", 3),
    (
        r"autumn(al)?|fall colou?rs|fall foliage|pumpkins?"
        r"|(red|orange|golden|fallen|falling|yellow) leaves|maples?|harvest",
        "autumn",
        3,
    ),
    (
        r"winter( ?time)?|snow(y(?! peaks)|ing|fall|flakes?|field|storm)?"
        r"|frost(y|ed)?|frozen|ice|icy|blizzard|christmas|arctic",
        "winter",
        2.8,
    ),
)

WEATHERS: tuple[tuple[str, str, float], ...] = (
    (r"blizzard|snow ?storm|driving snow", "blizzard", 4.5),
    (r"snowing|falling snow|snowflakes?|snow falls|snowfall|snow drifts down", "snow", 4),
    (r"thunder(storm|clouds?)?|storm(y)?|lightning|dark clouds|tempest|hurricane", "storm", 4),
    (r"rain(y|ing|fall|s)?|drizzle|shower|downpour|wet (city )?street", "rain", 3.5),
    (r"fog(gy)?|mist(y)?|hazy morning|smog", "fog", 3),
    (r"overcast|grey sky|gray sky|gloomy|grey lake|grey|gray|heavy clouds", "overcast", 3),
    (r"clouds?|cloudy", "cloudy", 1.5),
    (r"clear|blue sky|sunny|cloudless|starry|sunlit|bright sun", "clear", 2),
)

STYLES: tuple[tuple[str, str, float], ...] = (
    (r"film noir|noir|black[- ]and[- ]white|monochrome", "noir", 4),
    (r"swirl(ing|y) (night|sky)|swirls of paint|van gogh|starry night painting|thick oil", "swirls", 4.2),
    (r"oil paint(ing|ed)?|baroque|renaissance|rembrandt|old master|canvas painting", "oil", 3.5),
    (r"impressionis(t|tic|m)|monet|dabs of light|pointillis[mt]", "impressionist", 4),
    (r"water ?colou?r|soft washes|gouache|aquarelle", "watercolor", 4),
    (r"ink wash|sumi-?e|ink painting|chinese painting|inked|calligraphy", "ink", 4),
    (r"sketch|pencil|charcoal|line drawing|hand[- ]drawn", "sketch", 3.5),
    (r"pixel(ated| art)?|8[- ]bit|16[- ]bit|retro game", "pixel", 4),
    (r"anime|ghibli|cel[- ]shaded|manga|cartoon|comic|pop art|animated film", "cartoon", 3.6),
    (r"low[- ]poly|polygonal|papercraft|origami", "low poly", 4),
    (r"cyberpunk|futuristic", "neon", 2.5),
    (
        r"vintage|sepia|old photo(graph)?|1920s|1930s|1950s|old west|frontier|retro film|daguerreotype",
        "vintage",
        3,
    ),
    (r"synthwave|vaporwave|retrowave", "neon", 3),
    (r"dystopian|apocalyp\w+|wasteland|cinematic|epic|blockbuster", "cinematic", 2),
    (r"gothic|horror|spooky|haunted|eerie", "gothic", 3),
    (r"pastel|dreamy|dreamlike|ethereal", "pastel", 2.6),
    (r"romantic", "romantic", 2),
)

ELEMENTS: tuple[tuple[str, str], ...] = (
    (r"palms?|palm (trees?|fronds?)|tropical", "palms"),
    (r"cherry|sakura|pink canop(y|ies)|pink petals", "cherry"),
    (r"apple blossoms?|white petals|white apple", "apple"),
    (r"petals?", "petals"),
    (r"pines?|fir|spruce|conifers?|evergreens?", "pine"),
    (r"birch(es)?", "birch"),
    (r"maples?|red leaves", "maple"),
    (
        r"falling leaves|fallen leaves|orange leaves|falling red leaves"
        r"|leaves (swirl|spiral|flutter|drift)|drifting leaves",
        "fallen leaves",
    ),
    (r"bare trees?|bare branches|leafless|dead trees?", "bare trees"),
    (r"twisted( trees?)?|gnarled", "twisted"),
    (r"olive( branches| trees?)?", "olive"),
    (r"trees?|budding trees", "trees"),
    (r"wild ?flowers?|flowers?", "flowers"),
    (r"dandelions?", "dandelions"),
    (r"poppies|poppy", "poppies"),
    (r"heather", "heather"),
    (r"sea grass|dune grass|tall grass|wind-swept grass", "tall grass"),
    (r"reeds?|cattails|dragonfly", "reeds"),
    (r"lil(y|ies)", "lilies"),
    (r"moss|hanging moss", "moss"),
    (r"fireflies|firefly", "fireflies"),
    (r"campfire|bonfire|camp fire", "campfire"),
    (r"glowing mushrooms?|mushrooms?|enchanted|magical|glowing spores", "mushrooms"),
    (
        r"shafts of (sun)?light|beams? of light|god rays|light shafts|dappled|sunbeams?|filtering through",
        "beams",
    ),
    (r"dappled", "dappled"),
    (r"windmills?", "windmill"),
    (r"barns?|red barn", "barn"),
    (r"fountains?", "fountain"),
    (r"lanterns?", "lanterns"),
    (r"neon", "neon"),
    (r"cyberpunk|futuristic|sci-fi", "cyberpunk"),
    (r"torch(es|light)?", "torches"),
    (r"embers?|sparks", "embers"),
    (r"banners?|flags?|torn flags", "flags"),
    (
        r"street ?lamps?|lamps? along|glowing lamps?|gas lamps?|street ?lights?|lamp ?light|lamp ?posts?",
        "street lamps",
    ),
    (r"desk lamp|table lamp", "desk lamp"),
    (r"curtains?|drapes", "curtains"),
    (r"windows?|tall windows", "windows"),
    (
        r"lit windows|window light|window lights|lights? (flicker )?in (distant )?windows|windows begin",
        "lit windows",
    ),
    (r"fireplace|hearth", "fireplace"),
    (r"moon(lit|light)?|full moon", "moon"),
    (r"starry|stars?|milky way|star field", "stars"),
    (r"northern lights|aurora|green curtains|veils of violet", "aurora"),
    (r"violet|purple", "violet"),
    (r"pink", "pink"),
    (r"clouds?|thunderclouds", "clouds"),
    (r"seagulls?|gulls|birds?|swallows", "birds"),
    (r"pigeons?|doves", "pigeons"),
    (r"sail ?boats?|boats?|yachts?|ships?", "boats"),
    (r"snowy peaks?|snow[- ]capped|snow-covered mountains?", "snowy peaks"),
    (r"mountains?|peaks?|ridges?|alpine|alps", "mountains"),
    (r"hills?|hillside", "hills"),
    (r"frozen|ice", "frozen"),
    (r"melting snow|meltwater|melting", "melting snow"),
    (r"snow(y(?! peaks)|field)?(?! peaks)|frost(y|ed)?|covered with snow|deep snow|blizzard", "snow"),
    (r"frost(y|ed)?", "frost"),
    (r"dew(y)?", "dew"),
    (r"path|trail|walkway|lane", "path"),
    (r"puddles?|wet|light rain|after (a|the) rain", "wet"),
    (r"mist(y)?|fog(gy)?", "mist"),
    (r"red desert|red rock", "red rock"),
    (r"shrubs?|bushes", "shrubs"),
    (r"cliffs?", "cliffs"),
    (r"waterfalls?", "waterfall"),
    (r"holograms?|hologram screens?", "holograms"),
    (r"domes?", "domes"),
    (r"striped sun", "striped sun"),
    (r"tents?", "tents"),
    (r"smoke|smoking", "smoke"),
    (r"heat shimmers?|midday heat", "heat"),
    (r"glass towers?|skyscrapers?", "towers"),
    (r"hanging plants?", "hanging plants"),
    (r"string lights?|fairy lights", "string lights"),
    (r"cabin|hut|chalet", "cabin"),
    (r"cars?|traffic", "cars"),
    (r"rainbow", "rainbow"),
    (r"victorian|gas ?lamps?|gas ?lit", "victorian"),
    (r"surf|breakers|rolling waves|big waves", "surf"),
    (r"still|calm|mirror|glassy", "still water"),
    (r"lightning", "lightning"),
    (r"silhouett\w*", "silhouettes"),
)
