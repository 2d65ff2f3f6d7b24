/** The style sheet. Surfaces and text are the host's; state colours are the palette's. */

import { LOOK_NAMES, LOOKS } from "./palette";
import { PANES } from "./style_panes";
import { QUESTIONS } from "./style_questions";
import { ROWS } from "./style_rows";

const tokens = (theme: "light" | "dark"): string =>
	LOOK_NAMES.map((name) => `--hc-${name}: ${LOOKS[name][theme]};`).join(" ");

export const STYLE = `
.hookcell {
	--hc-bg: var(--jp-layout-color1, var(--vscode-editor-background, #fff));
	--hc-bg2: #f5f5f5; --hc-dim: #59636e; --hc-line: #d8dde3; --hc-fg: #1f2328;
	--hc-picked: color-mix(in srgb, var(--hc-Running) 10%, transparent); --hc-faint: color-mix(in srgb, var(--hc-line) 45%, transparent);
	--hc-label: clamp(218px, 36cqi, 250px);
	${tokens("light")}
	display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; box-sizing: border-box; width: 100%; max-width: 880px; padding: 4px 2px;
	color: var(--hc-fg); font: 13px/1.45 var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);
	font-variant-emoji: text; font-variant-numeric: tabular-nums; container-type: inline-size;

	&.dark {
		--hc-bg: var(--jp-layout-color1, var(--vscode-editor-background, #111));
		--hc-bg2: #1c1c1e; --hc-dim: #9aa4b0; --hc-line: #34383d; --hc-fg: #e8eaed;
		${tokens("dark")}
	}

	.jp-OutputArea-output & { max-width: 900px; padding-inline-end: 22px; }
	* { box-sizing: border-box; }
	& :where(p, ul, pre) { margin: 0; padding: 0; list-style: none; font-size: inherit; line-height: inherit; color: inherit; background: none; border: 0; }
	pre { word-break: normal; }
	.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
	.panel { position: relative; border: 1px solid var(--hc-line); border-radius: 6px; background: var(--hc-bg); overflow: hidden; }
	button { font: inherit; color: inherit; margin: 0; text-align: start; cursor: pointer; }
	button:focus-visible { outline: 2px solid var(--hc-Running); outline-offset: -2px; }

	.head { display: flex; align-items: center; gap: 12px; width: 100%; padding: 9px 8px 7px 12px; min-height: 44px; }
	.head.line { min-height: 36px; padding-block: 6px; border: 0; background: none; }
	.head.line:hover { background: var(--hc-picked); }
	.icon { display: inline-block; width: 1.1em; flex: none; text-align: center; font-style: normal; }
	.state { display: inline-flex; flex: none; align-items: center; gap: 6px; max-width: 40%; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
	& :is(.name, .run, .at-work) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
	.head .names { display: flex; flex: 0 1 auto; gap: 12px; min-width: 0; }
	.name { font-weight: 600; flex: 0 1 auto; max-width: 22em; color: var(--hc-fg); }
	& :is(.run, .tally, .clock, .at-work, .quiet, .note) { color: var(--hc-dim); }
	.run { flex: 0 1000 auto; }
	.at-work { flex: 1 8 0; min-width: 9ch; }
	.at-work:empty { min-width: 0; }
	.tally { white-space: nowrap; }
	.clock { flex: none; margin-inline-start: auto; min-width: 7ch; text-align: end; }
	.cancel { flex: none; min-width: 7em; padding: 2px 10px; text-align: center; border: 1px solid var(--hc-line); border-radius: 5px; background: var(--hc-bg2); }
	.cancel:not(:disabled):hover { border-color: var(--hc-dim); }
	.cancel:disabled { color: var(--hc-dim); cursor: default; }
	.plain { flex: none; margin-inline: -6px; padding: 2px 6px; border: 0; border-radius: 5px; background: none; color: var(--hc-dim); }
	.plain:hover:not(:disabled) { background: var(--hc-bg2); }
	.fold { flex: none; width: 2em; text-align: center; font-style: normal; color: var(--hc-dim); }

	.bar { display: flex; gap: 1px; height: 6px; margin: 0 12px; border-radius: 3px; overflow: hidden; background: var(--hc-bg2); }
	.bar span { flex: 0 0 0; min-width: 3px; background: currentColor; }
	.bar .outline { background: color-mix(in srgb, currentColor 35%, transparent); }
	:is(.bar, .lane) .hatched { background: repeating-linear-gradient(135deg, currentColor 0 2px, transparent 2px 5px); }
	.counts { display: flex; flex-wrap: wrap; gap: 0 4px; padding: 4px 7px 6px; font-size: 12px; }
	.chip { display: inline-flex; align-items: baseline; gap: 4px; padding: 2px 5px; border: 0; border-radius: 5px; background: none; white-space: nowrap; color: var(--hc-dim); }
	.chip:hover { background: var(--hc-bg2); }
	.chip[aria-pressed="true"] { background: var(--hc-picked); }
	.chip.none { opacity: .55; }
	.note { margin: 0 12px 8px; font-size: 12px; }
	.why { margin: 0 12px 8px; padding: 6px 10px; max-height: 15em; overflow: auto; border-left: 3px solid var(--hc-Failed); background: var(--hc-bg2); color: var(--hc-fg); font: 12px/1.5 var(--jp-code-font-family, ui-monospace, Menlo, monospace); white-space: pre-wrap; overflow-wrap: anywhere; }
	.lost { margin: 0 2px; font-size: 12px; color: var(--hc-fg); }
	.lost:empty { position: absolute; }
	.lost .icon { margin-inline-end: 4px; color: var(--hc-Retrying); }
	.left { padding: 6px 12px; font-size: 12px; }

	.tabs { display: flex; flex-wrap: wrap; gap: 2px; padding: 0 12px; border-bottom: 1px solid var(--hc-line); font-size: 12px; }
	.tabs button { padding: 5px 10px; border: 0; background: none; color: var(--hc-dim); font-weight: 500; white-space: nowrap; }
	.tabs button:hover { color: var(--hc-fg); }
	.tabs [aria-selected="true"] { color: var(--hc-fg); box-shadow: inset 0 -2px var(--hc-Running); }
	.selected { position: relative; border-top: 1px solid var(--hc-line); background: var(--hc-bg2); }
	.selected > .close { position: absolute; inset-block-start: 4px; inset-inline-end: 6px; z-index: 1; margin: 0; padding: 1px 6px; }
	${ROWS}
	${PANES}
	${QUESTIONS}

	@container (max-width: 700px) {
		.run + .run { display: none; }
	}
	@container (max-width: 620px) {
		.head { gap: 8px; }
		.head:has(.at-work:not(:empty)) { flex-wrap: wrap; row-gap: 2px; }
		.head .names { flex: 1 1 0; gap: 8px; }
		.cancel { min-width: 5.5em; padding-inline: 6px; }
		.at-work { order: 1; flex: 1 0 100%; }
		.at-work:empty { display: none; }
	}
	@media (forced-colors: active) {
		& :is(.bar span) { forced-color-adjust: none; }
	}
}
`;
