"""Old versions of stored models, removed but for their manifests.

A manifest stays, and so does the chain of names that a night follows from the champion: a night in
the past that would take a version whose models are gone is refused by its name, and does not begin
anew.
"""

from pathlib import Path

from flows.run.versions import (
    MODELS,
    chosen_versions,
    list_versions,
    read_champion,
    read_manifest,
)


def remove_old_versions(folder: Path, keep: int) -> list[str]:
    """Remove the models of all but the newest versions, and return the names of those.

    Never removed are the champion's, those of the version that a rollback would go back to, and
    those of a version that was promoted or rolled back to by hand.

    Parameters
    ----------
    folder : of all versions
    keep : versions that stay with their models, of the newest nights; at least one
    """
    with_models = [
        name for name, _ in list_versions(folder) if (folder / f"v={name}" / MODELS).is_file()
    ]
    spared = {*with_models[:keep], *chosen_versions(folder)}
    champion = read_champion(folder)
    if champion is not None:
        spared |= {champion, str(read_manifest(folder, champion).get("before"))}
    removed = [name for name in with_models if name not in spared]
    for name in removed:
        # The models last, by which a removal that was cut short is known.
        others = [each for each in read_manifest(folder, name)["files"] if each != MODELS]
        for each in (*others, MODELS):
            (folder / f"v={name}" / each).unlink(missing_ok=True)
    return removed
