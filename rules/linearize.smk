"""
The linearised grid: points moved through the latent space until neighbours sound equally far apart.

INPUTS, under results/{experiment}/:

    gan/, corners.json, grid/latents.npz

OUTPUTS, under results/{experiment}/linearized/, which is a target of its own:

    chunks/, chunks.csv, latents.npz, grid.json   the same as those of grid/
    uniformity.json                               how even distances are, before and after, by all methods
    pictures/                                     distances before and after, the mesh, convergence, histogram
"""


rule linearize_grid:
    input:
        code=code("linearize_grid"),
        generator="results/{experiment}/gan/generator.safetensors",
        gan="results/{experiment}/gan/gan.json",
        corners="results/{experiment}/corners.json",
        grid="results/{experiment}/grid/grid.json",
        distance=get_distance_file,
    output:
        **get_grid_files("linearized"),
        uniformity="results/{experiment}/linearized/uniformity.json",
        pictures=directory("results/{experiment}/linearized/pictures"),
    log:
        "logs/{experiment}/linearize_grid.log",
    benchmark:
        "benchmarks/{experiment}/linearize_grid.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        digest=get_keys_digest("linearize"),
        config=get_config_path,
        folder=get_gan_folder,
        output=lambda wildcards, output: os.path.dirname(output.about),
    message:
        "Linearising the grid of {wildcards.experiment}."
    shell:
        "python scripts/linearize_grid.py --config {params.config} --gan {params.folder}"
        " --corners {input.corners} --output {params.output} 2> {log}"


for name in EXPERIMENTS:

    rule:
        name:
            f"results/{name}/linearized"
        input:
            expand(rules.linearize_grid.output, experiment=name),
