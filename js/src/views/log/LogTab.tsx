/** The log of a root run. */

import type { RunModel } from "../../model";
import type { Run } from "../../wire";
import { LogView } from "./LogView";

export function LogTab({ root, model }: { root: Run; model: RunModel }) {
	return <LogView run={root} model={model} />;
}
