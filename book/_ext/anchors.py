"""Every code cell of a notebook can be linked to: `#cell-<its id>`."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform


class Anchors(SphinxTransform):
    """Give each code cell's element its anchor."""

    default_priority = 840  # before questions.py moves outputs about

    def apply(self):
        source = Path(self.document["source"])
        if source.suffix != ".ipynb":
            return
        cells = json.loads(source.read_text("utf-8"))["cells"]
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code":
                cell["ids"].append(f"cell-{cells[cell['cell_index']]['id']}")


def setup(app):
    app.add_transform(Anchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
