"""How long frames take while a list of the view is scrolled from end to end, and while it is left alone."""

# Scrolls in steps of what a hand does in a frame, with jumps to far places; gives each frame's milliseconds.
SCROLL = """async ([index, frames, scrolls]) => {
    const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[index];
    const box = cell.querySelector('.hookcell .rows');
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    const took = [];
    await frame();
    let last = await frame();
    for (let i = 0; i < frames; i++) {
        const far = i % 10 === 9;
        if (scrolls) box.scrollTop = far ? Math.random() * box.scrollHeight : box.scrollTop + 60;
        const now = await frame();
        took.push(now - last);
        last = now;
    }
    return took;
}"""


def frames_while_scrolling(notebook, index, frames=240, *, scrolls=True):
    """Milliseconds of each frame, slowest last."""
    return sorted(notebook.page.evaluate(SCROLL, [index, frames, scrolls]))
