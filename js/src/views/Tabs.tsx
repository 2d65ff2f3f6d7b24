/** The ways to look at one run, one at a time. */

import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useUniqueId } from "./ids";

export interface Tab {
	readonly name: string;
	/** What is counted beside the name, where there is something. */
	readonly count?: string;
}

interface Props {
	tabs: readonly Tab[];
	chosen: string;
	choose: (name: string) => void;
	label: string;
	children: ComponentChildren;
}

export function Tabs({ tabs, chosen, choose, label, children }: Props) {
	const id = useUniqueId();
	return (
		<>
			<div class="tabs" role="tablist" aria-label={label} onKeyDown={(event) => moveAmong(event, tabs, chosen, choose)}>
				{tabs.map(({ name, count }) => (
					<button
						key={name}
						type="button"
						role="tab"
						id={`${id}-${name}`}
						aria-selected={name === chosen}
						aria-controls={name === chosen ? `${id}-panel` : undefined}
						tabIndex={name === chosen ? 0 : -1}
						onClick={() => choose(name)}
					>
						{name}
						{count && ` ${count}`}
					</button>
				))}
			</div>
			<div class="tab-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>
				{children}
			</div>
		</>
	);
}

function moveAmong(
	event: TargetedKeyboardEvent<HTMLElement>,
	tabs: readonly Tab[],
	chosen: string,
	choose: Props["choose"],
): void {
	const at = tabs.findIndex(({ name }) => name === chosen);
	const n = tabs.length;
	const goals: Record<string, number> = { ArrowRight: (at + 1) % n, ArrowLeft: (at - 1 + n) % n, Home: 0, End: n - 1 };
	const goal = goals[event.key];
	const tab = goal === undefined ? undefined : tabs[goal];
	if (goal === undefined || !tab) return;
	event.preventDefault();
	event.stopPropagation();
	choose(tab.name);
	event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]')[goal]?.focus();
}
