"""Draw the small pictures of the page, of changes and cases: `python benchmarks/thumbnails.py`.

Writes facelib/app/explorer/pictures/. A test draws some of them anew and compares, so this is run again when
a change, a case or the look of heads has changed. All are rendered heads.
"""

from __future__ import annotations

import json

from facelib import interventions
from facelib.app.explorer import gallery, thumbnails


def main() -> None:
    thumbnails.FOLDER.mkdir(exist_ok=True)
    changes = {item.id: thumbnails.picture_of(item.id) for item in interventions.ordered()}
    for kind, drawn in (("changes", changes), ("cases", gallery.pictures())):
        made = thumbnails.write_sheet(drawn)
        (thumbnails.FOLDER / f"{kind}.webp").write_bytes(made.content)
        names = json.dumps(made.names, indent=0) + "\n"
        (thumbnails.FOLDER / f"{kind}.json").write_text(names, encoding="utf-8")
        print(f"{len(made.names)} pictures of {kind}, {len(made.content):,} bytes")


if __name__ == "__main__":
    main()
