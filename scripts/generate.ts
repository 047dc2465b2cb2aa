import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { GENERATORS } from './generators.ts';
import type { GeneratedFile } from './generators.ts';

const FORMAT = { printWidth: 140, singleQuote: true } as const;

/** Every generated file as it should be, formatted. */
export async function generate(): Promise<readonly GeneratedFile[]> {
  const files = GENERATORS.flatMap((generator) => generator());
  return Promise.all(
    files.map(async ({ path, content }) => ({ path, content: await prettier.format(content, { ...FORMAT, filepath: path }) })),
  );
}

/** Paths, relative to `root`, of generated files that are missing or differ from what would be generated. */
export async function drifted(root: string, files: readonly GeneratedFile[]): Promise<readonly string[]> {
  const states = await Promise.all(
    files.map(async ({ path, content }) => ({ path, same: (await contentOf(join(root, path))) === content })),
  );
  return states.filter(({ same }) => !same).map(({ path }) => path);
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function main(arguments_: readonly string[]): Promise<number> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const files = await generate();
  const stale = await drifted(root, files);
  if (arguments_.includes('--check')) {
    for (const path of stale) console.error(`${path} differs from its source; run: npx tsx scripts/generate.ts`);
    return stale.length === 0 ? 0 : 1;
  }
  for (const { path, content } of files) {
    if (!stale.includes(path)) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    console.log(path);
  }
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
