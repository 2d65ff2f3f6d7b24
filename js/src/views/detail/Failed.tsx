/** Why a run failed: the reader's own lines, then everything. */

import type { Detail, Run } from "../../wire";
import { CopyButton } from "../CopyButton";
import { ErrorBox } from "../ErrorBox";
import { Lines } from "../parts";
import { Part } from "./Part";

export function Failed({ run, told }: { run: Run; told: Detail["error"] }) {
	const error = told ?? run.error;
	if (!error) return null;
	const traceback = told?.traceback;
	const whole = traceback || [error.title, ...error.where].join("\n");
	const title = (
		<>
			Error <CopyButton label="Copy error" text={() => whole} />
		</>
	);
	return (
		<Part title={title}>
			<ErrorBox error={error} of="" />
			{traceback && (
				<details>
					<summary>Full traceback</summary>
					<Lines class="box" text={traceback} />
				</details>
			)}
		</Part>
	);
}
