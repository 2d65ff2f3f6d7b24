/** The part of the style sheet for forms and for the button that allows notifications; it stands inside `.hookcell`. */

export const QUESTIONS = `
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
	.asked > .answer { flex: none; margin: 0; padding: 2px 6px; font-weight: 600; }
	.yes span { color: var(--hc-Completed); }
	.no span { color: var(--hc-Failed); }
	.cancel[aria-disabled="true"] { color: var(--hc-dim); cursor: default; }
	.asked .note { flex: 1 0 100%; box-sizing: border-box; margin: 0; padding-inline-start: 2em; }
	.small { font-size: 12px; }
	.allow { padding: 0 2px; font-size: 12px; color: var(--hc-dim); }
`;
