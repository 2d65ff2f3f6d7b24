/** The rows of the timeline and of the list of tasks. To stand inside `.hookcell`. */

export const ROWS = `
	.rows { position: relative; max-height: 546px; overflow: hidden auto; overflow-anchor: none; overscroll-behavior-y: auto; font-size: 12px; }
	.sheet { position: relative; }
	.row { position: absolute; inset-inline: 0; display: grid; grid-template-columns: var(--hc-label) minmax(0, 1fr); align-items: center; height: 26px; white-space: nowrap; cursor: default; border-bottom: 1px solid var(--hc-faint); }
	.row:hover { background: color-mix(in srgb, var(--hc-Running) 4%, transparent); }
	.row[aria-selected="true"] { background: var(--hc-picked); }
	.row:focus-visible { outline: 2px solid var(--hc-Running); outline-offset: -2px; z-index: 1; }
	.label { display: flex; align-items: center; gap: 6px; min-width: 0; padding-inline: 12px 8px; }
	.label .task { flex: 0 1 auto; min-width: 3em; }
	& :is(.group .task, .task:has(+ .own)) { min-width: 1.5em; }
	.label .fold { width: auto; flex: none; margin-inline-end: -2px; }
	& :is(.times, .own) { flex: 0 10000 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; color: var(--hc-dim); }
	.says { flex: 1 100 auto; min-width: 4.4em; color: var(--hc-dim); text-align: end; overflow: hidden; text-overflow: ellipsis; }
	.group .says { flex-shrink: 0; }
	.row.blank, .row.rule { color: var(--hc-dim); }
	.row.rule { background: var(--hc-bg2); font-size: 11px; }
	.row.rule:hover { background: var(--hc-bg2); }

	.lane { position: relative; height: 26px; margin-inline-end: 12px; overflow: hidden; direction: ltr; }
	.stretch { position: absolute; top: 8px; height: 10px; min-width: 2px; border-radius: 2px; background: currentColor; }
	.stretch.packed { border-radius: 1px; box-shadow: inset -1px 0 var(--hc-bg); }
	.stretch.outline { background: none; border: 1px dashed currentColor; min-width: 4px; }
	.stretch.hatched { border: 1px solid currentColor; }
	.density { position: absolute; inset: 0; width: 100%; height: 26px; display: block; }
	.again { position: absolute; top: 2px; width: 2px; height: 5px; margin-left: -1px; background: var(--hc-Retrying); }
	.mark { position: absolute; top: 1px; width: 12px; height: 12px; margin: 0 0 0 -6px; padding: 0; border: 0; background: none; }
	.mark svg { display: block; width: 12px; height: 12px; overflow: visible; }
	.mark .full { stroke: var(--hc-bg); stroke-width: 1.4; }
	.mark .hollow { fill: var(--hc-bg); stroke-width: 1.6; }
	.mark .exclamation { stroke: var(--hc-bg); stroke-width: 1.4; }
	.mark.wrong svg { transform: scale(1.2); }

	.axis { position: sticky; top: 0; z-index: 2; display: grid; grid-template-columns: var(--hc-label) minmax(0, 1fr); align-items: center; height: 26px; border-bottom: 1px solid var(--hc-faint); background: var(--hc-bg); color: var(--hc-dim); font-size: 11px; }
	.corner { display: flex; align-items: center; justify-content: space-between; padding-inline: 12px 8px; }
	.tools { display: flex; gap: 1px; opacity: .85; }
	.tools .plain { min-width: 22px; margin: 0; padding: 0 5px; text-align: center; line-height: 20px; }
	.tools .plain:disabled { opacity: .45; cursor: default; }
	.tools [aria-pressed="true"] { color: var(--hc-Running); }
	.scale { position: relative; height: 26px; margin-inline-end: 12px; direction: ltr; }
	.scale:focus-visible { outline: 2px solid var(--hc-Running); outline-offset: -2px; }
	.tick { position: absolute; top: 5px; transform: translateX(-50%); white-space: nowrap; }
	.tick.start { transform: none; }
	.tick.end { transform: translateX(-100%); }
	.now { position: absolute; top: 25px; width: 1px; background: color-mix(in srgb, var(--hc-Running) 45%, transparent); pointer-events: none; }

	.sought { display: flex; align-items: center; gap: 8px; padding: 6px 12px; border-bottom: 1px solid var(--hc-faint); font-size: 12px; min-height: 36px; }
	.sought input { width: 220px; max-width: 50%; padding: 2px 8px; border: 1px solid var(--hc-line); border-radius: 5px; background: var(--hc-bg); color: inherit; font: inherit; }
	.sought input:focus-visible { outline: 2px solid var(--hc-Running); outline-offset: -1px; }
	.sought .plain { margin: 0; background: var(--hc-picked); color: var(--hc-fg); }
	.row.task-line, .task-line { display: grid; grid-template-columns: 118px minmax(0, 5fr) 48px 58px 64px minmax(0, 6fr); gap: 0 10px; padding-inline: 12px; align-items: center; }
	.heads { position: sticky; top: 0; z-index: 2; height: 26px; border-bottom: 1px solid var(--hc-faint); background: var(--hc-bg); color: var(--hc-dim); font-size: 11px; }
	.heads > :is(:nth-child(3), :nth-child(4), :nth-child(5)) { text-align: end; }
	.word { display: flex; align-items: center; gap: 6px; min-width: 0; overflow: hidden; }
	.cell { display: flex; gap: 6px; min-width: 0; }
	.number { text-align: end; color: var(--hc-dim); }
	.why-not { color: var(--hc-dim); }
	& :is(.task, .why-not) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }

	@container (max-width: 620px) {
		--hc-label: minmax(118px, 38%);
		.label { padding-inline-start: 10px; gap: 4px; }
		.tick:nth-of-type(even) { visibility: hidden; }
		.row.task-line, .task-line { grid-template-columns: 92px minmax(0, 1fr) 54px minmax(0, 1fr); }
		.task-line > :is(:nth-child(3), :nth-child(5)) { display: none; }
	}
	@media (forced-colors: active) {
		& :is(.stretch, .mark, .density, .again, .now) { forced-color-adjust: none; }
		.tabs [aria-selected="true"] { border-bottom: 2px solid Highlight; }
		.chip[aria-pressed="true"] { outline: 1px solid Highlight; }
		.row[aria-selected="true"] { outline: 2px solid Highlight; outline-offset: -2px; }
	}
`;
