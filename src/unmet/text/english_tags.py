"""A light English tagger: closed-class lists, a small lexicon, suffixes and neighbours.

No tagger without a downloaded model exists among the dependencies. Aspects and opinions need little
more than "noun, adjective, verb, or glue", which lists and suffixes give for review English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_CLOSED = {
    "u": """the a an this that these those some any each every no another both either neither all such is are was were be been
    being am 's 're 'm do does did has have had having can could will would shall should may might must not n't isn't
    wasn't aren't weren't don't doesn't didn't hasn't haven't hadn't can't couldn't won't wouldn't shouldn't cannot cant dont
    doesnt didnt wont isnt it's that's there's i'm i've i'd i'll you're you'll they're we're we've he's she's to""",
    "r": """i you he she it we they me him her us them my your his its our their mine yours hers ours theirs myself yourself
    itself themselves ourselves himself herself who whom whose which what something anything nothing everything someone
    anyone everyone one ones nobody somebody everybody there""",
    "p": """of in on at from with without for by about into onto over under between through during after before against among
    around near off out up down since until within toward towards upon across behind beside beyond despite like unlike than as per via""",
    "c": "and or but nor so yet if because although though while whereas unless when where whenever wherever whether how why",
    "d": """very too quite really so just only also even still already always never often sometimes usually rarely hardly barely
    almost nearly again soon now then here ever maybe perhaps however therefore rather pretty fairly extremely super
    absolutely definitely overall otherwise instead together well away back twice once enough far more most less least
    yes unfortunately fortunately right""",
    "m": "one two three four five six seven eight nine ten eleven twelve twenty thirty hundred thousand million dozen half first second third",
}  # fmt: skip
_ADJECTIVES = """able accurate affordable amazing annoying awesome awful awkward bad baggy beautiful best better big bigger bland
boring boxy breathable bright brilliant broken bulky busy cheap cheaper cheesy clean clear close clumsy cold comfortable comfy compact
complete cool correct cozy crappy crazy creamy crisp cute damaged dark dead decent deep defective delicious difficult dim dirty
disappointed disappointing dry dull durable easier easy economical effective elegant excellent exact exciting expensive extra
fabulous fair fake false fancy fantastic fast faster favorite few fine firm flat flattering flimsy foldable free fresh friendly full fun
funny fuzzy glad glossy good gorgeous graceful great greasy green gross handy happy hard harsh heavier heavy helpful hidden high higher
honest horrible hot huge ideal impressed impressive inaccurate incorrect incredible inexpensive itchy junky kind laggy large larger late
lazy light lighter lightweight little long longer loose loud lousy lovely low lower mad main major mediocre messy mild minimal misleading
modern nasty natural neat new nice noisy normal odd oily okay ok old older original outdated outstanding overpriced painful perfect
picky plain pleasant pleased plastic pleasing poor portable powerful premium prettier pricey proper proud quick quicker quiet rare raw ready real
reasonable reliable remarkable responsive rich ridiculous rigid rough round rude rusty sad safe salty satisfied scary scratchy
sensitive serious shaky sharp sheer shiny short shorter sick silky silly similar simple sleek slick slim slippery slow slower sluggish
small smaller smart smelly smooth snug soft softer solid sore spacious special spicy spotty stable stale sticky stiff strange
strong stronger stuck stunning sturdy stupid stylish subtle superb superior sure sweet tall tasteless tasty terrible terrific
thick thicker thin thinner tight tiny tired top tough true ugly unacceptable uncomfortable unhappy unique unreliable unusable
useful useless vague versatile vibrant warm waterproof weak weird wet white whole wide wireless wonderful worse worst worth worthless
wrong yummy young black blue red grey gray brown yellow pink purple amazed confused frustrated frustrating confusing surprised
surprising user-friendly brand-new high-quality long-lasting well-made lovable alive certain different dual due electric enjoyable entire
final former general global half-baked hefty immediate initial intuitive key last left local mini next only other own partial particular past personal
possible present previous primary public quality-made random recent remote same secure several single slightest standard
sufficient total traditional typical unable upset usual various visible wary wild worn many much unsatisfied dissatisfied defunct
finicky fiddly buggy glitchy crunchy chewy soggy juicy moist bitter sour fluffy stretchy clingy frumpy dainty roomy bouncy crappier""".split()
_VERBS = """add adjust agree allow appear apply arrive ask assemble attach avoid bend bite bleed block blow bought boil bother break bring
broke broken build burn buy call came cancel care carry catch cause change charge check chew choose clean click close come complain connect
consider contact contain continue cook cool cost cover crack crash cut deal decide deliver depend deserve design die differ disappoint
disconnect dislike download drain dream drink drive drop dry eat enjoy ensure exchange expect expire explain fade fail fall feel fell felt
figure fill find finish fit fix fold follow forget found freeze fry gave get give glad go got grab grow guess hang happen hate
hear heard heat held help hold hope hurt ignore imagine improve include install jam keep kept kill knew know lack last leak learn leave
left let lie like listen live load look lose lost love made make manage match matter mean melt mention mind miss move need notice offer open
order owe own pack paid pair pay peel pick place plan play plug pop prefer prevent promise protect prove provide pull purchase push put
ran reach read realize receive recommend reduce refund refuse regret remain remember remind remove repair replace report require reset
respond return rip rub run rust said sat save saw say scratch search see seem sell send sent serve set sew shake ship shipped shop shrank shrink
shrunk shut sit skip sleep slide slip slow smell snap sold soak solve sound speak spend spent spill stain stand start stay stick stop store stretch
struggle stuck suck suggest suit support swear sweat swell switch take taste tear tell tend test thank think thought threw throw tie
told took tore touch tried trust try turn type understand update upgrade upload use used vibrate wait wake walk want warn wash waste
watch wear went wipe wish wonder wonder wore work worked worry write wrote yell""".split()
_NOUN_TOO = frozenset(
    """fit charge cover design order price return sound smell taste touch work works support update upgrade
    help care change cost deal drop fall feel hope look love need plan play purchase refund replacement store switch test type use
    wash waste watch wear button charger battery zipper heat case shop stop start set run repair report search place pair plug load light
    design stain stretch clip cook crack cut drink drive design box leak read shape size color""".split()
)
_SUFFIXES = (
    (
        re.compile(r".{3,}(?:ness|ment|tion|sion|ity|ance|ence|ship|ism|ist|age|ture|ware|dom|ery|ology)s?$"),
        "n",
    ),
    (
        re.compile(
            r".{3,}(?:ful|less|ous|able|ible|ive|ish|ical|ic|esque|ier|iest|proof|friendly|worthy|like)$"
        ),
        "a",
    ),
    (re.compile(r".{3,}ly$"), "d"),
    (re.compile(r".{3,}(?:ize|ise|ify|ized|ised|ified|izing|ising|ifying|en)$"), "v"),
    (re.compile(r".{2,}ing$"), "v"),
    (re.compile(r".{2,}ed$"), "v"),
)
_BE = frozenset("is are was were be been being am 's 're 'm it's that's isn't wasn't aren't weren't i'm they're we're you're he's she's"
                " look looks looked feel feels felt seem seems seemed sound sounds sounded smell smells taste tastes".split())  # fmt: skip
_DETERMINERS = frozenset(
    "the a an this that these those my your his her its our their some any each every no another".split()
)
_SUBJECTS = frozenset("i you he she it we they who".split())
_MODALS = frozenset("to can could will would shall should may might must do does did don't doesn't didn't can't couldn't won't wouldn't not never".split())  # fmt: skip


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, str]:
    lexicon = dict.fromkeys(_VERBS, "v")
    lexicon.update(dict.fromkeys(_ADJECTIVES, "a"))
    for tag in ("m", "d", "c", "p", "r", "u"):
        lexicon.update(dict.fromkeys(_CLOSED[tag].split(), tag))
    return lexicon


def tag_english(tokens: Sequence[str]) -> list[str]:
    """Part of speech of each token (n v a d r p c m u x); see :func:`unmet.text.words.tag_words`.

    >>> tag_english(["It", "fits", "well", ",", "nice", "fit"])
    ['r', 'v', 'd', 'x', 'a', 'n']
    """
    words = [token.lower().replace("\u2019", "'") for token in tokens]
    tags = [_alone(word) for word in words]
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        tags[index] = _in_context(word, tags[index], before, tags, index)
    return tags


def _alone(word: str) -> str:
    lexicon = _lexicon()
    tag = lexicon.get(word)
    if tag:
        return tag
    if not word[0].isalnum():
        return "x"
    if word[0].isdigit():
        return "m"
    for ending in ("s", "es", "ed", "d", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and lexicon.get(stem) == "v":
            return "v"
    for pattern, suffix_tag in _SUFFIXES:
        if pattern.match(word):
            return suffix_tag
    if "-" in word and word.rsplit("-", 1)[1] in lexicon:
        return "a"
    return "n"


def _in_context(word: str, tag: str, before: str, tags: list[str], index: int) -> str:
    tag_before = tags[index - 1] if index else "x"
    tag_after = tags[index + 1] if index + 1 < len(tags) else "x"
    if tag == "v":
        if before in _SUBJECTS or before in _MODALS:
            return "v"
        if before in _DETERMINERS or tag_before in ("a", "m"):
            return "a" if tag_after == "n" and word.endswith(("ed", "ing")) else "n"
        if before in _BE and word.endswith("ed"):
            return "a"
        if _noun_too(word) and (tag_before in ("n", "p") or (tag_before == "x" and tag_after in ("u", "v"))):
            return "n"
    elif (
        tag == "a"
        and before in _DETERMINERS
        and tag_after in ("u", "v", "x")
        and word not in ("best", "worst")
    ):
        return "a" if word in _lexicon() and before not in ("the", "my", "this") else "n"
    elif word == "like" and (before in _SUBJECTS or before in _MODALS or tag_before == "d"):
        return "v"
    elif word in ("pretty", "well", "right") and before in _BE and tag_after in ("n", "x"):
        return "a"
    return tag


def _noun_too(word: str) -> bool:
    return word in _NOUN_TOO or word.removesuffix("s") in _NOUN_TOO
