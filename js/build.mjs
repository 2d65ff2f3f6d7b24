/**
 * Makes the one file that the kernel sends to the browser: `npm run build`, and `npm run watch` while working on it.
 * `node build.mjs --print` writes it to stdout instead; with `--plain` it is as esbuild made it.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { build, context, transform } from "esbuild";

const FILE = "../src/hookcell/notebook/static/widget.js";
const given = new Set(process.argv.slice(2));

/** The style sheet is put together here, and not in every page; only so can it be made small. */
const styles = {
	name: "styles",
	setup({ onLoad }) {
		onLoad({ filter: /[\\/]src[\\/]style\.ts$/ }, async ({ path }) => {
			const { outputFiles, metafile } = await build({
				entryPoints: [path],
				bundle: true,
				format: "esm",
				metafile: true,
				write: false,
			});
			const module = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
			const { code } = await transform(module.STYLE, { loader: "css", minify: true });
			const contents = `export const STYLE = ${JSON.stringify(code.trim())};`;
			return { contents, watchFiles: Object.keys(metafile.inputs) };
		});
	},
};

const options = {
	entryPoints: ["src/widget.ts"],
	outfile: FILE,
	bundle: true,
	format: "esm",
	target: "es2022",
	minify: true,
	plugins: [styles],
	// Calls of `h` are shorter than the objects that the automatic runtime makes of children.
	jsx: "transform",
	jsxFactory: "h",
	jsxFragment: "Fragment",
	inject: ["src/jsx.ts"],
	tsconfigRaw: {},
};

/**
 * The whole text goes to the browser with every board, and into every notebook that keeps its widgets: packed it is
 * less than half as long. A blob is where widgets' modules come from anyway, so no host forbids one more.
 */
function pack(text) {
	const packed = gzipSync(text, { level: 9 }).toString("base64");
	return `const packed = Uint8Array.from(atob("${packed}"), (c) => c.charCodeAt(0));
const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
const url = URL.createObjectURL(new Blob([await new Response(plain).text()], { type: "text/javascript" }));
export default (await import(url)).default;
URL.revokeObjectURL(url);
`;
}

async function made() {
	const { outputFiles } = await build({ ...options, write: false });
	return given.has("--plain") ? outputFiles[0].text : pack(outputFiles[0].text);
}

if (given.has("--watch")) await (await context({ ...options, sourcemap: "inline" })).watch();
else if (given.has("--print")) process.stdout.write(await made());
else {
	await mkdir(dirname(FILE), { recursive: true });
	await writeFile(FILE, await made());
}
