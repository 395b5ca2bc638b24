# The repository's commands; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help records test lint fast-test bench pictures wasm pins clean

#: Requirement files of the tests; `records` needs only base and tensorflow.
ALL := base tensorflow features engines programmer torch wasm test

RUN := PATH="$(CURDIR)/.venv/bin:$$PATH"
SNAKEMAKE := $(RUN) snakemake

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

records:  ## Set up, then make the data set results/pop/records
	@requirements/install.sh base tensorflow
	@echo "records: snakemake --cores all results/pop/records"
	@$(SNAKEMAKE) --cores all results/pop/records
	@$(RUN) soundworks verify results/pop

test: lint  ## Set up what tests need, then lint and run every test
	@echo "test: pytest"
	@$(RUN) python -m pytest -n 2 --dist loadgroup --cov --cov-report term:skip-covered -q

fast-test:  ## Run the unit tests alone
	@requirements/install.sh $(ALL)
	@$(RUN) python -m pytest -n 2 -q tests/unit tests/scripts

lint:  ## Check style, types and the workflow's form
	@requirements/install.sh $(ALL)
	@echo "lint: ruff, mypy, snakefmt, snakemake --lint"
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) snakefmt --check Snakefile rules
	@$(SNAKEMAKE) --lint

bench:  ## Measure speed and memory against peers; keeps the table in benchmarks/
	@requirements/install.sh $(ALL)
	@$(RUN) PYTHONPATH=tests python -m bench

pictures:  ## Draw the README's pictures anew into docs/ (needs Graphviz and Chromium; trains pop's GAN and tone's network)
	@requirements/install.sh $(ALL)
	@$(SNAKEMAKE) --cores all results/pop/records results/drip/records results/wind/records results/tone/records \
	    results/pop/linearized results/pop/grid/index.html results/tone/generated results/tone/play/index.html
	@$(RUN) python docs/draw.py
	@$(RUN) python docs/draw_grid.py
	@$(RUN) python docs/draw_play.py
	@$(SNAKEMAKE) --rulegraph dot results/pop/records | dot -Tsvg > docs/rulegraph.svg

wasm:  ## Compile the engine of the page that plays a network anew (its .wasm is kept beside the source)
	@requirements/install.sh base torch wasm
	@$(RUN) python -m soundworks.rnn.page.build

pins:  ## Pin the requirement files anew from their .in files (needs uv)
	@before=""; for name in $(ALL); do \
	    uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate $$before \
	        requirements/$$name.in -o requirements/$$name.txt; \
	    sed -i -E "/^(cuda|nvidia|triton)/d; s/^torch==([0-9.]+).*/torch==\1/" requirements/$$name.txt; \
	    uniq requirements/$$name.txt requirements/.pins && mv requirements/.pins requirements/$$name.txt; \
	    sed -i "1i # Pinned by \`make pins\` from $$name.in: edit that." requirements/$$name.txt; \
	    before="$$before -c requirements/$$name.txt"; \
	done

clean:  ## Remove the virtual environment and everything generated
	rm -rf .venv results logs benchmarks/*/ .snakemake .pytest_cache .mypy_cache .ruff_cache .hypothesis
