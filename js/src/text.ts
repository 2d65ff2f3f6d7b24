/** Makes strings from the kernel safe to look at: nothing invisible acts, nothing endless is drawn. */

const LONGEST_LINE = 300;
const LONGEST_BLOCK = 4000;

/** Bidi overrides and isolates, the two Unicode line separators and every control character. */
const ACTING = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** As Python's repr shows it. */
function shown(character: string): string {
	if (character === "\n") return "\\n";
	const hex = (character.codePointAt(0) ?? 0).toString(16);
	return hex.length <= 2 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

function clipped(text: string, longest: number): string {
	if (text.length <= longest) return text;
	// A cut between the two halves of an emoji would leave a broken character.
	return `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** One line: a name, a word, a message. */
export function asLine(text: string): string {
	return clipped(text, LONGEST_LINE).replace(ACTING, (c) => (c === "\t" ? " " : shown(c)));
}

/** Several lines: what a hook printed, a piece of a traceback. */
export function asBlock(text: string, longest = LONGEST_BLOCK): string {
	const lines = clipped(text, longest).replaceAll("\r\n", "\n");
	return lines.replace(ACTING, (c) => (c === "\n" || c === "\t" ? c : shown(c)));
}
