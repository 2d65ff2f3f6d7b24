"""What untrusted notebooks and public renderers keep of the settled picture, and that nothing in it acts or breaks out.

`pages` holds JupyterLab's list. GitHub: its notebooks lose every style (jupyter/nbviewer#450, karolzak/ipyplot#3); what
else it keeps is taken from its own filter (gjtorikian/html-pipeline, lib/html/pipeline/sanitization_filter.rb): no
`span`, no `bdi`, and only http(s) addresses of images, so that their texts stand in their places. GitLab: DOMPurify
with its defaults (gitlabhq/gitlabhq, app/assets/javascripts/notebook/cells/output/html.vue and lib/dompurify.js):
styles stay, and images with `data:` addresses (DOMPurify's DATA_URI_TAGS). nbviewer and nbconvert: whole, unless
`HTMLExporter.sanitize_html` is set, which is off by default.
"""

from __future__ import annotations

import re

import bleach
import nbformat
import pytest
from bleach.css_sanitizer import CSSSanitizer
from boards import BOARDS, HOSTILE, hostile, huge, make_board, make_hook, make_root, mapped, nightly, quick, several
from nbconvert import HTMLExporter
from pages import ATTRIBUTES, PROPERTIES, TAGS, read, words

from hookcell.notebook.palette import HATCH, LOOKS
from hookcell.notebook.settled import MOST_BYTES, to_html

GITHUB_TAGS = {
    *("h1 h2 h3 h4 h5 h6 br b i strong em a pre code img tt div ins del sup sub p ol ul table thead tbody").split(),
    *("tfoot blockquote dl dt dd kbd q samp var hr li tr td th s strike summary details").split(),
}
GITHUB_ATTRIBUTES = {"*": ["align", "alt", "border", "cellpadding", "dir", "height", "open", "width"], "img": ["src"]}


@pytest.mark.parametrize("board", BOARDS)
def test_an_untrusted_notebook_keeps_the_whole_picture(board):
    assert read(to_html(board())).lost == []


@pytest.mark.parametrize("board", BOARDS)
def test_a_sanitizer_with_jupyterlabs_list_changes_nothing_that_is_seen(board):
    page = to_html(board())
    allowed = {tag: list(names) for tag, names in ATTRIBUTES.items()}
    css = CSSSanitizer(allowed_css_properties=PROPERTIES)
    cleaned = bleach.clean(page, tags={*TAGS, "tbody"}, attributes=allowed, protocols={"data"}, css_sanitizer=css)
    before, after = read(page), read(re.sub("</?tbody>", "", cleaned))
    assert (after.tags, "".join(after.text)) == (before.tags, "".join(before.text))
    assert [image["src"] for image in after.images] == [image["src"] for image in before.images]
    assert [said.replace(" ", "").rstrip(";") for said in after.styles] == [s.replace(" ", "") for s in before.styles]


def on_github(page):
    return bleach.clean(page, tags=GITHUB_TAGS, attributes=GITHUB_ATTRIBUTES, protocols={"http", "https"}, strip=True)


@pytest.mark.parametrize("board", BOARDS)
def test_on_github_the_words_are_the_same_and_texts_stand_for_images(board):
    page = to_html(board())
    left = on_github(page)
    assert words(left.replace("<tbody>", "").replace("</tbody>", "")) == words(page)
    assert "style=" not in left
    assert "src=" not in left


def test_on_github_the_timeline_still_tells_what_happened_when():
    said = words(re.sub("</?tbody>", "", on_github(to_html(nightly()))))
    assert "✕ score[78] 2.4 s failed after 2.4 s, ended at 6.6 s, 1 hook ok" in said
    assert "try 2 of 3 waited 100 ms, failed after 1.3 s, waited 2.0 s, ran 4.6 s, ended at 11.9 s" in said


def test_nbconvert_puts_the_whole_picture_into_its_page():
    page = to_html(nightly())
    output = nbformat.v4.new_output("display_data", {"text/html": page, "text/plain": "said"})
    cell = nbformat.v4.new_code_cell("nightly()", outputs=[output])
    html, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    picture = html[html.index('<div style="box-sizing') :].partition("</main>")[0].replace("\n</div>", "")
    after, before = read(re.sub("/>", ">", picture)), read(page)
    assert (after.tags, after.styles) == (before.tags, before.styles)
    assert [image["src"] for image in after.images] == [image["src"] for image in before.images]
    assert words(picture) == words(page)


# -- strings of the user ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_string_stays_text(bad):
    page = to_html(hostile(bad))
    page.encode()
    assert read(page).lost == []
    assert len(page.encode()) < MOST_BYTES
    assert "onerror=" not in re.sub(r">[^<]*<", "><", page)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


def test_each_user_string_is_isolated_from_the_writing_direction_around_it():
    hello = "שלום"
    page = to_html(hostile(hello))
    assert hello not in re.sub('<bdi>.*?</bdi>|<pre dir="ltr".*?</pre>', "", page, flags=re.DOTALL)


def test_terminal_colours_vanish_and_other_controls_become_visible():
    hook = make_hook("h", printed="\x1b[1;31mred\x1b[0m \x07 \ud83d")
    page = to_html(make_board([make_root(1, "f", "r", hooks=[hook])]))
    assert ">red ␇ \ufffd<" in page


def test_a_picture_loads_nothing_and_runs_nothing():
    for board in BOARDS:
        page = re.sub('src="data:image/png;base64,[^"]*"', "", to_html(board()))
        assert not re.search(r"https?:|url\(|var\(|<svg|<style|<script|class=|\son\w+=|src=|href=", page), board


# -- sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("board", BOARDS)
def test_a_picture_is_under_60_kb(board):
    assert len(to_html(board()).encode()) < MOST_BYTES == 60_000


def test_a_usual_picture_is_small():
    assert len(to_html(quick()).encode()) < 2_500
    assert len(to_html(nightly()).encode()) < 31_000
    assert len(to_html(several()).encode()) < 35_000


def test_the_images_are_a_small_part_of_it():
    for board in (nightly, mapped, huge):
        assert all(len(image["src"]) < 1_000 for image in read(to_html(board())).images)


# -- colours ----------------------------------------------------------------------------------------------------------

PAGES = {"#ffffff": "#1f2328", "#f5f5f5": "#1f2328", "#111111": "#e8eaed", "#1e1e1e": "#e8eaed"}


def channels(colour):
    short = colour.lstrip("#")
    full = "".join(c * 2 for c in short) if len(short) == 3 else short
    return [int(full[i : i + 2], 16) for i in (0, 2, 4)]


def luminance(colour):
    linear = [v / 3294.6 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in channels(colour)]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def over(ink, ground, alpha):
    mixed = (round(alpha * a + (1 - alpha) * b) for a, b in zip(channels(ink), channels(ground), strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


@pytest.mark.parametrize("name", LOOKS)
def test_a_state_is_readable_in_each_of_its_colours(name):
    look = LOOKS[name]
    assert all(contrast(look.light, page) >= 4.5 for page in ("#fff", "#f5f5f5"))
    assert all(contrast(look.dark, page) >= 4.5 for page in ("#111", "#1e1e1e"))
    assert contrast(look.settled, "#fff") >= 4.5
    assert contrast(HATCH, "#fff") >= 4.5
    assert all(contrast(look.settled, page) >= 3 for page in PAGES)


@pytest.mark.parametrize("board", BOARDS)
def test_an_ink_is_only_set_together_with_a_ground_it_reads_on(board):
    inked = [dict(d.split(":", 1) for d in style.split(";")) for style in read(to_html(board())).styles]
    pairs = {(style["color"], style["background"]) for style in inked if "color" in style}
    assert pairs
    assert all(contrast(ink, ground) >= 4.5 for ink, ground in pairs)


@pytest.mark.parametrize("tint", ["#808080 0.14", "#cf222e 0.10", "#808080 0"])
@pytest.mark.parametrize(("page", "ink"), PAGES.items())
def test_faded_text_still_reads_on_tinted_rows_of_every_page(page, ink, tint):
    colour, alpha = tint.split()
    ground = over(colour, page, float(alpha))
    assert contrast(over(ink, ground, 0.75), ground) >= 4.5


def test_no_colour_reads_on_white_and_on_dark_pages_alike():
    """Why a badge has a ground of its own."""
    greys = [f"#{v:02x}{v:02x}{v:02x}" for v in range(256)]
    assert max(min(contrast(grey, "#fff"), contrast(grey, "#111")) for grey in greys) < 4.5
