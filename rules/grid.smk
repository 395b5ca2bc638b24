"""
A grid of sounds between four corners in the GAN's latent space, and the pages that play grids in a browser.

INPUTS, under results/{experiment}/:

    gan/, or for the page of the data set dataset.yaml, chunks.csv, chunks/

OUTPUTS, under results/{experiment}/:

    corners.json         four latent vectors: given by the config, or four that span the most
    grid/                a target of its own for all but index.html
    grid/chunks/         a sound a point, with its latent vector (.pt) and its parameters (.params)
    grid/chunks.csv      the table of the grid as a data set, with dim0 and dim1 in [0, 1]
    grid/latents.npz     all latent vectors, and where they are between the corners
    grid/grid.json       sizes, corners, provenance
    grid/index.html      the page: the grid and the linearised grid to hear and to compare
    page/index.html      the page of any data set with two parameters that vary
"""


rule choose_corners:
    input:
        code=code("choose_corners"),
        generator="results/{experiment}/gan/generator.safetensors",
        gan="results/{experiment}/gan/gan.json",
        files=get_corner_files,
    output:
        corners="results/{experiment}/corners.json",
    log:
        "logs/{experiment}/choose_corners.log",
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_keys_digest("grid", "corners", "candidates", "seed"),
        config=get_config_path,
        folder=get_gan_folder,
    message:
        "Choosing the corners of the grid of {wildcards.experiment}."
    shell:
        "python scripts/choose_corners.py --config {params.config} --gan {params.folder}"
        " --output {output.corners} 2> {log}"


rule render_grid:
    input:
        code=code("render_grid"),
        generator="results/{experiment}/gan/generator.safetensors",
        gan="results/{experiment}/gan/gan.json",
        corners="results/{experiment}/corners.json",
    output:
        **get_grid_files("grid"),
    log:
        "logs/{experiment}/render_grid.log",
    benchmark:
        "benchmarks/{experiment}/render_grid.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_keys_digest("grid", "d0", "d1", "interpolation"),
        config=get_config_path,
        folder=get_gan_folder,
        output=lambda wildcards, output: os.path.dirname(output.about),
    message:
        "Rendering the grid of {wildcards.experiment}."
    shell:
        "python scripts/render_grid.py --config {params.config} --gan {params.folder}"
        " --corners {input.corners} --output {params.output} 2> {log}"


rule draw_grid_page:
    input:
        code=code("draw_grid_page"),
        static=get_page_files(),
        grid="results/{experiment}/grid/grid.json",
        grid_chunks="results/{experiment}/grid/chunks",
        linearized="results/{experiment}/linearized/grid.json",
        linearized_chunks="results/{experiment}/linearized/chunks",
    output:
        page="results/{experiment}/grid/index.html",
    log:
        "logs/{experiment}/draw_grid_page.log",
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_keys_digest("page", "embed"),
        config=get_config_path,
        folders=lambda wildcards, input: [
            os.path.dirname(input.grid),
            os.path.dirname(input.linearized),
        ],
    message:
        "Drawing the page of the grid of {wildcards.experiment}."
    shell:
        "python scripts/draw_grid_page.py --config {params.config} --output {output.page}"
        " {params.folders} 2> {log}"


rule draw_dataset_page:
    input:
        code=code("draw_dataset_page"),
        static=get_page_files(),
        dataset="results/{experiment}/dataset.yaml",
        table="results/{experiment}/chunks.csv",
        chunks="results/{experiment}/chunks",
    output:
        page="results/{experiment}/page/index.html",
    log:
        "logs/{experiment}/draw_dataset_page.log",
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        digest=get_keys_digest("page", "columns", "rows", "embed"),
        config=get_config_path,
    message:
        "Drawing the page of {wildcards.experiment}."
    shell:
        "python scripts/draw_dataset_page.py --config {params.config} --dataset {input.dataset}"
        " --output {output.page} 2> {log}"


for name in EXPERIMENTS:

    rule:
        name:
            f"results/{name}/grid"
        input:
            expand(rules.render_grid.output, experiment=name),
