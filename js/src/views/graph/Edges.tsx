/** The lines of the graph. */

import { memo } from "../memo";
import { headOf, type Plan, pathOf } from "./plan";

export const Edges = memo(({ drawing, near }: { drawing: Plan; near: string | null }) => (
	<svg class="edges" width={drawing.width} height={drawing.height} aria-hidden="true">
		{drawing.routes.map((route) => {
			const kind = `${route.back ? "edge back" : "edge"}${route.from === near || route.to === near ? " near" : ""}`;
			return (
				<g key={`${route.from}\n${route.to}`} class={kind}>
					<path class="line" d={pathOf(route)} />
					<path d={headOf(route)} />
				</g>
			);
		})}
	</svg>
));
