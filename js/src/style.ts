/** The style sheet. Surfaces and text are the host's; state colours are the palette's. */

import { LOOK_NAMES, LOOKS } from "./palette";

const tokens = (theme: "light" | "dark"): string =>
	LOOK_NAMES.map((name) => `--hc-${name}: ${LOOKS[name][theme]};`).join(" ");

export const STYLE = `
.hookcell {
	--hc-bg: var(--jp-layout-color1, var(--vscode-editor-background, #fff));
	--hc-bg2: #f5f5f5; --hc-dim: #59636e; --hc-line: #d8dde3; --hc-fg: #1f2328; --hc-picked: #f3f6fb;
	${tokens("light")}
	display: grid; gap: 8px; box-sizing: border-box; width: 100%; max-width: 880px; padding: 4px 2px;
	color: var(--hc-fg); font: 13px/1.45 var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);
	font-variant-emoji: text; container-type: inline-size;

	&.dark {
		--hc-bg: var(--jp-layout-color1, var(--vscode-editor-background, #111));
		--hc-bg2: #1c1c1e; --hc-dim: #9aa4b0; --hc-line: #34383d; --hc-fg: #e8eaed; --hc-picked: color-mix(in srgb, var(--hc-Running) 9%, var(--hc-bg));
		${tokens("dark")}
	}

	* { box-sizing: border-box; }
	& :where(p, ul, pre) { margin: 0; padding: 0; list-style: none; font-size: inherit; line-height: inherit; color: inherit; background: none; border: 0; }
	.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
	.panel { position: relative; border: 1px solid var(--hc-line); border-radius: 6px; background: var(--hc-bg); overflow: hidden; }
	button { font: inherit; color: inherit; margin: 0; text-align: start; cursor: pointer; }
	button:focus-visible { outline: 2px solid var(--hc-Running); outline-offset: -2px; }

	.head { display: flex; align-items: center; gap: 12px; width: 100%; padding: 9px 8px 9px 12px; min-height: 44px; }
	.head.line { min-height: 36px; padding-block: 6px; border: 0; background: none; }
	.head.line:hover, .row:hover { background: var(--hc-picked); }
	.icon { display: inline-block; width: 1.1em; flex: none; text-align: center; font-style: normal; }
	.state { display: inline-flex; flex: none; align-items: center; gap: 6px; max-width: 40%; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
	& :is(.name, .run, .task, .doing, .kind, .code, .of) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
	.name { font-weight: 600; flex: 0 1 auto; max-width: 50%; }
	& :is(.run, .tally, .clock, .doing, .took, .quiet, .note, .kind, .of, .outcome) { color: var(--hc-dim); }
	.run { flex: 0 4 auto; }
	.tally { white-space: nowrap; }
	.clock { flex: none; margin-inline-start: auto; min-width: 7ch; text-align: end; }
	& :is(.clock, .took, .counts, .left, .doing) { font-variant-numeric: tabular-nums; }
	.cancel { flex: none; min-width: 7em; padding: 2px 10px; text-align: center; border: 1px solid var(--hc-line); border-radius: 5px; background: var(--hc-bg2); }
	.cancel:not(:disabled):hover { border-color: var(--hc-dim); }
	.cancel:disabled { color: var(--hc-dim); cursor: default; }
	.plain { flex: none; margin-inline: -6px; padding: 2px 6px; border: 0; border-radius: 5px; background: none; color: var(--hc-dim); }
	.plain:hover { background: var(--hc-bg2); }
	.fold { flex: none; width: 2em; text-align: center; font-style: normal; color: var(--hc-dim); }

	.bar { display: flex; gap: 1px; height: 6px; margin: 0 12px; border-radius: 3px; overflow: hidden; background: var(--hc-bg2); }
	.bar span { flex: 0 0 0; min-width: 3px; background: currentColor; }
	.bar .outline { background: color-mix(in srgb, currentColor 35%, transparent); }
	:is(.bar, .lane) .hatched { background: repeating-linear-gradient(135deg, currentColor 0 2px, transparent 2px 5px); }
	.counts { display: flex; flex-wrap: wrap; gap: 0 14px; padding: 6px 12px 8px; font-size: 12px; }
	.chip { display: inline-flex; gap: 4px; white-space: nowrap; color: var(--hc-dim); }
	.chip.none { opacity: .55; }
	.note { margin: 0 12px 8px; font-size: 12px; }
	.why { margin: 0 12px 8px; padding: 6px 10px; max-height: 15em; overflow: auto; border-left: 3px solid var(--hc-Failed); background: var(--hc-bg2); color: var(--hc-fg); font: 12px/1.5 var(--jp-code-font-family, ui-monospace, Menlo, monospace); white-space: pre-wrap; overflow-wrap: anywhere; }

	.rows { max-height: 546px; overflow-y: auto; border-top: 1px solid var(--hc-line); font-size: 12px; }
	.item + .item { border-top: 1px solid color-mix(in srgb, var(--hc-line) 45%, transparent); }
	.row { position: relative; display: grid; grid-template-columns: 332px minmax(0, 1fr) 68px; align-items: center; width: 100%; height: 26px; padding: 0; border: 0; background: none; white-space: nowrap; }
	.row:focus-visible, .row[aria-expanded="true"] { background: var(--hc-picked); }
	.words { display: grid; grid-template-columns: fit-content(190px) minmax(0, 1fr); align-items: center; min-width: 0; }
	.who { display: flex; align-items: center; gap: 6px; padding-inline-end: 8px; min-width: 0; }
	.doing { padding-inline-end: 10px; text-align: end; }
	.row .took { padding-inline-end: 12px; text-align: end; }
	.lane { position: relative; height: 26px; margin-inline-end: 12px; }
	.stretch { position: absolute; top: 8px; height: 10px; min-width: 2px; border-radius: 2px; background: currentColor; }
	.stretch.outline { background: none; border: 1px dashed currentColor; min-width: 4px; }
	.stretch.hatched { border: 1px solid currentColor; }
	.mark { position: absolute; top: 1px; width: 11px; height: 11px; margin-left: -5.5px; }
	.mark svg { display: block; width: 11px; height: 11px; overflow: visible; }
	.mark .full { stroke: var(--hc-bg); stroke-width: 1.4; }
	.mark .hollow { fill: var(--hc-bg); stroke-width: 1.6; }
	.mark .exclamation { stroke: var(--hc-bg); stroke-width: 1.4; }
	.mark.wrong svg { transform: scale(1.35); }

	.opened { padding: 8px 12px; border-block: 1px solid var(--hc-line); background: var(--hc-bg2); font-size: 12px; }
	.opened .why { margin: 0 0 8px; background: var(--hc-bg); }
	.hook { display: grid; grid-template-columns: 16px 118px minmax(0, 1fr) auto 68px; gap: 0 6px; align-items: baseline; }
	.hook .took { text-align: end; }
	.several .hook { grid-template-columns: 16px 118px minmax(0, 3fr) minmax(0, 2fr) 66px 68px; }
	.code { font: 11.5px/1.5 var(--jp-code-font-family, ui-monospace, Menlo, monospace); }
	.said { grid-column: 2 / -1; max-height: 12em; overflow: auto; color: var(--hc-dim); font: 11.5px/1.5 var(--jp-code-font-family, ui-monospace, Menlo, monospace); white-space: pre-wrap; overflow-wrap: anywhere; }
	.asked { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 4px 10px; padding: 9px 8px 9px 12px; min-height: 44px; }
	.asked > .icon { padding-top: 2px; font-weight: 700; }
	.asked.open { border-inline-start: 3px solid var(--hc-Paused); padding-inline-start: 10px; }
	.asked:focus-visible { outline: 2px solid var(--hc-Running); outline-offset: -2px; }
	.asked:focus:not(:focus-visible) { outline: none; }
	.question { flex: 1 1 14em; min-width: 0; padding-top: 2px; }
	.about { display: flex; gap: 10px; }
	.by { color: var(--hc-dim); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
	.text { max-height: 20em; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
	.buttons { display: flex; flex: none; gap: 8px; }
	.answer { flex: none; padding: 2px 6px; font-weight: 600; }
	.yes span { color: var(--hc-Completed); }
	.no span { color: var(--hc-Failed); }
	.cancel[aria-disabled="true"] { color: var(--hc-dim); cursor: default; }
	.asked .note { flex: 1 0 100%; box-sizing: border-box; margin: 0; padding-inline-start: 2em; }
	.small { font-size: 12px; }
	.allow { padding: 0 2px; font-size: 12px; color: var(--hc-dim); }
	.left { padding: 6px 12px; font-size: 12px; }
	.panel .left { border-top: 1px solid color-mix(in srgb, var(--hc-line) 45%, transparent); }

	@container (max-width: 620px) {
		.row { grid-template-columns: minmax(0, 1fr) 68px; }
		.words { grid-template-columns: minmax(0, 1fr) minmax(0, auto); }
		.lane { display: none; }
		.several .hook { grid-template-columns: 16px 92px minmax(0, 1fr) minmax(0, 1fr) auto 52px; }
		.head { flex-wrap: wrap; gap: 2px 8px; }
		.name, .run { max-width: 60cqw; }
	}
	@media (forced-colors: active) {
		& :is(.bar span, .stretch, .mark) { forced-color-adjust: none; }
	}
}
`;
