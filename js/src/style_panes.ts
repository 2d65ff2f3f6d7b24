/** The part of the style sheet for graph, detail, hooks, log and menu; it stands inside `.hookcell`. */

export const PANES = `
	.pane-bar { display: flex; align-items: center; gap: 4px 12px; min-height: 34px; padding: 4px 12px; font-size: 12px; }
	.pane-bar > .quiet { flex: 1 1 auto; min-width: 0; }
	:is(.pane-bar, .detail, .menu-place) .plain { margin-inline: 0; }
	.toggle { border: 1px solid var(--hc-line); }
	.toggle[aria-pressed="true"] { background: var(--hc-picked); border-color: var(--hc-Running); color: var(--hc-fg); }
	& :is(.caps bdi, .node-who bdi, .node-word, .facts dt, .tag, .call-kind, .code, .of, .log-level, .answer) { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
	& :is(.of, .copied, .node-state, .node-times, .facts dt, .detail summary, .paper, .tag, .call-outcome, .call-took, .call-at, .call-said, .log-line time, .log-level, .answer) { color: var(--hc-dim); }
	& :is(.node-state, .tag, .call-outcome, .call-took, .call-at, .log-line time, .log-level) { font-size: 11px; font-variant-numeric: tabular-nums; }
	& :is(.box, .value, .code, .call-said, .log-line pre, textarea) { font: 11.5px/1.5 var(--jp-code-font-family, ui-monospace, Menlo, monospace); }
	& :is(.box, .value, .call-said, .log-line pre, .notes) { white-space: pre-wrap; overflow-wrap: anywhere; }
	:is(.log-pane, textarea, input, summary):focus-visible { outline: 2px solid var(--hc-Running); outline-offset: -2px; }
	.caps { display: flex; align-items: baseline; gap: 0 .5em; margin: 0 0 4px; font-size: 11px; line-height: 1.5; font-weight: 600; letter-spacing: .04em; text-transform: uppercase; color: var(--hc-dim); }
	.caps :is(.plain, .copied, .result-type) { padding-block: 0; font-size: 12px; font-weight: 400; letter-spacing: 0; text-transform: none; }
	.caps .whole { flex: none; max-width: 60%; }
	.copy { display: inline-flex; align-items: baseline; gap: 2px; white-space: nowrap; }
	.box { max-height: 20em; margin: 2px 0 0; padding: 6px 10px; overflow: auto; border: 1px solid var(--hc-line); border-radius: 4px; background: var(--hc-bg); }

	.graph-pane { padding: 2px 12px 12px; max-height: 444px; overflow: auto; }
	.graph-size { position: relative; margin: 0; }
	.graph-drawing { transform-origin: 0 0; }
	.zoom .plain { min-width: 2em; text-align: center; }
	.edges { position: absolute; inset: 0 auto auto 0; z-index: 1; overflow: visible; pointer-events: none; color: color-mix(in srgb, var(--hc-dim) 55%, var(--hc-bg)); fill: currentColor; stroke: currentColor; }
	.edge.near { color: var(--hc-Running); }
	.line { fill: none; stroke-width: 1.3; }
	.back .line { stroke-dasharray: 4 3; }
	.edge path + path { stroke: none; }
	.node { position: absolute; z-index: 2; }
	.node-main { display: grid; align-content: center; width: 100%; height: 100%; padding: 3px 8px; border: 1px solid var(--hc-line); border-radius: 5px; background: var(--hc-bg); font-size: 12px; line-height: 1.35; overflow: hidden; }
	.node-main:hover { border-color: var(--hc-dim); }
	.picked > .node-main { background: var(--hc-picked); border-color: var(--hc-Running); }
	.cluster { z-index: 0; }
	.cluster > .node-main { align-content: start; grid-template-columns: fit-content(70%) minmax(0, 1fr); gap: 8px; padding-top: 7px; background: var(--hc-bg2); }
	.node:has(> .node-fold) > .node-main { padding-inline-end: 34px; }
	& :is(.node-name, .node-state) { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 6px; min-width: 0; height: 1.35em; white-space: nowrap; overflow: hidden; }
	.node-who { display: flex; gap: 5px; max-width: 100%; }
	.node-state { margin-inline-start: 18px; }
	.node-state.single { flex-direction: row-reverse; justify-content: flex-end; }
	.cluster .node-state { margin: 0; font-size: 12px; }
	.node-word { max-width: 100%; }
	.node-bar { position: absolute; inset: auto 6px 3px; height: 3px; margin: 0; }
	.cluster .node-bar { inset: 1px 6px auto; }
	.node-fold { position: absolute; top: 7px; inset-inline-end: 7px; min-width: 22px; padding: 0 5px; text-align: center; border: 1px solid var(--hc-line); border-radius: 4px; background: var(--hc-bg2); color: var(--hc-dim); font-size: 11px; line-height: 18px; }

	.detail { font-size: 12px; }
	.detail-columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
	.detail-part { padding: 8px 12px; min-width: 0; }
	.detail-hooks { border-inline-start: 1px solid var(--hc-line); }
	.detail-hooks > .caps { padding-inline-end: 18px; }
	.detail-columns ~ * { border-top: 1px solid var(--hc-line); }
	.facts { display: grid; grid-template-columns: minmax(92px, max-content) minmax(0, 1fr); gap: 1px 8px; margin: 0; }
	.facts :is(dt, dd) { display: block; float: none; width: auto; min-width: 0; margin: 0; padding: 0; font-weight: 400; }
	.facts dt { max-width: 14em; }
	.facts dd { font-variant-numeric: tabular-nums; }
	.value { display: inline-block; max-width: 100%; max-height: 9em; overflow: auto; vertical-align: bottom; }
	.message { display: block; overflow-wrap: anywhere; }
	.detail .why { margin: 0; background: var(--hc-bg); }
	.detail summary { display: list-item; padding: 3px 0; cursor: pointer; }
	.silence { padding: 8px 12px; font-size: 12px; }
	.papers { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 16px; }
	.paper { display: inline-flex; align-items: baseline; gap: 4px; min-width: 0; }
	.paper.wide { display: block; flex: 1 1 auto; }
	.paper.wide[open] { flex-basis: 100%; }
	.tags { display: flex; flex-wrap: wrap; gap: 4px; min-width: 0; }
	.tag { display: block; max-width: 24ch; padding: 0 7px; border: 1px solid var(--hc-line); border-radius: 9px; }

	.call { display: grid; grid-template-columns: 16px minmax(0, 96px) minmax(0, 1fr) auto auto; gap: 0 6px; align-items: baseline; padding-block: 1px; }
	.call.pointed { background: var(--hc-picked); }
	& :is(.call-took, .call-at) { text-align: end; white-space: nowrap; }
	.call-took { grid-column: -2; }
	.call-said { grid-column: 2 / -1; max-height: 12em; overflow: auto; }
	.calls-list { max-height: 546px; overflow-y: auto; padding: 0 12px 8px; font-size: 12px; }
	.calls-list .call { grid-template-columns: 16px minmax(0, 118px) minmax(0, 2fr) 70px minmax(0, 1fr) 74px 60px; padding-block: 2px; }
	.call-of { grid-column: 5; display: grid; min-width: 0; padding: 0 4px; }

	.log input { flex: 0 1 180px; min-width: 80px; padding: 2px 8px; font: inherit; color: inherit; border: 1px solid var(--hc-line); border-radius: 5px; background: var(--hc-bg); }
	.log-pane { max-height: 420px; overflow: auto; border-top: 1px solid color-mix(in srgb, var(--hc-line) 45%, transparent); }
	.log-lines { margin: 0; padding: 4px 0; list-style: none; font-size: 12px; }
	.log-line { display: grid; grid-template-columns: 66px 70px minmax(0, 1fr); gap: 0 8px; align-items: baseline; padding: 0 12px; }
	.several .log-line { grid-template-columns: 66px 70px 118px minmax(0, 1fr); }
	.log-level { font-weight: 600; }
	.earlier { display: block; margin: 4px auto; }
	.detail :is(.log-line, .pane-bar) { padding-inline: 0; }

	.menu-place { display: inline-flex; align-items: center; min-width: 28px; font-size: 12px; }
	.answer:not(:empty) { margin-inline-end: 8px; }
	.menu-button { min-width: 28px; text-align: center; }
	.menu { position: fixed; inset: auto; margin: 0; min-width: 170px; max-width: min(320px, 96vw); padding: 4px; color: var(--hc-fg); border: 1px solid var(--hc-line); border-radius: 6px; background: var(--hc-bg); box-shadow: 0 4px 14px #0003; font-size: 13px; }
	.menu button { display: flex; justify-content: space-between; gap: 16px; width: 100%; padding: 4px 10px; border: 0; border-radius: 4px; background: none; }
	.menu button:is(:hover, :focus) { background: var(--hc-bg2); }
	.menu [aria-disabled="true"] { color: var(--hc-dim); cursor: default; }

	@container (max-width: 620px) {
		.detail-columns { grid-template-columns: minmax(0, 1fr); }
		.detail-hooks { border-inline-start: 0; border-top: 1px solid var(--hc-line); padding-inline-end: 12px; }
		.calls-list .call { grid-template-columns: 16px minmax(0, 92px) minmax(0, 1fr) 66px minmax(0, 1fr) 52px; }
		.call-at { display: none; }
		.log-line { grid-template-columns: 56px 62px minmax(0, 1fr); }
		.several .log-line { grid-template-columns: 56px 62px 80px minmax(0, 1fr); }
	}
`;
