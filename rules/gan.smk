"""
A GAN trained on the sounds of a data set, its figures, and random sounds to listen to.

INPUTS, under results/{experiment}/:

    dataset.yaml, chunks.csv, chunks/

OUTPUTS, under results/{experiment}/gan/, which is a target of its own for all but random/:

    generator.safetensors   weights of the generator that everything else uses, a running average (EMA)
    networks.safetensors    weights of generator and critic as the training left them
    gan.json                all else that a use of the generator needs, with provenance
    history.csv, timing.csv learning curves; seconds
    samples/                pictures and sounds along the way
    metrics.json            distances to the real sounds, copies, and parameters measured from made sounds
    random/                 random sounds with their latent vectors, and index.html to listen and choose corners

A training depends on the config's sections `gan` (without evaluate and random) and `spectrogram`. Its checkpoints are
in results/{experiment}/.checkpoints/gan/.
"""


include: "gan_inputs.smk"


rule train_gan:
    input:
        code=code("train_gan"),
        dataset="results/{experiment}/dataset.yaml",
        table="results/{experiment}/chunks.csv",
        chunks="results/{experiment}/chunks",
    output:
        generator="results/{experiment}/gan/generator.safetensors",
        networks="results/{experiment}/gan/networks.safetensors",
        description="results/{experiment}/gan/gan.json",
        history="results/{experiment}/gan/history.csv",
        timing="results/{experiment}/gan/timing.csv",
        samples=directory("results/{experiment}/gan/samples"),
    log:
        "logs/{experiment}/train_gan.log",
    benchmark:
        "benchmarks/{experiment}/train_gan.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 1440 * attempt,
        gpu=get_gpu_count,
    params:
        digest=get_gan_digest,
        config=get_config_path,
        folder=lambda wildcards, output: os.path.dirname(output.description),
    message:
        "Training the GAN of {wildcards.experiment}."
    shell:
        "python scripts/train_gan.py --config {params.config} --dataset {input.dataset}"
        " --output {params.folder} 2> {log}"


rule evaluate_gan:
    input:
        code=code("evaluate_gan"),
        dataset="results/{experiment}/dataset.yaml",
        table="results/{experiment}/chunks.csv",
        chunks="results/{experiment}/chunks",
        generator="results/{experiment}/gan/generator.safetensors",
        gan="results/{experiment}/gan/gan.json",
    output:
        metrics="results/{experiment}/gan/metrics.json",
    log:
        "logs/{experiment}/evaluate_gan.log",
    benchmark:
        "benchmarks/{experiment}/evaluate_gan.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_keys_digest("gan", "evaluate"),
        config=get_config_path,
        folder=get_gan_folder,
    message:
        "Measuring the GAN of {wildcards.experiment}."
    shell:
        "python scripts/evaluate_gan.py --config {params.config} --dataset {input.dataset}"
        " --gan {params.folder} --output {output.metrics} 2> {log}"


rule generate_random:
    input:
        code=code("generate_random"),
        generator="results/{experiment}/gan/generator.safetensors",
        gan="results/{experiment}/gan/gan.json",
    output:
        random=directory("results/{experiment}/gan/random"),
    log:
        "logs/{experiment}/generate_random.log",
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_keys_digest("gan", "random"),
        page=get_keys_digest("page", "embed"),
        config=get_config_path,
        folder=get_gan_folder,
    message:
        "Making random sounds with the GAN of {wildcards.experiment}."
    shell:
        "python scripts/generate_random.py --config {params.config} --gan {params.folder}"
        " --output {output.random} 2> {log}"


for name in EXPERIMENTS:

    rule:
        name:
            f"results/{name}/gan"
        input:
            expand(rules.train_gan.output, experiment=name),
            expand(rules.evaluate_gan.output, experiment=name),
