/** A view that is drawn again only when one of its props is another object. */

import { Component, type ComponentChild, type FunctionComponent, h } from "preact";

export function memo<P extends object>(view: FunctionComponent<P>) {
	return class Memo extends Component<P> {
		override shouldComponentUpdate(next: Readonly<P>): boolean {
			return Object.entries(next).some(([key, value]) => value !== Reflect.get(this.props, key));
		}
		override render(): ComponentChild {
			return h(view, this.props);
		}
	};
}
