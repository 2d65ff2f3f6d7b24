/** Why it failed: the error, and the user's own line of code. */

import type { RunError } from "../wire";
import { useReach } from "./parts";

const lineText = (line: string): string => (/^(\s|-)/.test(line) ? line : `  ${line}`);

export function ErrorBox({ error, of }: { error: RunError; of: string }) {
	return (
		<pre class="why" dir="auto" ref={useReach(error)}>
			{of && (
				<>
					<bdi>{of}</bdi>
					{": "}
				</>
			)}
			{[error.title, ...error.where.map(lineText)].join("\n")}
		</pre>
	);
}
