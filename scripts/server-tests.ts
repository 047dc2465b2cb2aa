import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** What a test imports, near or far, when it starts an API server of its own. */
const LAUNCHER = join('test', 'control-plane', 'start.ts');
/** What a test starts when it runs the command itself. */
const COMMAND = join('test', 'cli', 'janus.ts');

/** The test files below `folder` that import, directly or through others, what starts an API server or the built command. */
export function filesStartingServers(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map((file) => join(folder, file))
    .filter((file) => reaches(file, new Set()))
    .sort();
}

function reaches(file: string, seen: Set<string>): boolean {
  if (file === LAUNCHER || file === COMMAND) return true;
  if (seen.has(file) || !existsSync(file)) return false;
  seen.add(file);
  return testImports(file).some((imported) => reaches(imported, seen));
}

/** Relative imports that stay inside test/: nothing in src starts a server. Type imports start nothing. */
function testImports(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const imports = text.matchAll(/(?<type>import\s+type\s[^;]*?)?(?:from\s+|import\s*\(?\s*)'(?<path>\.{1,2}\/[^']+\.ts)'/g);
  return [...imports]
    .filter(({ groups }) => groups?.['type'] === undefined)
    .map(({ groups }) => normalize(join(dirname(file), groups?.['path'] ?? '')))
    .filter((path) => path.startsWith('test'));
}
