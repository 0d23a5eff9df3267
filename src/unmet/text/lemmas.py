"""Light English lemmas: plural nouns and inflected verbs to the form a card can show.

Suffix rules in the manner of Porter (1980), but each result must be a known word where one is
known, so that the lemma is a word and not a stump.
"""

from __future__ import annotations

import re
from functools import lru_cache

from unmet.text.language import english_words

_IRREGULAR = dict(
    pair.split(":")
    for pair in """am:be is:be are:be was:be were:be been:be being:be has:have had:have having:have does:do did:do done:do
    went:go gone:go goes:go bought:buy broke:break broken:break came:come felt:feel found:find gave:give given:give got:get
    gotten:get kept:keep knew:know known:know left:leave lost:lose made:make paid:pay ran:run said:say sat:sit saw:see seen:see
    sent:send sold:sell spent:spend stood:stand stuck:stick swore:swear swollen:swell taken:take took:take taught:teach
    thought:think threw:throw thrown:throw told:tell tore:tear torn:tear understood:understand woke:wake wore:wear worn:wear
    wrote:write written:write ate:eat eaten:eat began:begin begun:begin bent:bend bit:bite bitten:bite blew:blow blown:blow
    brought:bring built:build caught:catch chose:choose chosen:choose drank:drink drove:drive driven:drive fell:fall
    fallen:fall fed:feed flew:fly forgot:forget forgotten:forget froze:freeze frozen:freeze grew:grow grown:grow heard:hear held:hold
    hung:hang laid:lay led:lead lent:lend lit:light meant:mean met:meet rose:rise sang:sing shook:shake shone:shine shot:shoot
    shrank:shrink shrunk:shrink slept:sleep slid:slide spoke:speak spoken:speak stole:steal stolen:steal struck:strike
    swam:swim won:win men:man women:woman children:child feet:foot teeth:tooth mice:mouse people:person knives:knife
    lives:life leaves:leaf shelves:shelf halves:half wives:wife scarves:scarf better:good best:good worse:bad worst:bad
    dying:die lying:lie tying:tie lenses:lens buses:bus gases:gas viruses:virus bonuses:bonus pluses:plus
    canvases:canvas atlases:atlas""".split()
)
_UNCHANGED = frozenset(
    """this his its us yes plus bus gas always as was has does is perhaps besides unless series species news
    glass class dress lens canvas pants jeans shorts headphones earbuds scissors glasses leggings tights during thing things
    nothing something anything everything king ring string spring bring sing wing morning evening ceiling wedding
    clothing housing earring red bed need feed speed seed bleed indeed hundred embed exceed weed breed shed
    tired sacred naked business address less across process access success stress express mess press loss boss pass miss kiss
    cross gross guess bless toss mass brass grass bass interesting amazing disappointing annoying frustrating""".split()
) - {"was", "has", "does", "is", "things", "series"}
_VOWEL = re.compile("[aeiouy]")
_DOUBLED = re.compile(r"([bdgklmnprtvz])\1$")


@lru_cache(maxsize=65_536)
def stem_english(word: str) -> str:
    """Lower-case lemma of an English word.

    >>> [stem_english(w) for w in ("Batteries", "charging", "stopped", "Boxes", "loved", "sizes", "fits", "glass")]
    ['battery', 'charge', 'stop', 'box', 'love', 'size', 'fit', 'glass']
    """
    word = word.lower().replace("\u2019", "'").removesuffix("'s").removesuffix("'")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word in _UNCHANGED or not word.isascii():
        return word
    if word == "things":
        return "thing"
    if word.endswith("ing"):
        return _verb_stem(word, word[:-3])
    if word.endswith("ed"):
        return word[:-3] + "y" if word.endswith("ied") and len(word) > 4 else _verb_stem(word, word[:-2])
    return _singular(word) if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _verb_stem(word: str, stem: str) -> str:
    if len(stem) < 2 or not _VOWEL.search(stem):
        return word
    known = english_words()
    undoubled = stem[:-1] if _DOUBLED.search(stem) else stem
    for candidate in (stem + "e", stem, undoubled) if undoubled == stem else (stem, undoubled, stem + "e"):
        if candidate in known:
            return candidate
    if undoubled != stem:
        return undoubled
    return stem + "e" if stem.endswith(("v", "c", "z", "u", "dg", "rg", "at", "iz", "ur")) else stem


def _singular(word: str) -> str:
    known = english_words()
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 and word[:-1] not in known else word[:-1]
    if word.endswith("es"):
        if word[:-1] in known:
            return word[:-1]
        if word.endswith(("ches", "shes", "xes", "sses", "zes", "oes")):
            return word[:-2]
    return word[:-1]
