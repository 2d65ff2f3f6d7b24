/** Whether this page may show notifications of the browser. Nobody is asked before they click. */

import { type ReadonlySignal, signal } from "@preact/signals";

/** "missing": the browser has none, or not for a page that is neither on https nor on localhost. */
export type Permission = "granted" | "denied" | "default" | "missing";

export function permissionNow(): Permission {
	return "Notification" in window && window.isSecureContext !== false ? Notification.permission : "missing";
}

const current = signal<Permission>("default");

/** As it was when a view last looked. */
export const permission: ReadonlySignal<Permission> = current;

export function look(): Permission {
	current.value = permissionNow();
	return current.value;
}

/** To be called by a click only. */
export async function request(): Promise<Permission> {
	if (look() === "default") await Notification.requestPermission();
	return look();
}
