"""Command `page`: the page that plays a data set, or grids."""

from __future__ import annotations

from pathlib import Path

import click

from soundworks.errors import UserError, sentences_for_users

PATH = click.Path(path_type=Path)


@click.command()
@click.option(
    "-d",
    "--dir",
    "folders",
    required=True,
    multiple=True,
    type=PATH,
    help="Folder of a data set, or of a grid; several grids of one size make one page.",
)
@click.option(
    "-o", "--out", type=PATH, help="Page to write.  [default: the data set's page/index.html, or the grid's index.html]"
)
@click.option("--columns", help="Parameter of the data set along the columns.  [default: the first that varies]")
@click.option("--rows", help="Parameter along the rows.  [default: the second that varies]")
@click.option("--embed/--no-embed", default=True, show_default=True, help="Whether the sounds are inside the page.")
def page(folders: tuple[Path, ...], out: Path | None, columns: str | None, rows: str | None, embed: bool) -> None:
    """Write a page that plays a data set with two varying parameters, or grids of a GAN, in a browser."""
    with sentences_for_users():
        from soundworks.grid.page.of_dataset import write_dataset_page
        from soundworks.grid.page.of_grids import write_grids_page
        from soundworks.grid.write import GRID

        if out is not None and (out.is_dir() or not out.name):
            raise UserError(f"--out: found the folder {out}, expected the file of a page, such as {out / 'index.html'}")
        folder = folders[0]
        if (folder / GRID).is_file():
            output = out or folder / "index.html"
            write_grids_page(folders, output, folder.resolve().parent.name, embed=embed)
        elif len(folders) > 1:
            raise UserError(f"--dir: found {folder}, which is no grid, expected one data set, or grids alone")
        else:
            output = out or folder / "page" / "index.html"
            write_dataset_page(folder, output, columns=columns, rows=rows, embed=embed)
        print(f"done: {output}")
