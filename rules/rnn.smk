"""
Recurrent networks that follow the parameters of a data set: their training, and their figures.

INPUTS, under results/{experiment}/:

    chunks.csv, chunks/, dataset.yaml, settings.csv; or those of grid/ or linearized/, as rnn.train_on says

OUTPUTS, under results/{experiment}/:

    rnn/                        a target of its own for all but metrics.json
    rnn/rnn.safetensors         weights
    rnn/rnn.json                all else that a use of them needs: parameters with ranges and units, sample rate
    rnn/history.csv, timing.csv learning curves; seconds
    rnn/metrics.json            whether it follows: controls measured from its sounds, response to jumps
    rnn_grid/, rnn_linearized/  the same, trained on the GAN's grid, and on the linearised grid
    rnn_comparison.csv          a row for each of the three

A training depends on the config's section `rnn` without evaluate. Its checkpoints are in
results/{experiment}/.checkpoints/.
"""


include: "rnn_inputs.smk"


wildcard_constraints:
    rnn="|".join(RNNS),


rule train_rnn:
    input:
        code=code("train_rnn"),
        table=get_rnn_table,
        sounds=get_rnn_sounds,
    output:
        weights="results/{experiment}/{rnn}/rnn.safetensors",
        description="results/{experiment}/{rnn}/rnn.json",
        history="results/{experiment}/{rnn}/history.csv",
        timing="results/{experiment}/{rnn}/timing.csv",
    log:
        "logs/{experiment}/train_{rnn}.log",
    benchmark:
        "benchmarks/{experiment}/train_{rnn}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 1440 * attempt,
        gpu=get_gpu_count,
    params:
        digest=get_rnn_digest,
        config=get_config_path,
        kind=get_rnn_training,
        folder=lambda wildcards, output: os.path.dirname(output.description),
    message:
        "Training the recurrent network {wildcards.rnn} of {wildcards.experiment}."
    shell:
        "python scripts/train_rnn.py --config {params.config} --dataset {input.table}"
        " --train-on {params.kind} --output {params.folder} 2> {log}"


rule evaluate_rnn:
    input:
        code=code("evaluate_rnn"),
        table=get_rnn_table,
        sounds=get_rnn_sounds,
        weights="results/{experiment}/{rnn}/rnn.safetensors",
        rnn="results/{experiment}/{rnn}/rnn.json",
        history="results/{experiment}/{rnn}/history.csv",
    output:
        metrics="results/{experiment}/{rnn}/metrics.json",
    log:
        "logs/{experiment}/evaluate_{rnn}.log",
    benchmark:
        "benchmarks/{experiment}/evaluate_{rnn}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_keys_digest("rnn", "evaluate"),
        config=get_config_path,
        dataset=lambda wildcards, input: os.path.dirname(input.table),
        folder=lambda wildcards, input: os.path.dirname(input.rnn),
    message:
        "Measuring whether {wildcards.rnn} of {wildcards.experiment} follows its parameters."
    shell:
        "python scripts/evaluate_rnn.py --config {params.config} --dataset {params.dataset}"
        " --rnn {params.folder} --output {output.metrics} 2> {log}"


rule compare_rnns:
    input:
        code=code("compare_rnns"),
        metrics=expand("results/{{experiment}}/{rnn}/metrics.json", rnn=sorted(RNNS)),
    output:
        comparison="results/{experiment}/rnn_comparison.csv",
    log:
        "logs/{experiment}/compare_rnns.log",
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        metrics=lambda wildcards, input: [f"--metrics {path}" for path in input.metrics],
    message:
        "Comparing the recurrent networks of {wildcards.experiment}."
    shell:
        "python scripts/compare_rnns.py --output {output.comparison} {params.metrics} 2> {log}"


for name in EXPERIMENTS:
    for folder in RNNS:

        rule:
            name:
                f"results/{name}/{folder}"
            input:
                expand(rules.train_rnn.output, experiment=name, rnn=folder),
