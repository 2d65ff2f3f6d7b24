/** What is said where the kernel does not answer. */

import type { RunModel } from "../../model";
import { Plain } from "../parts";

interface Props {
	/** What is missing: "Parameters, result and log". */
	what: string;
	model: RunModel;
	again: () => void;
}

export function Silence({ what, model, again }: Props) {
	const picture = model.picture.value;
	const busy = picture?.live === true && picture.hint !== null;
	return (
		<p class="quiet silence">
			{`Not here: ${what}. `}
			{busy
				? "This kernel cannot answer while a cell runs: ask once it has ended. "
				: "The kernel is busy, was restarted, or no longer has this run. "}
			<Plain onClick={again}>Ask again</Plain>
		</p>
	);
}
