"""What the examples are started with when the site is built."""

from pathlib import Path


def pictures_among_what_is_built(gallery_conf: dict, script_vars: dict) -> list[str]:
    """Pictures are shown on the page; the files that examples write go with what is built."""
    script = Path(script_vars["src_file"]).read_text(encoding="utf-8")
    folder = Path(gallery_conf["src_dir"]) / "_build" / "pictures"
    return ["--pictures", str(folder)] if "--pictures" in script else []
