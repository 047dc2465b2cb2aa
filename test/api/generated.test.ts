import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { apiPage } from '../../src/api/reference.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { structuralSchema } from '../../src/api/structural-schema.ts';
import type { StructuralSchema } from '../../src/api/structural-schema.ts';
import { drifted, generate } from '../../scripts/generate.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the generated files', () => {
  test('are what their sources make', async () => {
    expect(await drifted(ROOT, await generate())).toEqual([]);
  });

  test('are named when they are missing or differ', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'generated-'));
    try {
      const files = [
        { path: 'a/same.md', content: 'same' },
        { path: 'a/differs.md', content: 'new' },
        { path: 'b/missing.md', content: 'x' },
      ];
      await mkdir(dirname(join(folder, 'a/same.md')));
      await writeFile(join(folder, 'a/same.md'), 'same');
      await writeFile(join(folder, 'a/differs.md'), 'old');
      expect(await drifted(folder, files)).toEqual(['a/differs.md', 'b/missing.md']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('never share a path', async () => {
    const paths = (await generate()).map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });
});

describe('the reference of the resources', () => {
  const page = apiPage(RESOURCES);

  test.each(RESOURCES.map((definition) => [definition.kind, definition] as const))(
    'has every field of %s',
    (_, { spec, status, columns }) => {
      const paths = [
        ...pathsOf('spec', structuralSchema(spec, 'spec')),
        ...(status === undefined ? [] : pathsOf('status', structuralSchema(status, 'status'))),
      ];
      for (const path of paths) expect(page).toContain(`| \`${path}\` |`);
      for (const { name, jsonPath } of columns) expect(page).toContain(`| ${name} | \`${jsonPath}\` |`);
    },
  );
});

function pathsOf(path: string, schema: StructuralSchema): readonly string[] {
  const { properties = {}, items } = schema;
  return [
    path,
    ...Object.entries(properties).flatMap(([name, field]) => pathsOf(`${path}.${name}`, field)),
    ...(items === undefined ? [] : pathsOf(`${path}[]`, items).slice(1)),
  ];
}
