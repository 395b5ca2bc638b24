"""
What the programmer is worth: all ways to find a patch compared, and single sounds matched.

INPUTS, under results/{experiment}/:

    dataset.yaml, settings.csv, chunks.csv, chunks/, features/{feature}/, programmer/{model}/
    and the sounds that the config's keys programmer.evaluate.sounds and programmer.match name

OUTPUTS, under results/{experiment}/:

    programmer/evaluation/metrics.json   errors of every method, with seed, versions and machine
    programmer/evaluation/timings.json   seconds per target
    programmer/evaluation/table.md       both as a table; table.csv for programs, targets.csv target by target
    matched/{target}/                    patch.json, presets, match.wav, comparison.png, report.json
"""


wildcard_constraints:
    target=r"[A-Za-z0-9][A-Za-z0-9_-]*",


rule evaluate_programmer:
    input:
        code=get_source_code("evaluate_programmer"),
        synth=get_synth_files,
        dataset="results/{experiment}/dataset.yaml",
        settings="results/{experiment}/settings.csv",
        table="results/{experiment}/chunks.csv",
        chunks="results/{experiment}/chunks",
        learned=get_evaluated,
        sounds=get_evaluated_sounds,
    output:
        evaluation=directory("results/{experiment}/programmer/evaluation"),
    log:
        "logs/{experiment}/evaluate_programmer.log",
    benchmark:
        "benchmarks/{experiment}/evaluate_programmer.tsv"
    conda:
        "../envs/programmer.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        digest=get_keys_digest("programmer", "refine", "evaluate", "predict"),
        config=get_config_path,
    message:
        "Comparing the programmers of {wildcards.experiment}."
    shell:
        "python scripts/evaluate_programmer.py --config {params.config} --dataset {input.dataset}"
        " --output {output.evaluation} 2> {log}"


rule match_sound:
    input:
        code=get_source_code("match_sound"),
        synth=get_synth_files,
        dataset="results/{experiment}/dataset.yaml",
        settings="results/{experiment}/settings.csv",
        table="results/{experiment}/chunks.csv",
        learned=get_predictor,
        sound=get_matched_sound,
    output:
        match=directory("results/{experiment}/matched/{target}"),
    log:
        "logs/{experiment}/match_sound/{target}.log",
    conda:
        "../envs/programmer.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_keys_digest("programmer", "refine", "predict"),
        config=get_config_path,
        refine=get_refine_option,
    message:
        "Matching the sound {wildcards.target} with {wildcards.experiment}."
    shell:
        "python scripts/match_sound.py --config {params.config} --dataset {input.dataset}"
        " --model {input.learned[0]} --sound {input.sound:q} {params.refine} --output {output.match} 2> {log}"
