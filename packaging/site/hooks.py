"""What MkDocs does not do by itself: anchors for the help, an icon, licences, nothing that is idle.

MkDocs calls these functions by their names (`hooks` in mkdocs.yml).
"""

import re
import shutil
from importlib.metadata import distribution
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

HERE = Path(__file__).parent
RESOURCES = HERE.parents[1] / "resources"
SHIM = "iframe-worker"
MARK = re.compile(r"<!-- begin (help-[a-z_]+) -->")
# Another address of the same section, without a fragment: systems lose that when they open a file.
LEAD = (
    '<!doctype html><meta charset="utf-8"><title>{topic}</title>'
    '<meta http-equiv="refresh" content="0; url=../user-guide.html#help-{topic}">'
    '<a href="../user-guide.html#help-{topic}">{topic}</a>\n'
)
# For servers on the Internet, for developers, for languages that these pages do not speak.
IDLE = ("404.html", "sitemap.xml", "sitemap.xml.gz", "search/search_index.json")
IDLE_GLOBS = ("assets/**/*.map", "assets/javascripts/lunr/**/*.js")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside docs/."""
    for path in (RESOURCES / "icons" / "app.svg", HERE / f"{SHIM}.js", HERE / "site.css"):
        files.append(File.generated(config, path.name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Give each help text in the guide an anchor of its topic's name."""
    return MARK.sub(r'<a id="\1"></a>\n', markdown)


@event_priority(-200)  # after the plug-in that turns the search index into a script, at -100
def on_post_build(config: MkDocsConfig) -> None:
    """Lead from a topic to its section, name whose work this is, throw away what is idle."""
    site = Path(config.site_dir)
    (site / "help").mkdir(exist_ok=True)
    for text in (RESOURCES / "help").glob("*.md"):
        page = LEAD.format(topic=text.stem)
        (site / "help" / f"{text.stem}.html").write_text(page, "utf-8", newline="\n")
    material = distribution("mkdocs-material")
    files = material.files or ()
    licence = next(f for f in files if f.name == "LICENSE" and f.parts[0].endswith(".dist-info"))
    texts = (
        f"mkdocs-material {material.version}: theme, styles and scripts\n\n",
        Path(str(material.locate_file(licence))).read_text("utf-8"),
        f"\n\n{SHIM} 1.0.4: {SHIM}.js\n\n",
        (HERE / f"{SHIM}.LICENSE").read_text("utf-8"),
    )
    (site / "assets" / "LICENSES.txt").write_text("".join(texts), "utf-8", newline="\n")
    for path in (*map(site.joinpath, IDLE), *(p for g in IDLE_GLOBS for p in site.glob(g))):
        path.unlink(missing_ok=True)
    shutil.rmtree(site / "assets" / "javascripts" / "lunr", ignore_errors=True)
