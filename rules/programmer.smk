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

Each model depends on its own options in the config's section `programmer`, and on the feature that they name.
"""


include: "programmer_inputs.smk"


wildcard_constraints:
    model="|".join(MODELS),


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
