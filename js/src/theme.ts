/** Whether the host is dark, now and after each change. */

function isDark(): boolean {
	const lab = document.body.dataset.jpThemeLight;
	if (lab !== undefined) return lab === "false";
	const { classList } = document.body;
	if (classList.contains("vscode-light") || classList.contains("vscode-high-contrast-light")) return false;
	if (classList.contains("vscode-dark") || classList.contains("vscode-high-contrast")) return true;
	return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function watchTheme(tell: (dark: boolean) => void, signal: AbortSignal): void {
	const look = () => tell(isDark());
	const observer = new MutationObserver(look);
	observer.observe(document.body, { attributeFilter: ["data-jp-theme-light", "class"] });
	signal.addEventListener("abort", () => observer.disconnect());
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look, { signal });
	look();
}
