"""
The synthesizer programmer: models that hear a sound and predict the parameters of the synth.

INPUTS, under results/{experiment}/:

    dataset.yaml, settings.csv, chunks.csv, features/{feature}/

OUTPUTS, under results/{experiment}/:

    programmer/{model}/model.weights.h5   the weights
    programmer/{model}/model.json         all else that a prediction needs
    programmer/{model}/metrics.json       losses and errors, with seed and versions
    programmer/{model}/history.csv        learning curves
    programmer/{model}/timing.csv         seconds of each epoch
    programmer/{model}/weights/           weights along the way, every save_freq epochs
    programmer/.checkpoints/              what an interrupted training goes on from
    programmer/evaluation/                the comparison of all models: metrics.json, timings.json, table.md …
    matched/{target}/                     the patch of a sound: presets, match.wav, comparison.png, report.json

Each model depends on its own options in the config's section `programmer`, and on the feature that they name.
"""

from soundworks.programmer.options import MODELS, model_options


wildcard_constraints:
    model="|".join(MODELS),
    target=r"[A-Za-z0-9][A-Za-z0-9_-]*",


def get_model_options(wildcards):
    """Return the options of a model."""
    experiment = get_experiment(wildcards.experiment)
    return model_options(wildcards.model, experiment.sections["programmer"])


def get_model_digest(wildcards):
    """Return a digest of a model's options and the seed, so that those of other models leave it alone."""
    experiment = get_experiment(wildcards.experiment)
    return digest([experiment.seed, get_model_options(wildcards).to_dict()])


def get_model_feature(wildcards):
    """Return the folder of the feature that a model hears."""
    return f"results/{wildcards.experiment}/features/{get_model_options(wildcards).feature}"


rule train_programmer:
    input:
        code=code("train_programmer"),
        dataset="results/{experiment}/dataset.yaml",
        settings="results/{experiment}/settings.csv",
        table="results/{experiment}/chunks.csv",
        features=get_model_feature,
    output:
        model=directory("results/{experiment}/programmer/{model}"),
    log:
        "logs/{experiment}/train_programmer/{model}.log",
    benchmark:
        "benchmarks/{experiment}/train_programmer/{model}.tsv"
    conda:
        "../envs/programmer.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 1440 * attempt,
    params:
        digest=get_model_digest,
        config=get_config_path,
    message:
        "Training {wildcards.model} of {wildcards.experiment}."
    shell:
        "python scripts/train_programmer.py --config {params.config} --model {wildcards.model}"
        " --dataset {input.dataset} --features {input.features} --output {output.model} 2> {log}"


def get_feature_folders(wildcards, models):
    """Return the folders of the features that some models hear, and of that by which training sounds are near."""
    section = get_experiment(wildcards.experiment).sections["programmer"]
    names = {model_options(model, section).feature for model in models}
    names.add(section["refine"]["feature"])
    return [f"results/{wildcards.experiment}/features/{name}" for name in sorted(names)]


def get_evaluated(wildcards):
    """Return the folders of the models that are compared, and of all features that they and the search need."""
    section = get_experiment(wildcards.experiment).sections["programmer"]
    models = section["evaluate"]["models"]
    folders = [f"results/{wildcards.experiment}/programmer/{name}" for name in models]
    return [*folders, *get_feature_folders(wildcards, models)]


def get_predictor(wildcards):
    """Return the folder of the model that matches sounds, and of the features that it and the search need."""
    section = get_experiment(wildcards.experiment).sections["programmer"]
    model = section["predict"]["model"]
    return [
        f"results/{wildcards.experiment}/programmer/{model}",
        *get_feature_folders(wildcards, [model]),
    ]


def get_sound_path(wildcards, file):
    """Return a sound file that the config names, from where Snakemake runs."""
    config = get_experiment(wildcards.experiment).path
    return os.path.normpath(config.parent / file)


def get_evaluated_sounds(wildcards):
    """Return the sounds from elsewhere that the comparison has as targets."""
    section = get_experiment(wildcards.experiment).sections["programmer"]
    return [get_sound_path(wildcards, file) for file in section["evaluate"]["sounds"]]


def get_matched_sound(wildcards):
    """Return the sound of a target to match."""
    sounds = get_experiment(wildcards.experiment).sections["programmer"]["match"]
    if wildcards.target not in sounds:
        known = ", ".join(sorted(sounds)) or "none"
        raise WorkflowError(
            f"{get_config_path(wildcards)}: programmer.match: found no sound {wildcards.target!r}, expected one of: {known}"
        )
    return get_sound_path(wildcards, sounds[wildcards.target])


def get_programmer_digest(*keys):
    """Return an input function: a digest of the seed and of some keys of the config's section."""

    def section_digest(wildcards):
        experiment = get_experiment(wildcards.experiment)
        section = experiment.sections["programmer"]
        return digest([experiment.seed, {key: section[key] for key in keys}])

    return section_digest


def get_refine_option(wildcards):
    """Return whether a search follows a prediction, as an option."""
    section = get_experiment(wildcards.experiment).sections["programmer"]
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
