"""
The recurrent network at play: gestures of the config as sounds, and a page to play it live in a browser.

INPUTS, under results/{experiment}/:

    rnn/

OUTPUTS, under results/{experiment}/:

    generated/              all gestures of the config's section `gestures`, a target of its own
    generated/{gesture}.wav a gesture, with .npy and .json (curves), .png and .params beside it
    generated/{gesture}/    a sweep: chunks/ and chunks.csv, as a data set has them
    play/index.html         the network, live
"""


wildcard_constraints:
    gesture=r"[A-Za-z0-9_][A-Za-z0-9_-]*",


rule generate_gesture:
    input:
        code=code("generate_gesture"),
        files=get_gesture_files,
        weights="results/{experiment}/rnn/rnn.safetensors",
        rnn="results/{experiment}/rnn/rnn.json",
    output:
        sound="results/{experiment}/generated/{gesture}.wav",
        curves="results/{experiment}/generated/{gesture}.npy",
        columns="results/{experiment}/generated/{gesture}.json",
        picture="results/{experiment}/generated/{gesture}.png",
        params="results/{experiment}/generated/{gesture}.params",
    log:
        "logs/{experiment}/generate_gesture/{gesture}.log",
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_gesture_digest,
        config=get_config_path,
        folder=lambda wildcards, input: os.path.dirname(input.rnn),
    message:
        "Playing the gesture {wildcards.gesture} of {wildcards.experiment}."
    shell:
        "python scripts/generate_gesture.py --config {params.config} --rnn {params.folder}"
        " --gesture {wildcards.gesture} --output {output.sound} 2> {log}"


rule generate_sweep:
    input:
        code=code("generate_sweep"),
        files=get_gesture_files,
        weights="results/{experiment}/rnn/rnn.safetensors",
        rnn="results/{experiment}/rnn/rnn.json",
    output:
        sweep=directory("results/{experiment}/generated/{gesture}"),
    log:
        "logs/{experiment}/generate_sweep/{gesture}.log",
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_gesture_digest,
        config=get_config_path,
        folder=lambda wildcards, input: os.path.dirname(input.rnn),
    message:
        "Playing the sweep {wildcards.gesture} of {wildcards.experiment}."
    shell:
        "python scripts/generate_sweep.py --config {params.config} --rnn {params.folder}"
        " --gesture {wildcards.gesture} --output {output.sweep} 2> {log}"


rule draw_play_page:
    input:
        code=code("draw_play_page"),
        static=get_play_page_files(),
        weights="results/{experiment}/rnn/rnn.safetensors",
        rnn="results/{experiment}/rnn/rnn.json",
        table=get_rnn_table,
    output:
        page="results/{experiment}/play/index.html",
    log:
        "logs/{experiment}/draw_play_page.log",
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        folder=lambda wildcards, input: os.path.dirname(input.rnn),
    message:
        "Drawing the page that plays the recurrent network of {wildcards.experiment}."
    shell:
        "python scripts/draw_play_page.py --rnn {params.folder} --title {wildcards.experiment}"
        " --table {input.table} --output {output.page} 2> {log}"


for name in REQUESTED:

    rule:
        name:
            f"results/{name}/generated"
        input:
            get_generated(name),
