/** What the build puts where a view's source has tags. */

export { Fragment, h } from "preact";
