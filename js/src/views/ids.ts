/** Ids for aria: preact's own count from one in every view, and a page has many views. */

import { useState } from "preact/hooks";

export function useUniqueId(): string {
	const [id] = useState(() => `hc-${Math.random().toString(36).slice(2, 10)}`);
	return id;
}
