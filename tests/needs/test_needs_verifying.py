import json
import random
import shutil

import polars as pl
import pytest
from needs_simulator import Planted, simulate

from unmet.core.config import MineConfig
from unmet.core.errors import RunFolderError
from unmet.core.files import dump_json, write_json
from unmet.core.runs import RunFolder, describe_inputs
from unmet.core.tables import REJECTED
from unmet.needs.cards import measure_needs
from unmet.needs.evidence_checks import _check_mention, check_mentions
from unmet.needs.needsfile import from_json, to_json
from unmet.needs.verifying import verify_run
from unmet.needs.wording_checks import rename

MODELS = {"sentiment": "linear@1"}


def build_run(path, *, scale="clipped", seed=0, shuffle=False):
    shop = simulate(
        [
            Planted("fan", 0.08, 0.05, -1.2, 0.3, requests=0.3),
            Planted("box", 0.15, 0.1),
            Planted("tag", 0.003),
        ],
        seed=2,
        documents=500,
        months=6,
        scale=scale,
    )
    tags = pl.col("need_id") == "tag"
    kept = shop.mentions.filter(~tags | (tags.cum_sum() <= 2))  # two mentions are too few for a card
    outside = pl.int_range(pl.len()) % 11 == 0
    mentions = kept.with_columns(
        pl.when(outside).then(None).otherwise("en:" + pl.col("need_id")).alias("group"),
        pl.when(outside).then(pl.lit("far_from_all")).alias("unclustered_reason"),
        pl.lit(None, dtype=pl.String).alias("need_id"),
        term=pl.col("aspect"),
        aspect_term=pl.col("aspect"),
        opinion_term=pl.col("opinion"),
    )
    documents = shop.documents
    if shuffle:
        documents, mentions = documents.reverse(), mentions.reverse()
    named = rename(documents.lazy(), mentions.lazy(), {})
    need_id = pl.col("group").replace_strict(named.ids, default=None, return_dtype=pl.String)
    mentions = mentions.with_columns(need_id.alias("need_id"))
    rejected = pl.DataFrame(
        {
            "source": ["shop.csv"] * 2,
            "row": [500, 501],
            "reason": ["spam", "empty_text"],
            "detail": [None, None],
            "text": ["buy", None],
        },
        schema=REJECTED,
    )
    path.mkdir(parents=True)
    source = path / "shop.csv"
    source.write_text("text\n")
    config = MineConfig(seed=seed)
    folder = RunFolder(path / "run")
    folder.start(config, describe_inputs([source]))
    names = [f"{table}.parquet" for table in ("documents", "rejected", "mentions")]
    names += ["needs.json", "quality.json", "report.html"]
    with folder.stage("all", names):
        measured = measure_needs(
            documents, mentions, statements=named.statements, config=config, models=MODELS
        )
        plain = to_json(measured.needs, documents=documents, mentions=measured.mentions, config=config)
        documents.write_parquet(folder.path / "documents.parquet")
        rejected.write_parquet(folder.path / "rejected.parquet")
        measured.mentions.sink_parquet(folder.path / "mentions.parquet")
        write_json(folder.path / "needs.json", plain)
        write_json(folder.path / "quality.json", {})
        write_report(folder.path, plain)
    counts = {
        "rows": 502,
        "rows_by_source": {"shop.csv": 502},
        "documents": 500,
        "rejected": 2,
        "mentions": mentions.height,
        "needs": len(measured.needs),
    }
    folder.finish(models=MODELS, counts=counts)
    return folder.path


def write_report(run, plain):
    data = json.dumps({"needs": plain["needs"]}, ensure_ascii=False).replace("<", "\\u003c")
    page = f'<html><script type="application/json" id="unmet-data">{data}</script></html>'
    (run / "report.html").write_text(page, encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build_run(tmp_path_factory.mktemp("built") / "a")


@pytest.fixture
def run(built, tmp_path):
    return shutil.copytree(built, tmp_path / "run")


def first(run):
    report = verify_run(run)
    assert not report.ok
    return str(report.differences[0])


def test_an_untouched_run_holds(run):
    report = verify_run(run)
    assert report.differences == ()
    assert report.ok
    counted = dict(report.checks)
    assert counted["quotes found byte for byte"] >= 10
    assert counted["numbers and words of cards recomputed"] > 150
    assert counted["texts match their hash"] == 500


def test_too_few_quotes_end_up_unclustered_and_counted(run):
    found = from_json(run / "needs.json")
    assert len(found.needs) == 2
    assert found.unclustered["reasons"]["too_few_quotes"] > 0
    assert sum(need.mentions for need in found.needs) + found.unclustered["mentions"] == found.mentions


@pytest.mark.parametrize("scale", ["none", "constant", "binary"])
def test_runs_without_usable_ratings_hold_too(tmp_path, scale):
    assert verify_run(build_run(tmp_path / "b", scale=scale)).ok


def test_needs_json_is_byte_stable_whatever_the_order_of_rows(built, tmp_path):
    again = build_run(tmp_path / "again", shuffle=True)
    assert (again / "needs.json").read_bytes() == (built / "needs.json").read_bytes()
    other = build_run(tmp_path / "other", seed=1)
    assert (other / "needs.json").read_bytes() != (built / "needs.json").read_bytes()


def test_needs_json_reads_back_as_the_same_cards(run):
    plain = json.loads((run / "needs.json").read_text("utf-8"))
    from dataclasses import asdict

    assert dump_json([asdict(need) for need in from_json(run / "needs.json").needs]) == dump_json(
        plain["needs"]
    )


def numbers(value, path=()):
    """Paths of all numbers of a nested structure."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in numbers(item, (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in numbers(item, (*path, index))]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return [path] if is_number else []


def change(plain, path, new):
    for key in path[:-1]:
        plain = plain[key]
    old, plain[path[-1]] = plain[path[-1]], new
    return old


def place(path):
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def with_changed_digit(number, chance):
    digits = list(repr(number))
    spots = [i for i, character in enumerate(digits) if character.isdigit()]
    spot = chance.choice(spots)
    digits[spot] = chance.choice([d for d in "123456789" if d != digits[spot]])
    return json.loads("".join(digits))


def test_any_changed_digit_of_a_card_is_named(built, run):
    plain = json.loads((built / "needs.json").read_text("utf-8"))
    chance = random.Random(5)
    paths = chance.sample([path for path in numbers(plain["needs"]) if path[1] != "quotes"], 40)
    for path in paths:
        changed = json.loads((built / "needs.json").read_text("utf-8"))
        value = plain["needs"]
        for key in path:
            value = value[key]
        wrong = with_changed_digit(value, chance)
        change(changed["needs"], path, wrong)
        (run / "needs.json").write_text(dump_json(changed), encoding="utf-8")
        need_id = plain["needs"][path[0]]["id"]
        expected = f"needs.json {need_id} {place(path[1:])}: expected {value!r}, found {wrong!r}"
        assert expected == first(run)


def test_any_changed_character_of_a_quote_is_named(built, run):
    chance = random.Random(6)
    for _ in range(30):
        changed = json.loads((built / "needs.json").read_text("utf-8"))
        need = chance.choice(changed["needs"])
        index = chance.randrange(len(need["quotes"]))
        quote = need["quotes"][index]
        spot = chance.randrange(len(quote["text"]))
        quote["text"] = quote["text"][:spot] + "#" + quote["text"][spot + 1 :]
        (run / "needs.json").write_text(dump_json(changed), encoding="utf-8")
        assert first(run).startswith(f"needs.json {need['id']} quotes[{index}].text: expected")


@pytest.mark.parametrize("key", ["start", "end"])
def test_changed_offsets_of_a_quote_are_named(built, run, key):
    changed = json.loads((built / "needs.json").read_text("utf-8"))
    changed["needs"][0]["quotes"][1][key] += 1
    (run / "needs.json").write_text(dump_json(changed), encoding="utf-8")
    assert "quotes[1]" in first(run)


@pytest.mark.parametrize("key", ["statement", "language", "aspect_terms"])
def test_changed_words_of_a_card_are_named(built, run, key):
    changed = json.loads((built / "needs.json").read_text("utf-8"))
    need = changed["needs"][1]
    if key == "aspect_terms":
        need[key][0]["value"] += "s"
        place = "aspect_terms[0].value"
    else:
        need[key] = need[key][:-1] + "z"
        place = key
    (run / "needs.json").write_text(dump_json(changed), encoding="utf-8")
    assert first(run).startswith(f"needs.json {need['id']} {place}: expected")


def test_a_changed_group_or_term_changes_the_words(run):
    mentions = pl.read_parquet(run / "mentions.parquet")
    other = pl.when(pl.col("aspect") == "fan").then(pl.lit("van")).otherwise("term")
    rewrite(run, "mentions.parquet", mentions.with_columns(other.alias("term")))
    told = complaint(run)
    assert "need_id of group en:fan: expected" in told
    assert "a card without mentions" in told


def test_a_need_that_is_hidden_or_shared_is_named(run):
    mentions = pl.read_parquet(run / "mentions.parquet")
    ids = dict(mentions.drop_nulls("need_id").select("group", "need_id").unique().iter_rows())
    merged = mentions.with_columns(pl.col("need_id").replace({ids["en:box"]: ids["en:fan"]}))
    rewrite(run, "mentions.parquet", merged)
    wanted = f"need_id of group en:box: expected '{ids['en:box']}', found '{ids['en:fan']}'"
    assert wanted in complaint(run)
    hidden = pl.when(pl.col("group") == "en:box").then(None).otherwise("need_id").alias("need_id")
    rewrite(run, "mentions.parquet", mentions.with_columns(hidden))
    assert f"need_id of group en:box: expected '{ids['en:box']}', found None" in complaint(run)


def test_a_run_of_an_earlier_version_is_refused_with_the_reason(run):
    mentions = pl.read_parquet(run / "mentions.parquet")
    older = mentions.drop("group", "term", "aspect_term", "opinion_term", "pair_vote")
    rewrite(run, "mentions.parquet", older)
    with pytest.raises(RunFolderError, match="an earlier version made this run"):
        verify_run(run)


def complaint(run):
    try:
        return "\n".join(str(difference) for difference in verify_run(run).differences)
    except RunFolderError as error:
        return str(error)


def test_any_changed_byte_of_any_file_fails(built, run):
    chance = random.Random(7)
    for name in [
        "documents.parquet",
        "mentions.parquet",
        "rejected.parquet",
        "needs.json",
        "report.html",
    ] * 8:
        content = bytearray((built / name).read_bytes())
        spot = chance.randrange(len(content))
        content[spot] ^= 1 << chance.randrange(7)
        (run / name).write_bytes(content)
        assert name in complaint(run)
        shutil.copy(built / name, run / name)
    assert verify_run(run).ok


def rewrite(run, name, table):
    """Change a table and its hash in the manifest, as someone would who wants to hide it."""
    table.write_parquet(run / name)
    RunFolder.open(run).record_output(name)


def test_a_changed_text_is_named_by_its_hash(run):
    documents = pl.read_parquet(run / "documents.parquet")
    target = documents["document_id"][17]
    text = pl.when(pl.col("document_id") == target).then(pl.col("text") + "!").otherwise("text").alias("text")
    rewrite(run, "documents.parquet", documents.with_columns(text))
    assert first(run).startswith(f"documents.parquet {target} text_hash: expected")


def test_a_changed_rating_changes_numbers(run):
    documents = pl.read_parquet(run / "documents.parquet")
    rating = pl.when(pl.int_range(pl.len()) == 3).then(1.5).otherwise("rating").alias("rating")
    rewrite(run, "documents.parquet", documents.with_columns(rating))
    assert first(run).startswith("needs.json need-")


def test_a_span_outside_its_document_is_named(run):
    mentions = pl.read_parquet(run / "mentions.parquet")
    row = mentions.with_row_index().filter(pl.col("need_id").is_null())["index"][-1]
    name = mentions["mention_id"][row]
    end = pl.when(pl.int_range(pl.len()) == row).then(9999).otherwise("end").alias("end")
    rewrite(run, "mentions.parquet", mentions.with_columns(end))
    assert any(f"mentions.parquet {name} span" in str(d) for d in verify_run(run).differences)


def test_whole_columns_find_the_rows_that_a_look_at_each_row_finds(run):
    documents, mentions = (pl.read_parquet(run / f"{name}.parquet") for name in ("documents", "mentions"))
    chance = random.Random(3)
    rows = mentions.head(120).to_dicts()
    broken = ("document_id", "start", "end", "aspect", "aspect_start", "aspect_end", "opinion_end")
    for row in rows[::2]:
        key = chance.choice(broken)
        number = isinstance(row[key], int)
        row[key] = chance.choice([None, -1, 0, row[key] + 1, 9999] if number else [None, "lid"])
    changed = pl.DataFrame(rows, schema=mentions.schema)
    texts = dict(documents.select("document_id", "text").iter_rows())
    each = [
        str(found)
        for row in changed.to_dicts()
        for found in _check_mention(row, texts.get(row["document_id"]))
    ]
    assert len(each) >= 40
    assert [str(found) for found in check_mentions(documents.lazy(), changed.lazy())] == each


def test_a_changed_aspect_is_named(run):
    mentions = pl.read_parquet(run / "mentions.parquet")
    row = mentions.with_row_index().filter(pl.col("need_id").is_null())["index"][-1]
    aspect = pl.when(pl.int_range(pl.len()) == row).then(pl.lit("lid")).otherwise("aspect").alias("aspect")
    rewrite(run, "mentions.parquet", mentions.with_columns(aspect))
    assert first(run).startswith(f"mentions.parquet {mentions['mention_id'][row]} aspect: expected")


def test_a_dropped_row_is_missed(run):
    rewrite(run, "rejected.parquet", pl.read_parquet(run / "rejected.parquet").head(1))
    differences = [str(difference) for difference in verify_run(run).differences]
    assert "manifest.json rows of shop.csv kept or rejected: expected 502, found 501" in differences


def test_a_row_both_kept_and_rejected_is_named(run):
    rejected = pl.read_parquet(run / "rejected.parquet").with_columns(row=pl.Series([500, 7]))
    rewrite(run, "rejected.parquet", rejected)
    assert any("shop.csv row 7 occurs: expected 1, found 2" in str(d) for d in verify_run(run).differences)


def test_a_removed_card_is_missed(run):
    plain = json.loads((run / "needs.json").read_text("utf-8"))
    gone = plain["needs"].pop()
    (run / "needs.json").write_text(dump_json(plain), encoding="utf-8")
    assert f"needs.json {gone['id']} card: expected 'a card for this need', found None" in [
        str(d) for d in verify_run(run).differences
    ]


def test_a_report_that_shows_other_numbers_is_named(run):
    plain = json.loads((run / "needs.json").read_text("utf-8"))
    plain["needs"][1]["mentions"] += 1
    write_report(run, plain)
    wanted = f"report.html {plain['needs'][1]['id']} mentions: expected"
    assert first(run).startswith(wanted)


def test_a_missing_file_is_named(run):
    (run / "report.html").unlink()
    assert first(run) == "report.html file: expected 'present', found 'missing'"
    (run / "documents.parquet").unlink()
    with pytest.raises(RunFolderError, match=r"documents\.parquet: the file is missing"):
        verify_run(run)


@pytest.mark.parametrize("content", ["", "[]", '{"schema_version": 9}', '{"schema_version": 1}', "\x00"])
def test_an_unreadable_needs_json_is_a_clear_error(run, content):
    (run / "needs.json").write_text(content)
    with pytest.raises(RunFolderError, match=r"needs\.json"):
        verify_run(run)


def test_no_needs_at_all_is_a_valid_run():
    shop = simulate([Planted("fan", 0.1)], seed=1, documents=50)
    bare = shop.mentions.with_columns(need_id=pl.lit(None, dtype=pl.String))
    for mentions in (bare, bare.head(0)):
        measured = measure_needs(shop.documents, mentions, statements={}, config=MineConfig(), models={})
        plain = to_json([], documents=shop.documents, mentions=measured.mentions, config=MineConfig())
        assert plain["needs"] == []
        assert plain["unclustered"]["mentions"] == mentions.height


def test_a_document_that_vanished_is_named(run):
    documents = pl.read_parquet(run / "documents.parquet")
    gone = pl.read_parquet(run / "mentions.parquet").drop_nulls("need_id")["document_id"][0]
    rewrite(run, "documents.parquet", documents.filter(pl.col("document_id") != gone))
    text = complaint(run)
    assert "a mention points at a document that is not there" in text
    assert f"document_id: expected 'a stored document', found '{gone}'" in text


@pytest.mark.parametrize("key", ["started_at", "seed", "counts", "config"])
def test_a_changed_manifest_is_named(run, key):
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    if key == "counts":
        manifest["counts"]["documents"] += 1
    elif key == "config":
        manifest["config"]["needs"]["confidence_level"] = 0.8
    else:
        manifest[key] = 7
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "manifest.json manifest_sha256: expected" in complaint(run)


def test_a_configuration_of_another_version_is_a_clear_error(run):
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    manifest["config"]["needs"]["unheard_of"] = 1
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(RunFolderError, match="unheard_of"):
        verify_run(run)
