/** Why it failed: the error, and the user's own line of code. */

import type { RunError } from "../wire";
import { useReach } from "./parts";

const lineText = (line: string): string => (/^(\s|-)/.test(line) ? line : `  ${line}`);

export function ErrorBox({ error, of }: { error: RunError; of: string }) {
	return (
		// What is told is code, whatever a name begins with.
		<pre class="why" dir="ltr" ref={useReach(error)}>
			{of && (
				<>
					<bdi dir="ltr">{of}</bdi>
					{": "}
				</>
			)}
			{[error.title, ...error.where.map(lineText)].join("\n")}
		</pre>
	);
}
