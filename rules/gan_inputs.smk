"""What the rules of the GAN and of its grids take from the config: digests, folders and files."""

from soundworks.gan.options import AFTERWARDS

PAGE_SUFFIXES = {".html", ".css", ".js", ".svg"}


def get_gan_digest(wildcards):
    """Return a digest of what the training depends on beside the data: the seed, the GAN's options, the spectrogram's."""
    experiment = get_experiment(wildcards.experiment)
    gan = {
        key: value
        for key, value in experiment.sections["gan"].items()
        if key not in AFTERWARDS
    }
    return digest([experiment.seed, gan, experiment.sections["spectrogram"]])


def get_gpu_count(wildcards):
    """Return how many GPUs a training asks a cluster for: one with the profile for them."""
    return int(get_experiment(wildcards.experiment).sections["profile"] == "gpu")


def get_gan_folder(wildcards, input):
    """Return the folder of a trained GAN."""
    return os.path.dirname(input.gan)


def get_named_file(experiment, key, file):
    """Return a file that the config names, from where Snakemake runs; raise an error in one sentence without it."""
    path = os.path.normpath(experiment.path.parent / file)
    if not os.path.isfile(path):
        raise WorkflowError(
            f"{experiment.path}: {key}: found no file {path}, expected one; if another target makes it, make that first"
        )
    return path


def get_corner_files(wildcards):
    """Return the files that the config names for the corners of the grid; none where they are chosen."""
    experiment = get_experiment(wildcards.experiment)
    corners = experiment.sections["grid"]["corners"] or []
    corners = [corners] if isinstance(corners, str) else corners
    return [get_named_file(experiment, "grid.corners", file) for file in corners]


def get_distance_file(wildcards):
    """Return the Python files that a distance of the user's own depends on; none for ours."""
    experiment = get_experiment(wildcards.experiment)
    distance = experiment.sections["linearize"]["distance"]
    if not distance.endswith(".py"):
        return []
    named = get_named_file(experiment, "linearize.distance", distance)
    files = synth_code_files(Path(named))
    return [os.path.relpath(path) for path in files]


def get_grid_files(kind):
    """Return the files and folders that make up a grid, of the kind "grid" or "linearized"."""
    folder = f"results/{{experiment}}/{kind}"
    return {
        "chunks": directory(f"{folder}/chunks"),
        "table": f"{folder}/chunks.csv",
        "latents": f"{folder}/latents.npz",
        "about": f"{folder}/grid.json",
    }


def get_page_files():
    """Return the parts of the pages that are not Python."""
    folder = SCRIPTS / "soundworks" / "grid" / "page" / "static"
    files = [path for path in sorted(folder.iterdir()) if path.suffix in PAGE_SUFFIXES]
    return [os.path.relpath(path) for path in files]
