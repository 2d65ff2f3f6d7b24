/** One part of a detail, under its title. */

import type { ComponentChildren } from "preact";

interface Props {
	title: ComponentChildren;
	class?: string;
	children: ComponentChildren;
}

export function Part({ title, class: kind = "", children }: Props) {
	return (
		<div class={`detail-part ${kind}`}>
			<h4 class="caps">{title}</h4>
			{children}
		</div>
	);
}
