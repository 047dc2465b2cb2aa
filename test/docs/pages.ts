import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRun } from './page.ts';

/** Where pages for readers are; what lies below `reference` is generated, and decisions are no instructions. */
const FOLDERS = ['docs', 'samples'];
const ALONE = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'];

/** Every page for readers. */
export function pages(): readonly string[] {
  const below = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !/^(reference|decisions)\//.test(file))
      .map((file) => join(folder, file)),
  );
  return [...ALONE.filter((file) => existsSync(file)), ...below.sort()];
}

/** The pages whose blocks are run. */
export function runPages(): readonly string[] {
  return pages().filter((file) => isRun(readFileSync(file, 'utf8')));
}
