import { rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** CommonJS dependencies inside an ES module bundle expect these names. */
const COMMONJS_NAMES = [
  "import { createRequire as __janusCreateRequire } from 'node:module';",
  "import { fileURLToPath as __janusFileURLToPath } from 'node:url';",
  'const require = __janusCreateRequire(import.meta.url);',
  'const __filename = __janusFileURLToPath(import.meta.url);',
  "const __dirname = __janusFileURLToPath(new URL('.', import.meta.url));",
].join('\n');

/** Bundles src/cli/main.ts into dist/: `janus.js`, which bin/janus starts, and chunks that it loads when it needs them. */
export async function buildBundle(): Promise<void> {
  const fresh = `${root}dist.${process.pid}`;
  await build({
    absWorkingDir: root,
    entryPoints: { janus: 'src/cli/main.ts' },
    outdir: fresh,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    // Chunks follow the dynamic imports: a command loads only what it uses.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: { js: COMMONJS_NAMES },
    // Not identifiers: a stack trace without its map stays readable.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
  await putInPlace(fresh, `${root}dist`);
}

/** Swaps directories in one step, so that a command started meanwhile never sees half a bundle. */
async function putInPlace(fresh: string, place: string): Promise<void> {
  const stale = `${fresh}.old`;
  await rename(place, stale).catch(() => undefined);
  await rename(fresh, place);
  await rm(stale, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildBundle();
