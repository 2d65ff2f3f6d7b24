/** What the run was called with. */

import type { Parameter } from "../../wire";
import { Lines, Name } from "../parts";

export function Parameters({ all }: { all: readonly Parameter[] }) {
	return (
		<>
			{all.map((parameter, i) => (
				<Given key={i} parameter={parameter} />
			))}
		</>
	);
}

function Given({ parameter: { name, repr, masked } }: { parameter: Parameter }) {
	return (
		<>
			<dt>
				<Name class="term" text={name} />
			</dt>
			<dd>
				{/* Whatever the kernel sent beside the mark: a secret is not shown. */}
				<Lines class="value" text={masked ? "••••••" : repr} />
				{masked && <span class="quiet"> hidden</span>}
			</dd>
		</>
	);
}
