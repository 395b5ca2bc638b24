"""
Features: those of each shard of chunks, then one array of all, scaled by the training split.

INPUTS, under results/{experiment}/:

    dataset.yaml, chunks.csv, chunks/

OUTPUTS, under results/{experiment}/:

    features/{feature}/features.npy    the values, float32; row i belongs to row i of chunks.csv
    features/{feature}/features.json   shape, axes, units, options, provenance
    features/{feature}/scaler.json     the scaler, where the options ask for one

The features are those of the config's section `features`; each depends on its own options alone.
"""


include: "feature_inputs.smk"


wildcard_constraints:
    feature="|".join(FEATURES),


rule extract_features:
    input:
        code=code("extract_features"),
        dataset="results/{experiment}/dataset.yaml",
        chunks="results/{experiment}/chunks",
        table="results/{experiment}/chunks.csv",
    output:
        shard=temp(directory("results/{experiment}/shards/features/{feature}/{shard}")),
    log:
        "logs/{experiment}/extract_features/{feature}/{shard}.log",
    benchmark:
        "benchmarks/{experiment}/extract_features/{feature}/{shard}.tsv"
    conda:
        "../envs/features.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_feature_digest,
        config=get_config_path,
    message:
        "Extracting {wildcards.feature} of shard {wildcards.shard} of {wildcards.experiment}."
    shell:
        "python scripts/extract_features.py --config {params.config} --dataset {input.dataset}"
        " --table {input.table} --feature {wildcards.feature} --shard {wildcards.shard}"
        " --output {output.shard} 2> {log}"


rule collect_features:
    input:
        code=code("collect_features", "soundworks.features.write"),
        dataset="results/{experiment}/dataset.yaml",
        table="results/{experiment}/chunks.csv",
        shards=get_feature_shards,
    output:
        features=directory("results/{experiment}/features/{feature}"),
    log:
        "logs/{experiment}/collect_features/{feature}.log",
    benchmark:
        "benchmarks/{experiment}/collect_features/{feature}.tsv"
    conda:
        "../envs/features.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_feature_digest,
        config=get_config_path,
    message:
        "Gathering {wildcards.feature} of {wildcards.experiment}."
    shell:
        "python scripts/collect_features.py --config {params.config} --dataset {input.dataset}"
        " --feature {wildcards.feature} --output {output.features} {input.shards} 2> {log}"
