"""The wording rules of a need statement, one test per rule."""

from __future__ import annotations

import pytest

from unmet.needs.group_words import GroupWords
from unmet.needs.said import Said
from unmet.needs.statements import LONGEST, word_need, write_statement


def complaint(phrase: str, mentions: int = 9, **changes: object) -> Said:
    return Said(phrase, complaints=mentions, praises=0, **changes)  # type: ignore[arg-type]


def praise(phrase: str, mentions: int = 9, **changes: object) -> Said:
    return Said(phrase, complaints=0, praises=mentions, **changes)  # type: ignore[arg-type]


def words(*said: Said, **changes: object) -> GroupWords:
    base = {
        "language": "zh",
        "names": (("物流", 30),),
        "said": said,
        "stories": (),
        "n_requests": 0,
        "n_negative": 14,
        "n_positive": 10,
        "named_by_opinion": False,
    }
    return GroupWords(**{**base, **changes})  # type: ignore[arg-type]


def english(*said: Said, **changes: object) -> GroupWords:
    return words(*said, **{"language": "en", "names": (("screen", 30),), **changes})


def test_praise_is_kept_and_a_complaint_becomes_its_opposite():
    got = write_statement(
        words(praise("厚实", 20), complaint("掉漆", 5), complaint("难洗", 6), names=(("内胆", 9),))
    )
    assert got == "内胆厚实、好洗、不掉漆"


def test_a_complaint_and_its_praise_are_one_wish():
    wording = word_need(words(praise("快", 20), complaint("慢", 12)))
    assert wording.text == "物流快"
    assert wording.clauses[0].mentions == 32


def test_a_phrase_is_worded_of_the_part_its_mentions_name():
    got = write_statement(
        words(
            praise("专业", 20, subject="师傅"), complaint("没人来安装", 8), names=(("安装", 40), ("师傅", 30))
        )
    )
    assert got == "师傅专业，有人来安装"


def test_a_phrase_does_not_repeat_the_name_it_begins_with():
    got = write_statement(words(praise("内胆不粘底"), complaint("内胆难洗", 6), names=(("内胆", 9),)))
    assert got == "内胆好洗、不粘底"


def test_a_phrase_whose_own_mentions_disagree_is_not_used():
    mixed = Said("清楚", complaints=5, praises=6)
    unsure = Said("到位", complaints=0, praises=5, unsure=6)
    assert not word_need(words(mixed, unsure)).clauses


def test_a_good_phrase_counted_as_complaint_is_not_turned_into_a_bad_wish():
    assert write_statement(words(complaint("不粘底", 8), names=(("内胆", 9),))) == "减少对内胆的抱怨"
    assert not word_need(english(complaint("does not overheat"))).clauses


def test_a_bad_phrase_counted_as_praise_is_not_kept():
    assert not word_need(words(praise("一充就发烫"), names=(("充电", 9),))).clauses
    assert not word_need(english(praise("loose"))).clauses


@pytest.mark.parametrize("phrase", ["太差", "好", "垃圾", "杠杠", "不行", "没得说"])
def test_bare_judgements_are_no_needs(phrase):
    assert not word_need(words(complaint(phrase), praise(phrase))).clauses


@pytest.mark.parametrize("phrase", ["great", "bad", "not worth", "very disappointed", "works great"])
def test_bare_english_judgements_are_no_needs(phrase):
    assert not word_need(english(complaint(phrase, 12))).clauses


def test_a_phrase_cut_off_inside_its_clause_is_not_used():
    assert not word_need(words(praise("十分清爽", closed=0.1))).clauses


def test_a_phrase_common_everywhere_does_not_tell():
    assert not word_need(words(praise("清爽", lift=1.1))).clauses


def test_a_phrase_said_twice_in_a_large_group_is_noise():
    got = write_statement(words(praise("舒服", 40), praise("柔软", 2), n_positive=200, names=(("面料", 90),)))
    assert got == "面料舒服"


def test_a_size_needs_the_thing_that_has_it():
    assert not word_need(words(complaint("大"), names=(("声音", 9),))).clauses
    assert write_statement(words(complaint("大", subject="噪音"), names=(("噪音", 9),))) == "噪音不会太大"


def test_the_statement_is_called_by_a_noun_not_by_a_state():
    got = write_statement(words(praise("耐心"), names=(("好看", 20), ("客服", 12))))
    assert got == "客服耐心"


def test_a_name_that_is_bad_itself_is_not_wished_for():
    got = write_statement(words(complaint("不是正品", 8), complaint("假货", 9), names=(("假货", 20),)))
    assert got == "没有假货、是正品"


def test_the_title_of_a_concept_is_left_out_where_the_wish_repeats_it():
    got = write_statement(
        words(praise("新鲜", 20), complaint("发霉", 6), names=(("新鲜度", 9),), titled=True)
    )
    assert got == "新鲜、不发霉"


def test_no_word_is_said_twice():
    got = write_statement(
        words(complaint("有头皮屑", 9), complaint("头皮屑", 8), complaint("油腻", 6), names=(("头发", 30),))
    )
    assert got == "头发不油腻，没有头皮屑"


def test_a_lone_state_without_a_thing_reads_as_a_wish():
    got = write_statement(words(complaint("不凉快"), names=(("不凉快", 9),), named_by_opinion=True))
    assert got == "足够凉快"


def test_stories_speak_where_no_opinion_does():
    got = write_statement(words(stories=(complaint("要收费", 5),), names=(("打孔", 20),)))
    assert got == "打孔不额外收费"


def test_without_a_phrase_the_frame_says_plainly_what_customers_speak_of():
    assert write_statement(words(names=(("铜管", 20),))) == "减少对铜管的抱怨"
    assert write_statement(words(n_positive=40, names=(("铜管", 20),))) == "保持对铜管的好评"
    assert write_statement(english(names=(("warranty", 20),))) == "Fewer complaints about warranty"


def test_a_name_that_is_no_thing_is_quoted_in_the_plain_frame():
    assert write_statement(words(names=(("没用", 20),), named_by_opinion=True)) == "减少“没用”这类抱怨"
    got = write_statement(english(names=(("too weird", 20),), named_by_opinion=True))
    assert got == "Fewer complaints like “too weird”"


def test_statements_stay_short():
    said = [complaint(phrase, subject="安装师傅") for phrase in ("不专业", "不解决问题", "不联系顾客")]
    got = write_statement(words(*said, names=(("安装师傅", 30),)))
    assert len(got) <= LONGEST["zh"]


def test_english_states_make_a_plain_sentence():
    got = write_statement(
        english(praise("clear", 30), praise("bright", 20), complaint("too small", 8, subject="screen"))
    )
    assert got == "Screen is clear and bright, not too small"


def test_english_plurals_and_acts():
    got = write_statement(english(praise("comfortable", 9), complaint("ripped", 6), names=(("straps", 30),)))
    assert got == "Straps are comfortable; does not rip"


def test_what_is_done_is_worded_as_doing_it():
    charge = {"names": (("charge", 30), ("charging", 20))}
    assert write_statement(english(complaint("slow"), **charge)) == "Charges fast"
    assert write_statement(english(complaint("overheats"), **charge)) == "Does not overheat while charging"
    got = write_statement(english(praise("easy", 9), praise("easy to use", 8), names=(("navigate", 30),)))
    assert got == "Easy to navigate and use"


def test_what_annoys_is_not_wanted():
    got = write_statement(
        english(complaint("annoying", 9, subject="ads"), names=(("ads", 30),), n_positive=0)
    )
    assert got == "No annoying ads"


def test_a_simile_is_the_need_where_the_name_is_the_complaint():
    got = write_statement(
        english(
            complaint("huge", 9, subject="tent"),
            stories=(complaint("fit like a tent"),),
            names=(("tent", 30),),
        )
    )
    assert got == "Does not fit like a tent"


def test_a_way_of_failing_is_worded_as_not_failing():
    assert write_statement(english(names=(("shrunk", 20), ("shrink", 9)))) == "Does not shrink"


def test_a_subject_is_not_said_again_by_its_state():
    got = write_statement(
        english(praise("comfortable", 20), names=(("comfort", 30),), titled=True, n_positive=90)
    )
    assert got == "Comfortable"


def test_the_same_words_give_the_same_statement_in_any_order():
    said = [praise("厚实", 9), complaint("掉漆", 9), complaint("难洗", 9)]
    base = {"names": (("内胆", 9),)}
    assert write_statement(words(*said, **base)) == write_statement(words(*reversed(said), **base))
