"""
The data set: enumerate the settings, render them in shards, gather the chunks, write the records.

INPUTS:

    config/experiments/{experiment}.yaml (or an original DSGenerator .json)

OUTPUTS, under results/{experiment}/:

    config.yaml                 the whole config, with all defaults filled in
    dataset.yaml, settings.csv  what the data set is, and its settings
    chunks/, chunks.csv         the audio, and the table that indexes it
    chunks.sha256, summary.json checksums of the audio, and counts
    records/                    parameter records in every format of the config, and manifest.json
    shards/                     what the rendering jobs made; chunks/ and records/ are hard links into it

The number of jobs depends on the config (dataset.shards), not on the number of settings.
"""


localrules:
    write_config,
    enumerate_settings,


rule write_config:
    input:
        code=code("write_config"),
        config=get_config_path,
    output:
        config="results/{experiment}/config.yaml",
    log:
        "logs/{experiment}/write_config.log",
    conda:
        "../envs/dataset.yaml"
    params:
        digest=get_config_digest,
    message:
        "Writing the resolved config of {wildcards.experiment}."
    shell:
        "python scripts/write_config.py --config {input.config} --output {output.config} 2> {log}"


rule enumerate_settings:
    input:
        code=get_source_code("enumerate_settings"),
        synth=get_synth_files,
        presets=get_presets,
    output:
        dataset="results/{experiment}/dataset.yaml",
        settings="results/{experiment}/settings.csv",
    log:
        "logs/{experiment}/enumerate_settings.log",
    conda:
        get_source_env
    threads: 8
    params:
        digest=get_dataset_digest,
        config=get_config_path,
    message:
        "Enumerating the settings of {wildcards.experiment}."
    shell:
        "python scripts/enumerate_settings.py --config {params.config} --jobs {threads}"
        " --output-dataset {output.dataset} --output-settings {output.settings} 2> {log}"


rule render_audio:
    input:
        code=get_source_code("render_audio"),
        synth=get_synth_files,
        dataset="results/{experiment}/dataset.yaml",
        settings="results/{experiment}/settings.csv",
    output:
        shard=directory("results/{experiment}/shards/{shard}"),
    log:
        "logs/{experiment}/render_audio/{shard}.log",
    benchmark:
        "benchmarks/{experiment}/render_audio/{shard}.tsv"
    conda:
        get_source_env
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        synth_path=get_synth_option,
    message:
        "Rendering shard {wildcards.shard} of {wildcards.experiment}."
    shell:
        "python scripts/render_audio.py --dataset {input.dataset} {params.synth_path}"
        " --settings {input.settings} --shard {wildcards.shard} --output {output.shard} 2> {log}"


rule collect_chunks:
    input:
        code=code("collect_chunks"),
        dataset="results/{experiment}/dataset.yaml",
        shards=get_shards,
    output:
        chunks=directory("results/{experiment}/chunks"),
        table="results/{experiment}/chunks.csv",
        checksums="results/{experiment}/chunks.sha256",
        summary="results/{experiment}/summary.json",
    log:
        "logs/{experiment}/collect_chunks.log",
    conda:
        "../envs/dataset.yaml"
    message:
        "Gathering the chunks of {wildcards.experiment}."
    shell:
        "python scripts/collect_chunks.py --dataset {input.dataset} --output-chunks {output.chunks}"
        " --output-table {output.table} --output-checksums {output.checksums}"
        " --output-summary {output.summary} {input.shards} 2> {log}"


rule write_tfrecords:
    input:
        code=code("write_tfrecords"),
        dataset="results/{experiment}/dataset.yaml",
        settings="results/{experiment}/settings.csv",
        chunks="results/{experiment}/chunks",
        table="results/{experiment}/chunks.csv",
    output:
        tfrecords=directory("results/{experiment}/shards/tfrecords"),
    log:
        "logs/{experiment}/write_tfrecords.log",
    benchmark:
        "benchmarks/{experiment}/write_tfrecords.tsv"
    conda:
        "../envs/tensorflow.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        shard_mib=get_tfrecord_shard_mib,
    message:
        "Writing the TFRecords of {wildcards.experiment}."
    shell:
        "python scripts/write_tfrecords.py --dataset {input.dataset} --shard-mib {params.shard_mib}"
        " --output {output.tfrecords} 2> {log}"


rule write_records:
    input:
        code=code("write_records"),
        dataset="results/{experiment}/dataset.yaml",
        settings="results/{experiment}/settings.csv",
        chunks="results/{experiment}/chunks",
        table="results/{experiment}/chunks.csv",
        checksums="results/{experiment}/chunks.sha256",
        summary="results/{experiment}/summary.json",
        tfrecords=get_tfrecords,
    output:
        records=directory("results/{experiment}/records"),
    log:
        "logs/{experiment}/write_records.log",
    benchmark:
        "benchmarks/{experiment}/write_records.tsv"
    conda:
        get_source_env
    threads: 8
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        formats=get_format_options,
        tfrecords=lambda wildcards, input: (
            f"--tfrecords {input.tfrecords}" if input.tfrecords else ""
        ),
    message:
        "Writing the records of {wildcards.experiment}."
    shell:
        "python scripts/write_records.py --dataset {input.dataset} {params.formats} {params.tfrecords}"
        " --jobs {threads} --output {output.records} 2> {log}"
