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


def get_programmer_section(wildcards):
    """Return the config's section of the programmer, defaults filled in."""
    return get_experiment(wildcards.experiment).sections["programmer"]


def get_learned(wildcards, models, is_near):
    """Return the folders of some models, of the features that they hear, and of that by which sounds are near."""
    section = get_programmer_section(wildcards)
    features = {model_options(model, section).feature for model in models}
    features |= {section["refine"]["feature"]} if is_near else set()
    root = f"results/{wildcards.experiment}"
    return [
        *(f"{root}/programmer/{model}" for model in models),
        *(f"{root}/features/{feature}" for feature in sorted(features)),
    ]


def get_evaluated(wildcards):
    """Return the folders of the models that are compared, and of all features that the comparison needs."""
    models = get_programmer_section(wildcards)["evaluate"]["models"]
    return get_learned(wildcards, models, is_near=True)


def get_predictor(wildcards):
    """Return the folder of the model that matches sounds, and of the features that it and the search need."""
    section = get_programmer_section(wildcards)
    is_near = section["predict"]["refine"] and section["refine"]["nearest"] > 0
    return get_learned(wildcards, [section["predict"]["model"]], is_near)


def get_sound_path(wildcards, file):
    """Return a sound file that the config names, from where Snakemake runs."""
    config = get_experiment(wildcards.experiment).path
    return os.path.normpath(config.parent / file)


def get_evaluated_sounds(wildcards):
    """Return the sounds from elsewhere that the comparison has as targets."""
    section = get_programmer_section(wildcards)
    return [get_sound_path(wildcards, file) for file in section["evaluate"]["sounds"]]


def get_matched_sound(wildcards):
    """Return the sound of a target to match."""
    sounds = get_programmer_section(wildcards)["match"]
    if wildcards.target not in sounds:
        known = ", ".join(sorted(sounds)) or "none"
        raise WorkflowError(
            f"{get_config_path(wildcards)}: programmer.match: found no sound {wildcards.target!r}, expected one of: {known}"
        )
    return get_sound_path(wildcards, sounds[wildcards.target])


def get_programmer_digest(*keys):
    """Return an input function: a digest of the seed and of some keys of the config's section."""

    def section_digest(wildcards):
        section = get_programmer_section(wildcards)
        seed = get_experiment(wildcards.experiment).seed
        return digest([seed, {key: section[key] for key in keys}])

    return section_digest


def get_refine_option(wildcards):
    """Return whether a search follows a prediction, as an option."""
    section = get_programmer_section(wildcards)
    return "--refine" if section["predict"]["refine"] else "--no-refine"


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
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        digest=get_programmer_digest("refine", "evaluate", "predict"),
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
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_programmer_digest("refine", "predict"),
        config=get_config_path,
        refine=get_refine_option,
    message:
        "Matching the sound {wildcards.target} with {wildcards.experiment}."
    shell:
        "python scripts/match_sound.py --config {params.config} --dataset {input.dataset}"
        " --model {input.learned[0]} --sound {input.sound:q} {params.refine} --output {output.match} 2> {log}"
