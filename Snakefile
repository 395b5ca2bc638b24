"""soundworks: from one config file to every artifact under results/<experiment>/. The README says what there is."""

from snakemake.utils import min_version

min_version("9.0")


include: "rules/common.smk"
include: "rules/dataset.smk"
include: "rules/features.smk"
include: "rules/programmer.smk"
include: "rules/match.smk"
include: "rules/gan.smk"
include: "rules/grid.smk"
include: "rules/linearize.smk"
include: "rules/rnn.smk"
include: "rules/play.smk"


rule all:
    default_target: True
    input:
        "results/pop/config.yaml",
        "results/pop/records",
