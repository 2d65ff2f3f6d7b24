/** Puts text on the clipboard, with the browser's leave or by the old way. */

/** False where the browser allows neither, as in some sandboxed frames. */
export async function copy(text: string): Promise<boolean> {
	try {
		// Undefined on pages without TLS, which is how many a JupyterHub is reached.
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copyBySelection(text);
	}
}

function copyBySelection(text: string): boolean {
	const focused = document.activeElement;
	const field = document.createElement("textarea");
	field.value = text;
	field.setAttribute("aria-hidden", "true");
	field.style.cssText = "position:fixed;inset:0 auto auto 0;opacity:0;";
	document.body.append(field);
	field.select();
	try {
		return document.execCommand("copy");
	} catch {
		return false;
	} finally {
		field.remove();
		if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
	}
}
