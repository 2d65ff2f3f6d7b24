/** Which node the arrow keys lead to: along the edges sideways, to the nearest neighbour up and down. */

import type { Spot } from "./layout";
import type { Plan } from "./plan";

const middle = (spot: Spot) => ({ x: spot.x + spot.width / 2, y: spot.y + Math.min(spot.height, 44) / 2 });

type Way = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

const WAYS: Record<Way, readonly [number, number]> = {
	ArrowLeft: [-1, 0],
	ArrowRight: [1, 0],
	ArrowUp: [0, -1],
	ArrowDown: [0, 1],
};

const isWay = (key: string): key is Way => key in WAYS;

export function steered(key: string, from: string, keys: readonly string[], { spots, routes }: Plan): string | null {
	if (key === "Home") return keys[0] ?? null;
	if (key === "End") return keys.at(-1) ?? null;
	if (!isWay(key)) return null;
	const linked = routes.flatMap((route) => {
		if (key === "ArrowRight") return route.from === from ? [route.to] : [];
		return key === "ArrowLeft" && route.to === from ? [route.from] : [];
	});
	const here = spots.get(from);
	return here ? nearest(here, WAYS[key], linked.length > 0 ? linked : keys, spots, linked.length > 0) : null;
}

/** The one that lies furthest in this direction for the least way aside. */
function nearest(
	here: Spot,
	[dx, dy]: readonly [number, number],
	keys: readonly string[],
	spots: ReadonlyMap<string, Spot>,
	anywhere: boolean,
): string | null {
	const from = middle(here);
	let best: string | null = null;
	let least = Number.POSITIVE_INFINITY;
	for (const key of keys) {
		const spot = spots.get(key);
		if (!spot || spot === here) continue;
		const to = middle(spot);
		const ahead = (to.x - from.x) * dx + (to.y - from.y) * dy;
		const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
		const cost = Math.abs(ahead) + 3 * aside;
		if ((ahead > 4 || anywhere) && cost < least) [best, least] = [key, cost];
	}
	return best;
}
