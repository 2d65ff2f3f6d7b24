"""What becomes of a page of ours where others decide what of it is kept.

JupyterLab: untrusted notebooks go through jupyterlab/jupyterlab, packages/apputils/src/sanitizer.ts (read in 4.6.6:
`CssProp`, and `allowedTags`, `allowedAttributes`, `allowedStyles` of `_generateOptions`), here cut down to what the
picture uses. A declaration is kept if its value matches the expression. `src` of an image is not looked at there
(`allowedSchemesAppliedToAttributes` is `["href", "cite"]`), so `data:` addresses stay. No `aria-…`, no `role`.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

# -- what JupyterLab lets through -------------------------------------------------------------------------------------

TAGS = {"b", "bdi", "details", "div", "img", "pre", "span", "summary", "table", "td", "th", "tr"}
ATTRIBUTES = {
    "*": {"dir", "style"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "table": {"cellpadding"},
    "th": {"align"},
}
EMPTY = {"img"}
PICTURE = "data:image/png;base64,[A-Za-z0-9+/]+=*"

NUMBER, POSITIVE = r"[+-]?([0-9]*[.])?[0-9]+(e-?[0-9]*)?", r"[+]?([0-9]*[.])?[0-9]+(e-?[0-9]*)?"
UNIT = "(px|em|rem|ex|in|cm|mm|pt|pc)"
LENGTH, LENGTH_POSITIVE, PERCENT = f"({NUMBER}{UNIT}|0)", f"({POSITIVE}{UNIT}|0)", f"{POSITIVE}%"
LENGTH_OR_PERCENT = f"(0|{NUMBER}(px|em|rem|ex|in|cm|mm|pt|pc|%))"
ZERO_ONE = "[+]?(1([.][0]+)?|0([.][0-9]+)?)"
COLOUR = (
    rf"#(0x)?[0-9a-f]+|rgba\(\s*(\d{{1,3}})\s*,\s*(\d{{1,3}})\s*,\s*(\d{{1,3}})\s*,\s*({ZERO_ONE})\s*\)|transparent"
)
BORDER_STYLE = "none|hidden|dotted|dashed|solid|double|groove|ridge|inset|outset"
BORDER = rf"(((thin|medium|thick|{LENGTH})|({BORDER_STYLE})|({COLOUR}))\s*){{1,3}}"
IDENT = "-?[_a-z][_a-z0-9-]*"
STOP = rf"({COLOUR})(\s*({LENGTH_OR_PERCENT}\s*){{1,2}})?"
PROPERTIES = {
    "background": rf"(({COLOUR})\s*)+",
    "background-image": rf"linear-gradient\(({NUMBER}deg\s*,\s*)?\s*(({STOP})\s*,\s*)+({STOP})\s*\)",
    "background-size": rf"({LENGTH_POSITIVE}\s*){{1,2}}",
    "border": BORDER,
    "border-collapse": "collapse|separate",
    "border-left": BORDER,
    "border-radius": rf"({LENGTH_OR_PERCENT}\s*){{1,4}}",
    "border-top": BORDER,
    "box-sizing": "content-box|padding-box|border-box",
    "color": COLOUR,
    "cursor": "pointer",
    "display": "block|inline-block",
    "float": "left|right|none",
    "font-family": rf"{IDENT}(,\s*{IDENT})*",
    "font-size": f"{LENGTH_POSITIVE}|{PERCENT}",
    "font-weight": "normal|bold|bolder|lighter|[1-9]00",
    "height": f"{LENGTH}|{PERCENT}|auto",
    "line-height": f"normal|{POSITIVE}|{LENGTH_POSITIVE}|{PERCENT}",
    "margin": rf"(({LENGTH_OR_PERCENT}|auto)\s*){{1,4}}",
    "max-width": f"{LENGTH_POSITIVE}|{PERCENT}|none|auto",
    "min-width": f"{LENGTH_POSITIVE}|{PERCENT}|auto",
    "opacity": ZERO_ONE,
    "overflow": "visible|hidden|scroll|auto",
    "overflow-wrap": "normal|break-word",
    "overflow-x": "visible|hidden|scroll|auto",
    "padding": rf"(({LENGTH_POSITIVE}|{PERCENT})\s*){{1,4}}",
    "table-layout": "auto|fixed",
    "text-align": "left|right|center|justify",
    "text-overflow": "clip|ellipsis",
    "vertical-align": "baseline|sub|super|top|text-top|middle|bottom|text-bottom",
    "white-space": "normal|pre|nowrap|pre-wrap|pre-line",
    "width": f"{LENGTH_POSITIVE}|{PERCENT}|auto",
    "word-break": "normal|keep-all|break-all",
}


class Sanitizer(HTMLParser):
    """Reads a picture and notes what an untrusted notebook would lose of it."""

    def __init__(self):
        super().__init__()
        self.lost, self.open, self.text, self.styles, self.tags, self.images = [], [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open += [] if tag in EMPTY else [tag]
        self.lost += [] if tag in TAGS else [f"<{tag}>"]
        for name, value in attrs:
            allowed = name in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set())
            self.lost += [] if allowed else [f"<{tag} {name}>"]
            self.styles += [value] if name == "style" else []
            self.lost += self.lost_of(value) if name == "style" else []
            self.lost += [value] if name == "src" and not re.fullmatch(PICTURE, value) else []
        self.images += [dict(attrs)] if tag == "img" else []
        self.text += [f" {dict(attrs).get('alt', '')} "] if tag == "img" else []

    def lost_of(self, style):
        for declaration in style.split(";"):
            name, _, value = declaration.partition(":")
            if not re.fullmatch(PROPERTIES.get(name.strip(), "(?!)"), value.strip(), re.IGNORECASE):
                yield declaration

    def handle_endtag(self, tag):
        self.lost += [] if self.open and self.open.pop() == tag else [f"</{tag}> out of place"]

    def handle_data(self, data):
        self.text.append(data)

    def handle_decl(self, decl):
        self.lost.append(decl)

    handle_comment = handle_pi = unknown_decl = handle_decl


def read(page):
    reader = Sanitizer()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def words(page):
    """What is left of a picture where every tag is dropped, and of images their texts."""
    return " ".join(" ".join(read(page).text).split())
